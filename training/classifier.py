"""How a linear classifier of one label is fitted and used, by a config and on any labels: the systems of the protocols.

It has the vectoriser and the solver of the model that ships, but no calibration and no file: it lives as long as an
evaluation does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_matrix

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.article_readings import read_articles
from khabar.training.classifier_config import ClassifierConfig, ReadingBlock
from khabar.training.further import Further
from khabar.training.linear import fit_softmax
from khabar.training.metrics import FloatArray, IntArray, Metric
from khabar.training.nb_weights import nb_weights
from khabar.training.offsets import choose_offsets
from khabar.training.targets import balance
from khabar.training.vectorizer import KhabarVectorizer, block_vectorizer, side_by_side

SEED = 0
# Training articles about a target, for a model of its own: below that, all targets together know more of it.
OWN_MODEL_FROM = 100
FOLDS = 5  # whose scores offsets are chosen on


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
    general_share : float
        How much of the scores of such a target is the general model's.
    offsets : dict of str to ndarray of shape (k,)
        What is added to the scores of a target with a model of its own.
    """

    classes: tuple[str, ...]
    general: "_Linear"
    by_target: "dict[str, _Linear]"
    general_share: float = 0.0
    offsets: Mapping[str, FloatArray] = field(default_factory=dict)

    def scores(self, articles: Sequence[Article]) -> FloatArray:
        """Score every class, shape (n, k); the largest is the class's. -inf where a target's articles had it never."""
        scores = np.full((len(articles), len(self.classes)), -np.inf)
        groups: dict[str | None, list[int]] = {}
        for at, article in enumerate(articles):
            groups.setdefault(article.target if article.target in self.by_target else None, []).append(at)
        for target, rows in groups.items():
            about = [articles[at] for at in rows]
            if target is None:
                scores[rows] = self.general.scores(about, len(self.classes))
            else:
                scores[rows] = self.by_target[target].scores(about, len(self.classes))
                if self.general_share:
                    general = self.general.scores(about, len(self.classes))
                    scores[rows] = (1 - self.general_share) * scores[rows] + self.general_share * general
                scores[rows] += self.offsets.get(target, 0.0)
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


@dataclass(frozen=True, eq=False)
class Goal:
    """What offsets are chosen for.

    Attributes
    ----------
    metric : str
        See `khabar.training.metrics.score`.
    names : mapping of str to str
        What the metric calls a label; others by their own name.
    """

    metric: Metric = "macro_f1"
    names: Mapping[str, str] = field(default_factory=dict)


def fit(
    config: ClassifierConfig,
    articles: Sequence[Article],
    labels: Sequence[str],
    keys: Sequence[int] | None = None,
    goal: Goal | None = None,
    further: Further | None = None,
) -> Classifier:
    """Fit a classifier.

    Parameters
    ----------
    config : ClassifierConfig
    articles : sequence of Article
    labels : sequence of str
        One an article.
    keys : sequence of int, optional
        The same for near-duplicates, which stay together where articles are dealt to choose offsets; by default no two
        are.
    goal : Goal, optional
        By default the macro-F1.
    further : Further, optional
        Articles that the model of all targets is fitted on beside; those whose label is none of `labels` are not.

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
    beside = None
    if further is not None:
        rows = [row for row, label in enumerate(further.labels) if label in at]
        further_target = np.array([at[further.labels[row]] for row in rows], dtype=np.intp)
        beside = _Weighted(
            [further.articles[row] for row in rows], further_target, np.array([further.weights[row] for row in rows])
        )
    counts = Counter(article.target for article in articles if article.target is not None)
    own = [name for name, n in counts.items() if n >= OWN_MODEL_FROM] if config.by_target else []
    fitted = _fit_all(config, classes, articles, target, own, beside)
    if not config.head.offsets or not fitted.by_target:
        return fitted
    part = _deal(range(len(articles)) if keys is None else keys)
    return replace(fitted, offsets=_offsets(config, fitted, articles, target, part, goal or Goal(), beside))


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Articles with classes, and how much each counts."""

    articles: Sequence[Article]
    target: IntArray
    weight: FloatArray


def _fit_all(
    config: ClassifierConfig,
    classes: tuple[str, ...],
    articles: Sequence[Article],
    target: IntArray,
    own: Iterable[str],
    beside: _Weighted | None,
) -> Classifier:
    """Fit the general model, and one for each target in `own` whose articles are not all of one class."""
    by_target: dict[str, _Linear] = {}
    for name in own:
        rows = [row for row, article in enumerate(articles) if article.target == name]
        if len(np.unique(target[rows])) > 1:
            by_target[name] = _fit(config, [articles[row] for row in rows], target[rows], np.ones(len(rows)))
    weight = np.ones(len(target))
    if beside is not None:
        articles = [*articles, *beside.articles]
        target, weight = np.concatenate([target, beside.target]), np.concatenate([weight, beside.weight])
    return Classifier(classes, _fit(config, articles, target, weight), by_target, config.general_share)


def _offsets(
    config: ClassifierConfig,
    fitted: Classifier,
    articles: Sequence[Article],
    target: IntArray,
    part: IntArray,
    goal: Goal,
    beside: _Weighted | None,
) -> dict[str, FloatArray]:
    """Choose offsets on the scores that articles get from fits without theirs."""
    scores = np.full((len(articles), len(fitted.classes)), -np.inf)
    for fold in range(FOLDS):
        seen, unseen = (np.flatnonzero(rows).tolist() for rows in (part != fold, part == fold))
        if unseen and len(np.unique(target[seen])) > 1:
            about_seen = [articles[row] for row in seen]
            without = _fit_all(config, fitted.classes, about_seen, target[seen], fitted.by_target, beside)
            scores[unseen] = without.scores([articles[row] for row in unseen])
    names = [goal.names.get(label, label) for label in fitted.classes]
    about = np.array([article.target or "" for article in articles])
    return {
        name: choose_offsets(scores[about == name], target[about == name], goal.metric, names)
        for name in fitted.by_target
    }


def _deal(keys: Iterable[int]) -> IntArray:
    """Deal articles to folds, near-duplicates to the same."""
    _, group = np.unique(np.fromiter(keys, dtype=np.intp), return_inverse=True)
    return np.asarray(np.random.default_rng(SEED).permutation(int(group.max()) + 1)[group] % FOLDS, dtype=np.intp)


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
        read = read_articles({block.reads for block, _ in self.blocks}, articles)
        parts = [v.transform(read[block.reads]) * np.float32(block.scale) for block, v in self.blocks]
        scores = np.full((len(articles), classes), -np.inf)
        scores[:, self.present] = side_by_side(parts) @ self.coefficients.T + self.intercepts
        return scores


def _fit(config: ClassifierConfig, articles: Sequence[Article], target: IntArray, weight: FloatArray) -> _Linear:
    blocks, parts = [], []
    read = read_articles({block.reads for block in config.blocks.values()}, articles)
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
    rows, head = side_by_side(parts), config.head
    balanced = balance(target, weight, head.class_weight)
    if not head.nb_power:
        return _Linear(blocks, present, *fit_softmax(rows, target, balanced, head.loss, head.C, SEED))
    scale = nb_weights(rows, target, weight, head.nb_power).astype(np.float32)
    coefficients, intercepts = fit_softmax(csr_matrix(rows.multiply(scale)), target, balanced, head.loss, head.C, SEED)
    return _Linear(blocks, present, coefficients * scale, intercepts)
