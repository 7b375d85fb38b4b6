"""What the blocks of a classifier read of articles: readings of the model that ships, and one of posts."""

from collections.abc import Collection, Sequence

from khabar.datasets.article import Article
from khabar.inference.readings import MARKED, reading
from khabar.inference.targets import find_mentions
from khabar.training.classifier_config import POST
from khabar.training.posts import read_post
from khabar.training.table import build_table
from khabar.training.vectorizer import Document


def read_articles(kinds: Collection[str], articles: Sequence[Article]) -> dict[str, list[Document]]:
    """Give what readings make of articles, each with the target of its own stance.

    Parameters
    ----------
    kinds : collection of str
        Of `khabar.inference.readings.READINGS`, or `post`.
    articles : sequence of Article

    Returns
    -------
    dict of str to list of documents
        By reading, one an article.
    """
    read: dict[str, list[Document]] = {kind: [] for kind in sorted(set(kinds))}
    table, marked = build_table(), not set(kinds).isdisjoint(MARKED)
    for article in articles:
        target = article.target or ""
        mentions = find_mentions(table, article.title, article.text, target) if marked else []
        for kind, documents in read.items():
            documents.append(
                _post(article) if kind == POST else reading(kind, article.title, article.text, target, mentions)
            )
    return read


def _post(article: Article) -> Document:
    return article.title and read_post(article.title), read_post(article.text)
