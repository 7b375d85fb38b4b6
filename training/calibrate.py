"""How scores become probabilities that can be believed, and decisions: fitted on out-of-fold scores.

Temperature scaling for a softmax (Guo et al. 2017, "On Calibration of Modern Neural Networks") and a power of the
odds of its likeliest label, one logistic curve a label for sigmoids (Platt 1999), thresholds by micro-F1, abstention
by precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from khabar.inference.heads import sigmoid, softmax, temper_top
from khabar.training.targets import UNKNOWN

FloatMatrix = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

LOG_TEMPERATURES = (-4.0, 4.0)
POWERS = (0.2, 1.0)
# A power that gains less than this of a mean negative log likelihood is left out.
LEAST_GAIN = 1e-4
# Pulls Platt's curve towards "the score is the log odds": what this many articles would say.
PLATT_PRIOR = 1.0
THRESHOLDS = np.round(np.arange(0.05, 0.955, 0.01), 2)
# Thresholds of single labels are searched this far around the one of all.
REACH = 0.25
# A share of articles right is not trusted below this many.
FEWEST_SURE = 20
PRECISIONS = tuple(round(0.01 * step, 2) for step in range(50, 100))


def fit_temperature(scores: FloatMatrix, target: IntArray) -> float:
    """Find the temperature that makes the true labels likeliest.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
        -inf where a fold did not know the label.
    target : ndarray of int, shape (n,)
        Positions of the true labels; -1, unknown, and labels their fold did not know are left out.

    Returns
    -------
    float
        Above 0; 1 if no article is left.
    """
    scores, target = known_rows(scores, target)
    if not len(target):
        return 1.0
    found = minimize_scalar(
        lambda log_temperature: negative_log_likelihood(softmax(scores, np.exp(log_temperature)), target),
        bounds=LOG_TEMPERATURES,
        method="bounded",
    )
    return float(np.exp(found.x))


def fit_power(scores: FloatMatrix, target: IntArray, temperature: float) -> float:
    """Find the power of the odds of the likeliest label that makes the true labels likeliest.

    Parameters
    ----------
    scores, target : as for `fit_temperature`
    temperature : float

    Returns
    -------
    float
        Above 0; 1 if no lower one is better.
    """
    scores, target = known_rows(scores, target)
    if not len(target):
        return 1.0
    probability, top = softmax(scores, temperature), scores.argmax(axis=1)

    def loss(power: float) -> float:
        return negative_log_likelihood(temper_top(probability, top, power), target)

    found = minimize_scalar(loss, bounds=POWERS, method="bounded")
    return float(found.x) if found.fun < loss(1.0) - LEAST_GAIN else 1.0


def known_rows(scores: FloatMatrix, target: IntArray) -> tuple[FloatMatrix, IntArray]:
    """Choose the rows whose true label is known and was known to their fold."""
    rows = np.flatnonzero(target != UNKNOWN)
    rows = rows[np.isfinite(scores[rows, target[rows]])]
    return scores[rows], target[rows]


def negative_log_likelihood(probability: FloatMatrix, target: IntArray) -> float:
    """Average the negative logarithm of the true labels' probabilities."""
    return float(-np.log(np.maximum(probability[np.arange(len(target)), target], 1e-300)).mean())


def fit_platt(scores: FloatMatrix, holds: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Fit `sigmoid(slope * score + offset)` to whether a label holds.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    holds : ndarray of bool, shape (n,)

    Returns
    -------
    slope, offset : float
        The slope is above 0, so that probabilities stand in the order of scores.
    """
    sign = np.where(holds, 1.0, -1.0)

    def loss(parameters: FloatMatrix) -> tuple[float, FloatMatrix]:
        log_slope, offset = parameters
        slope = np.exp(log_slope)
        margin = sign * (slope * scores + offset)
        pull = PLATT_PRIOR / 2 * float(log_slope**2 + offset**2)
        slip = -sign * sigmoid(-margin)
        gradient = np.array([slope * (slip @ scores) + PLATT_PRIOR * log_slope, slip.sum() + PLATT_PRIOR * offset])
        return float(np.logaddexp(0, -margin).sum()) + pull, gradient

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[LOG_TEMPERATURES, (None, None)])
    return float(np.exp(found.x[0])), float(found.x[1])


@dataclass(frozen=True)
class _Counts:
    """Of each threshold and label: labels set rightly, set wrongly, missed."""

    right: npt.NDArray[np.int64]
    wrong: npt.NDArray[np.int64]
    missed: npt.NDArray[np.int64]

    def f1(self, at: IntArray) -> float:
        """Give the micro-F1 of one threshold a label."""
        label = np.arange(len(at))
        right, wrong, missed = (int(a[at, label].sum()) for a in (self.right, self.wrong, self.missed))
        return 2 * right / max(2 * right + wrong + missed, 1)


def fit_thresholds(
    probability: FloatMatrix, matrix: npt.NDArray[np.int8], main: IntArray, per_label: bool
) -> tuple[float, ...]:
    """Find the thresholds that give the sets of tags the highest micro-F1.

    Parameters
    ----------
    probability : ndarray of shape (n, k)
    matrix : ndarray of int8, shape (n, k)
        1 holds, 0 does not, -1 unknown: neither right nor wrong.
    main : ndarray of int, shape (n,)
        The main label that tagging gives, set whatever its probability.
    per_label : bool
        One threshold for each label, near the one for all; else one for all.

    Returns
    -------
    tuple of float, one a label
    """
    n_labels = probability.shape[1]
    shape = (len(THRESHOLDS), n_labels)
    counts = _Counts(*(np.zeros(shape, dtype=np.int64) for _ in range(3)))
    is_main = main[:, None] == np.arange(n_labels)
    for at, threshold in enumerate(THRESHOLDS):
        chosen = (probability >= threshold) | is_main
        counts.right[at] = (chosen & (matrix == 1)).sum(axis=0)
        counts.wrong[at] = (chosen & (matrix == 0)).sum(axis=0)
        counts.missed[at] = (~chosen & (matrix == 1)).sum(axis=0)
    best = _best([counts.f1(np.full(n_labels, at)) for at in range(len(THRESHOLDS))])
    chosen_at = np.full(n_labels, best)
    if per_label:
        near = np.flatnonzero(np.abs(THRESHOLDS - THRESHOLDS[best]) <= REACH)
        for label in [*range(n_labels), *range(n_labels)]:
            figures = [counts.f1(np.where(np.arange(n_labels) == label, at, chosen_at)) for at in near]
            chosen_at[label] = near[_best(figures)]
    return tuple(float(THRESHOLDS[at]) for at in chosen_at)


def _best(figures: Sequence[float]) -> int:
    """Give the middle of the places of the highest figure: the ends of a plateau are where luck is."""
    places = np.flatnonzero(np.asarray(figures) == max(figures))
    return int(places[len(places) // 2])


def fit_abstention(probability: FloatMatrix, target: IntArray, precision: float) -> float:
    """Find the top probability below which answers are not sure enough.

    Parameters
    ----------
    probability : ndarray of shape (n, k)
    target : ndarray of int, shape (n,)
        -1 is left out.
    precision : float
        The share of the answers given that are to be right. If it is out of reach, the threshold is that of the
        most precise answers (of 20 articles at least).

    Returns
    -------
    float
        0 if all answers together are precise enough.
    """
    top, share = _surest_first(probability, target)
    if not len(top):
        return 0.0
    fewest = min(FEWEST_SURE, len(top)) - 1
    last = _last_reached(share, precision)
    return _threshold(top, fewest + int(np.argmax(share[fewest:])) if last is None else last)


def fit_precisions(probability: FloatMatrix, target: IntArray) -> tuple[tuple[float, float, float], ...]:
    """Find for each of some precisions the top probability that answers must reach.

    Parameters
    ----------
    probability, target : as for `fit_abstention`

    Returns
    -------
    tuple of (precision, top probability, share)
        With the share of articles whose answers reach it; of a precision that no 20 answers have, 1 and 0. Empty if
        no label is known.
    """
    top, share = _surest_first(probability, target)
    found = [(precision, _last_reached(share, precision)) for precision in PRECISIONS if len(top)]
    return tuple(
        (precision, 1.0, 0.0) if last is None else (precision, _threshold(top, last), (last + 1) / len(top))
        for precision, last in found
    )


def _surest_first(probability: FloatMatrix, target: IntArray) -> tuple[FloatMatrix, FloatMatrix]:
    """Give the top probabilities of known articles, falling, and the share right of all down to each."""
    known = np.flatnonzero(target != UNKNOWN)
    top = probability[known].max(axis=1, initial=0.0)
    order = np.argsort(-top, kind="stable")
    right = (probability[known].argmax(axis=1) == target[known])[order]
    return top[order], np.cumsum(right) / np.arange(1, len(known) + 1)


def _last_reached(share: FloatMatrix, precision: float) -> int | None:
    fewest = min(FEWEST_SURE, len(share)) - 1
    reached = np.flatnonzero(share[fewest:] >= precision)
    return fewest + int(reached[-1]) if len(reached) else None


def _threshold(top: FloatMatrix, last: int) -> float:
    # Rounded down as reported probabilities are rounded, so that the last answer is given.
    return 0.0 if last == len(top) - 1 else float(np.floor(top[last] * 1e6) / 1e6)
