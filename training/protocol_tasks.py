"""Which articles a protocol runs on: of each corpus those with one label of the task, and how they are scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from khabar.datasets import annotated
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.corpora import read
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.datasets.label_maps import LabelMeaning, label_meaning
from khabar.datasets.sections import with_all_sections
from khabar.inference.errors import InputError
from khabar.training.classifier_config import Task
from khabar.training.metrics import Metric

ANNOTATIONS = "annotations"
# The shared class of sections that say where the news is from.
PLACE = "world"


@dataclass(frozen=True, eq=False)
class Labelled:
    """Articles with one label each.

    Attributes
    ----------
    corpus : str
    task : str
    labels_of : str
        Whose labels they are: `own`, `shared`, `sector` or `tone`; see `khabar.training.outcomes.Outcome`.
    metric : str
    articles : list of Article
    labels : list of str
        One an article.
    names : dict of str to str
        What the metric calls a label.
    left_out : int
        How many articles of the corpus have several labels or none.
    """

    corpus: str
    task: Task
    labels_of: str
    metric: Metric
    articles: list[Article]
    labels: list[str]
    names: dict[str, str]
    left_out: int

    def where(self, keep: Sequence[bool]) -> "Labelled":
        """Give some of the articles."""
        chosen = [(a, b) for a, b, kept in zip(self.articles, self.labels, keep, strict=True) if kept]
        return Labelled(
            self.corpus, self.task, self.labels_of, self.metric,
            [a for a, _ in chosen], [b for _, b in chosen], self.names, self.left_out,
        )  # fmt: skip


def corpora_of(task: Task) -> list[str]:
    """Name the corpora of the catalogue whose own labels are of a task."""
    return [name for name, corpus in CATALOG.items() if corpus.task == task]


def own_labels(name: str, *, merged: bool = True) -> Labelled:
    """Give a corpus's articles with its own labels and metric.

    Where outlets have labels of their own, as in saudinewsnet, their shared classes stand for them: a label would
    tell the outlet.

    Parameters
    ----------
    name : str
    merged : bool
        Whether what an outlet published under several sections is one article with several labels, and so left out.
        Official splits count such copies.

    Raises
    ------
    CorpusError
        If the corpus cannot be read.
    InputError
        If it has no labels of its own.
    """
    corpus = entry(name)
    if corpus.task == "none" or corpus.metric is None:
        raise InputError(f"{name} has no labels of its own, expected one of {', '.join(_scored())}")
    task, metric = cast(Task, corpus.task), cast(Metric, corpus.metric)
    articles = read(name)
    if task == "topic" and merged:
        articles = with_all_sections(articles)
    outlets: dict[str, set[str]] = {}
    for article in articles:
        for label in article.labels:
            outlets.setdefault(label, set()).add(article.outlet)
    if len(set().union(*outlets.values())) > 1 and all(len(where) == 1 for where in outlets.values()):
        return _of(name, task, "shared", metric, articles, [_classes(a, task) for a in articles])
    return _of(name, task, "own", metric, articles, [a.labels for a in articles])


def shared_labels(name: str, task: Task, part: annotated.Part = "train") -> Labelled:
    """Give a corpus's articles with the classes that corpora are compared by, scored by macro-F1.

    They are the label map's `shared` classes of topics, and khabar's own tones and stances. A corpus may have them
    beside labels of another task, as mawqif has tones. What stands under a place and a subject is of the subject.

    Parameters
    ----------
    name : str
        A corpus of the catalogue, or `annotations`.
    task : {"topic", "tone", "stance"}
    part : {"train", "dev"}
        Of the annotations.
    """
    if name == ANNOTATIONS:
        articles = annotated.load(part)
    else:
        articles = read(name)
        if task == "topic":
            articles = with_all_sections(articles)
    return _of(name, task, "shared", "macro_f1", articles, [_classes(a, task) for a in articles])


def annotations(task: Task, part: annotated.Part = "train") -> Labelled:
    """Give the annotated articles with their main sector, scored by accuracy, or their tone, by macro-F1."""
    articles = annotated.load(part)
    if task == "topic":
        labels = [() if a.main is None else (a.main,) for a in articles]
        return _of(ANNOTATIONS, task, "sector", "accuracy", articles, labels)
    return _of(ANNOTATIONS, task, "tone", "macro_f1", articles, [_classes(a, "tone") for a in articles])


def duplicate_keys(articles: Sequence[Article]) -> list[int]:
    """Give a key each, the same for near-duplicates; of two articles with a target, both must be about the same one.

    The texts of one claim's or one person's stances differ by a word at times; a text about another claim is another
    question.
    """
    keys = near_duplicate_keys(articles)
    number: dict[tuple[int, str | None], int] = {}
    return [number.setdefault((key, a.target), len(number)) for key, a in zip(keys, articles, strict=True)]


def without_copies(train_keys: Sequence[int], test_keys: Sequence[int]) -> list[bool]:
    """Say of each test article whether it has no near-duplicate in training and is the first of its kind in test."""
    seen, fresh = set(train_keys), []
    for key in test_keys:
        fresh.append(key not in seen)
        seen.add(key)
    return fresh


def _of(
    name: str,
    task: Task,
    labels_of: str,
    metric: Metric,
    articles: Sequence[Article],
    labels: Sequence[tuple[str, ...]],
) -> Labelled:
    chosen = [(article, own[0]) for article, own in zip(articles, labels, strict=True) if len(own) == 1]
    names = {label: _name(name, label, labels_of) for label in {label for _, label in chosen}}
    left_out = len(articles) - len(chosen)
    return Labelled(
        name, task, labels_of, metric, [a for a, _ in chosen], [label for _, label in chosen], names, left_out
    )


def _classes(article: Article, task: Task) -> tuple[str, ...]:
    """Give the classes of a task that an article's labels stand for."""
    if task == "tone":
        return (article.tone,) if article.tone else ()
    if task == "stance":
        return (article.stance,) if article.stance else ()
    meanings = [label_meaning(article.corpus, label).shared for label in article.labels]
    # Two sections of one subject are one class; a section without one leaves the subject open.
    if not all(meanings):
        return ()
    classes = dict.fromkeys(meaning or "" for meaning in meanings)
    # A place is no second subject: most sport of France24 stands under internationalNews too.
    return tuple(name for name in classes if name != PLACE or len(classes) == 1)


def _name(corpus: str, label: str, labels_of: str) -> str:
    meaning = label_meaning(corpus, label) if labels_of == "own" else LabelMeaning()
    return meaning.tone or meaning.stance or label


def _scored() -> list[str]:
    return [name for name, corpus in CATALOG.items() if corpus.task != "none"]
