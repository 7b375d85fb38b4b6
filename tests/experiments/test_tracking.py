"""A run of MLflow holds the job: config, figures, pictures, data, code, model, and how it ended."""

import os
import shutil
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import orjson
import pytest
import yaml

from khabar.datasets import sample
from khabar.datasets.split_file import load as load_split
from khabar.experiments.job_journal import flatten
from khabar.experiments.journal import JournalError
from khabar.experiments.predictions import read_predictions
from khabar.experiments.tracking import track
from khabar.experiments.tracking_store import TrackingError
from khabar.inference.errors import InputError
from khabar.inference.model import load_model
from khabar.training.breakdown import by_length, by_outlet
from khabar.training.events import DataRead, FoldFitted
from khabar.training.job import run as run_job
from khabar.training.learning_curve import LearningCurve


@pytest.fixture(scope="module")
def run(tracked, mlflow):
    return mlflow.get_run(tracked.run.run_id)


def test_a_job_that_is_done_ends_as_finished(run):
    assert run.info.status == "FINISHED"


def test_parameters_are_the_config_with_its_defaults_under_dotted_keys(run):
    assert run.data.params["blocks.words.min_df"] == "2"
    assert run.data.params["heads.tone.abstain_precision"] == "0.8"
    assert run.data.params["seed"] == "0"


def test_the_config_artifact_trains_the_same_job(artifacts, tracked):
    assert yaml.safe_load((artifacts / "config.yaml").read_text()) == tracked.config.to_dict()


@pytest.mark.parametrize("figure", ["sector.accuracy", "sectors.micro_f1", "tone.macro_f1", "tone.f1.negative"])
def test_metrics_are_the_reports_figures_overall_and_by_label(run, tracked, figure):
    expected = tracked.result.reports["sample/test"].metrics()[figure]
    assert run.data.metrics[f"sample-test/{figure}"] == pytest.approx(expected)


@pytest.mark.parametrize("report", ["sample-test", "out-of-fold"])
@pytest.mark.parametrize(
    "file",
    ["report.json", "report.md", "confusion-sector.png", "reliability-tone.png", "coverage.png"],
)
def test_reports_and_pictures_are_artifacts(artifacts, report, file):
    assert (artifacts / "reports" / report / file).stat().st_size > 0


def test_the_report_artifact_is_the_report(artifacts, tracked):
    logged = orjson.loads((artifacts / "reports/sample-test/report.json").read_bytes())
    assert logged.pop("name") == "sample/test"
    assert logged == orjson.loads(orjson.dumps(tracked.result.reports["sample/test"].to_dict()))


def children(mlflow, tracked, kind):
    found = mlflow.search_runs(
        search_all_experiments=True,
        filter_string=f"tags.mlflow.parentRunId = '{tracked.run.run_id}' and tags.`khabar.kind` = '{kind}'",
        output_format="list",
    )
    return {run.info.run_name: run for run in found}


def test_a_run_for_each_fold_is_nested_with_its_figures_before_and_after_calibration(mlflow, tracked):
    folds = children(mlflow, tracked, "fold")
    assert folds.keys() == {"fold 1 of 2", "fold 2 of 2"}
    held_out = [int(run.data.params["held_out"]) for run in folds.values()]
    assert sum(held_out) == tracked.result.articles["train"]
    for run in folds.values():
        assert run.info.status == "FINISHED"
        assert 0 < run.data.metrics["uncalibrated/tone.macro_f1"] <= 1
        assert 0 < run.data.metrics["out-of-fold/sectors.micro_f1"] <= 1


def test_a_run_for_each_head_is_nested_with_its_settings_and_figures(mlflow, tracked):
    heads = children(mlflow, tracked, "head")
    assert heads.keys() == {f"head {head}" for head in ("sector", "sectors", "tone", "stance")} - {
        f"head {head}" for head in ("stance",) if tracked.result.reports["sample/test"].stance is None
    }
    assert heads["head tone"].data.params["abstain_precision"] == "0.8"
    expected = tracked.result.reports["sample/test"].tone
    assert heads["head tone"].data.metrics["sample-test/tone.f1.negative"] == pytest.approx(expected.labels[0].f1)


def test_metrics_of_outlets_lengths_and_intervals_are_the_reports(run, tracked):
    outlet = by_outlet(tracked.result.tagged["out-of-fold"])["gulf"]
    assert run.data.metrics["out-of-fold/outlet/gulf/tone.macro_f1"] == pytest.approx(outlet.tone.macro_f1)
    for name, report in by_length(tracked.result.tagged["sample/test"]).items():
        assert run.data.metrics[f"sample-test/length/{name}/sector.accuracy"] == pytest.approx(report.sector.accuracy)
    ends = tracked.result.reports["sample/test"].intervals["tone.macro_f1"]
    assert run.data.metrics["sample-test/tone.macro_f1_low"] == pytest.approx(ends.low)


def test_splits_predictions_and_environment_are_artifacts(artifacts, tracked):
    split = load_split(artifacts / "splits.json")
    assert [len(part.test) for part in split.parts] == [len(fold.held_out) for fold in tracked.result.folds]
    kept = read_predictions(artifacts / "predictions/out-of-fold.jsonl.gz")
    assert kept.tagged.columns == tracked.result.tagged["out-of-fold"].columns
    assert kept.digest == tracked.result.model.digest
    assert f"scikit-learn=={version('scikit-learn')}" in (artifacts / "environment.txt").read_text().splitlines()


def test_the_summary_says_what_the_run_is(artifacts, tracked):
    summary = orjson.loads((artifacts / "run.json").read_bytes())
    assert (summary["name"], summary["version"], summary["status"]) == ("small", "0.0.1", "FINISHED")
    assert summary["digest"] == tracked.result.model.digest
    assert summary["command"] == "khabar train small"
    assert summary["params"]["blocks.words.min_df"] == "2"


def test_a_registered_version_says_where_its_model_file_is_and_its_digest(mlflow, tracked):
    name, number = tracked.run.model_uri.removeprefix("models:/").split("/")
    tags = mlflow.MlflowClient().get_model_version(name, number).tags
    assert tags["khabar.digest"] == tracked.result.model.digest
    folder = mlflow.artifacts.download_artifacts(f"{tracked.run.model_uri}/{tags['khabar.file']}")
    assert load_model(folder).digest == tracked.result.model.digest
    assert mlflow.get_run(tracked.run.run_id).data.tags["khabar.registered"] == tracked.run.model_uri


def test_the_learning_curve_is_an_artifact_and_a_metric_by_articles(artifacts, mlflow, tracked):
    kept = LearningCurve.from_dict(orjson.loads((artifacts / "learning_curve.json").read_bytes()))
    assert kept == tracked.result.curve
    history = mlflow.MlflowClient().get_metric_history(tracked.run.run_id, "learning_curve/sector.accuracy")
    assert {metric.step: metric.value for metric in history} == dict(
        zip(kept.articles, kept.heads["sector.accuracy"].held_out, strict=True)
    )
    assert (artifacts / "learning_curve.png").stat().st_size > 0


def test_a_run_that_mlflow_made_for_this_process_is_the_job(tracked, mlflow, tmp_path, monkeypatch):
    client = mlflow.MlflowClient()
    made = client.create_run(client.create_experiment("made by mlflow run", (tmp_path / "files").as_uri()))
    monkeypatch.setenv("MLFLOW_RUN_ID", made.info.run_id)
    _, where = track(
        lambda _: replace(tracked.result, folds=[]),
        tracked.config,
        journal=tmp_path / "a.run",
        uri=tracked.run.uri,
        experiment="other",
    )
    assert (where.run_id, where.experiment) == (made.info.run_id, "made by mlflow run")
    assert "MLFLOW_RUN_ID" not in os.environ
    assert client.get_run(made.info.run_id).data.tags["khabar.kind"] == "job"


def test_a_journal_that_was_not_sent_is_not_written_over(tracked, tmp_path):
    (tmp_path / "a.run").mkdir()
    (tmp_path / "a.run" / "journal.jsonl").touch()
    with pytest.raises(JournalError, match=r"Send it \(khabar log .*a\.run\), or delete the folder"):
        track(lambda _: pytest.fail("was run"), tracked.config, journal=tmp_path / "a.run", uri=tracked.run.uri)


def test_the_model_file_is_an_artifact_byte_for_byte(artifacts, tracked):
    assert load_model(artifacts / "model_file" / "small.safetensors").digest == tracked.result.model.digest


def test_training_data_is_logged_by_name_digest_and_licence(run):
    (logged,) = run.inputs.dataset_inputs
    tags = {tag.key: tag.value for tag in logged.tags}
    assert logged.dataset.name == "sample/train"
    assert tags["digest"].startswith(logged.dataset.digest)
    assert len(tags["digest"]) == 64
    assert orjson.loads(logged.dataset.source)["tags"] == {"name": "sample/train"}
    assert (tags["licence"], tags["articles"]) == ("MIT", "181")


def test_no_text_of_an_article_is_in_the_tracking_store(tracked):
    database = Path(tracked.run.uri.removeprefix("sqlite:///")).read_bytes()
    assert [article.id for article in sample.load("train") if article.text[:60].encode() in database] == []


def test_versions_of_packages_are_tags(run, tracked):
    assert run.data.tags["package.khabar"] == tracked.result.model.packages["khabar"]


def test_a_model_that_is_tracked_again_becomes_the_next_version(tracked, mlflow, tmp_path):
    known = len(mlflow.MlflowClient().search_model_versions("name = 'small'"))
    _, again = track(
        lambda _: replace(tracked.result, folds=[]),
        tracked.config,
        journal=tmp_path / "a.run",
        uri=tracked.run.uri,
        experiment="again",
    )
    assert again.model_uri == f"models:/small/{known + 1}"


@pytest.mark.parametrize(
    ("raised", "status"),
    [(KeyboardInterrupt(), "KILLED"), (SystemExit(143), "KILLED"), (InputError("no text"), "FAILED")],
    ids=["Ctrl-C", "signal", "error"],
)
def test_a_job_that_does_not_end_by_itself_is_told_from_one_that_does(tracked, mlflow, tmp_path, raised, status):
    def train(_):
        raise raised

    experiment = f"ends {status} {type(raised).__name__}"
    with pytest.raises(type(raised)):
        track(train, tracked.config, journal=tmp_path / "a.run", uri=tracked.run.uri, experiment=experiment)
    (run,) = mlflow.search_runs(experiment_names=[experiment], output_format="list")
    assert run.info.status == status
    assert run.data.params["name"] == "small"
    assert not (tmp_path / "a.run").exists()


def test_an_interrupted_job_keeps_what_it_had(tracked, mlflow, tmp_path):
    def stop_after_the_first_fold(report):
        def hear(event):
            report(event)
            if isinstance(event, FoldFitted):
                raise KeyboardInterrupt

        return run_job(tracked.config, None, report=hear, jobs=1)

    with pytest.raises(KeyboardInterrupt):
        track(
            stop_after_the_first_fold, tracked.config, journal=tmp_path / "a.run", uri=tracked.run.uri,
            experiment="stopped",
        )  # fmt: skip
    runs = mlflow.search_runs(experiment_names=["stopped"], output_format="list")
    (parent,) = (run for run in runs if run.data.tags["khabar.kind"] == "job")
    (fold,) = (run for run in runs if run.data.tags["khabar.kind"] == "fold")
    assert (parent.info.status, fold.info.status) == ("KILLED", "FINISHED")
    assert fold.data.metrics["uncalibrated/sector.accuracy"] > 0
    kept = Path(parent.info.artifact_uri.removeprefix("file://"))
    assert {path.name for path in kept.iterdir()} >= {"config.yaml", "splits.json", "data.json", "run.json", "run.html"}
    assert orjson.loads((kept / "run.json").read_bytes())["status"] == "KILLED"
    assert parent.inputs.dataset_inputs


def test_lists_become_json_and_maps_dotted_keys():
    flat = flatten({"a": {"b": [1, {"c": 2}], "d": {}}, "e": None})
    assert flat == {"a.b": '[1,{"c":2}]', "a.d": "{}", "e": None}


def test_a_store_in_a_missing_folder_is_refused_at_once(tracked, tmp_path):
    uri = f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}"
    with pytest.raises(TrackingError, match="folder that does not exist; make it: mkdir -p"):
        track(lambda _: tracked.result, tracked.config, journal=tmp_path / "a.run", uri=uri)


def test_a_store_of_an_unknown_kind_is_refused_before_the_job_runs(tracked, tmp_path):
    with pytest.raises(TrackingError, match=r"could not track the job in nowhere://x.*--no-track"):
        track(lambda _: pytest.fail("was run"), tracked.config, journal=tmp_path / "a.run", uri="nowhere://x")
    assert not (tmp_path / "a.run").exists()


def test_tracking_leaves_the_tracking_store_of_the_process_as_it_was(tracked, mlflow, tmp_path):
    uri = f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}"
    with pytest.raises(TrackingError):
        track(lambda _: tracked.result, tracked.config, journal=tmp_path / "a.run", uri=uri)
    assert mlflow.get_tracking_uri() == tracked.run.uri


def test_a_folder_that_goes_away_in_mid_job_does_not_end_the_job(tracked, mlflow, tmp_path):
    said = []

    def train(report):
        def hear(event):
            report(event)
            if isinstance(event, DataRead):
                shutil.rmtree(tmp_path / "a.run")
                (tmp_path / "a.run").touch()  # as good as a full disk: nothing can be written there

        return run_job(tracked.config, tmp_path / "small.safetensors", hear, jobs=1)

    result, _ = track(
        train, tracked.config, journal=tmp_path / "a.run", uri=tracked.run.uri, experiment="gone",
        report=lambda event: said.append(str(event)),
    )  # fmt: skip
    assert load_model(tmp_path / "small.safetensors").digest == result.model.digest
    assert any(line.startswith("A part of the run cannot be kept, the job goes on:") for line in said)
    runs = mlflow.search_runs(experiment_names=["gone"], output_format="list")
    assert {run.info.run_name: run.info.status for run in runs}["small 0.0.1"] == "FINISHED"
