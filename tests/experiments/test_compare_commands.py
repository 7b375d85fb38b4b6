"""compare as it is called: on two tracked runs of the sample, one of which has hardly learnt what a tone is."""

import json
from copy import deepcopy

import pytest
from click.testing import CliRunner

from khabar.datasets import sample
from khabar.experiments.comparison import compare
from khabar.experiments.predictions import predictions_of
from khabar.experiments.show import MARK
from khabar.experiments.tracking import track
from khabar.inference.cli import main
from khabar.training.config import parse_config
from khabar.training.job import run as run_job


@pytest.fixture(scope="module")
def worse(tracked, tmp_path_factory):
    """A run in the same store, without stances, whose tones are next to nothing."""
    values = deepcopy(tracked.config.to_dict()) | {"stance": None, "version": "0.0.2"}
    values["heads"]["tone"]["C"] = 0.001
    config, folder = parse_config(values, "worse"), tmp_path_factory.mktemp("worse")
    return track(
        lambda report: run_job(config, folder / "worse.safetensors", report=report, jobs=1),
        config,
        journal=folder / "worse.run",
        uri=tracked.run.uri,
        experiment="tests",
    )


@pytest.fixture
def call(tracked):
    def called(*arguments: object, code: int = 0):
        options = ("--tracking-uri", tracked.run.uri)
        result = CliRunner().invoke(main, ["compare", *map(str, arguments), *options])
        assert result.exit_code == code, result.output
        return result

    return called


@pytest.fixture(scope="module")
def ids(tracked, worse):
    return tracked.run.run_id, worse[1].run_id


def test_figures_classes_outlets_and_settings_are_shown(call, ids):
    said = call(*ids, "--articles", 0).stdout
    for run in ids:
        assert run in said
    assert "heads.tone.C" in said
    said = " ".join(said.split())  # captions are wrapped
    assert "sample/test: 40 articles that both have tagged; the first is better in tone.macro_f1" in said
    assert "out-of-fold: F1 of each label; 37 comparisons" in said
    assert all(f" {outlet} " in said for outlet in ("morocco", "gulf", "egypt", "panarab"))
    assert "500-1499" in said
    assert "stance" not in said.partition("first less second")[2]


def test_articles_where_the_runs_differ_are_shown_with_their_beginnings(call, ids):
    said = call(*ids, "--source", "sample/test", "--articles", 2).stdout
    texts = {article.id: article for article in sample.load("test")}
    shown = said.partition("sample/test, tone:")[2]
    named = [article for name, article in texts.items() if f" {name} " in shown]
    assert len(named) == 2
    for article in named:
        assert f"{MARK}{article.title.split()[0]}" in shown
        assert f"{MARK}{article.text.split()[0]}" in shown
    assert "out-of-fold" not in said


def test_a_run_may_be_named_by_its_beginning_or_by_its_model(call, ids, tracked, worse):
    whole = call(*ids, "--articles", 0).stdout
    assert call(ids[0][:10], ids[1][:10], "--articles", 0).stdout == whole
    assert call(tracked.run.model_uri, worse[1].model_uri, "--articles", 0).stdout == whole


def test_json_is_the_comparison_of_what_the_jobs_gave_and_has_no_text(call, ids, tracked, worse):
    printed = call(*ids, "--json").stdout
    found = json.loads(printed)
    first, second = (
        {name: predictions_of("", name, tagged) for name, tagged in result.tagged.items()}
        for result in (tracked.result, worse[0])
    )
    assert found["sources"] == json.loads(json.dumps(compare(first, second).to_dict()))["sources"]
    assert [setting["key"] for setting in found["apart"]["settings"] if setting["key"].startswith("heads")] == [
        "heads.tone.C"
    ]
    for article in (*sample.load("train"), *sample.load("test")):
        assert article.title not in printed


def test_a_source_may_be_named_as_in_mlflow(call, ids):
    assert list(json.loads(call(*ids, "--source", "sample-test", "--json").stdout)["sources"]) == ["sample/test"]


def test_a_source_that_was_not_tagged_is_refused(call, ids):
    said = call(*ids, "--source", "annotations/dev", code=1).output
    assert "found no predictions of annotations/dev" in said
    assert "expected one of sample/test, out-of-fold" in said


def test_a_run_is_not_compared_with_itself(call, ids):
    assert "are the same run" in call(ids[0], ids[0][:8], code=2).output


def test_a_run_that_is_not_there_is_refused(call, ids):
    assert "looking for the run '0123456789'" in call(ids[0], "0123456789", code=1).output
