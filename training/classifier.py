"""How a linear classifier of one label is fitted and used, by a config and on any labels: the systems of the protocols.

It has the vectoriser and the solver of the model that ships, but no calibration and no file: it lives as long as an
evaluation does.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.classifier_config import ClassifierConfig, Reading, ReadingBlock
from khabar.training.linear import fit_softmax
from khabar.training.metrics import FloatArray, IntArray
from khabar.training.table import build_table
from khabar.training.targets import balance
from khabar.training.vectorizer import Document, KhabarVectorizer, block_vectorizer, side_by_side

SEED = 0
# Training articles about a target, for a model of its own: below that, all targets together know more of it.
OWN_MODEL_FROM = 100


@dataclass(frozen=True, eq=False)
class Classifier:
    """A fitted classifier.

    Attributes
    ----------
    classes : tuple of str
        In alphabetical order.
    general : _Linear
        Fitted on all articles.
    by_target : dict of str to _Linear
        Fitted on the articles about a target, each over all the classes.
    """

    classes: tuple[str, ...]
    general: "_Linear"
    by_target: "dict[str, _Linear]"

    def scores(self, articles: Sequence[Article]) -> FloatArray:
        """Score every class, shape (n, k); the largest is the class's. -inf where a target's articles had it never."""
        scores = np.full((len(articles), len(self.classes)), -np.inf)
        groups: dict[str | None, list[int]] = {}
        for at, article in enumerate(articles):
            groups.setdefault(article.target if article.target in self.by_target else None, []).append(at)
        for target, rows in groups.items():
            model = self.general if target is None else self.by_target[target]
            scores[rows] = model.scores([articles[at] for at in rows], len(self.classes))
        return scores

    def predict(self, articles: Sequence[Article], among: Sequence[str] | None = None) -> list[str]:
        """Give each article's class.

        Parameters
        ----------
        articles : sequence of Article
        among : sequence of str, optional
            The classes it may be; by default, all.
        """
        columns = [at for at, label in enumerate(self.classes) if among is None or label in among]
        best = self.scores(articles)[:, columns].argmax(axis=1)
        return [self.classes[columns[at]] for at in best.tolist()]


def fit(config: ClassifierConfig, articles: Sequence[Article], labels: Sequence[str]) -> Classifier:
    """Fit a classifier.

    Parameters
    ----------
    config : ClassifierConfig
    articles : sequence of Article
    labels : sequence of str
        One an article.

    Raises
    ------
    InputError
        There are fewer than two classes, or the articles hold no feature.
    """
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise InputError(f"found {len(classes)} classes in {len(articles)} articles to fit on, expected two or more")
    at = {label: position for position, label in enumerate(classes)}
    target = np.array([at[label] for label in labels], dtype=np.intp)
    own: dict[str, _Linear] = {}
    if config.by_target:
        counts = Counter(article.target for article in articles)
        for name in [name for name, n in counts.items() if name is not None and n >= OWN_MODEL_FROM]:
            rows = [row for row, article in enumerate(articles) if article.target == name]
            if len(np.unique(target[rows])) > 1:
                own[name] = _fit(config, [articles[row] for row in rows], target[rows])
    return Classifier(classes, _fit(config, articles, target), own)


@dataclass(frozen=True, eq=False)
class _Linear:
    """Blocks with their vectorisers, and scores that are linear over their rows side by side.

    Attributes
    ----------
    present : ndarray of int, shape (m,)
        The classes that occur in the articles fitted on.
    """

    blocks: list[tuple[ReadingBlock, KhabarVectorizer]]
    present: IntArray
    coefficients: FloatArray
    intercepts: FloatArray

    def scores(self, articles: Sequence[Article], classes: int) -> FloatArray:
        read = _readings([block for block, _ in self.blocks], articles)
        parts = [v.transform(read[block.reads]) * np.float32(block.scale) for block, v in self.blocks]
        scores = np.full((len(articles), classes), -np.inf)
        scores[:, self.present] = side_by_side(parts) @ self.coefficients.T + self.intercepts
        return scores


def _fit(config: ClassifierConfig, articles: Sequence[Article], target: IntArray) -> _Linear:
    blocks, parts = [], []
    read = _readings(config.blocks.values(), articles)
    for block in config.blocks.values():
        vectorizer = block_vectorizer(block)
        try:
            rows = vectorizer.fit_transform(read[block.reads])
        except ValueError:
            continue  # no feature: an English target shares no word with any Arabic text
        blocks.append((block, vectorizer))
        parts.append(rows * np.float32(block.scale))
    if not blocks:
        raise InputError(
            f"found no feature of {', '.join(config.blocks)} in {len(articles)} articles to fit on, expected one or "
            "more; lower min_df, or look whether the articles have text"
        )
    present, target = np.unique(target, return_inverse=True)
    weight = balance(target, np.ones(len(target)), config.head.class_weight)
    fitted = fit_softmax(side_by_side(parts), target, weight, config.head.loss, config.head.C, SEED)
    return _Linear(blocks, present, *fitted)


def _readings(blocks: Iterable[ReadingBlock], articles: Sequence[Article]) -> dict[Reading, list[Document]]:
    """Give what blocks read of each article, all kinds of reading in one pass over the words."""
    kinds = {block.reads for block in blocks}
    read: dict[Reading, list[Document]] = {kind: [] for kind in kinds}
    if "article" in kinds:
        read["article"] = [(article.title, article.text) for article in articles]
    if kinds <= {"article"}:
        return read
    for article in articles:
        text, target = _words(f"{article.title or ''} {article.text}"), _words(article.target or "")
        shared = set(text).intersection(target)
        pair: dict[Reading, list[str]] = {
            "shared": [word for word in text if word in shared],
            "text_only": [word for word in text if word not in shared],
            "target_only": [word for word in target if word not in shared],
        }
        for kind in kinds.intersection(pair):
            read[kind].append(" ".join(pair[kind]))
    return read


def _words(text: str) -> list[str]:
    return list(chain.from_iterable(map(_tokens, text.split())))


@lru_cache(maxsize=200_000)
def _tokens(piece: str) -> tuple[str, ...]:
    """Give the tokens of a piece of text without spaces; a corpus has few different ones."""
    return tuple(token.text for token in build_table().tokens(piece))
