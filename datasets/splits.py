"""Which articles are trained on and which are tested on: splits that do not leak and are the same on any machine.

What is random is ordered by SHA-256 of the seed and the article's name, and articles are dealt out by whole numbers:
neither the order of the articles, nor a library's version, nor the processor changes a split.
"""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from datetime import date
from fractions import Fraction

from khabar.datasets.article import Article
from khabar.datasets.dealing import deal
from khabar.datasets.split_file import Key, Part, Split, load, names_of, positions, save
from khabar.inference.errors import InputError

__all__ = [
    "Key",
    "Part",
    "Split",
    "by_date",
    "by_group",
    "by_outlet",
    "load",
    "official",
    "positions",
    "save",
    "stratified",
]

_FOLDS = ("fold1", "fold2", "fold3", "fold4", "fold5")


def stratified(
    articles: Sequence[Article],
    labels: Sequence[str],
    keys: Sequence[Hashable] | None = None,
    *,
    folds: int | None = None,
    test_share: float | None = None,
    seed: int,
) -> Split:
    """Split at random, with like shares of each label on both sides.

    Parameters
    ----------
    articles : sequence of Article
    labels : sequence of str
        What is to be told of each article.
    keys : sequence, optional
        The `near_duplicate_keys` of the articles: articles of one key stay on one side.
    folds, test_share : int, float
        Either: so many folds, each tested on once; or one part, tested on this share of the articles.
    seed : int

    Raises
    ------
    InputError
        Both or none of `folds` and `test_share`, or fewer articles (or keys) than folds, or an article stands twice.
    """
    groups = range(len(articles)) if keys is None else keys
    if (folds is None) == (test_share is None):
        raise InputError(f"found folds {folds} and the share {test_share}, expected one of them; leave one out")
    if folds is not None:
        return _folds("stratified", articles, groups, labels, folds, seed)
    share = _share(test_share)
    hands = deal(names_of(articles), groups, labels, (share.numerator, share.denominator - share.numerator), seed)
    return Split("stratified", seed, (_part("test", articles, [hand == 0 for hand in hands]),))


def by_group(
    articles: Sequence[Article],
    groups: Sequence[Hashable],
    labels: Sequence[str],
    folds: int,
    seed: int,
    keys: Sequence[Hashable] | None = None,
) -> Split:
    """Split into folds that keep groups (outlets, targets of a stance) whole, shares of labels as like as they let.

    With `keys`, what is a near-duplicate of a tested article is not trained on; see `stratified`.

    Raises
    ------
    InputError
        There are fewer groups than folds, or an article stands twice.
    """
    return _folds("group", articles, groups, labels, folds, seed, keys)


def by_outlet(articles: Sequence[Article], keys: Sequence[Hashable] | None = None) -> Split:
    """Leave one outlet out: a part for each, tested on it and trained on all others.

    With `keys`, what is a near-duplicate of a tested article is not trained on; see `stratified`.

    Raises
    ------
    InputError
        There is but one outlet, or an article stands twice.
    """
    names_of(articles)
    outlets = sorted({article.outlet for article in articles})
    if len(outlets) < 2:
        raise InputError(f"found {len(outlets)} outlets, expected two or more; choose another kind of split")
    parts = (_part(outlet, articles, [a.outlet == outlet for a in articles], keys) for outlet in outlets)
    return Split("outlet", None, tuple(parts))


def by_date(
    articles: Sequence[Article],
    keys: Sequence[Hashable] | None = None,
    *,
    after: str | None = None,
    test_share: float | None = None,
) -> Split:
    """Train on what came before a day, test on what came on it or after.

    Parameters
    ----------
    articles : sequence of Article
    keys : sequence, optional
        What is a near-duplicate of a tested article is not trained on; see `stratified`.
    after, test_share : str, float
        Either: the first day tested on (YYYY-MM-DD); or the share of the articles to test on, the latest ones, as near
        as whole days come to it.

    Raises
    ------
    InputError
        An article has no date; both or none of `after` and `test_share`; nothing is left on one side.
    """
    names_of(articles)
    dates = [article.date or "" for article in articles]
    if "" in dates:
        first = articles[dates.index("")]
        raise InputError(
            f"found {dates.count('')} of {len(dates)} articles without a date, expected a date each; the first is "
            f"{first.id!r} of {first.corpus}: leave them out or choose another kind of split"
        )
    if (after is None) == (test_share is None):
        raise InputError(f"found the day {after} and the share {test_share}, expected one of them; leave one out")
    if after is None:
        ordered, wanted = sorted(dates), _share(test_share) * len(dates)
        days = sorted(set(dates))[1:]
        after = min(days, key=lambda day: abs(len(dates) - bisect_left(ordered, day) - wanted), default="")
    elif not _is_day(after):
        raise InputError(f"found the day {after!r}, expected one like 2018-07-31")
    return Split("date", None, (_part(f"from {after}", articles, [day >= after for day in dates], keys),))


def official(articles: Sequence[Article]) -> Split:
    """The split that a corpus is published with, near-duplicates and all.

    Trained on train and dev, tested on test; or, where no test is published, trained on train, tested on dev; or five
    parts, each tested on one of fold1 to fold5 and trained on the other four.

    Raises
    ------
    InputError
        An article has no official part, or the parts are none of these.
    """
    names_of(articles)
    found = {article.split for article in articles}
    if found == set(_FOLDS):
        parts = tuple(_part(fold, articles, [a.split == fold for a in articles]) for fold in _FOLDS)
    elif found in ({"train", "test"}, {"train", "dev", "test"}, {"train", "dev"}):
        tested = "test" if "test" in found else "dev"
        parts = (_part(tested, articles, [a.split == tested for a in articles]),)
    else:
        raise InputError(
            f"found the official parts {sorted(map(str, found))}, expected train and test or dev, or {_FOLDS[0]} to "
            f"{_FOLDS[-1]}; the corpus has no official split: choose another kind"
        )
    return Split("official", None, parts)


def _folds(
    kind: str,
    articles: Sequence[Article],
    groups: Sequence[Hashable],
    labels: Sequence[str],
    folds: int,
    seed: int,
    keys: Sequence[Hashable] | None = None,
) -> Split:
    n_groups = len(set(groups))
    if not 2 <= folds <= n_groups:
        raise InputError(
            f"found {folds} folds for {n_groups} groups of articles, expected two or more folds and at most as many as "
            "groups; ask for another number"
        )
    hands = deal(names_of(articles), groups, labels, (1,) * folds, seed)
    parts = (_part(f"fold{fold + 1}", articles, [hand == fold for hand in hands], keys) for fold in range(folds))
    return Split(kind, seed, tuple(parts))


def _part(
    name: str, articles: Sequence[Article], is_tested: Sequence[bool], keys: Sequence[Hashable] | None = None
) -> Part:
    """Make a part; what is not tested on, but has the key of what is, is left out."""
    tested_keys = set() if keys is None else {key for key, tested in zip(keys, is_tested, strict=True) if tested}
    train, test = [], []
    for position, (article, tested) in enumerate(zip(articles, is_tested, strict=True)):
        if tested:
            test.append((article.corpus, article.id))
        elif keys is None or keys[position] not in tested_keys:
            train.append((article.corpus, article.id))
    if not train or not test:
        raise InputError(
            f"part {name!r}: found {len(train)} articles to train on and {len(test)} to test on, expected some of "
            "both; choose another share, day or kind of split"
        )
    return Part(name, tuple(sorted(train)), tuple(sorted(test)))


def _share(share: float | None) -> Fraction:
    if share is None or not 0 < share < 1:
        raise InputError(f"found the share {share}, expected one between 0 and 1, like 0.1; give another")
    return Fraction(str(share))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
