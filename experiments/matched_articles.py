"""Which articles two runs have both tagged, brought into one order, and what each run says of them, head by head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCES
from khabar.experiments.paired_counts import Marks
from khabar.experiments.predictions import Predictions
from khabar.inference.columns import TagColumns
from khabar.inference.errors import KhabarError
from khabar.inference.tags import Stance
from khabar.training.breakdown import rows_of
from khabar.training.evaluate import Tagged
from khabar.training.metrics import IntArray
from khabar.training.targets import UNKNOWN, main_targets, sector_matrix, stance_targets, tone_targets

# What a run says of an article: labels, the main one first, and the probability of a single one; a set has none.
Said = tuple[tuple[str, ...], float | None]


class ComparisonError(KhabarError):
    """Two runs have nothing that can be compared."""


@dataclass(frozen=True, eq=False)
class MatchedArticles:
    """The articles that both runs have tagged.

    Attributes
    ----------
    articles : list of Article
        Without labels of sectors if only one run knows some of the sectors: what a run says of an article depends on
        what it can choose from.
    lengths : list of int
    first, second : TagColumns
        One row an article.
    sectors : bool
        Whether both runs know the same sectors; else nothing is compared that depends on them.
    stances : (list of Stance, list of Stance) or (None, None)
        One an article, of both runs; none if only one run says stances.
    only_first, only_second : int
        How many articles only one run has tagged.
    """

    articles: list[Article]
    lengths: list[int]
    first: TagColumns
    second: TagColumns
    sectors: bool
    stances: tuple[list[Stance], list[Stance]] | tuple[None, None]
    only_first: int
    only_second: int


def matched_articles(source: str, first: Predictions, second: Predictions) -> MatchedArticles:
    """Match what two runs say of one source's articles, by corpus and id.

    Raises
    ------
    ComparisonError
        An article has other labels in one run than in the other, or stands twice in one.
    """
    one, two = first.tagged, second.tagged
    at_first, at_second = _places(source, one), _places(source, two)
    # In the order of their names, so that neither run's own order counts.
    keys = sorted(at_first.keys() & at_second.keys())
    rows, other_rows = [at_first[key] for key in keys], [at_second[key] for key in keys]
    articles = [one.articles[row] for row in rows]
    others = [two.articles[row] for row in other_rows]
    changed = [article for article, other in zip(articles, others, strict=True) if _labels(article) != _labels(other)]
    if changed:
        raise ComparisonError(
            f"{source}: found other labels in the second run for {len(changed)} of {len(articles)} articles, the first "
            f"of them {changed[0].id!r} of {changed[0].corpus}; expected one version of the labels: train the older "
            "run's config again, or compare another source (--source)"
        )
    stances: tuple[list[Stance], list[Stance]] | tuple[None, None] = (None, None)
    if one.stances is not None and two.stances is not None:
        stances = [one.stances[row] for row in rows], [two.stances[row] for row in other_rows]
    sectors = one.columns.sector_labels == two.columns.sector_labels
    if not sectors:
        articles = [replace(article, main=None, sectors=(), denied=frozenset()) for article in articles]
    return MatchedArticles(
        articles=articles,
        lengths=[first.lengths[row] for row in rows],
        first=rows_of(one.columns, rows),
        second=rows_of(two.columns, other_rows),
        sectors=sectors,
        stances=stances,
        only_first=len(at_first) - len(keys),
        only_second=len(at_second) - len(keys),
    )


def said_by(columns: TagColumns, stances: Sequence[Stance] | None, *, sectors: bool) -> dict[str, list[Said]]:
    """Give what a run says of each article, by head; nothing where it has no tag. Without sectors, no such head."""
    said: dict[str, list[Said]] = {}
    if sectors:
        said["sector"] = _single(columns.sector, columns.sector_scores)
        said["sectors"] = [(tuple(names), None) for names in columns.sectors]
    said["tone"] = _single(columns.tone, columns.tone_scores)
    if stances is not None:
        said["stance"] = [((), None) if s.label is None else ((s.label,), s.score) for s in stances]
    return said


def marks_of(
    matched: MatchedArticles, first: Mapping[str, Sequence[Said]], second: Mapping[str, Sequence[Said]]
) -> dict[str, Marks]:
    """Set against what holds what both runs say, by head."""
    sectors, tones, articles = matched.first.sector_labels, matched.first.tone_labels, matched.articles
    truth = {
        "sector": (sectors, _one_of(sectors, main_targets(articles, sectors))),
        "sectors": (sectors, sector_matrix(articles, sectors)),
        "tone": (tones, _one_of(tones, tone_targets(articles))),
        "stance": (STANCES, _one_of(STANCES, stance_targets(articles))),
    }
    return {
        head: Marks(labels, holds, _tagged(labels, first[head]), _tagged(labels, second[head]))
        for head, (labels, holds) in truth.items()
        if head in first
    }


def _places(source: str, tagged: Tagged) -> dict[tuple[str, str], int]:
    places = {(article.corpus, article.id): row for row, article in enumerate(tagged.articles)}
    if repeated := len(tagged.articles) - len(places):
        raise ComparisonError(
            f"{source}: found {repeated} articles with the corpus and id of another one, expected each once; give the "
            "articles ids of their own (columns.id) and train again"
        )
    return places


def _labels(article: Article) -> tuple[object, ...]:
    return article.main, frozenset(article.sectors), article.denied, article.tone, article.stance


def _single(tags: Sequence[str | None], scores: Sequence[Sequence[float]]) -> list[Said]:
    return [((), None) if tag is None else ((tag,), max(p)) for tag, p in zip(tags, scores, strict=True)]


def _one_of(labels: Sequence[str], target: IntArray) -> npt.NDArray[np.int8]:
    """Give for each article and label whether it is the target; -1 throughout where that is unknown."""
    known = target[:, None] != UNKNOWN
    return np.where(known, target[:, None] == np.arange(len(labels)), UNKNOWN).astype(np.int8)


def _tagged(labels: Sequence[str], said: Sequence[Said]) -> npt.NDArray[np.bool_]:
    at = {label: position for position, label in enumerate(labels)}
    tagged = np.zeros((len(said), len(labels)), dtype=bool)
    for row, (names, _) in enumerate(said):
        tagged[row, [at[name] for name in names]] = True
    return tagged
