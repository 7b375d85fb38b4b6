"""Thresholds of label sets, such that sets hold the true label on outlets that were not seen.

Sets hold every label of at least some probability (Sadinle, Lei, Wasserman 2019, "Least Ambiguous Set-Valued
Classifiers with Bounded Error Levels"), and the likeliest one. Split conformal prediction promises their coverage for
articles drawn like those it was fitted on, but outlets differ. So the threshold is that of the outlet which needs the
lowest: if outlets are drawn alike, a new one needs a lower one with a chance of 1 in K + 1 only, where K outlets
were seen. That the probabilities are of outlets not seen is so only where the folds of the fit leave outlets out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.training.calibrate import FloatMatrix, IntArray
from khabar.training.targets import UNKNOWN

COVERAGES = (0.8, 0.9, 0.95)
FEWEST = 100  # articles of an outlet that counts by itself


@dataclass(frozen=True)
class Coverage:
    """How often sets hold the true label.

    Attributes
    ----------
    stated : float
    threshold : float
        The probability of labels in the sets; of several outlets left out, the mean.
    found : float
        The share of articles whose set holds the true label; of outlets left out, the mean over outlets.
    size : float
        Mean number of labels in a set.
    outlet, lowest : str and float
        Of outlets left out: where it is lowest, and how low; else empty and 0.
    """

    stated: float
    threshold: float
    found: float
    size: float
    outlet: str = ""
    lowest: float = 0.0


def fit_coverages(
    probability: FloatMatrix, target: IntArray, outlets: Sequence[str]
) -> tuple[tuple[float, float], ...]:
    """Find for each of some coverages the probability that the labels of a set reach.

    Parameters
    ----------
    probability : ndarray of shape (n, k)
        Out of fold.
    target : ndarray of int, shape (n,)
        -1 is left out.
    outlets : sequence of str
        Of each article. Those of fewer than 100 articles do not count, unless there is no larger one: then all
        articles are taken together.

    Returns
    -------
    tuple of (coverage, probability)
        Empty if no label is known.
    """
    known = np.flatnonzero(target != UNKNOWN)
    if not len(known):
        return ()
    true = probability[known, target[known]]
    own = np.asarray(outlets, dtype=object)[known]
    parts = [true[own == name] for name in large_outlets(own.tolist())] or [true]
    return tuple((coverage, min(_threshold(part, coverage) for part in parts)) for coverage in COVERAGES)


def coverage_found(
    probability: FloatMatrix, target: IntArray, thresholds: Sequence[tuple[float, float]]
) -> list[Coverage]:
    """Say how often sets of the given thresholds hold the true label.

    Parameters
    ----------
    probability, target : as for `fit_coverages`
    thresholds : sequence of (coverage, probability)

    Returns
    -------
    list of Coverage
        One a threshold; empty if no label is known.
    """
    known = np.flatnonzero(target != UNKNOWN)
    found = []
    for stated, threshold in thresholds if len(known) else ():
        held, size = _held(probability[known], target[known], threshold)
        found.append(Coverage(stated, threshold, float(held.mean()), float(size.mean())))
    return found


def coverage_left_out(probability: FloatMatrix, target: IntArray, outlets: Sequence[str]) -> list[Coverage]:
    """Say how often sets hold the true label on each outlet, with the thresholds of the others.

    Parameters
    ----------
    probability, target, outlets : as for `fit_coverages`

    Returns
    -------
    list of Coverage
        One a coverage, with means over outlets; empty if there are not two of 100 articles.
    """
    known = target != UNKNOWN
    own = np.asarray(outlets, dtype=object)
    names = large_outlets(own[known].tolist())
    if len(names) < 2:
        return []
    parts = []
    for name in names:
        others, rows = np.flatnonzero(own != name), np.flatnonzero(own == name)
        fitted = fit_coverages(probability[others], target[others], own[others].tolist())
        parts.append(coverage_found(probability[rows], target[rows], fitted))
    together = []
    for of_coverage in zip(*parts, strict=True):
        threshold, found, size = (
            float(np.mean([getattr(part, what) for part in of_coverage])) for what in ("threshold", "found", "size")
        )
        lowest, outlet = min((part.found, name) for part, name in zip(of_coverage, names, strict=True))
        together.append(Coverage(of_coverage[0].stated, threshold, found, size, outlet, lowest))
    return together


def large_outlets(outlets: Sequence[str]) -> list[str]:
    """Name the outlets of 100 articles or more."""
    return sorted(name for name, count in Counter(outlets).items() if count >= FEWEST)


def _threshold(true: FloatMatrix, coverage: float) -> float:
    """Give the probability that the stated share of true labels reach, with the correction for a finite sample."""
    allowed = int(np.floor((1 - coverage) * (len(true) + 1) + 1e-9))
    # Rounded down as reported probabilities are rounded, so that the last label is in.
    return 0.0 if allowed < 1 else float(np.floor(np.sort(true)[allowed - 1] * 1e6) / 1e6)


def _held(
    probability: FloatMatrix, target: IntArray, threshold: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    rows = np.arange(len(probability))
    inside = probability >= threshold
    inside[rows, probability.argmax(axis=1)] = True
    return inside[rows, target], inside.sum(axis=1)
