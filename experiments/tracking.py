"""What MLflow keeps of a training job: one run with its config, data, figures, pictures, code state and model."""

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import yaml

from khabar.experiments.code_state import code_state
from khabar.inference.errors import KhabarError, MissingExtraError
from khabar.training.config import TrainConfig
from khabar.training.evaluate import Report
from khabar.training.job import JobResult
from khabar.training.report import markdown

SQLITE = "sqlite:///"
DEFAULT_URI = f"{SQLITE}mlflow.db"
DIGEST_CHARS = 36  # what MLflow keeps of a data set's digest; the whole of it is in a tag
# Read by MLflow when it is imported. What is set already stands.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}


class TrackingError(KhabarError):
    """MLflow cannot keep a job where it was told to."""


@dataclass(frozen=True)
class TrackedRun:
    """Where MLflow keeps a job.

    Attributes
    ----------
    uri, experiment, run_id : str
        The tracking store, the experiment and the run in it.
    model_uri : str
        The registered model, `models:/name/version`.
    """

    uri: str
    experiment: str
    run_id: str
    model_uri: str


def load_mlflow() -> ModuleType:
    """Import MLflow: silent, without telemetry, and without the warnings it gives about itself.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlflow
            import mlflow.data.code_dataset_source
            import mlflow.data.http_dataset_source
            import mlflow.data.meta_dataset
            import mlflow.pyfunc
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Tracking needs the module {error.name}, which is not installed. Install it with: "
            "pip install 'khabar[train]', or train with --no-track."
        ) from error
    module: ModuleType = mlflow
    return module


def track(
    train: Callable[[], JobResult], config: TrainConfig, *, uri: str | None = None, experiment: str | None = None
) -> tuple[JobResult, TrackedRun]:
    """Run a training job as one MLflow run.

    The run ends as FINISHED; as KILLED if the job is interrupted by Ctrl-C or a signal; as FAILED if it fails.

    Parameters
    ----------
    train : callable
        Does the job. Its result must have been written to a model file.
    config : TrainConfig
    uri : str, optional
        The tracking store; by default what MLFLOW_TRACKING_URI says, else `mlflow.db` in the working directory.
    experiment : str, optional
        By default, the name of the model.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    TrackingError
        The store cannot be used. If the model is trained by then, its file is where it was to be.
    """
    mlflow = load_mlflow()
    store = uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    experiment = experiment or config.name
    result: JobResult | None = None
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    try:
        mlflow.set_tracking_uri(store)
        with _run(mlflow, _experiment_id(mlflow, experiment, store)) as run_id:
            _log_job(mlflow, config)
            result = train()
            model_uri = _log_result(mlflow, result, run_id)
    except mlflow.MlflowException as error:
        trained = f" The model is trained and stands in {result.path}." if result is not None else ""
        raise TrackingError(
            f"MLflow could not track the job in {store}: {error}.{trained} Check --tracking-uri and --experiment, "
            "or train with --no-track."
        ) from error
    finally:
        mlflow.set_tracking_uri(before)
    return result, TrackedRun(store, experiment, run_id, model_uri)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give nested maps as one, with dotted keys; lists become JSON."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = orjson.dumps(value).decode() if isinstance(value, list | Mapping) else value
    return flat


@contextmanager
def _run(mlflow: ModuleType, experiment_id: str) -> Iterator[str]:
    """Open a run, and end it by how the block ends. MLflow's own context manager knows no KILLED."""
    run = mlflow.start_run(experiment_id=experiment_id)
    status = "FAILED"
    try:
        yield run.info.run_id
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        mlflow.end_run(status)


def _experiment_id(mlflow: ModuleType, name: str, store: str) -> str:
    location = None
    if store.startswith(SQLITE):
        folder = Path(store.removeprefix(SQLITE)).absolute().parent
        if not folder.is_dir():  # MLflow would try again for minutes
            raise TrackingError(f"{store} is in a folder that does not exist; make it: mkdir -p {folder}")
        # MLflow itself would put the artifacts into the working directory, wherever the database is.
        location = (folder / "mlartifacts").as_uri()
    known = mlflow.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    return str(mlflow.create_experiment(name, artifact_location=location))


def _log_job(mlflow: ModuleType, config: TrainConfig) -> None:
    """Log what is known before the job runs, so that a run that fails shows it too."""
    mlflow.set_tags(code_state(Path.cwd()))
    mlflow.log_params(flatten(config.to_dict()))
    mlflow.log_text(yaml.safe_dump(config.to_dict(), allow_unicode=True, sort_keys=False), "config.yaml")


def _log_result(mlflow: ModuleType, result: JobResult, run_id: str) -> str:
    """Log what the job gave; the registered model's URI is returned."""
    mlflow.set_tags({f"package.{name}": version for name, version in result.model.packages.items()})
    mlflow.log_metrics({f"seconds/{step}": seconds for step, seconds in result.timings.items()})
    mlflow.log_metrics({f"articles/{_key(what)}": count for what, count in result.articles.items()})
    _log_data(mlflow, result)
    for name, report in result.reports.items():
        _log_report(mlflow, name, report)
    return _log_model(mlflow, result, run_id)


def _log_data(mlflow: ModuleType, result: JobResult) -> None:
    """Log which corpora were trained on: names, digests, sources, licences; no text."""
    for fact in result.data:
        if "url" in fact:
            source = mlflow.data.http_dataset_source.HTTPDatasetSource(fact["url"])
        else:  # ships with khabar, or is a file of one's own
            source = mlflow.data.code_dataset_source.CodeDatasetSource({"name": fact["name"]})
        dataset = mlflow.data.meta_dataset.MetaDataset(source, fact["name"], fact["digest"][:DIGEST_CHARS])
        tags = {key: str(fact[key]) for key in ("articles", "digest", "licence", "ships") if key in fact}
        mlflow.log_input(dataset, context="training", tags=tags)


def _log_report(mlflow: ModuleType, name: str, report: Report) -> None:
    from khabar.experiments.plots import report_figures

    key = _key(name)
    mlflow.log_metrics({f"{key}/{figure}": value for figure, value in report.metrics().items()})
    mlflow.log_dict(report.to_dict(), f"reports/{key}/report.json")
    mlflow.log_text(markdown(report, name), f"reports/{key}/report.md")
    for file, figure in report_figures(report).items():
        mlflow.log_figure(figure, f"reports/{key}/{file}.png", save_kwargs={"bbox_inches": "tight"})


def _key(name: str) -> str:
    """Bring a name, such as the path of an own file, to the characters that MLflow takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")


def _log_model(mlflow: ModuleType, result: JobResult, run_id: str) -> str:
    """Log the model file, and a model of MLflow's around it, registered under the model's name."""
    from khabar.experiments import pyfunc

    mlflow.log_artifact(str(result.path), "model_file")
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=pyfunc.__file__,
        artifacts={pyfunc.ARTIFACT: str(result.path)},
        signature=pyfunc.SIGNATURE,
        input_example=pyfunc.EXAMPLE,
        pip_requirements=base_requirements(),
        metadata={"version": result.model.version, "digest": result.model.digest},
    )
    # Not by log_model's `registered_model_name`, which prints.
    client, name = mlflow.MlflowClient(), result.model.name
    try:
        client.create_registered_model(name)
    except mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    version = client.create_model_version(name, logged.model_uri, run_id, model_id=logged.model_id)
    return f"models:/{name}/{version.version}"


def base_requirements() -> list[str]:
    """Give what tagging needs, from khabar's own metadata: no extra."""
    return [requirement for requirement in requires("khabar") or [] if "extra ==" not in requirement]
