"""What an evaluation leaves in MLflow can be read back, has no text in it, and tells how it ended."""

from dataclasses import replace
from math import nan
from pathlib import Path
from tempfile import mkdtemp

import orjson
import pytest

from khabar.experiments.evaluation_tracking import EXPERIMENT, outcomes_json, track_evaluation, tracked_outcomes
from khabar.experiments.tracking_store import TrackingError
from khabar.inference.errors import InputError
from khabar.training.bootstrap import Interval
from khabar.training.outcomes import Outcome, Prediction, Result

CLAIM = "ادعاء طويل من نصوص المدونة"


def made(corpus: str = "arsarcasm-v2", part: str = "", metric: str = "f_pn", protocol: str = "official") -> Result:
    outcome = Outcome(
        protocol=protocol, task="tone", system="baseline", corpus=corpus, trained_on=corpus, part=part, labels="own",
        metric=metric, n_train=10, n_test=2, n_test_deduplicated=0, n_left_out=0, raw=Interval(0.75, 0.5, 1.0),
        deduplicated=Interval(nan, nan, nan), f1={"POS": 0.8}, seconds=0.1, split_digest="digest",
    )  # fmt: skip
    predictions = (
        Prediction(corpus, "1", part, "POS", "POS", CLAIM, False),
        Prediction(corpus, "2", part, "NEG", "POS", CLAIM, False),
    )
    return Result(outcome, predictions, {"POS": "positive", "NEG": "negative"})


@pytest.fixture
def uri(tracked) -> str:
    return tracked.run.uri


def track(results, uri, command="khabar evaluate --protocol official arsarcasm-v2"):
    settings = {"seed": 0, "system": {"name": "baseline", "tone": {"head": {"C": 0.3}}}}
    journal = Path(mkdtemp()) / "evaluation.run"
    return track_evaluation(
        lambda: results, protocol="official", settings=settings, command=command, journal=journal, uri=uri
    )


def artifacts(mlflow, run_id: str) -> Path:
    return Path(mlflow.get_run(run_id).info.artifact_uri.removeprefix("file://"))


def test_outcomes_are_read_back_as_they_were_with_what_made_them(uri, mlflow):
    results, run_id = track([made()], uri)
    (found,) = (one for one in tracked_outcomes(uri) if one.run_id == run_id)
    known = replace(results[0].outcome, deduplicated=Interval(0, 0, 0))
    assert replace(found.outcome, deduplicated=Interval(0, 0, 0)) == known
    assert found.outcome.deduplicated.value != found.outcome.deduplicated.value  # not a number
    assert found.command == "khabar evaluate --protocol official arsarcasm-v2"
    assert found.commit == mlflow.get_run(run_id).data.tags.get("git.commit", "")


def test_the_newest_run_comes_first(uri):
    runs = [track([made()], uri)[1] for _ in range(2)]
    found = [one.run_id for one in tracked_outcomes(uri) if one.run_id in runs]
    assert found == runs[::-1]


def test_a_figure_that_is_not_known_is_no_metric_and_null_in_json(uri, mlflow):
    _, run_id = track([made()], uri)
    metrics = mlflow.get_run(run_id).data.metrics
    assert metrics["tone/arsarcasm-v2/own/f_pn/raw"] == 0.75
    assert not [name for name in metrics if "deduplicated" in name]
    assert outcomes_json([made().outcome])[0]["deduplicated"] == {"value": None, "low": None, "high": None}


def test_no_text_of_a_target_is_kept(uri, mlflow):
    _, run_id = track([made()], uri)
    kept = [path for path in artifacts(mlflow, run_id).rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if CLAIM.encode() in path.read_bytes()]
    assert CLAIM.encode() not in Path(uri.removeprefix("sqlite:///")).read_bytes()


def test_predictions_of_a_mean_and_of_a_second_metric_are_not_kept_twice(uri, mlflow):
    results = [made(part="BBC"), made(part="CNN"), made(part="CNN", metric="accuracy"), made(part="mean")]
    _, run_id = track(results, uri)
    names = sorted(path.name for path in (artifacts(mlflow, run_id) / "predictions").iterdir())
    assert names == [f"tone_arsarcasm-v2_own_{part}.jsonl.gz" for part in ("BBC", "CNN")]


def test_corpora_are_inputs_with_their_licence_and_whole_digest(uri, mlflow):
    _, run_id = track([made(), made("annotations")], uri)
    inputs = {
        data.dataset.name: {tag.key: tag.value for tag in data.tags}
        for data in mlflow.get_run(run_id).inputs.dataset_inputs
    }
    assert set(inputs) == {"arsarcasm-v2", "annotations"}
    assert inputs["arsarcasm-v2"]["permits"] == "ship"
    assert all(len(tags["digest"]) == 64 and tags["licence"] for tags in inputs.values())


@pytest.mark.parametrize(
    ("raised", "status"), [(KeyboardInterrupt(), "KILLED"), (InputError("no split"), "FAILED")], ids=["Ctrl-C", "error"]
)
def test_an_evaluation_that_does_not_end_by_itself_is_not_read_back(uri, mlflow, tmp_path, raised, status):
    def fails():
        raise raised

    before = len(tracked_outcomes(uri))
    with pytest.raises(type(raised)):
        track_evaluation(
            fails, protocol="official", settings={}, command=f"fails {status}", journal=tmp_path / "a.run", uri=uri
        )
    found = mlflow.search_runs(
        experiment_names=[EXPERIMENT], filter_string=f"tags.command = 'fails {status}'", output_format="list"
    )
    assert [run.info.status for run in found] == [status]
    assert len(tracked_outcomes(uri)) == before


@pytest.mark.parametrize("content", [b"{", orjson.dumps({"format": "khabar outcomes 0", "outcomes": []}), b"[]"])
def test_a_run_that_cannot_be_read_is_named_with_what_makes_it_again(content, mlflow, uri):
    _, run_id = track([made()], uri, command="khabar evaluate --protocol again")
    path = artifacts(mlflow, run_id) / "outcomes.json"
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        with pytest.raises(
            TrackingError, match=rf"{run_id}.*cannot be read.*make it again: khabar evaluate --protocol again"
        ):
            tracked_outcomes(uri)
    finally:
        path.write_bytes(whole)


def test_where_there_is_no_store_nothing_is_tracked_and_none_is_made(tmp_path):
    assert tracked_outcomes(f"sqlite:///{tmp_path / 'none.db'}") == []
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_mlflow_does_not_know_is_named():
    with pytest.raises(TrackingError, match="nowhere://x"):
        tracked_outcomes("nowhere://x")
    with pytest.raises(TrackingError, match=r"nowhere://x.*--no-track"):
        track([made()], "nowhere://x")
