"""A model file is registered once, however often it takes, as a model that names what khabar needs."""

import pytest

from khabar.experiments.registering import _log, register_model, serving_requirements
from khabar.experiments.tracking_store import opened


@pytest.fixture
def run_id(mlflow):
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("tests").experiment_id
    return client.create_run(experiment).info.run_id


def register(store, run_id, tracked) -> str:
    model = tracked.result.model
    return register_model(store, run_id, tracked.result.path, "registering", model.version, model.digest)


def test_what_is_registered_already_is_not_registered_again(tracked, mlflow, run_id):
    with opened(tracked.run.uri) as store:
        first = register(store, run_id, tracked)
        assert register(store, run_id, tracked) == first
    assert len(mlflow.get_run(run_id).outputs.model_outputs) == 1


def test_what_was_logged_before_a_call_was_cut_off_is_registered(tracked, mlflow, run_id):
    model = tracked.result.model
    with opened(tracked.run.uri) as store:
        logged = _log(store, run_id, tracked.result.path, model.version, model.digest)
        uri = register(store, run_id, tracked)
    name, number = uri.removeprefix("models:/").split("/")
    assert mlflow.MlflowClient().get_model_version(name, number).source == logged.model_uri
    assert len(mlflow.get_run(run_id).outputs.model_outputs) == 1


def test_a_model_can_be_registered_within_a_run_of_ones_own(tracked, mlflow, run_id):
    with opened(tracked.run.uri) as store, mlflow.start_run():
        assert register(store, run_id, tracked).startswith("models:/registering/")


def test_serving_needs_this_khabar_and_nothing_of_training():
    first, *others = serving_requirements()
    assert first.startswith("khabar==")
    assert not any("scikit-learn" in name or "mlflow" in name for name in others)
