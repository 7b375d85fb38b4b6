"""How a corpus of the catalogue is split by the name of a kind: which of its articles, groups and labels count."""

from khabar.datasets.catalog import entry
from khabar.datasets.corpora import read
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.datasets.sections import with_all_sections
from khabar.datasets.splits import Split, by_date, by_group, by_outlet, official, stratified
from khabar.inference.errors import InputError

FOLDS = 10
TEST_SHARE = 0.1


def split_corpus(
    name: str,
    by: str,
    *,
    folds: int | None = None,
    test_share: float | None = None,
    seed: int = 0,
    after: str | None = None,
) -> Split:
    """Split a corpus; but for its official split, no near-duplicate stands on both sides.

    What a publisher has under several sections is one article, with the id of the first, in all but official splits.

    Parameters
    ----------
    name : str
    by : {"random", "group", "outlet", "date", "official"}
        `group` keeps the targets of a stance whole; of a corpus without targets, the outlets.
    folds : int, optional
        Of random and group; 10 if no test share is given.
    test_share : float, optional
        Of random and date; of date .1 if no day is given.
    seed : int
        Of random and group.
    after : str, optional
        Of date: the first day that is tested on.

    Raises
    ------
    CorpusError
        If the corpus is unknown or cannot be read.
    InputError
        If there is no such kind, or the corpus cannot be split in this way.
    """
    articles = read(name)
    if by == "official":
        return official(articles)
    if entry(name).task == "topic":
        articles = with_all_sections(articles)
    keys = near_duplicate_keys(articles)
    labels = [" + ".join(article.labels) for article in articles]
    if by == "outlet":
        return by_outlet(articles, keys)
    if by == "date":
        share = TEST_SHARE if after is None and test_share is None else test_share
        return by_date(articles, keys, after=after, test_share=share)
    if by == "group":
        groups = [article.target or article.outlet for article in articles]
        return by_group(articles, groups, labels, folds or FOLDS, seed, keys)
    if by == "random":
        parts = FOLDS if folds is None and test_share is None else folds
        return stratified(articles, labels, keys, folds=parts, test_share=test_share, seed=seed)
    raise InputError(f"found the kind of split {by!r}, expected random, group, outlet, date or official")
