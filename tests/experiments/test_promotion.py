"""Promotion goes through the gates and is recorded; a refusal names the class made worse."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from khabar.experiments.gates import FIRST
from khabar.experiments.gates_config import load_gates
from khabar.experiments.promotion import PromotionError, promote
from khabar.experiments.promotion_history import HistoryError, read_history

GATES = load_gates(Path(__file__).parent / "lenient_gates.yaml")
BY = {"why": "a reason", "who": "amal"}


def test_the_first_is_promoted_with_nothing_to_be_worse_than(registry):
    promotion = promote(registry.store, registry.run(registry.model), GATES, **BY)
    assert (promotion.before, promotion.after, promotion.passed) == (None, 1, True)
    assert registry.champion() == 1
    assert {result.gate for result in promotion.results} == {
        "classes", "figures", "calibration", "speed", "robustness", "smoke",
    }  # fmt: skip


def test_one_sector_made_worse_is_refused_and_named_and_the_champion_stays(registry, without_sport):
    promote(registry.store, registry.run(registry.model), GATES, **BY)
    worse = registry.run(without_sport(registry.model))
    promotion = promote(registry.store, worse, GATES, **BY)
    refused = {result.gate: result.problems for result in promotion.results if not result.passed}
    assert set(refused) == {"classes"}
    assert [problem.partition(":")[0] for problem in refused["classes"]] == ["sector sport", "sectors sport"]
    assert "F1 0.000 on sample-test, the champion's is 0.667; at most 0.1 less is allowed" in refused["classes"][0]
    assert registry.champion() == 1
    newest = read_history(registry.store, registry.name)[0]
    assert (newest.what, newest.before, newest.after, newest.who, newest.why) == ("refused", 1, 2, "amal", "a reason")
    assert newest.problems == promotion.problems


def test_the_results_of_all_gates_are_an_artifact_of_the_run(registry):
    run = registry.run(registry.model)
    promotion = promote(registry.store, run, GATES, **BY)
    (record,) = read_history(registry.store, registry.name)
    kept = orjson.loads(registry.store.mlflow.artifacts.load_text(f"runs:/{run}/{record.report}"))
    assert kept["gates"] == orjson.loads(orjson.dumps([result.to_dict() for result in promotion.results]))


@pytest.mark.parametrize("lost", ["damaged", "foreign"])
def test_past_a_champion_that_cannot_be_loaded_a_run_is_judged_as_the_first(registry, lost):
    first = registry.run(registry.model)
    promote(registry.store, first, GATES, **BY)
    if lost == "damaged":
        registry.damage(first)
    before = 1 if lost == "damaged" else registry.foreign()
    run = registry.run(registry.model)
    with pytest.raises(PromotionError, match=rf"Version {before} of .* is champion, and cannot be had .*--as-first"):
        promote(registry.store, run, GATES, **BY)
    promotion = promote(registry.store, run, GATES, as_first=True, **BY)
    assert (promotion.passed, promotion.before, registry.champion()) == (True, before, promotion.after)
    notes = {result.gate: result.notes for result in promotion.results}
    assert notes["speed"] == (f"--as-first: not compared with version {before}, the champion",)
    assert [one.as_first for one in read_history(registry.store, registry.name)] == [True, False]


def test_the_first_is_not_said_to_set_a_champion_aside(registry):
    promotion = promote(registry.store, registry.run(registry.model), GATES, as_first=True, **BY)
    assert promotion.results[0].notes == (FIRST,)
    assert not read_history(registry.store, registry.name)[0].as_first


@pytest.mark.parametrize("status", ["KILLED", "FAILED", "RUNNING"])
def test_a_run_that_did_not_finish_is_refused(registry, status):
    run = registry.run(registry.model, status=status)
    with pytest.raises(PromotionError, match=rf"The run {run} is {status}, expected FINISHED.*khabar log"):
        promote(registry.store, run, GATES, **BY)
    assert registry.done() == []


def test_labels_that_changed_since_the_champion_are_refused_and_not_compared(registry):
    promote(registry.store, registry.run(registry.model), GATES, **BY)
    promotion = promote(registry.store, registry.run(registry.model, tone="neutral"), GATES, **BY)
    refused = {result.gate: result.problems for result in promotion.results if not result.passed}
    assert set(refused) == {"classes", "figures"}
    (problem,) = refused["classes"]
    assert "not comparable with the champion, the second run: found other labels in the second run for" in problem


def test_a_model_that_says_no_stance_any_more_is_refused(registry):
    promote(registry.store, registry.run(registry.model), GATES, **BY)
    promotion = promote(registry.store, registry.run(replace(registry.model, stance=None)), GATES, **BY)
    assert any("found stances of the second run alone" in problem for problem in promotion.problems)


def test_the_champion_is_not_promoted_again(registry):
    run = registry.run(registry.model)
    promote(registry.store, run, GATES, **BY)
    assert promote(registry.store, run, GATES, **BY).already
    assert len(registry.done()) == 1


def test_a_dry_run_changes_and_records_nothing(registry):
    assert promote(registry.store, registry.run(registry.model), GATES, dry_run=True, **BY).passed
    assert (registry.champion(), registry.done()) == (None, [])


@pytest.mark.parametrize("tag", ["khabar.digest", "predictions"])
def test_a_model_that_is_not_the_one_measured_is_refused(registry, tag, without_sport):
    run = registry.run(registry.model)
    if tag == "predictions":
        other = registry.run(without_sport(registry.model))
        path = registry.folder / other / "sample-test.jsonl.gz"
        registry.client.log_artifact(run, str(path), "predictions")
    else:
        registry.client.set_tag(run, tag, "f" * 64)
    promotion = promote(registry.store, run, GATES, **BY)
    assert [result.gate for result in promotion.results if not result.passed] == ["smoke"]
    assert registry.champion() is None


def test_a_damaged_file_is_refused_by_the_smoke_gate(registry):
    run = registry.run(registry.model)
    registry.file(run).write_bytes(b"damaged")
    promotion = promote(registry.store, run, GATES, **BY)
    assert [(result.gate, result.passed) for result in promotion.results] == [("smoke", False)]
    assert registry.done() == [("refused", None, 1)]


def test_a_run_that_was_not_measured_where_the_champion_was_is_refused(registry):
    promote(registry.store, registry.run(registry.model), GATES, **BY)
    promotion = promote(registry.store, registry.run(registry.model, source="elsewhere"), GATES, **BY)
    gates = ("classes", "figures", "calibration")
    for gate, problem in zip(gates, promotion.problems, strict=True):
        assert problem.startswith(f"{gate}: sample-test: the run was not measured on it, but on elsewhere; add it")


def test_out_of_fold_is_not_compared_where_folds_were_made_otherwise(registry):
    gates = GATES.model_copy(update={"classes": GATES.classes.model_copy(update={"sources": ("out-of-fold",)})})
    for by in ("group", "outlet"):
        run = registry.run(registry.model, source="out-of-fold")
        registry.client.log_param(run, "fold_by", by)
        found = promote(registry.store, run, gates, **BY)
        registry.set_champion(found.after)
    classes = next(result for result in found.results if result.gate == "classes")
    assert "out-of-fold: not compared, as folds were made otherwise" in classes.notes[0]
    assert "fold_by outlet, the champion's group" in classes.notes[0]


def test_a_promotion_that_is_cut_off_leaves_the_champion_and_can_be_done_again(registry, monkeypatch):
    run = registry.run(registry.model)
    with monkeypatch.context() as patched:
        patched.setattr(type(registry.client), "set_registered_model_alias", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            promote(registry.store, run, GATES, **BY)
    assert registry.champion() is None
    promote(registry.store, run, GATES, **BY)
    assert registry.champion() == 1
    assert [one.in_effect for one in read_history(registry.store, registry.name)] == [True, False]


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_champion_that_changed_while_gates_were_asked_stops_the_promotion(registry):
    registry.run(registry.model)
    run = registry.run(registry.model)

    def somebody_else(_: str) -> None:
        registry.set_champion(1)

    with pytest.raises(PromotionError, match=r"While the gates were asked.* version 1 became champion"):
        promote(registry.store, run, GATES, report=somebody_else, **BY)
    assert (registry.champion(), registry.done()) == (1, [])


def test_a_run_that_registered_nothing_is_named(registry):
    run = registry.start()
    with pytest.raises(PromotionError, match=rf"run {run} \(RUNNING\) registered no model.*khabar train"):
        promote(registry.store, run, GATES, **BY)


@pytest.mark.parametrize("uri", ["nonsense", "models:", "models:/none/1", "models:/o'hare/1"], ids=range(4))
def test_a_run_whose_version_cannot_be_found_is_named_with_its_tag(registry, uri):
    run = registry.run(registry.model)
    registry.client.set_tag(run, "khabar.registered", uri)
    with pytest.raises(
        PromotionError, match=rf"run {run} has the tag khabar\.registered .*{uri}.*, but: .*train again"
    ):
        promote(registry.store, run, GATES, **BY)


def test_who_and_why_are_asked_before_anything_else(registry):
    with pytest.raises(HistoryError, match="--why: found 0 characters"):
        promote(registry.store, "no run", GATES, why="", who="amal")
