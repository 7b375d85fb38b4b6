"""A training job as a run of MLflow, with a run within it for each fold and head."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from khabar.datasets.article import Article
from khabar.experiments.code_state import own_and_project_state
from khabar.experiments.job_journal import job_tags, write_event, write_job, write_result
from khabar.experiments.journal import Journal, JournalError
from khabar.experiments.recording import PARENT, recorded
from khabar.experiments.run_summary import write_summary
from khabar.training.config import TrainConfig
from khabar.training.events import Event, Note, Report, unheard
from khabar.training.job import JobResult


@dataclass(frozen=True)
class TrackedRun:
    """Where MLflow keeps a job.

    Attributes
    ----------
    uri, experiment : str
        The tracking store, and the experiment in it.
    run_id : str
    model_uri : str or None
        The registered model, `models:/name/version`; None if the store went away before.
    kept : Path or None
        The journal of a job that could not be sent whole, for `khabar log`.
    """

    uri: str
    experiment: str
    run_id: str
    model_uri: str | None
    kept: Path | None


def track(
    train: Callable[[Report], JobResult],
    config: TrainConfig,
    *,
    journal: Path,
    uri: str | None = None,
    experiment: str | None = None,
    command: str = "",
    report: Report = unheard,
) -> tuple[JobResult, TrackedRun]:
    """Run a training job as one run of MLflow, told to it as the job goes.

    The run ends as FINISHED; as KILLED if the job is interrupted by Ctrl-C or a signal; as FAILED if it fails; each
    time with what the job had by then. If the store goes away, the job goes on.

    Parameters
    ----------
    train : callable
        Does the job, and is given what to report to. Its result must have been written to a model file.
    config : TrainConfig
    journal : Path
        A folder that does not exist yet, for what is sent; deleted once all of it was.
    uri : str, optional
        The tracking store; by default what MLFLOW_TRACKING_URI says, else `mlflow.db` in the working directory.
    experiment : str, optional
        By default, the name of the model.
    command : str
        What runs the job again.
    report : callable
        Told what is done, and if the store goes away.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    TrackingError
        The store cannot be used from the start.
    JournalError
        There is a journal already.
    """
    known: list[Article] = []
    with recorded(
        journal,
        f"{config.name} {config.version}",
        job_tags(config, command) | own_and_project_state(),
        experiment=experiment or config.name,
        what="the job",
        uri=uri,
        warn=lambda text: report(Note(text)),
    ) as (book, sent):

        def keep(step: Callable[[], None]) -> None:
            try:
                step()
            except (OSError, JournalError) as error:  # a full disk does not end the job
                report(Note(f"A part of the run cannot be kept, the job goes on: {error}"))

        def hear(event: Event) -> None:
            report(event)
            keep(lambda: write_event(book, config, known, event))

        started = datetime.now(UTC)
        keep(lambda: write_job(book, config))
        try:
            result = train(hear)
            keep(lambda: write_result(book, result))
            keep(lambda: _write_model(book, result))
        except BaseException as error:
            status = _status(error)
            keep(lambda: write_summary(book, started, status))
            raise
        keep(lambda: write_summary(book, started, "FINISHED"))
    model_uri = sent.models[0] if sent.models else None
    return result, TrackedRun(sent.uri, sent.experiment, sent.runs.get(PARENT, ""), model_uri, sent.kept)


def _write_model(journal: Journal, result: JobResult) -> None:
    if result.path is None:
        raise ValueError("the job wrote no model file; expected one to register")
    model = result.model
    journal.model(PARENT, result.path, model.name, model.version, model.digest)


def _status(error: BaseException) -> str:
    return "KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED"
