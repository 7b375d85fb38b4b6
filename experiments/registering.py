"""A model file as a registered model of MLflow: a pyfunc around it, and what finds and checks the file again."""

from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from khabar.experiments.tracking_store import Store

# Tags of a registered version: SHA-256 of the model file, and its path within the registered model's artifacts.
DIGEST_TAG, FILE_TAG = "khabar.digest", "khabar.file"


def register_model(store: Store, run_id: str, path: Path, name: str, model_version: str, digest: str) -> str:
    """Log a model file as a model of a run, and register it as the next version under its name.

    What a call that was cut off has done already is not done again.

    Returns
    -------
    str
        `models:/name/number`.
    """
    client = store.mlflow.MlflowClient()
    for made in client.search_model_versions(f"run_id = '{run_id}'"):
        if made.tags.get(DIGEST_TAG) == digest:
            return f"models:/{made.name}/{made.version}"
    logged = _logged(client, run_id) or _log(store, run_id, path, model_version, digest)
    # Not by log_model's `registered_model_name`, which prints.
    try:
        client.create_registered_model(name)
    except store.mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {DIGEST_TAG: digest, FILE_TAG: f"artifacts/{path.name}", "khabar.version": model_version}
    made = client.create_model_version(name, logged.model_uri, run_id, tags=tags, model_id=logged.model_id)
    return f"models:/{name}/{made.version}"


def _logged(client: Any, run_id: str) -> Any:
    """Give the model that a run has logged whole, if any; a job logs one."""
    known = [client.get_logged_model(one.model_id) for one in client.get_run(run_id).outputs.model_outputs]
    return next((model for model in known if str(model.status) == "READY"), None)


def _log(store: Store, run_id: str, path: Path, model_version: str, digest: str) -> Any:
    from khabar.experiments import pyfunc

    # log_model logs to the run that is active; starting one that has ended opens it again, until its end is sent.
    # Nested, as whoever calls may have a run of their own.
    with store.mlflow.start_run(run_id=run_id, nested=True, log_system_metrics=False):
        return store.mlflow.pyfunc.log_model(
            name="model",
            python_model=pyfunc.__file__,
            artifacts={pyfunc.ARTIFACT: str(path)},
            signature=pyfunc.SIGNATURE,
            input_example=pyfunc.EXAMPLE,
            pip_requirements=serving_requirements(),
            metadata={"version": model_version, "digest": digest},
        )


def serving_requirements() -> list[str]:
    """Give what tagging needs: khabar itself, and its dependencies without any extra."""
    named = [requirement for requirement in requires("khabar") or [] if "extra ==" not in requirement]
    return [f"khabar=={version('khabar')}", *named]
