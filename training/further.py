"""What is trained on beside a corpus's own training articles: corpora that a system's config names, with weights."""

from collections.abc import Sequence
from dataclasses import dataclass

from khabar.datasets.article import Article
from khabar.datasets.duplicates import drop_near_duplicates
from khabar.inference.errors import InputError
from khabar.training.classifier_config import ClassifierConfig
from khabar.training.protocol_tasks import Labelled, shared_labels


@dataclass(frozen=True, eq=False)
class Further:
    """Articles of other corpora, with labels of the corpus that they are trained on beside.

    Attributes
    ----------
    corpora : tuple of str
    articles : sequence of Article
    labels : sequence of str
    weights : sequence of float
        How much an article counts; one of the corpus itself counts 1.
    """

    corpora: tuple[str, ...]
    articles: Sequence[Article]
    labels: Sequence[str]
    weights: Sequence[float]


def further_articles(config: ClassifierConfig, data: Labelled) -> Further | None:
    """Read what a config says is to be trained on beside a corpus; None where it says nothing.

    Of the other corpora's articles, those are taken whose tone, stance or shared class is one of the corpus's, and
    that are near-duplicates of none of its articles, be they trained or tested on.

    Raises
    ------
    CorpusError
        A corpus cannot be read.
    InputError
        Nothing of a corpus is left.
    """
    wanted = config.further.get(data.corpus)
    if not wanted:
        return None
    own = {data.names.get(label, label): label for label in set(data.labels)}
    rows: list[tuple[Article, str, float]] = []
    for name, weight in wanted.items():
        other = shared_labels(name, data.task)
        kept = {article.id for article in drop_near_duplicates(other.articles, data.articles)[0]}
        known = [
            (article, own[label], weight)
            for article, label in zip(other.articles, other.labels, strict=True)
            if article.id in kept and label in own
        ]
        if not known:
            raise InputError(
                f"found no article of {name} with one of the labels of {data.corpus} ({', '.join(sorted(own))}), "
                "expected some; take it out of the system's further corpora"
            )
        rows += known
    articles, labels, weights = zip(*rows, strict=True)
    return Further(tuple(wanted), articles, labels, weights)
