"""How far a figure may lie from what other articles would give: bootstrap intervals, and tests of two systems.

A figure that depends on counts alone needs no article drawn: n articles drawn with replacement fall into the cells of
a confusion matrix as one draw of a multinomial does. So every draw costs as much as there are cells, whatever n is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from khabar.training.metrics import Counts, FloatArray

DRAWS = 2000
LEVEL = 0.95
SEED = 0

Score = Callable[[Counts], FloatArray]


@dataclass(frozen=True)
class Interval:
    """A figure with the ends of its 95 % percentile interval (B. Efron, The Jackknife, the Bootstrap, 1982)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much better one system is than another on the same articles, with its interval.

    Attributes
    ----------
    value, low, high : float
        The first system's figure less the second's.
    p : float
        Two-sided: twice the share of draws on the side of zero where fewer lie, at most 1.
    """

    value: float
    low: float
    high: float
    p: float


def interval(counts: Counts, score: Score) -> Interval:
    """Give the interval of a figure of one set of articles.

    Parameters
    ----------
    counts : ndarray of int, shape (targets, classes, classes)
        As `khabar.training.metrics.confusion` gives them.
    score : callable
        From counts of shape (draws, targets, classes, classes) to figures of shape (draws,).
    """
    return mean_interval([counts], score)


def mean_interval(parts: Sequence[Counts], score: Score) -> Interval:
    """Give the interval of the mean of a figure over sets of articles, each drawn from on its own."""
    draws = [score(resampled(counts, SEED + number)) for number, counts in enumerate(parts)]
    return interval_of(float(np.mean([score(counts[None])[0] for counts in parts])), np.mean(draws, axis=0))


def paired(joint: Counts, score: Score) -> Difference:
    """Compare two systems on the same articles.

    Parameters
    ----------
    joint : ndarray of int, shape (targets, classes, classes, classes)
        Articles by target, true class, class by the first system, class by the second.
    score : callable
        As for `interval`.
    """
    value = score(joint.sum(axis=-1)[None])[0] - score(joint.sum(axis=-2)[None])[0]
    drawn = resampled(joint, SEED)
    return difference_of(float(value), score(drawn.sum(axis=-1)) - score(drawn.sum(axis=-2)))


def resampled(counts: Counts, seed: int, draws: int = DRAWS) -> Counts:
    """Draw as many articles as there are, with replacement, and count them again.

    Returns
    -------
    ndarray of int64, shape (draws, *counts.shape)
    """
    flat = counts.reshape(-1)
    drawn = np.zeros((draws, len(flat)), dtype=np.int64)
    if total := flat.sum():
        # A cell without articles is never drawn from; in joint counts nearly all are such.
        cells = np.flatnonzero(flat)
        drawn[:, cells] = np.random.default_rng(seed).multinomial(total, flat[cells] / total, size=draws)
    return drawn.reshape(draws, *counts.shape)


def interval_of(value: float, draws: FloatArray) -> Interval:
    """Give the interval of a figure whose draws are known."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def difference_of(value: float, draws: FloatArray) -> Difference:
    """Give interval and p-value of a difference whose draws are known."""
    ends = interval_of(value, draws)
    # One draw more on either side: a p-value of nought would claim more than so many draws can.
    side = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return Difference(value, ends.low, ends.high, min(1.0, 2 * (side + 1) / (len(draws) + 1)))
