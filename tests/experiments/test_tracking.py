"""A run of MLflow holds the job: config, figures, pictures, data, code, model, and how it ended."""

from pathlib import Path

import orjson
import pytest
import yaml

from khabar.datasets import sample
from khabar.experiments.tracking import flatten, track
from khabar.experiments.tracking_store import TrackingError
from khabar.inference.errors import InputError
from khabar.inference.model import load_model


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
    assert logged == orjson.loads(orjson.dumps(tracked.result.reports["sample/test"].to_dict()))


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


def test_a_model_that_is_tracked_again_becomes_the_next_version(tracked, mlflow):
    known = len(mlflow.MlflowClient().search_model_versions("name = 'small'"))
    _, again = track(lambda: tracked.result, tracked.config, uri=tracked.run.uri, experiment="again")
    assert again.model_uri == f"models:/small/{known + 1}"


@pytest.mark.parametrize(
    ("raised", "status"),
    [(KeyboardInterrupt(), "KILLED"), (SystemExit(143), "KILLED"), (InputError("no text"), "FAILED")],
    ids=["Ctrl-C", "signal", "error"],
)
def test_a_job_that_does_not_end_by_itself_is_told_from_one_that_does(tracked, mlflow, raised, status):
    def train():
        raise raised

    experiment = f"ends {status} {type(raised).__name__}"
    with pytest.raises(type(raised)):
        track(train, tracked.config, uri=tracked.run.uri, experiment=experiment)
    (run,) = mlflow.search_runs(experiment_names=[experiment], output_format="list")
    assert run.info.status == status
    assert run.data.params["name"] == "small"


def test_lists_become_json_and_maps_dotted_keys():
    flat = flatten({"a": {"b": [1, {"c": 2}], "d": {}}, "e": None})
    assert flat == {"a.b": '[1,{"c":2}]', "a.d": "{}", "e": None}


def test_a_store_in_a_missing_folder_is_refused_at_once(tracked, tmp_path):
    uri = f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}"
    with pytest.raises(TrackingError, match="folder that does not exist; make it: mkdir -p"):
        track(lambda: tracked.result, tracked.config, uri=uri)


def test_a_store_of_an_unknown_kind_is_refused_before_the_job_runs(tracked):
    with pytest.raises(TrackingError, match=r"could not track the job in nowhere://x.*--no-track"):
        track(lambda: pytest.fail("was run"), tracked.config, uri="nowhere://x")


def test_tracking_leaves_the_tracking_store_of_the_process_as_it_was(tracked, mlflow, tmp_path):
    with pytest.raises(TrackingError):
        track(lambda: tracked.result, tracked.config, uri=f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}")
    assert mlflow.get_tracking_uri() == tracked.run.uri
