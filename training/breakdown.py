"""Figures of parts of a set of articles: those of each outlet, and those of articles of like length."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields

from khabar.datasets.article import Article
from khabar.inference.columns import TagColumns
from khabar.training.evaluate import Tagged, measure
from khabar.training.figures import Report

FEWEST = 30  # articles of an outlet that is shown by itself
OTHERS = "others"
# In characters of the text: a headline with a line, a brief, an article, a long read.
LENGTHS = (("0-499", 500), ("500-1499", 1500), ("1500-3999", 4000), ("4000-up", None))


def rows_of(columns: TagColumns, rows: Sequence[int]) -> TagColumns:
    """Give some rows of tags, in the order asked for."""
    names = [field.name for field in fields(columns) if not field.name.endswith("_labels")]
    chosen = {name: [getattr(columns, name)[row] for row in rows] for name in names}
    return TagColumns(columns.sector_labels, columns.tone_labels, **chosen)


def part_of(tagged: Tagged, rows: Sequence[int]) -> Tagged:
    """Give some articles with their tags, in the order asked for."""
    stances = None if tagged.stances is None else [tagged.stances[row] for row in rows]
    return Tagged(rows_of(tagged.columns, rows), [tagged.articles[row] for row in rows], stances)


def outlet_rows(articles: Sequence[Article]) -> dict[str, list[int]]:
    """Give the positions of each outlet's articles.

    Returns
    -------
    dict of str to list of int
        By outlet, the largest first; outlets of fewer than 30 articles stand together under `others`, at the end.
    """
    counts = Counter(article.outlet for article in articles)
    names = [article.outlet if counts[article.outlet] >= FEWEST else OTHERS for article in articles]
    order = sorted(set(names), key=lambda name: (name == OTHERS, -counts[name], name))
    return {name: [row for row, own in enumerate(names) if own == name] for name in order}


def length_rows(lengths: Sequence[int]) -> dict[str, list[int]]:
    """Give the positions of articles of like length, in characters; lengths that no article has are left out."""
    bins: dict[str, list[int]] = {name: [] for name, _ in LENGTHS}
    for row, length in enumerate(lengths):
        bins[next(name for name, end in LENGTHS if end is None or length < end)].append(row)
    return {name: rows for name, rows in bins.items() if rows}


def by_outlet(tagged: Tagged) -> dict[str, Report]:
    """Measure the tags of each outlet's articles, see `outlet_rows`."""
    return _measured(tagged, outlet_rows(tagged.articles))


def by_length(tagged: Tagged) -> dict[str, Report]:
    """Measure the tags of articles of like length, see `length_rows`."""
    return _measured(tagged, length_rows([len(article.text) for article in tagged.articles]))


def _measured(tagged: Tagged, parts: Mapping[str, list[int]]) -> dict[str, Report]:
    chosen = {name: part_of(tagged, rows) for name, rows in parts.items()}
    return {name: measure(one.columns, one.articles, one.stances) for name, one in chosen.items()}
