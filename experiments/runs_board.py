"""All jobs that are tracked, ranked by how good they are at a task: a board for each source they were measured on."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import TypeVar

import orjson

from khabar.experiments.arabic_names import MAIN
from khabar.experiments.html_page import Measured, render
from khabar.experiments.leaderboard import NothingTrackedError
from khabar.experiments.outcome_tables import NONE, Table, figure, interval
from khabar.experiments.tracked_runs import FoundRun
from khabar.experiments.tracking_store import mlflow_name
from khabar.training.bootstrap import Interval
from khabar.training.config_data import Source
from khabar.training.job import OUT_OF_FOLD

T = TypeVar("T", bound=Hashable)

SHOWN = 4  # settings of a row that are not folded away
SAID = ("name", "version")  # settings that a row says anyway
MARGIN = 0.02  # of a plot, beyond the ends of intervals
ID_CHARS = 8


@dataclass(frozen=True, eq=False)
class Job:
    """A tracked job, and what of it MLflow keeps elsewhere.

    Attributes
    ----------
    run : FoundRun
    trained_on : str
        Digest of all that it was trained on; empty where it did not come to read it.
    aliases : tuple of str
        Of the version that it registered.
    """

    run: FoundRun
    trained_on: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A job on the board of a source.

    Attributes
    ----------
    place : int or None
        From 1 on; None where it was measured on other articles or labels than most.
    job : Job
    figure : Measured
    calibration_error, accuracy_at_80 : Measured or None
        Of the same head; none of sets of sectors.
    seconds : float
        That the job took.
    usual_training : bool
        Whether it was trained on what most were.
    settings : list of (str, str)
        What is not the same in all jobs of the board: first what fewest share, last what the job has not.
    """

    place: int | None
    job: Job
    figure: Measured
    calibration_error: Measured | None
    accuracy_at_80: Measured | None
    seconds: float
    usual_training: bool
    settings: list[tuple[str, str]]

    @property
    def model(self) -> str:
        """The model's name and version."""
        tags = self.job.run.tags
        return " ".join(part for part in (tags.get("khabar.model", ""), tags.get("khabar.version", "")) if part)


@dataclass(frozen=True)
class Board:
    """The jobs that were measured on one source, the best first; intervals lie between `low` and `high`.

    The source has the name that a config gives it; that of MLflow if no run has kept the config's.
    """

    source: str
    articles: int
    rows: list[Row]
    low: float
    high: float


def boards(jobs: Sequence[Job], task: str) -> list[Board]:
    """Rank jobs by the main figure of a task, on each source that one of them was measured on.

    Parameters
    ----------
    jobs : sequence of Job
        The newest first.
    task : {"sector", "sectors", "tone", "stance"}

    Raises
    ------
    NothingTrackedError
        No job has the figure.
    """
    name = f"/{MAIN[task]}"
    jobs = [replace(job, run=replace(job.run, metrics=_finite(job.run.metrics))) for job in jobs]
    sources = {source for job in jobs for source in _sources(job.run.metrics, name)}
    if not sources:
        raise NothingTrackedError(
            f"found no tracked job with the figure {MAIN[task]}, expected one or more; train one: khabar train khabar, "
            "or name with --tracking-uri the store that has them"
        )
    ordered = sorted(sources, key=lambda source: (source == OUT_OF_FOLD, source))
    return [_board(source, [job for job in jobs if f"{source}{name}" in job.run.metrics], task) for source in ordered]


def board_page(found: Sequence[Board], task: str, now: datetime | None = None) -> str:
    """Write boards as one page of HTML in Arabic that needs nothing else."""
    made = (now or datetime.now(UTC)).astimezone(UTC)
    return render("runs_board.html.j2", boards=found, task=task, made=f"{made:%Y-%m-%d %H:%M} UTC", shown=SHOWN)


def board_tables(found: Sequence[Board], task: str) -> list[Table]:
    """Arrange boards for a terminal."""
    columns = ("", "model", "run", "started", MAIN[task], "calibration", "surest 80 %", "seconds", "notes")
    return [Table(f"{board.source}, {board.articles:,} articles", columns, _lines(board), 4) for board in found]


def _board(source: str, jobs: Sequence[Job], task: str) -> Board:
    # Two sets with as many articles of each label are taken for one: MLflow keeps no digest of what was measured on.
    usual = _commonest([_measured_on(job, source, task) for job in jobs])
    training = _commonest([job.trained_on for job in jobs])
    settings = dict(zip(jobs, _settings([job.run.params for job in jobs]), strict=True))
    name = f"{source}/{MAIN[task]}"
    comparable = [job for job in jobs if _measured_on(job, source, task) == usual]
    others = [job for job in jobs if _measured_on(job, source, task) != usual]
    rows = [
        Row(
            place=place if place <= len(comparable) else None,
            job=job,
            figure=_measured(job, name),
            calibration_error=_known(job, f"{source}/{task}.calibration_error"),
            accuracy_at_80=_known(job, f"{source}/{task}.accuracy_at_80"),
            seconds=sum(value for key, value in job.run.metrics.items() if key.startswith("seconds/")),
            usual_training=job.trained_on == training,
            settings=settings[job],
        )
        for place, job in enumerate([*_by(name, comparable), *_by(name, others)], 1)
    ]
    ends = [end for row in rows for end in (row.figure.value, row.figure.low, row.figure.high) if end is not None]
    articles = int(comparable[0].run.metrics[f"{source}/articles"])
    called = next(filter(None, (_source_names(job.run.params).get(source) for job in jobs)), source)
    return Board(called, articles, rows, max(0.0, min(ends) - MARGIN), min(1.0, max(ends) + MARGIN))


def _sources(metrics: Mapping[str, float], name: str) -> list[str]:
    """Give the sources that have a figure: not their outlets, and not a learning curve, which counts no articles."""
    found = [key.removesuffix(name) for key in metrics if key.endswith(name) and key.count("/") == 1]
    return [source for source in found if f"{source}/articles" in metrics]


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Leave out the figures that are not a number: they rank nothing."""
    return {name: value for name, value in metrics.items() if isfinite(value)}


def _source_names(params: Mapping[str, str]) -> dict[str, str]:
    """Give by their names in MLflow what a job's config and its reports call the sources that it was measured on."""
    try:
        sources = [Source.model_construct(**source) for source in orjson.loads(params.get("data.evaluate", "[]"))]
    except orjson.JSONDecodeError:  # MLflow keeps the beginning of a long one
        return {}
    return {mlflow_name(source.name): source.name for source in sources}


def _measured_on(job: Job, source: str, task: str) -> tuple[tuple[str, float], ...]:
    counts = (f"{source}/articles", f"{source}/{task}.support.")
    return tuple(sorted((key, n) for key, n in job.run.metrics.items() if key.startswith(counts)))


def _commonest(values: Sequence[T]) -> T:
    """Give the value that most have; of several, the first one's."""
    return Counter(values).most_common(1)[0][0]


def _by(name: str, jobs: Sequence[Job]) -> list[Job]:
    return sorted(jobs, key=lambda job: -job.run.metrics[name])


def _settings(params: Sequence[Mapping[str, str]]) -> list[list[tuple[str, str]]]:
    """Give of each job the parameters that are not the same in all."""
    names = {name for own in params for name in own} - set(SAID)
    shared = {name: Counter(own.get(name, NONE) for own in params) for name in names}
    varied = [name for name in sorted(names) if len(shared[name]) > 1]

    def commonness(setting: tuple[str, str]) -> tuple[bool, int]:
        name, value = setting
        return value == NONE, shared[name][value]

    return [sorted(((name, own.get(name, NONE)) for name in varied), key=commonness) for own in params]


def _measured(job: Job, name: str) -> Measured:
    metrics = job.run.metrics
    return Measured(metrics[name], metrics.get(f"{name}_low"), metrics.get(f"{name}_high"))


def _known(job: Job, name: str) -> Measured | None:
    return _measured(job, name) if name in job.run.metrics else None


def _lines(board: Board) -> list[tuple[str, ...]]:
    return [
        (
            NONE if row.place is None else str(row.place),
            row.model,
            row.job.run.run_id[:ID_CHARS],
            f"{row.job.run.started:%Y-%m-%d %H:%M}",
            _cell(row.figure),
            NONE if row.calibration_error is None else figure(row.calibration_error.value),
            NONE if row.accuracy_at_80 is None else figure(row.accuracy_at_80.value),
            f"{row.seconds:,.0f}",
            "\n".join(_notes(row)),
        )
        for row in board.rows
    ]


def _cell(measured: Measured) -> str:
    if measured.low is None or measured.high is None:
        return figure(measured.value)
    return interval(Interval(measured.value, measured.low, measured.high))


def _notes(row: Row) -> list[str]:
    run = row.job.run
    return [
        *(f"@{alias}" for alias in row.job.aliases),
        *([] if run.status == "FINISHED" else [run.status.lower()]),
        *([] if row.place is not None else ["other test articles"]),
        *([] if row.usual_training else ["other training data"]),
        *(["uncommitted changes"] if run.tags.get("git.dirty") == "true" else []),
    ]
