"""How outcomes are arranged in tables of text, whether for a terminal, Markdown or a page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from khabar.experiments.evaluation import PairedDifference
from khabar.training.bootstrap import Difference, Interval
from khabar.training.outcomes import Outcome

METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "f_pn": "F-PN", "favg2": "Favg2"}
LISTED = ("corpus", "part", "labels", "metric", "system", "as published", "de-duplicated", "trained on", "tested on")
NONE = "–"


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : list of tuple of str
        A cell of two lines has a figure and its interval, or a number of articles and that of the de-duplicated ones.
    names : int
        How many columns, from the first on, are names and not figures.
    """

    caption: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    names: int


def figure(value: float) -> str:
    """Write a figure between 0 and 1 as the field does: .978."""
    if not isfinite(value):
        return NONE
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and text.lstrip("-").startswith("0.") else text


def interval(found: Interval) -> str:
    """Write a figure with its 95 % interval, in two lines."""
    if not isfinite(found.value):
        return NONE
    return f"{figure(found.value)}\n{figure(found.low)}–{figure(found.high)}"


def difference(found: Difference) -> str:
    """Write a difference with its sign and its 95 % interval, in two lines."""
    signed = "+" if found.value >= 0 else ""
    return f"{signed}{figure(found.value)}\n{figure(found.low)} to {figure(found.high)}"


def p_value(found: Difference) -> str:
    """Write a p-value; below a thousandth the draws of the bootstrap tell no more."""
    return "<.001" if found.p < 0.001 else figure(found.p)


def listed(outcome: Outcome) -> tuple[str, ...]:
    """Give the row of an outcome, one cell for each of `LISTED`."""
    return (
        outcome.corpus,
        outcome.part,
        outcome.labels,
        METRICS[outcome.metric],
        outcome.system,
        interval(outcome.raw),
        interval(outcome.deduplicated),
        f"{outcome.n_train:,}",
        f"{outcome.n_test:,}\n{outcome.n_test_deduplicated:,}",
    )


def list_table(outcomes: Iterable[Outcome], caption: str = "") -> Table:
    """Arrange outcomes one below another, without the column of parts where there are none."""
    rows = [listed(outcome) for outcome in outcomes]
    kept = [at for at, column in enumerate(LISTED) if column != "part" or any(row[at] for row in rows)]
    names = sum(at < LISTED.index("as published") for at in kept)
    return Table(caption, tuple(LISTED[at] for at in kept), [tuple(row[at] for at in kept) for row in rows], names)


def difference_table(differences: Iterable[PairedDifference]) -> Table:
    """Arrange how much better one system is than another."""
    rows: list[tuple[str, ...]] = []
    for found in differences:
        o = found.outcome
        trained_on = f"{o.trained_on} → " if o.protocol == "cross-corpus" else ""
        names = (f"{trained_on}{o.corpus} {o.part}".rstrip(), o.labels, METRICS[o.metric])
        raw, fresh = found.raw, found.deduplicated
        figures = (difference(raw), p_value(raw), difference(fresh), p_value(fresh))
        rows.append((*names, f"{o.system} - {found.against}", *figures))
    columns = ("corpus", "labels", "metric", "difference", "as published", "p", "de-duplicated", "p")
    return Table("first less second, on the same articles", columns, rows, 4)


def matrices(outcomes: Sequence[Outcome]) -> list[Table]:
    """Arrange outcomes between corpora: for each task and system, a matrix of figures as published and one of others.

    A row is what was trained on, a column what was tested on.
    """
    tables = []
    for task, system in dict.fromkeys((outcome.task, outcome.system) for outcome in outcomes):
        chosen = [outcome for outcome in outcomes if (outcome.task, outcome.system) == (task, system)]
        metrics = " and ".join(dict.fromkeys(METRICS[outcome.metric] for outcome in chosen))
        for kind, shown in _KINDS:
            tables.append(_matrix(f"{task}, {system}: {metrics}, {kind}", chosen, shown))
    return tables


def _raw(outcome: Outcome) -> Interval:
    return outcome.raw


def _deduplicated(outcome: Outcome) -> Interval:
    return outcome.deduplicated


_KINDS: tuple[tuple[str, Callable[[Outcome], Interval]], ...] = (
    ("as published", _raw),
    ("de-duplicated", _deduplicated),
)


def _matrix(caption: str, outcomes: Sequence[Outcome], shown: Callable[[Outcome], Interval]) -> Table:
    cells = {(outcome.trained_on, outcome.corpus): interval(shown(outcome)) for outcome in outcomes}
    # In one order both ways, so that the diagonal is one.
    corpora = list(dict.fromkeys(name for pair in cells for name in pair))
    tested = [corpus for corpus in corpora if any(column == corpus for _, column in cells)]
    trained = [corpus for corpus in corpora if any(row == corpus for row, _ in cells)]
    rows = [(row, *(cells.get((row, column), NONE) for column in tested)) for row in trained]
    return Table(caption, ("train \\ test", *tested), rows, 1)
