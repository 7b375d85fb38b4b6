"""Which articles are near-duplicates, so that no copy of one article stands on both sides of a split.

Agency copy runs in many outlets with another headline, a line more or a word changed; posts are passed on with
another link.  Articles are compared by the sets of three-word shingles of their letters (A. Broder, On the
resemblance and containment of documents, 1997): MinHash finds candidates, their exact overlap decides.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from khabar.datasets.article import Article
from khabar.datasets.candidates import neighbours, pairs_between, pairs_of_groups
from khabar.datasets.shingles import Hashes, ShingleSets, shingle_sets

# Of two articles' shingles, the shared ones over all (Jaccard).
RESEMBLANCE = 0.5
# Of the shorter article's shingles, those that the longer one has too: a cut or extended copy.
CONTAINMENT = 0.8
# A text of fewer shingles is no cut copy of every text that holds it: greetings, names, slogans.
CONTAINED_SHINGLES = 6


@dataclass(frozen=True)
class DuplicateReport:
    """What stands more than once among some articles.

    Attributes
    ----------
    articles : int
    groups : int
        Groups of two or more near-duplicates.
    duplicates : int
        Near-duplicates beyond the first of each group: what dropping them would drop.
    exact : int
        Those of them whose text stands before, letter by letter.
    largest : tuple of groups
        The largest groups, their articles in the order given.
    outlets : tuple of (str, str, int)
        Pairs of outlets with the number of groups that both have articles of, most first.
    conflicts : tuple of groups
        All groups with articles of one corpus (and, of a stance, one target) whose labels differ, largest first.
    """

    articles: int
    groups: int
    duplicates: int
    exact: int
    largest: tuple[tuple[Article, ...], ...]
    outlets: tuple[tuple[str, str, int], ...]
    conflicts: tuple[tuple[Article, ...], ...]


def near_duplicate_keys(articles: Sequence[Article]) -> list[int]:
    """A key for each article; near-duplicates, also by way of a third article, have the same key.

    The key is the position of the group's first article, so `keys[i] != i` says that an earlier one is like
    it.  An article without words is like no other.

    Examples
    --------
    >>> text = "أعلنت الوزارة اليوم الثلاثاء افتتاح الجسر الجديد أمام حركة السير"
    >>> first = Article(corpus="a", id="1", outlet="x", text=text)
    >>> copy = Article(corpus="b", id="2", outlet="y", text=text + " بالمدينة")
    >>> other = Article(corpus="b", id="3", outlet="y", text="فاز الفريق المحلي بكأس البطولة مساء الأحد")
    >>> near_duplicate_keys([first, copy, other])
    [0, 0, 2]
    """
    sets = shingle_sets(article.text for article in articles)
    first_of = _first_with_same_set(sets)

    def root(position: int) -> int:
        while first_of[position] != position:
            first_of[position] = first_of[first_of[position]]
            position = first_of[position]
        return position

    def join(pairs: Iterable[Sequence[int]]) -> None:
        for one, two in pairs:
            first, second = sorted((root(one), root(two)))
            # What is in one group by now need not be compared.
            if first != second and _are_alike(sets[one], sets[two]):
                first_of[second] = first

    once = np.array([n for n, first in enumerate(first_of) if first == n and len(sets[n])], dtype=np.intp)
    signatures = sets.signatures[:, once]
    for pairs in neighbours(signatures):
        join(once[pairs].tolist())
    groups = np.array([root(n) for n in once.tolist()], dtype=np.intp)
    for pairs in pairs_of_groups(signatures, groups):
        join(once[pairs].tolist())
    return [root(position) for position in range(len(articles))]


def drop_near_duplicates(articles: Iterable[Article], of: Sequence[Article]) -> tuple[list[Article], list[Article]]:
    """Articles that are near-duplicates of none in `of`, and those that are.

    Parameters
    ----------
    articles : iterable of Article
        Usually what is to be trained on.
    of : sequence of Article
        Usually what is held out.

    Returns
    -------
    kept, dropped : list of Article
        In their order; together all of `articles`.
    """
    articles = list(articles)
    sets, held_out = (shingle_sets(article.text for article in some) for some in (articles, of))
    is_dropped = [False] * len(articles)
    with_words, of_with_words = (np.flatnonzero(np.diff(some.starts)) for some in (sets, held_out))
    for pairs in pairs_between(sets.signatures[:, with_words], held_out.signatures[:, of_with_words]):
        for own, other in zip(with_words[pairs[:, 0]].tolist(), of_with_words[pairs[:, 1]].tolist(), strict=True):
            is_dropped[own] = is_dropped[own] or _are_alike(sets[own], held_out[other])
    kept = [article for article, drop in zip(articles, is_dropped, strict=True) if not drop]
    return kept, [article for article, drop in zip(articles, is_dropped, strict=True) if drop]


def duplicate_report(articles: Sequence[Article], keys: Sequence[int], *, largest: int = 10) -> DuplicateReport:
    """Say what stands more than once among articles.

    Parameters
    ----------
    articles : sequence of Article
    keys : sequence of int
        Their `near_duplicate_keys`.
    largest : int
        How many of the largest groups to give.
    """
    members: dict[int, list[Article]] = {}
    for article, key in zip(articles, keys, strict=True):
        members.setdefault(key, []).append(article)
    groups = sorted((tuple(group) for group in members.values() if len(group) > 1), key=len, reverse=True)
    outlets = Counter(pair for group in groups for pair in combinations(sorted({a.outlet for a in group}), 2))
    return DuplicateReport(
        articles=len(articles),
        groups=len(groups),
        duplicates=sum(len(group) - 1 for group in groups),
        exact=sum(len(group) - len({article.text for article in group}) for group in groups),
        largest=tuple(groups[:largest]),
        outlets=tuple((*pair, n) for pair, n in sorted(outlets.items(), key=lambda item: (-item[1], item[0]))),
        conflicts=tuple(group for group in groups if _differ_in_labels(group)),
    )


def _differ_in_labels(group: Sequence[Article]) -> bool:
    """Whether two articles that could have the same labels have others."""
    labels: dict[tuple[str, str | None], frozenset[str]] = {}
    return any(
        labels.setdefault((a.corpus, a.target), frozenset(a.labels)) != frozenset(a.labels) for a in group if a.labels
    )


def _first_with_same_set(sets: ShingleSets) -> list[int]:
    """For each text, the position of the first one with the same shingles; those without any have only their own."""
    first: dict[bytes, int] = {}
    return [first.setdefault(sets[n].tobytes(), n) if len(sets[n]) else n for n in range(len(sets))]


def _are_alike(one: Hashes, two: Hashes) -> bool:
    """Whether two sorted sets overlap enough to be one article in two versions."""
    shorter, longer = sorted((one, two), key=len)
    places = np.searchsorted(longer, shorter)
    shared = np.count_nonzero(longer[np.minimum(places, len(longer) - 1)] == shorter)
    resembles = shared / (len(one) + len(two) - shared) >= RESEMBLANCE
    return bool(resembles or (len(shorter) >= CONTAINED_SHINGLES and shared / len(shorter) >= CONTAINMENT))
