"""A model file as a registered model of MLflow: a pyfunc around it, and what finds and checks the file again."""

from importlib.metadata import requires, version
from pathlib import Path

from khabar.experiments.tracking_store import Store

# Tags of a registered version: SHA-256 of the model file, and its path within the registered model's artifacts.
DIGEST_TAG, FILE_TAG = "khabar.digest", "khabar.file"


def register_model(store: Store, run_id: str, path: Path, name: str, model_version: str, digest: str) -> str:
    """Log a model file as a model of a run, and register it as the next version under its name.

    Returns
    -------
    str
        `models:/name/number`.
    """
    from khabar.experiments import pyfunc

    # log_model logs to the run that is active; starting one that has ended opens it again, until its end is sent.
    with store.mlflow.start_run(run_id=run_id, log_system_metrics=False):
        logged = store.mlflow.pyfunc.log_model(
            name="model",
            python_model=pyfunc.__file__,
            artifacts={pyfunc.ARTIFACT: str(path)},
            signature=pyfunc.SIGNATURE,
            input_example=pyfunc.EXAMPLE,
            pip_requirements=serving_requirements(),
            metadata={"version": model_version, "digest": digest},
        )
    # Not by log_model's `registered_model_name`, which prints.
    client = store.mlflow.MlflowClient()
    try:
        client.create_registered_model(name)
    except store.mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {DIGEST_TAG: digest, FILE_TAG: f"artifacts/{path.name}", "khabar.version": model_version}
    made = client.create_model_version(name, logged.model_uri, run_id, tags=tags, model_id=logged.model_id)
    return f"models:/{name}/{made.version}"


def serving_requirements() -> list[str]:
    """Give what tagging needs: khabar itself, and its dependencies without any extra."""
    named = [requirement for requirement in requires("khabar") or [] if "extra ==" not in requirement]
    return [f"khabar=={version('khabar')}", *named]
