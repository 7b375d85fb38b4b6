"""Which articles stand under several sections: each becomes one article with all of its labels."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from khabar.datasets.article import Article


def with_all_sections(articles: Iterable[Article]) -> list[Article]:
    """The articles, those that one outlet published under several sections put together.

    Two articles are one if outlet, title and text are the same but for white space.  The first one stays, in its
    place and with its id, and has the labels of all: the sectors that any of them asserts, in the order of the
    labels, and the denied ones that none asserts.  Copies that stand twice under the same section only are no
    business of this function, see `duplicates`.

    In ant-multisource 2,204 of 31,525 articles are 1,098 articles under two or three sections.  By the text alone they
    are more (2,232 and 1,112); the others have had their headlines edited, and are near-duplicates.

    Parameters
    ----------
    articles : iterable of Article
        Of one corpus, such as `corpora.read` gives.

    Returns
    -------
    list of Article
        In the order of `articles`.

    Examples
    --------
    >>> first = Article(corpus="mine", id="1", outlet="mine", text="خبر", labels=("economy",))
    >>> second = Article(corpus="mine", id="2", outlet="mine", text="خبر ", labels=("world",))
    >>> [article.labels for article in with_all_sections([first, second])]
    [('economy', 'world')]
    """
    articles = list(articles)
    copies: dict[tuple[str, str, str], list[Article]] = defaultdict(list)
    for article in articles:
        copies[_words(article)].append(article)
    together = []
    for article in articles:
        same = copies[_words(article)]
        if not article.text or len({copy.labels for copy in same}) == 1:
            together.append(article)
        elif article is same[0]:
            together.append(_with_the_labels_of(same))
    return together


def _words(article: Article) -> tuple[str, str, str]:
    return article.outlet, " ".join((article.title or "").split()), " ".join(article.text.split())


def _with_the_labels_of(copies: list[Article]) -> Article:
    sectors = tuple(dict.fromkeys(sector for copy in copies for sector in copy.sectors))
    return replace(
        copies[0],
        labels=tuple(dict.fromkeys(label for copy in copies for label in copy.labels)),
        sectors=sectors,
        denied=frozenset().union(*(copy.denied for copy in copies)).difference(sectors),
    )
