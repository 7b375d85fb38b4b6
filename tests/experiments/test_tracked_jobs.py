"""Jobs come with a digest of all that they were trained on, and with the aliases that their models have now."""

import pytest

from khabar.experiments.tracked_jobs import tracked_jobs
from khabar.experiments.tracking_store import opened


@pytest.fixture
def found(tracked):
    """Gives the tracked job as a store has it."""

    def find():
        with opened(tracked.run.uri) as store:
            return next(job for job in tracked_jobs(store) if job.run.run_id == tracked.run.run_id)

    return find


def test_a_job_has_the_aliases_of_its_model(found, tracked, mlflow):
    assert found().aliases == ()
    client = mlflow.MlflowClient()
    for alias in ("champion", "best"):
        client.set_registered_model_alias("small", alias, tracked.run.model_uri.rsplit("/", 1)[1])
    aliases = found().aliases
    for alias in ("champion", "best"):
        client.delete_registered_model_alias("small", alias)
    assert aliases == ("best", "champion")


def test_the_digest_of_training_data_is_of_all_that_was_read(found, artifacts):
    file = artifacts / "data.json"
    before, digest = file.read_bytes(), found().trained_on
    assert found().trained_on == digest != ""
    try:
        file.write_bytes(before.replace(b'"labels": true', b'"labels": false'))
        assert found().trained_on not in ("", digest)
        file.write_bytes(before[: len(before) // 2])
        assert found().trained_on == ""
        file.unlink()
        assert found().trained_on == ""
    finally:
        file.write_bytes(before)
