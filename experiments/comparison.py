"""How two runs compare on the articles that both have tagged: figure by figure, class by class, article by article."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from khabar.experiments.differing_articles import DifferingArticle, differing_articles
from khabar.experiments.matched_articles import (
    ComparisonError,
    MatchedArticles,
    marks_of,
    matched_articles,
    said_by,
)
from khabar.experiments.paired_counts import Compared, Marks, accuracy, by_label, holm, macro_f1, micro_f1
from khabar.experiments.predictions import Predictions
from khabar.training.bootstrap import Difference
from khabar.training.breakdown import length_rows, outlet_rows
from khabar.training.evaluate import measure
from khabar.training.tag_intervals import paired

# What is compared of an outlet, or of articles of like length: one figure a head.
MAIN: dict[str, tuple[str, Callable[[Marks], Compared | None]]] = {
    "sector.accuracy": ("sector", accuracy),
    "sectors.micro_f1": ("sectors", micro_f1),
    "tone.macro_f1": ("tone", macro_f1),
    "stance.macro_f1": ("stance", macro_f1),
}


@dataclass(frozen=True, eq=False)
class SourceComparison:
    """How two runs compare on the articles of one source.

    Attributes
    ----------
    articles, only_first, only_second : int
        How many articles both runs have tagged, which all else here is about, and how many only one of them has.
    first, second : dict of str to float
        All figures of each run, see `khabar.training.figures.Report.metrics`; none of sectors if the runs know others.
    figures : dict of str to Difference
        The first run's less the second's, by the same names; those of single labels are in `classes`.
    classes : dict of str to dict of str to Compared
        By head and label, the F1; labels that occur neither in truth nor in tags are left out.
    outlets, lengths : dict of str to dict of str to Compared
        By outlet (small ones together) or length of the text, the figures of `MAIN` that some label is known for.
    differing : dict of str to list of DifferingArticle
        By head, the ones worth reading first.
    """

    articles: int
    only_first: int
    only_second: int
    first: dict[str, float]
    second: dict[str, float]
    figures: dict[str, Difference]
    classes: dict[str, dict[str, Compared]]
    outlets: dict[str, dict[str, Compared]]
    lengths: dict[str, dict[str, Compared]]
    differing: dict[str, list[DifferingArticle]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """How two runs compare, source by source.

    Attributes
    ----------
    sources : dict of str to SourceComparison
        Those in which both runs have articles in common.
    not_compared : tuple of str
        The other sources of either run.
    """

    sources: dict[str, SourceComparison]
    not_compared: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the comparison as JSON values; of articles it has ids, never texts."""
        return asdict(self)


def compare(first: Mapping[str, Predictions], second: Mapping[str, Predictions]) -> Comparison:
    """Compare two runs on the articles that both have tagged.

    Parameters
    ----------
    first, second : mapping of str to Predictions
        By source.

    Raises
    ------
    ComparisonError
        No source has articles in common, or those of one cannot be matched, see `matched_articles`.
    """
    matched = {name: matched_articles(name, first[name], second[name]) for name in first if name in second}
    common = {name: found for name, found in matched.items() if found.articles}
    if not common:
        one, two = (", ".join(runs) or "nothing" for runs in (first, second))
        raise ComparisonError(
            f"found no {'article' if matched else 'source'} that both runs have tagged: the first has tagged {one}, "
            f"the second {two}; expected some in common. Name one source under data.evaluate of both configs and train"
        )
    not_compared = tuple(name for name in dict.fromkeys((*first, *second)) if name not in common)
    return Comparison({name: _compared(found) for name, found in common.items()}, not_compared)


def _compared(matched: MatchedArticles) -> SourceComparison:
    articles, stances = matched.articles, matched.stances
    first, second = (
        measure(columns, articles, said, intervals=False).metrics()
        for columns, said in zip((matched.first, matched.second), stances, strict=True)
    )
    figures = paired(matched.first, matched.second, articles, stances)
    one = said_by(matched.first, stances[0], sectors=matched.sectors)
    two = said_by(matched.second, stances[1], sectors=matched.sectors)
    marks = marks_of(matched, one, two)
    classes = {head: labels for head, found in marks.items() if (labels := by_label(found))}
    return SourceComparison(
        articles=len(articles),
        only_first=matched.only_first,
        only_second=matched.only_second,
        first=first,
        second=second,
        figures={name: value for name, value in figures.items() if ".f1." not in name},
        classes=_corrected(classes),
        outlets=_parts(marks, outlet_rows(articles)),
        lengths=_parts(marks, length_rows(matched.lengths)),
        differing={head: differing_articles(articles, marks[head], one[head], two[head]) for head in marks},
    )


def _parts(marks: Mapping[str, Marks], parts: Mapping[str, Sequence[int]]) -> dict[str, dict[str, Compared]]:
    """Compare the main figures of parts of the articles."""
    table: dict[str, dict[str, Compared]] = {}
    for part, rows in parts.items():
        found = {name: figure(marks[head].rows(rows)) for name, (head, figure) in MAIN.items() if head in marks}
        table[part] = {name: value for name, value in found.items() if value is not None}
    return _corrected(table)


def _corrected(table: Mapping[str, Mapping[str, Compared]]) -> dict[str, dict[str, Compared]]:
    """Mark what differs significantly, all cells of a table taken together."""
    places = [(row, column) for row, cells in table.items() for column in cells]
    significant = dict(zip(places, holm([table[row][column].difference.p for row, column in places]), strict=True))
    return {
        row: {column: replace(cell, significant=significant[row, column]) for column, cell in cells.items()}
        for row, cells in table.items()
    }
