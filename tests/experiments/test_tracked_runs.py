"""A run is found by its id, by how that begins, or by its model; one that is not there is named."""

import re

import pytest

from khabar.experiments.tracked_runs import fetch_artifacts, find_run, find_runs
from khabar.experiments.tracking_store import TrackingError, opened
from khabar.inference.errors import ModelNotFoundError


@pytest.fixture
def store(tracked):
    with opened(tracked.run.uri) as store:
        yield store


@pytest.fixture
def alias(mlflow, tracked):
    name, version = tracked.run.model_uri.removeprefix("models:/").split("/")
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(name, "found", version)
    yield f"models:/{name}@found"
    client.delete_registered_model_alias(name, "found")


def test_a_run_is_found_by_its_id_or_how_it_begins(store, tracked):
    whole = find_run(store, tracked.run.run_id)
    assert (whole.run_id, whole.name, whole.experiment, whole.status) == (
        tracked.run.run_id, "small 0.0.1", "tests", "FINISHED",
    )  # fmt: skip
    assert whole.metrics["sample-test/tone.macro_f1"] == tracked.result.reports["sample/test"].tone.macro_f1
    assert whole.started.tzinfo is not None
    assert find_run(store, tracked.run.run_id[:12]) == whole


def test_a_run_is_found_by_the_model_it_registered(store, tracked, alias):
    for uri in (tracked.run.model_uri, alias):
        assert find_run(store, uri).run_id == tracked.run.run_id


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("0" * 32, "MLflow has no run 0+ in sqlite:"),
        ("zzzzzz", "found none, looking for the run 'zzzzzz'"),
        ("ab", "expected 6 characters or more"),
        ("models:/small@nobody", "small has no alias 'nobody' in sqlite:.*models:/small/1"),
        ("models:/unknown/1", "No model 'unknown' is registered in sqlite:.*small"),
        ("models:/small", "models:/small names no version in sqlite:.*models:/small/1"),
    ],
)
def test_a_run_that_is_not_there_is_named(store, run, said):
    with pytest.raises((TrackingError, ModelNotFoundError), match=said):
        find_run(store, run)


def test_all_jobs_of_all_experiments_are_found_and_no_folds(store, tracked):
    found = find_runs(store)
    assert tracked.run.run_id in [run.run_id for run in found]
    assert {run.tags["khabar.kind"] for run in found} == {"job"}
    assert [run.started for run in found] == sorted((run.started for run in found), reverse=True)


def test_a_store_that_is_not_there_has_no_runs_and_is_not_made(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'none.db'}") as store:
        assert find_runs(store) == []
    assert list(tmp_path.iterdir()) == []


def test_artifacts_are_fetched_by_file_and_by_folder(store, tracked, tmp_path):
    assert fetch_artifacts(store, tracked.run.run_id, "config.yaml", tmp_path).read_text().startswith("name: small")
    folder = fetch_artifacts(store, tracked.run.run_id, "predictions", tmp_path)
    assert {path.name for path in folder.iterdir()} == {"sample-test.jsonl.gz", "out-of-fold.jsonl.gz"}


def test_an_artifact_that_is_not_there_is_named(store, tracked, tmp_path):
    with pytest.raises(TrackingError, match=re.escape(f"the run {tracked.run.run_id} in {tracked.run.uri} has no")):
        fetch_artifacts(store, tracked.run.run_id, "nothing.json", tmp_path)


def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path):
    with (
        opened(f"sqlite:///{tmp_path / 'none' / 'none.db'}") as store,
        pytest.raises(TrackingError, match="There is no"),
    ):
        find_run(store, "0" * 32)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_no_database_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no database\n" * 100)
    with opened(f"sqlite:///{tmp_path / 'notes.txt'}") as store:
        for run in ("0" * 32, "0" * 8):
            with pytest.raises(TrackingError, match=r"notes\.txt"):
                find_run(store, run)
