"""How the corpora, their copies and their splits are shown on a terminal or in a log: tables of fixed width."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry

if TYPE_CHECKING:  # What a list of the corpora does not need takes a second to import.
    from khabar.datasets.duplicates import DuplicateReport
    from khabar.datasets.splits import Split

WIDTH = 122  # characters of a whole table, wherever it is printed
SHORT = 20  # characters of what is shortened
MOST = 10  # rows of a table that may be long


def console() -> Console:
    """Give a console that writes to stdout, as wide in a log as in a terminal."""
    return Console(width=WIDTH, highlight=False)


def corpora_table(corpora: Iterable[tuple[CorpusEntry, str | None]]) -> Table:
    """Show corpora, each with the place on this machine that it is in, or the command that fetches it."""
    rows = (
        (
            corpus.name,
            corpus.task,
            f"{corpus.documents:,}",
            shorten(", ".join(corpus.outlets), SHORT, placeholder=" …"),
            shorten(corpus.licence, SHORT, placeholder=" …"),
            corpus.permits,
            f"khabar data fetch {corpus.name}" if place is None else f"ready ({place})",
        )
        for corpus, place in corpora
    )
    return _table(("name", "task", "documents", "outlets", "licence", "permits", "where"), rows, numbers=(2,))


def duplicate_tables(report: "DuplicateReport") -> list[Table]:
    """Show what stands more than once: numbers, pairs of corpora and outlets, the largest groups, the first conflicts.

    Parameters
    ----------
    report : DuplicateReport
        With all of its groups among the largest.
    """
    numbers = (
        ("articles", report.articles),
        ("groups of near-duplicates", report.groups),
        ("near-duplicates beyond the first of each", report.duplicates),
        ("  with the same text, letter by letter", report.exact),
        ("groups with different labels (conflicts)", len(report.conflicts)),
    )
    tables = [_table(("what", "number"), ((what, f"{n:,}") for what, n in numbers), numbers=(1,))]
    for what, pairs in (("corpus", _pairs_of_corpora(report.largest)), ("outlet", report.outlets)):
        if pairs:
            rows = ((one, two, f"{n:,}") for one, two, n in pairs[:MOST])
            tables.append(_table((what, f"another {what}", "groups in both"), rows, numbers=(2,)))
    for what, groups in (("largest groups", report.largest), ("largest conflicts", report.conflicts)):
        if groups:
            lines = ((f"{len(group):,}", f"{group[0].corpus} {group[0].id}", _labels(group)) for group in groups[:MOST])
            tables.append(_table((what, "first article", "labels"), lines, numbers=(0,)))
    return tables


def split_table(split: "Split") -> Table:
    """Show the parts of a split by their sizes."""
    everything = {key for part in split.parts for key in (*part.train, *part.test)}
    rows = (
        (
            part.name,
            f"{len(part.train):,}",
            f"{len(part.test):,}",
            f"{len(everything) - len(part.train) - len(part.test):,}",
        )
        for part in split.parts
    )
    return _table(("part", "train", "test", "left out"), rows, numbers=(1, 2, 3))


def _pairs_of_corpora(groups: Iterable[Sequence[Article]]) -> list[tuple[str, str, int]]:
    counts = Counter(pair for group in groups for pair in combinations(sorted({a.corpus for a in group}), 2))
    return sorted(((*pair, n) for pair, n in counts.items()), key=lambda row: (-row[2], row))


def _labels(group: Sequence[Article]) -> str:
    counts = Counter(" + ".join(article.labels) or "-" for article in group)
    return ", ".join(f"{label} {n:,}" for label, n in counts.most_common())


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place in numbers else "left", no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*map(Text, row))  # not str, in which brackets would be markup
    return table
