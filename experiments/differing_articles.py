"""Which articles two runs tag differently, which of the two is right, and which of the articles to read first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from khabar.datasets.article import Article
from khabar.experiments.matched_articles import Said
from khabar.experiments.paired_counts import Marks

Right = Literal["first", "second", "both", "neither"]
RANK: dict[Right | None, int] = {"first": 0, "second": 0, "neither": 1, "both": 2, None: 3}


@dataclass(frozen=True)
class DifferingArticle:
    """An article that two runs tag differently.

    Attributes
    ----------
    corpus, id, outlet : str
    truth : tuple of str
        The labels that hold.
    first, second : tuple of str
        What each run says, the main sector first; nothing where it says nothing.
    first_probability, second_probability : float or None
        Of what each says; a set of sectors has none.
    right : {"first", "second", "both", "neither"} or None
        Who says what holds, and nothing that does not. A sector of which nothing is known counts neither way, so that
        two sets can both be right. None where nothing is known.
    """

    corpus: str
    id: str
    outlet: str
    truth: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    first_probability: float | None
    second_probability: float | None
    right: Right | None


def differing_articles(
    articles: Sequence[Article], marks: Marks, first: Sequence[Said], second: Sequence[Said]
) -> list[DifferingArticle]:
    """Find the articles that two runs tag differently.

    Parameters
    ----------
    articles : sequence of Article
    marks : Marks
        The same articles.
    first, second : sequence of (labels, probability)
        What each run says of each.

    Returns
    -------
    list of DifferingArticle
        First those of which one run is right and the other wrong, the surest wrong one first (of sets: the one with
        the most mistakes), then those of which neither is right, both are, and nothing is known.
    """
    found: list[tuple[tuple[int, float, int], DifferingArticle]] = []
    known, holds = marks.truth != -1, marks.truth == 1
    mistakes = [((tagged != holds) & known).sum(axis=1).tolist() for tagged in (marks.first, marks.second)]
    for row in (marks.first != marks.second).any(axis=1).nonzero()[0].tolist():
        said, wrong = (first[row], second[row]), (mistakes[0][row], mistakes[1][row])
        right = _right(*wrong) if known[row].any() else None
        article = articles[row]
        true = {label for label, so in zip(marks.labels, holds[row].tolist(), strict=True) if so}
        # The main one first, as in what the runs say.
        truth = tuple(label for label in dict.fromkeys((*article.sectors, *marks.labels)) if label in true)
        sureness = max((_sureness(one, n) for one, n in zip(said, wrong, strict=True) if n), default=0.0)
        (one, p), (two, q) = said
        one_article = DifferingArticle(article.corpus, article.id, article.outlet, truth, one, two, p, q, right)
        found.append(((RANK[right], -sureness, row), one_article))
    return [article for _, article in sorted(found, key=lambda pair: pair[0])]


def _sureness(said: Said, mistakes: int) -> float:
    labels, probability = said
    if not labels:
        return 0.0
    return float(mistakes) if probability is None else probability


def _right(first_mistakes: int, second_mistakes: int) -> Right:
    if not first_mistakes:
        return "first" if second_mistakes else "both"
    return "neither" if second_mistakes else "second"
