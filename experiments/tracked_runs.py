"""Runs that MLflow keeps, found by id, by how an id begins, or by the model they made; and their artifacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from khabar.experiments.job_journal import KIND
from khabar.experiments.predictions import Predictions, read_predictions
from khabar.experiments.registry import registered
from khabar.experiments.tracking_store import Store, TrackingError, is_there

MODELS = "models:/"
ID_CHARS = 32
FEWEST_CHARS = 6  # of an id's beginning
LISTED = 10


@dataclass(frozen=True)
class FoundRun:
    """A run of MLflow.

    Attributes
    ----------
    run_id, name, experiment, status : str
    started : datetime
        In UTC.
    tags, params : dict of str to str
    metrics : dict of str to float
    """

    run_id: str
    name: str
    experiment: str
    status: str
    started: datetime
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]


def find_run(store: Store, run: str) -> FoundRun:
    """Find one run.

    Parameters
    ----------
    store : Store
    run : str
        Its id, six characters or more that only its id begins with, or a registered model: `models:/khabar/3`,
        `models:/khabar@champion`.

    Raises
    ------
    ModelNotFoundError
        There is no such model, version or alias.
    TrackingError
        There is no such run, there are several, or the store cannot be read.
    """
    if not is_there(store.uri):
        raise TrackingError(f"There is no {store.uri}, so it has no run {run}. Check --tracking-uri.")
    try:
        run_id = registered(store, run).run_id if run.lower().startswith(MODELS) else run
        if len(run_id) == ID_CHARS:
            return _found(store, [store.mlflow.MlflowClient().get_run(run_id)])[0]
    except store.failures as error:
        raise TrackingError(
            f"MLflow has no run {run} in {store.uri}: {error}. Check --tracking-uri; khabar leaderboard --task sector "
            "lists the runs there are."
        ) from error
    if len(run) < FEWEST_CHARS:
        raise TrackingError(
            f"found the run {run!r}, expected {FEWEST_CHARS} characters or more of a run's id, or models:/NAME@ALIAS"
        )
    runs = [one for one in _search(store, "") if one.info.run_id.startswith(run)]
    if len(runs) != 1:
        ids = ", ".join(one.info.run_id for one in runs[:LISTED])
        found = f"{len(runs)} runs whose ids begin with it: {ids}" if runs else "none"
        raise TrackingError(
            f"found {found}, looking for the run {run!r} in {store.uri}; expected one. Give more of the id, or check "
            "--tracking-uri."
        )
    return _found(store, runs)[0]


def find_runs(store: Store, kind: str = "job") -> list[FoundRun]:
    """Find all runs of a kind (job, fold, head, sweep, trial), the newest first; none in a store that is not there.

    Raises
    ------
    TrackingError
        The store cannot be read.
    """
    return _found(store, _search(store, f"tags.`{KIND}` = '{kind}'"))


def fetch_artifacts(store: Store, run_id: str, path: str, folder: Path) -> Path:
    """Download a file or folder of a run's artifacts into a folder.

    Raises
    ------
    TrackingError
        The run has no such artifact, or the store cannot be read.
    """
    try:
        fetched = store.mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=path, dst_path=str(folder))
    except store.failures as error:
        raise TrackingError(
            f"the run {run_id} in {store.uri} has no artifact {path}, or it cannot be fetched: {error}. A run that did "
            "not end, or was tracked by khabar 0.1.0, lacks some: train again."
        ) from error
    return Path(fetched)


def fetch_predictions(store: Store, run_id: str) -> list[Predictions]:
    """Fetch what a run predicted, of each source it was measured on.

    Raises
    ------
    TrackingError
        The run has no predictions, or the store cannot be read.
    PredictionsError
        They cannot be read.
    """
    with TemporaryDirectory(prefix="khabar-predictions-") as folder:
        kept = fetch_artifacts(store, run_id, "predictions", Path(folder))
        return [read_predictions(path) for path in sorted(kept.glob("*.jsonl.gz"))]


def _search(store: Store, filter_: str) -> list[Any]:
    if not is_there(store.uri):
        return []
    try:
        runs: list[Any] = store.mlflow.search_runs(
            search_all_experiments=True,
            filter_string=filter_,
            order_by=["attributes.start_time DESC"],
            output_format="list",
        )
    except store.failures as error:
        raise TrackingError(f"MLflow could not read {store.uri}: {error}. Check --tracking-uri.") from error
    return runs


def _found(store: Store, runs: Sequence[Any]) -> list[FoundRun]:
    experiments = {run.info.experiment_id for run in runs}
    names = {experiment: str(store.mlflow.get_experiment(experiment).name) for experiment in experiments}
    return [
        FoundRun(
            run.info.run_id,
            run.info.run_name,
            names[run.info.experiment_id],
            run.info.status,
            datetime.fromtimestamp(run.info.start_time / 1000, UTC),
            dict(run.data.tags),
            dict(run.data.params),
            dict(run.data.metrics),
        )
        for run in runs
    ]
