"""What a confusion matrix says: accuracy, macro-F1, and the official metrics of tone and stance corpora.

Every function takes counts with any number of leading dimensions, so that a thousand resampled matrices are measured
in one call.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Metric = Literal["accuracy", "macro_f1", "f_pn", "favg2"]
METRICS: tuple[Metric, ...] = get_args(Metric)

BINS = 10  # of confidence, for the calibration error
COVERAGE = 0.8  # at which the accuracy of the surest articles is reported

# The classes that the official metrics of tone and stance look at; all others count only as what they are taken for.
OFFICIAL_PAIRS: dict[Metric, tuple[str, str]] = {"f_pn": ("positive", "negative"), "favg2": ("favor", "against")}

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]


def confusion(truth: IntArray, predicted: IntArray, classes: int, target: IntArray | None = None) -> Counts:
    """Count articles by target, true class and predicted class.

    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Classes from 0 on.
    classes : int
    target : ndarray of int, shape (n,), optional
        From 0 on; without it, all articles are of one target.

    Returns
    -------
    ndarray of int64, shape (targets, classes, classes)
    """
    if target is None:
        target = np.zeros(len(truth), dtype=np.intp)
    targets = int(target.max(initial=0)) + 1
    cells = (target * classes + truth) * classes + predicted
    return np.bincount(cells, minlength=targets * classes**2).reshape(targets, classes, classes).astype(np.int64)


def score(metric: Metric, counts: Counts, labels: Sequence[str]) -> FloatArray:
    """Measure counts by the name of a metric.

    Parameters
    ----------
    metric : {"accuracy", "macro_f1", "f_pn", "favg2"}
        Accuracy; mean F1 of the classes that the articles have (an outlet left out may lack some: articles taken for
        those are missed in their own class); mean F1 of positive and negative (the official metric of ArSarcasm-v2,
        WANLP 2021); mean over targets of the mean F1 of favor and against (of Mawqif, StanceEval 2024).
    counts : ndarray of int, shape (..., targets, classes, classes)
        As `confusion` gives them.
    labels : sequence of str
        Names of the classes.

    Returns
    -------
    ndarray of float64, shape (...)

    Raises
    ------
    ValueError
        The metric looks at classes that are not among the labels.

    Examples
    --------
    >>> counts = np.array([[[8, 2], [1, 9]]])
    >>> float(score("accuracy", counts, ["negative", "positive"]))
    0.85
    """
    if metric == "favg2":
        return np.asarray(f1(counts)[..., _pair(metric, labels)].mean(axis=-1).mean(axis=-1))
    together = counts.sum(axis=-3)
    if metric == "f_pn":
        return np.asarray(f1(together)[..., _pair(metric, labels)].mean(axis=-1))
    if metric == "macro_f1":
        occurs = together.sum(axis=-1) > 0
        return np.asarray((f1(together) * occurs).sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1))
    right = np.trace(together, axis1=-2, axis2=-1)
    return np.asarray(right / np.maximum(together.sum(axis=(-2, -1)), 1))


def f1(counts: Counts) -> FloatArray:
    """Give the F1 of every class, 0 of one that does not occur.

    Parameters
    ----------
    counts : ndarray of int, shape (..., classes, classes)

    Returns
    -------
    ndarray of float64, shape (..., classes)
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    both = counts.sum(axis=-1) + counts.sum(axis=-2)
    return np.asarray(2 * right / np.maximum(both, 1))


def _pair(metric: Metric, labels: Sequence[str]) -> list[int]:
    pair = OFFICIAL_PAIRS[metric]
    if not set(pair) <= set(labels):
        raise ValueError(f"{metric} needs the classes {' and '.join(pair)}, found {', '.join(labels)}")
    return [list(labels).index(label) for label in pair]
