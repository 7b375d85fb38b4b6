"""Which labels of a corpus are likely wrong, for a person to read: confident learning over out-of-fold probabilities.

The method is that of C. Northcutt, L. Jiang, I. Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels,
Journal of Artificial Intelligence Research 70, 2021. A label's threshold is the mean probability that articles under
it get for it; an article that reaches the threshold of another label is counted as that label's in the confident
joint, and what stands off its diagonal is suspected.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from io import StringIO

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.datasets.splits import positions, stratified
from khabar.inference.errors import InputError
from khabar.inference.heads import softmax
from khabar.training.calibrate import fit_temperature
from khabar.training.classifier import fit
from khabar.training.classifier_config import ClassifierConfig

FOLDS = 5
SEED = 0
MIN_ARTICLES = 2 * FOLDS  # of a label: what each fit needs to learn it
EXCERPT = 100  # characters

FloatMatrix = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Suspect:
    """An article whose label is likely wrong.

    Attributes
    ----------
    corpus, id : str
    label, suggested : str
    confidence : float
        Out-of-fold probability of the suggested label.
    margin : float
        Probability of its own label less that of the likeliest other one: -1 is the surest error.
    excerpt : str
        How it begins; for reading here, not for keeping.
    """

    corpus: str
    id: str
    label: str
    suggested: str
    confidence: float
    margin: float
    excerpt: str


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit of labels gives.

    Attributes
    ----------
    labels : tuple of str
        Those audited, in order.
    articles, left_out : int
        How many were audited, and how many not, as their label is too rare.
    suspects : tuple of Suspect
        The surest error first.
    joint : ndarray of float64, shape (labels, labels)
        The estimated share of articles with a given label (row) and a true one (column); adds up to 1.
    accuracy : float
        The share whose likeliest label out of fold is their own.
    """

    labels: tuple[str, ...]
    articles: int
    left_out: int
    suspects: tuple[Suspect, ...]
    joint: FloatMatrix
    accuracy: float

    @property
    def noise(self) -> float:
        """The estimated share of wrong labels."""
        return float(1 - np.trace(self.joint))


def audit(articles: Sequence[Article], labels: Sequence[str], config: ClassifierConfig) -> Audit:
    """Find the labels that a classifier, fitted on the other articles, contradicts most surely.

    Parameters
    ----------
    articles : sequence of Article
    labels : sequence of str
        One an article.
    config : ClassifierConfig
        What is fitted.

    Raises
    ------
    InputError
        Fewer than two labels have `MIN_ARTICLES` articles.
    """
    names = tuple(sorted(label for label, n in Counter(labels).items() if n >= MIN_ARTICLES))
    if len(names) < 2:
        raise InputError(
            f"found {len(names)} labels with {MIN_ARTICLES} articles or more, expected two or more: each label is "
            "learned from the other articles under it; merge rare labels, or audit another corpus"
        )
    number = {name: at for at, name in enumerate(names)}
    kept = [at for at, label in enumerate(labels) if label in number]
    audited = [articles[at] for at in kept]
    given = np.array([number[labels[at]] for at in kept], dtype=np.intp)
    probabilities = out_of_fold(audited, given, config)
    guess, order = suspected(probabilities, given)
    margins = _margins(probabilities, given)
    suspects = tuple(
        Suspect(
            corpus=audited[at].corpus,
            id=audited[at].id,
            label=names[given[at]],
            suggested=names[guess[at]],
            confidence=float(probabilities[at, guess[at]]),
            margin=float(margins[at]),
            excerpt=excerpt(audited[at]),
        )
        for at in order.tolist()
    )
    right = probabilities.argmax(axis=1) == given
    return Audit(
        names, len(kept), len(articles) - len(kept), suspects, confident_joint(guess, given), float(right.mean())
    )


def out_of_fold(articles: Sequence[Article], given: IntArray, config: ClassifierConfig) -> FloatMatrix:
    """Give each article the probabilities of a model that saw neither it nor a near-duplicate of it.

    Scores become probabilities by the one temperature that makes the given labels likeliest.

    Parameters
    ----------
    articles : sequence of Article
    given : ndarray of int, shape (n,)
        Labels from 0 on, each under some articles.
    config : ClassifierConfig

    Returns
    -------
    ndarray of float64, shape (n, labels)
    """
    labels = [str(label) for label in given.tolist()]
    split = stratified(articles, labels, near_duplicate_keys(articles), folds=FOLDS, seed=SEED)
    scores = np.full((len(articles), int(given.max()) + 1), -np.inf)
    for part in split.parts:
        train, test = positions(articles, part)
        classifier = fit(config, [articles[at] for at in train], [labels[at] for at in train])
        known = np.array([int(label) for label in classifier.classes])
        scores[np.ix_(test, known)] = classifier.scores([articles[at] for at in test])
    return np.asarray(softmax(scores, fit_temperature(scores, given)))


def suspected(probabilities: FloatMatrix, given: IntArray) -> tuple[IntArray, IntArray]:
    """Give the label that each article is counted as, and the articles suspected, the lowest margin first.

    An article is counted as the likeliest of the labels whose threshold it reaches, as -1 if it reaches none. It is
    suspected if that is not its own label, and its own is not the likeliest of all either.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n, labels)
        Out of fold.
    given : ndarray of int, shape (n,)

    Returns
    -------
    guess : ndarray of int, shape (n,)
    order : ndarray of int
        Positions.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.05, 0.95], [0.9, 0.1]])
    >>> guess, order = suspected(probabilities, np.array([0, 0, 1, 1, 1]))
    >>> guess.tolist(), order.tolist()
    ([0, -1, 1, 1, 0], [4])
    """
    labels = np.arange(probabilities.shape[1])
    thresholds = np.array([probabilities[given == label, label].mean() for label in labels])
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    guess = np.where((reached >= 0).any(axis=1), reached.argmax(axis=1), -1)
    wrong = (guess >= 0) & (guess != given) & (probabilities.argmax(axis=1) != given)
    at = np.flatnonzero(wrong)
    return guess, at[np.argsort(_margins(probabilities, given)[at], kind="stable")]


def confident_joint(guess: IntArray, given: IntArray) -> FloatMatrix:
    """Estimate the joint distribution of given and true labels.

    Counts of the articles that reach a threshold, each row brought to the number of articles under its label.

    Parameters
    ----------
    guess, given : ndarray of int, shape (n,)
        As of `suspected`.

    Returns
    -------
    ndarray of float64, shape (labels, labels)
    """
    k = int(given.max()) + 1
    counts = np.zeros((k, k))
    np.add.at(counts, (given[guess >= 0], guess[guess >= 0]), 1)
    # A label none of whose articles reaches any threshold is taken at its word.
    empty = counts.sum(axis=1) == 0
    counts[empty, empty] = 1
    joint = counts / counts.sum(axis=1, keepdims=True) * np.bincount(given, minlength=k)[:, None]
    return np.asarray(joint / joint.sum())


def suspects_csv(suspects: Sequence[Suspect]) -> str:
    """Write suspects as CSV with a header."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([field.name for field in fields(Suspect)])
    writer.writerows(astuple(suspect) for suspect in suspects)
    return text.getvalue()


def excerpt(article: Article) -> str:
    """Give the beginning of an article, title first, on one line."""
    text = " ".join(f"{article.title or ''} {article.text}".split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def _margins(probabilities: FloatMatrix, given: IntArray) -> FloatMatrix:
    rows = np.arange(len(given))
    others = probabilities.copy()
    others[rows, given] = -1.0
    return np.asarray(probabilities[rows, given] - others.max(axis=1))
