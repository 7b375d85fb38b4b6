"""What is added to the classes' scores so that a metric is highest: a metric that does not count all classes alike.

A machine that is fitted to every class does not know that an official metric counts only some of them, nor that one
rare class weighs a third of a mean F1. Offsets are chosen on scores of articles that the fit did not see.
"""

from collections.abc import Sequence

import numpy as np

from khabar.training.metrics import FloatArray, IntArray, Metric, confusion, score

# Of the spread of the scores, from -1 to 1 in twentieths, what is nearest to zero first: of two that are as good the
# smaller is taken.
STEPS = np.array(sorted(np.linspace(-1, 1, 41).round(3), key=lambda step: (abs(step), step)))
ROUNDS = 2


def choose_offsets(scores: FloatArray, target: IntArray, metric: Metric, labels: Sequence[str]) -> FloatArray:
    """Choose an offset for every class, one class after another.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        Of articles that the fit did not see; -inf where a class cannot be.
    target : ndarray of int, shape (n,)
    metric : {"accuracy", "macro_f1", "f_pn", "favg2"}
    labels : sequence of str
        Names of the classes, as the metric knows them.

    Returns
    -------
    ndarray of float64, shape (k,)
    """
    classes = scores.shape[1]
    finite = scores[np.isfinite(scores)]
    spread = (float(finite.std()) if finite.size else 0.0) or 1.0
    offsets = np.zeros(classes)
    best = -np.inf
    for _ in range(ROUNDS):
        for label in range(classes):
            tried = np.tile(offsets, (len(STEPS), 1))
            tried[:, label] = STEPS * spread
            found = [_measured(scores + row, target, metric, labels) for row in tried]
            at = int(np.argmax(found))
            if found[at] > best:
                best, offsets = found[at], tried[at]
    return offsets


def _measured(scores: FloatArray, target: IntArray, metric: Metric, labels: Sequence[str]) -> float:
    return float(score(metric, confusion(target, scores.argmax(axis=1), len(labels)), labels))
