"""What MLflow keeps of a training job: one run with its config, data, figures, pictures, code state and model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import orjson
import yaml

from khabar.experiments.code_state import code_state
from khabar.experiments.tracking_store import Store, TrackingError, log_data, mlflow_name, open_run, opened
from khabar.training.config import TrainConfig
from khabar.training.figures import Report
from khabar.training.job import JobResult
from khabar.training.report import markdown


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
    experiment = experiment or config.name
    result: JobResult | None = None
    with opened(uri) as store:
        try:
            with open_run(store, experiment) as run_id:
                _log_job(store, config)
                result = train()
                model_uri = _log_result(store, result, run_id)
        except store.mlflow.MlflowException as error:
            trained = f" The model is trained and stands in {result.path}." if result is not None else ""
            raise TrackingError(
                f"MLflow could not track the job in {store.uri}: {error}.{trained} Check --tracking-uri and "
                "--experiment, or train with --no-track."
            ) from error
    return result, TrackedRun(store.uri, experiment, run_id, model_uri)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give nested maps as one, with dotted keys; lists become JSON."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = orjson.dumps(value).decode() if isinstance(value, list | Mapping) else value
    return flat


def _log_job(store: Store, config: TrainConfig) -> None:
    """Log what is known before the job runs, so that a run that fails shows it too."""
    store.mlflow.set_tags(code_state(Path.cwd()))
    store.mlflow.log_params(flatten(config.to_dict()))
    store.mlflow.log_text(yaml.safe_dump(config.to_dict(), allow_unicode=True, sort_keys=False), "config.yaml")


def _log_result(store: Store, result: JobResult, run_id: str) -> str:
    """Log what the job gave; the registered model's URI is returned."""
    store.mlflow.set_tags({f"package.{name}": version for name, version in result.model.packages.items()})
    store.mlflow.log_metrics({f"seconds/{step}": seconds for step, seconds in result.timings.items()})
    store.mlflow.log_metrics({f"articles/{mlflow_name(what)}": count for what, count in result.articles.items()})
    _log_data(store, result)
    for name, report in result.reports.items():
        _log_report(store, name, report)
    return _log_model(store, result, run_id)


def _log_data(store: Store, result: JobResult) -> None:
    """Log which corpora were trained on: names, digests, sources, licences; no text."""
    for fact in result.data:
        tags: dict[str, str] = {key: str(fact[key]) for key in ("articles", "licence", "ships") if key in fact}
        log_data(store, fact["name"], fact.get("url"), fact["digest"], "training", tags)


def _log_report(store: Store, name: str, report: Report) -> None:
    from khabar.experiments.plots import report_figures

    key = mlflow_name(name)
    store.mlflow.log_metrics({f"{key}/{figure}": value for figure, value in report.metrics().items()})
    store.mlflow.log_dict(report.to_dict(), f"reports/{key}/report.json")
    store.mlflow.log_text(markdown(report, name), f"reports/{key}/report.md")
    for file, figure in report_figures(report).items():
        store.mlflow.log_figure(figure, f"reports/{key}/{file}.png", save_kwargs={"bbox_inches": "tight"})


def _log_model(store: Store, result: JobResult, run_id: str) -> str:
    """Log the model file, and a model of MLflow's around it, registered under the model's name."""
    from khabar.experiments import pyfunc

    store.mlflow.log_artifact(str(result.path), "model_file")
    logged = store.mlflow.pyfunc.log_model(
        name="model",
        python_model=pyfunc.__file__,
        artifacts={pyfunc.ARTIFACT: str(result.path)},
        signature=pyfunc.SIGNATURE,
        input_example=pyfunc.EXAMPLE,
        pip_requirements=base_requirements(),
        metadata={"version": result.model.version, "digest": result.model.digest},
    )
    # Not by log_model's `registered_model_name`, which prints.
    client, name = store.mlflow.MlflowClient(), result.model.name
    try:
        client.create_registered_model(name)
    except store.mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    version = client.create_model_version(name, logged.model_uri, run_id, model_id=logged.model_id)
    return f"models:/{name}/{version.version}"


def base_requirements() -> list[str]:
    """Give what tagging needs, from khabar's own metadata: no extra."""
    return [requirement for requirement in requires("khabar") or [] if "extra ==" not in requirement]
