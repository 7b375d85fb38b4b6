"""Figures of parts of a set of articles, such as those of each outlet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields

from khabar.datasets.article import Article
from khabar.inference.columns import TagColumns
from khabar.training.evaluate import measure
from khabar.training.figures import Report

FEWEST = 30  # articles of an outlet that is shown by itself
OTHERS = "others"


def rows_of(columns: TagColumns, rows: Sequence[int]) -> TagColumns:
    """Give some rows of tags, in the order asked for."""
    names = [field.name for field in fields(columns) if not field.name.endswith("_labels")]
    chosen = {name: [getattr(columns, name)[row] for row in rows] for name in names}
    return TagColumns(columns.sector_labels, columns.tone_labels, **chosen)


def by_outlet(columns: TagColumns, articles: Sequence[Article]) -> dict[str, Report]:
    """Measure the tags of each outlet's articles.

    Parameters
    ----------
    columns : TagColumns
    articles : sequence of Article
        One a row.

    Returns
    -------
    dict of str to Report
        By outlet, the largest first; outlets of fewer than 30 articles stand together under `others`, at the end.
    """
    counts = Counter(article.outlet for article in articles)
    names = [article.outlet if counts[article.outlet] >= FEWEST else OTHERS for article in articles]
    order = sorted(set(names), key=lambda name: (name == OTHERS, -counts[name], name))
    parts = {name: [row for row, own in enumerate(names) if own == name] for name in order}
    return {name: measure(rows_of(columns, rows), [articles[row] for row in rows]) for name, rows in parts.items()}
