"""The leaderboard: the newest figures of every system beside those that others report, as Markdown and as a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from khabar.experiments.anchors import ANCHORS, READ_TWICE, Anchor
from khabar.experiments.evaluation_tracking import TrackedOutcome
from khabar.experiments.html_page import render
from khabar.experiments.outcome_tables import METRICS, Table, list_table, matrices
from khabar.experiments.protocol_runs import PROTOCOLS
from khabar.inference.errors import KhabarError

TITLES = {
    "official": ("Official splits", "Each corpus with its own split, labels and metric; folds are pooled."),
    "in-corpus": ("Within a corpus", "Trained on nine tenths of a corpus drawn at random, tested on the rest."),
    "outlets": ("Outlets left out", "Tested on an outlet, trained on all others."),
    "cross-corpus": (
        "From corpus to corpus",
        "Trained on the corpus of the row, tested on that of the column, by the classes both have. On the diagonal, a "
        "random tenth of the corpus is tested on.",
    ),
    "byline": (
        "What the byline gives away",
        "Told from the first 80 characters, before and after cleaning, and from what it takes off alone.",
    ),
}
READING = (
    "Figures stand with their 95 % bootstrap interval. “As published” counts every test article; “de-duplicated” "
    "counts those without a near-duplicate among the training articles, and of near-duplicates within a test the "
    "first. The last column has the numbers of both."
)


class NothingTrackedError(KhabarError):
    """No evaluation is tracked that a leaderboard could show."""


@dataclass(frozen=True)
class Section:
    """A part of the leaderboard: tables, and sentences above them."""

    title: str
    notes: list[str]
    tables: list[Table]


@dataclass(frozen=True)
class Run:
    """A run that figures of the leaderboard come from, under the number that their rows give."""

    number: int
    date: str
    commit: str
    command: str
    run_id: str


@dataclass(frozen=True)
class Leaderboard:
    """What the leaderboard shows, arranged."""

    date: str
    sections: list[Section]
    runs: list[Run]


def newest(tracked: Iterable[TrackedOutcome]) -> list[TrackedOutcome]:
    """Keep of every question the newest answer by each system.

    A question is a protocol, task, corpus, its labels and a metric, and between corpora what was trained on; all
    outlets of one answer are of one run.

    Parameters
    ----------
    tracked : iterable of TrackedOutcome
    """
    run_of: dict[tuple[str, ...], str] = {}
    kept = []
    for one in sorted(tracked, key=lambda one: one.started, reverse=True):
        o = one.outcome
        key: tuple[str, ...] = (o.protocol, o.task, o.corpus, o.system, o.labels, o.metric)
        key += (o.trained_on,) if o.protocol == "cross-corpus" else ()
        if run_of.setdefault(key, one.run_id) == one.run_id:
            kept.append(one)
    return kept


def leaderboard(
    tracked: Iterable[TrackedOutcome], anchors: Sequence[Anchor] = ANCHORS, *, now: datetime | None = None
) -> Leaderboard:
    """Arrange what is tracked.

    Parameters
    ----------
    tracked : iterable of TrackedOutcome
    anchors : sequence of Anchor
    now : datetime, optional
        When it is made; by default now.

    Raises
    ------
    NothingTrackedError
        There is no outcome.
    """
    kept = newest(tracked)
    if not kept:
        raise NothingTrackedError(
            "found no tracked evaluation, expected one or more; run: khabar evaluate --protocol all, or name with "
            "--tracking-uri the store that has them"
        )
    runs: dict[str, Run] = {}
    for one in kept:
        date, changed = f"{one.started:%Y-%m-%d %H:%M} UTC", " with changes" if one.dirty else ""
        run = Run(len(runs) + 1, date, f"{one.commit[:10] or 'unknown'}{changed}", one.command, one.run_id)
        runs.setdefault(one.run_id, run)
    sections = [
        _section(protocol, [one for one in kept if one.outcome.protocol == protocol], anchors, runs)
        for protocol in PROTOCOLS
    ]
    sections.append(_ceiling([anchor for anchor in anchors if anchor.protocol == READ_TWICE]))
    made = (now or datetime.now(UTC)).astimezone(UTC)
    return Leaderboard(f"{made:%Y-%m-%d %H:%M} UTC", [s for s in sections if s.tables], list(runs.values()))


def markdown(board: Leaderboard) -> str:
    """Write the leaderboard as Markdown."""
    lines = ["# Leaderboard", "", f"{READING}", ""]
    for section in board.sections:
        lines += [f"## {section.title}", ""]
        for note in section.notes:
            lines += [note, ""]
        for table in section.tables:
            lines += [f"**{table.caption}**", ""] if table.caption else []
            lines += _markdown_table(table.columns, table.rows, table.names)
    lines += ["## Runs", ""]
    rows = [(f"[{run.number}]", run.date, run.commit, f"`{run.command}`", run.run_id) for run in board.runs]
    lines += _markdown_table(("", "date", "commit", "command", "MLflow run"), rows, 5)
    return "\n".join([*lines, f"Made {board.date} by `khabar leaderboard`.", ""])


def page(board: Leaderboard) -> str:
    """Write the leaderboard as one page of HTML that needs nothing else."""
    return render("leaderboard.html.j2", board=board, reading=READING)


def _section(
    protocol: str, tracked: Sequence[TrackedOutcome], anchors: Sequence[Anchor], runs: dict[str, Run]
) -> Section:
    title, about = TITLES[protocol]
    own = [anchor for anchor in anchors if anchor.protocol == protocol]
    notes = [about, *(f"{a.corpus}: no work was found that reports {METRICS[a.metric]}." for a in own if not a.value)]
    if protocol == "cross-corpus":
        numbers = ", ".join(dict.fromkeys(f"[{runs[one.run_id].number}]" for one in tracked))
        notes += [f"Runs {numbers}."] if tracked else []
        return Section(title, notes, matrices([one.outcome for one in tracked]))
    tables = []
    for task in dict.fromkeys([*(one.outcome.task for one in tracked), *(a.task for a in own if a.value)]):
        ours = [one for one in tracked if one.outcome.task == task]
        tables.append(_with_anchors(task, ours, [a for a in own if a.task == task and a.value], runs))
    return Section(title, notes, tables)


def _with_anchors(
    task: str, tracked: Sequence[TrackedOutcome], anchors: Sequence[Anchor], runs: dict[str, Run]
) -> Table:
    """Arrange outcomes of a task by corpus, what others report below each."""
    corpora = dict.fromkeys([*(one.outcome.corpus for one in tracked), *(anchor.corpus for anchor in anchors)])
    ordered = [one for corpus in corpora for one in tracked if one.outcome.corpus == corpus]
    table = list_table([one.outcome for one in ordered], task)
    at = table.names
    columns = (*table.columns[:at], "source", *table.columns[at:])
    rows: list[tuple[str, ...]] = []
    for corpus in corpora:
        both = zip(ordered, table.rows, strict=True)
        ours = [
            (*row[:at], f"[{runs[one.run_id].number}]", *row[at:]) for one, row in both if one.outcome.corpus == corpus
        ]
        others = [anchor for anchor in anchors if anchor.corpus == corpus]
        rows += ours
        if not ours:
            command = f"not measured yet: khabar evaluate --protocol {others[0].protocol} {corpus}"
            rows.append(_row(columns, corpus=corpus, metric=METRICS[others[0].metric], system="khabar", source=command))
        for a in others:
            source = "; ".join(part for part in (a.source, a.note) if part)
            cells = {"corpus": corpus, "metric": METRICS[a.metric], "system": a.system, "source": source}
            rows.append(_row(columns, **cells, **{"as published": a.value}))
    return Table(table.caption, columns, rows, at + 1)


def _row(columns: Sequence[str], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(column, "") for column in columns)


def _ceiling(anchors: Sequence[Anchor]) -> Section:
    rows: list[tuple[str, ...]] = [(a.task, METRICS.get(a.metric, a.metric), a.source, a.value) for a in anchors]
    notes = ["How far two independent readers agree; a model's figures: khabar evaluate - annotations/dev."]
    columns = ("what", "metric", "source", "two readers")
    return Section("The ceiling: two readers", notes, [Table("", columns, rows, 3)] if rows else [])


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]], names: int) -> list[str]:
    marks = ["---" if at < names else "---:" for at in range(len(columns))]
    cells = [[cell.replace("|", "\\|").replace("\n", "<br>") for cell in row] for row in (columns, *rows)]
    return [*(f"| {' | '.join(line)} |" for line in (cells[0], marks, *cells[1:])), ""]
