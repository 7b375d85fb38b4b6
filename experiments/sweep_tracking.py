"""What MLflow keeps of a sweep: one run of kind `sweep`, and below it one of kind `trial` for each trial.

The study is where trials are kept; MLflow is sent those that it lacks, so a sweep that goes on, or a store that comes
back, takes no other way than one that runs through.
"""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import optuna
import orjson
import yaml

from khabar.experiments.code_state import own_and_project_state, user_name
from khabar.experiments.job_journal import KIND, flatten
from khabar.experiments.sending import PARAM_CHARS, PARENT_TAG
from khabar.experiments.sweep import TrialResult, best
from khabar.experiments.sweep_config import Sweep
from khabar.experiments.sweep_results import best_yaml
from khabar.experiments.tracking_store import Store, TrackingError, database, experiment_id, run_to_join
from khabar.training.events import Note, Report

TRIAL = "khabar.trial"
RUNS = "mlflow_runs"  # of a study: by digest of the store's address and the experiment, the sweep's run there


def check_store(store: Store, experiment: str) -> None:
    """Make the experiment of a sweep, if need be: what is wrong with a store is best known before articles are read.

    Raises
    ------
    TrackingError
        The store cannot be used.
    """
    with _refusals(store):
        experiment_id(store, experiment)


@contextmanager
def tracked_sweep(
    store: Store, experiment: str, sweep: Sweep, study: optuna.Study, command: str, report: Report
) -> Iterator["SweepRun"]:
    """Open the run of a sweep, or reopen it, and give what sends results to it.

    The run ends as FINISHED; as KILLED if the block is interrupted; as FAILED if it fails. If the store goes away in
    between, the block runs on, and what was not sent is sent at the end, or when the sweep is run again.

    Raises
    ------
    TrackingError
        The store cannot be used at the start.
    """
    with _refusals(store):
        run_id, name = _opened_run(store, experiment, sweep, study, command)
    sender, status = SweepRun(store, run_id, name, sweep, report), "FAILED"
    try:
        yield sender
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        sender.end(status)


@contextmanager
def _refusals(store: Store) -> Iterator[None]:
    """Name what MLflow refuses at the start."""
    try:
        yield
    except store.failures as error:
        raise TrackingError(
            f"MLflow could not track the sweep in {store.uri}: {error}. Check --tracking-uri and --experiment, or go "
            "without: --no-track."
        ) from error


class SweepRun:
    """The run of a sweep, called to send results to it; once that fails, it keeps the last ones for the end.

    Attributes
    ----------
    run_id, experiment : str
        The experiment by its name, which is not the one asked for where `mlflow run` has made the run.
    """

    def __init__(self, store: Store, run_id: str, experiment: str, sweep: Sweep, report: Report) -> None:
        self.run_id, self.experiment = run_id, experiment
        self._store, self._sweep, self._report = store, sweep, report
        self._results: Sequence[TrialResult] = ()
        self._problem: Exception | None = None

    def __call__(self, results: Sequence[TrialResult]) -> None:
        self._results = results
        if self._problem is None and not self._tried(lambda: _send(self._store, self.run_id, self._sweep, results)):
            self._report(Note(f"MLflow cannot be reached any more, the sweep goes on without it: {self._problem}"))

    def end(self, status: str) -> None:
        """End the run, and send what could not be sent: the store may be back."""
        client, waiting = self._store.mlflow.MlflowClient(), self._results if self._problem is not None else ()

        def send() -> None:
            _send(self._store, self.run_id, self._sweep, waiting)
            client.set_terminated(self.run_id, status)

        if not self._tried(send):
            self._report(
                Note(
                    f"MLflow lacks trials of the run {self.run_id} in {self._store.uri}: {self._problem}. The study "
                    "has them all: once MLflow is back, run the same command again to send them"
                )
            )

    def _tried(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except self._store.failures as error:
            self._problem = error
            return False
        return True


def _opened_run(store: Store, experiment: str, sweep: Sweep, study: optuna.Study, command: str) -> tuple[str, str]:
    """Make or find the sweep's run, and send what is known before its trials are; give its id and experiment."""
    home = experiment_id(store, experiment)  # first of all, since it looks at the store's folder
    client, config = store.mlflow.MlflowClient(), sweep.config
    file = database(store.uri)
    place = f"{store.uri if file is None else file.resolve()} {home}"
    address = sha256(place.encode()).hexdigest()[:12]  # which may hold a password
    kept: dict[str, str] = study.user_attrs.get(RUNS, {})
    run_id = _living(store, kept[address]) if address in kept else None
    if (join := run_to_join()) is not None:
        run_id = join
        client.set_tag(run_id, KIND, "sweep")
        study.set_user_attr(RUNS, {**kept, address: run_id})
    elif run_id is None:
        tags = {KIND: "sweep", "mlflow.user": user_name(), "mlflow.source.type": "LOCAL"}
        run = client.create_run(home, tags=tags, run_name=f"sweep {config.name}")
        run_id = str(run.info.run_id)
        study.set_user_attr(RUNS, {**kept, address: run_id})
    client.update_run(run_id, status="RUNNING")
    entities = store.mlflow.entities
    tags = {"command": command, "python": platform.python_version(), "platform": platform.platform()}
    params = {
        "base": config.base,
        "seed": config.seed,
        "batch": config.batch,
        **{f"search.{key}": str(searched) for key, searched in config.search.items()},
        **flatten({"objective": config.objective, "pruning": config.pruning.model_dump()}),
    }
    run = client.get_run(run_id)
    client.log_batch(
        run_id,
        # A param cannot change, and the path of the same base may be written in another way.
        params=[
            entities.Param(name, str(value)[:PARAM_CHARS])
            for name, value in params.items()
            if name not in run.data.params
        ],
        tags=[entities.RunTag(name, value) for name, value in (tags | own_and_project_state()).items()],
    )
    for name, values in (("config.yaml", config.model_dump(mode="json", exclude_none=True)), ("base.yaml", sweep.base)):
        client.log_text(run_id, yaml.safe_dump(values, allow_unicode=True, sort_keys=False), name)
    return run_id, str(client.get_experiment(run.info.experiment_id).name)


def _living(store: Store, run_id: str) -> str | None:
    """Give the id of a run back, or None if it has been deleted."""
    try:
        run = store.mlflow.MlflowClient().get_run(run_id)
    except store.mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return run_id if run.info.lifecycle_stage == "active" else None


def _send(store: Store, run_id: str, sweep: Sweep, results: Sequence[TrialResult]) -> None:
    """Send the trials that the run lacks, and what is best by now."""
    client = store.mlflow.MlflowClient()
    experiment = client.get_run(run_id).info.experiment_id
    kept = _trials(client, experiment, run_id)
    for result in results:
        trial = kept.get(str(result.number))
        if trial is None or trial.info.status != "FINISHED":  # which a kill can leave half sent
            _send_trial(store, experiment, run_id, result, None if trial is None else trial.info.run_id)
    if not results:
        return
    top, now = best(results), int(results[-1].ended * 1000)
    figures = {"objective": top.value, "trials": len(results), "pruned": sum(result.pruned for result in results)}
    metric = store.mlflow.entities.Metric
    client.log_batch(run_id, [metric(name, value, now, len(results)) for name, value in figures.items()])
    client.set_tag(run_id, "khabar.best_trial", str(top.number))
    trials = orjson.dumps([asdict(result) for result in results], option=orjson.OPT_INDENT_2)
    client.log_text(run_id, trials.decode(), "trials.json")
    client.log_text(run_id, best_yaml(sweep, results), "best.yaml")


def _trials(client: Any, experiment: str, run_id: str) -> dict[str, Any]:
    """Give the runs of trials by their numbers."""
    found: dict[str, Any] = {}
    token = None
    while True:
        page = client.search_runs([experiment], f"tags.`{PARENT_TAG}` = '{run_id}'", page_token=token)
        found |= {run.data.tags[TRIAL]: run for run in page}
        token = page.token
        if not token:
            return found


def _send_trial(store: Store, experiment: str, parent: str, result: TrialResult, run_id: str | None) -> None:
    client, entities = store.mlflow.MlflowClient(), store.mlflow.entities
    if run_id is None:
        tags = {PARENT_TAG: parent, KIND: "trial", TRIAL: str(result.number)}
        if result.pruned:
            tags["khabar.pruned"] = f"after fold {len(result.folds)}"
        start = int(result.started * 1000)
        run_id = client.create_run(experiment, start, tags, f"trial {result.number}").info.run_id
    # Times of the trial's own: what is sent twice is the same, and kept once.
    ended = int(result.ended * 1000)
    metrics = [
        entities.Metric(name, value, ended, number)
        for number, figures in enumerate(result.folds, 1)
        for name, value in figures.items()
    ]
    metrics.append(entities.Metric("objective", result.value, ended, len(result.folds)))
    params = {"seed": result.seed, **flatten(result.params)}
    client.log_batch(
        run_id, metrics, [entities.Param(name, str(value)[:PARAM_CHARS]) for name, value in params.items()]
    )
    client.set_terminated(run_id, "FINISHED", ended)
