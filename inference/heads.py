"""From scores to probabilities and decisions: what a head's outputs mean.

A model's score matrix holds the outputs of its heads side by side. Each head turns its own columns into
calibrated probabilities: temperature scaling for a softmax (Guo et al. 2017, "On Calibration of Modern Neural
Networks") and a power of the odds of its likeliest label, one logistic curve per label for independent sigmoids (Platt
1999).
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from khabar.inference.errors import InputError, ModelFormatError
from khabar.inference.head_problem import head_problem

FloatMatrix = npt.NDArray[np.float64]

MAX_SECTORS = 4
ABOVE_ALL = float(np.nextafter(1, 2))  # a top probability that none reaches
OF_SIGMOID = ("slope", "offset", "thresholds")
OF_SOFTMAX = ("temperature", "power", "abstain_below", "precisions", "coverages")


@dataclass(frozen=True)
class Head:
    """One question a model answers, and how its scores are read.

    Attributes
    ----------
    name : str
        `sector` (the main one), `sectors` (all that apply) or `tone`.
    kind : {"softmax", "sigmoid"}
        Softmax: exactly one label holds. Sigmoid: each label holds or not, by itself.
    labels : tuple of str
        In the order of the head's output columns. The order is kept here and nowhere else.
    blocks : tuple of str
        Names of the feature blocks that the head is linear over.
    temperature : float
        Softmax heads: probabilities are `softmax(scores / temperature)`, but for the power.
    power : float
        Softmax heads: the odds of the likeliest label are raised to it, and the other labels share the rest as before.
        At most 1, so that the likeliest label stays that.
    slope, offset : tuple of float, one per label
        Sigmoid heads: the probability is `sigmoid(slope * score + offset)`. Left empty: ones and zeros.
    thresholds : tuple of float, one per label
        Sigmoid heads: a label is set when its probability reaches its threshold. Left empty: 0.5.
    abstain_below : float
        Softmax heads: the top probability under which the answer is not sure enough to use; above 1, none is.
    precisions : tuple of (precision, top probability, share)
        Softmax heads: which top probability an answer must reach for such answers to be right as often as stated, by
        rising precision, and the share of articles that reach it. Empty in files of older versions.
    coverages : tuple of (coverage, probability)
        Softmax heads: the labels that reach the probability, and the likeliest one, hold the true label in so large
        a share of articles, by rising coverage. Empty in files of older versions.
    """

    name: str
    kind: Literal["softmax", "sigmoid"]
    labels: tuple[str, ...]
    blocks: tuple[str, ...]
    _: KW_ONLY
    temperature: float = 1.0
    power: float = 1.0
    slope: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    abstain_below: float = 0.0
    precisions: tuple[tuple[float, float, float], ...] = ()
    coverages: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.kind == "sigmoid":
            object.__setattr__(self, "slope", self.slope or (1.0,) * n)
            object.__setattr__(self, "offset", self.offset or (0.0,) * n)
            object.__setattr__(self, "thresholds", self.thresholds or (0.5,) * n)
        problem = head_problem(self)
        if problem:
            raise ModelFormatError(f"The head {self.name!r} {problem}. Train the model again.")

    def to_dict(self) -> dict[str, Any]:
        """Give the head as JSON values, only what its kind uses."""
        unused = OF_SIGMOID if self.kind == "softmax" else OF_SOFTMAX
        return {key: value for key, value in asdict(self).items() if key not in unused}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a head from `to_dict`'s form; lists become tuples."""
        return cls(**{key: _tuples(value) for key, value in values.items()})

    def at_precision(self, precision: float) -> Self:
        """Give the head that abstains where answers would be right less often than stated.

        Parameters
        ----------
        precision : float
            From the lowest one stored to the highest; between two, the higher is taken. Where no answers reach it, the
            head abstains from all.

        Raises
        ------
        InputError
            None is stored that high, or none at all.
        """
        found = next((row for row in self.precisions if row[0] >= precision - 1e-9), None)
        if found is None or precision < self.precisions[0][0]:
            raise InputError(f"The head {self.name!r} {_stored('precision', self.precisions, precision)}")
        _, least, share = found
        return replace(self, abstain_below=least if share else ABOVE_ALL)

    def set_threshold(self, coverage: float) -> float:
        """Give the probability that the labels of a set of this coverage reach.

        Raises
        ------
        InputError
            It is not stored.
        """
        for stored, threshold in self.coverages:
            if abs(stored - coverage) < 1e-9:
                return threshold
        raise InputError(f"The head {self.name!r} {_stored('coverage', self.coverages, coverage)}")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _stored(what: str, rows: tuple[tuple[float, ...], ...], asked: float) -> str:
    if not rows:
        return f"knows no {what}: its model was trained by an older khabar, or on too few articles. Train it again."
    known = [f"{row[0]:g}" for row in rows]
    listed = what == "coverage" or len(known) < 5
    expected = f"one of {', '.join(known)}" if listed else f"one from {known[0]} to {known[-1]}"
    return f"was asked for the {what} {asked:g}; expected {expected}."


def softmax(scores: npt.ArrayLike, temperature: float = 1.0) -> FloatMatrix:
    """Exponentiate and normalise over the last axis, without overflow for any finite score."""
    x = np.asarray(scores, dtype=np.float64)
    e = np.exp((x - x.max(axis=-1, keepdims=True, initial=-np.inf)) / temperature)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def temper_top(probability: FloatMatrix, top: npt.NDArray[np.intp], power: float) -> FloatMatrix:
    """Raise the odds of each row's likeliest label to a power; the other labels share the rest in proportion.

    One temperature fits all labels at once: where it is right for the many unlikely ones, it may leave the likeliest
    too sure.

    Parameters
    ----------
    probability : ndarray of shape (n, k)
    top : ndarray of int, shape (n,)
        The likeliest label of each row.
    power : float
        Above 0; at most 1, or the likeliest label may change.
    """
    rows = np.arange(len(probability))
    others = probability.copy()
    others[rows, top] = 0
    rest = np.maximum(others.sum(axis=1), np.finfo(np.float64).tiny)
    log_odds = power * (np.log(probability[rows, top]) - np.log(rest))
    tempered: FloatMatrix = others * (sigmoid(-log_odds) / rest)[:, None]
    tempered[rows, top] = sigmoid(log_odds)
    return tempered


def sigmoid(scores: npt.ArrayLike) -> FloatMatrix:
    """Compute `1 / (1 + exp(-x))` without overflow for any score."""
    x = np.asarray(scores, dtype=np.float64)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def probabilities(head: Head, scores: npt.ArrayLike) -> FloatMatrix:
    """Turn a head's scores into calibrated probabilities.

    Parameters
    ----------
    head : Head
    scores : array of shape (n, n_labels)
        The head's own columns of the score matrix.

    Returns
    -------
    ndarray of float64, shape (n, n_labels)
        Rows of a softmax head sum to one, and their largest value stands at the largest score.
    """
    if head.kind == "softmax":
        probability = softmax(scores, head.temperature)
        if head.power == 1:
            return probability
        return temper_top(probability, np.asarray(scores).argmax(axis=1), head.power)
    x = np.asarray(scores, dtype=np.float64)
    return sigmoid(x * np.asarray(head.slope) + np.asarray(head.offset))


def abstains(head: Head, probability: FloatMatrix) -> npt.NDArray[np.bool_]:
    """Say for each row whether a softmax head's top probability is too low to use, shape (n,)."""
    return np.asarray(probability.max(axis=1, initial=0.0) < head.abstain_below)


def further_labels(
    head: Head, probability: FloatMatrix, main: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find the labels that apply besides the main one.

    Parameters
    ----------
    head : Head
        The sigmoid head `sectors`.
    probability : ndarray of shape (n, n_labels)
        Its probabilities.
    main : ndarray of int, shape (n,)
        The main label of each row: it applies whatever its own probability says.

    Returns
    -------
    order : ndarray of int, shape (n, 3)
        Further labels by falling probability, in the first `count` places.
    count : ndarray of int, shape (n,)
        How many of them reach their thresholds: at most three, as an article has at most four sectors.
    """
    reached = probability >= np.asarray(head.thresholds)
    reached[np.arange(len(reached)), main] = False
    order = np.argsort(np.where(reached, -probability, np.inf), axis=1, kind="stable")[:, : MAX_SECTORS - 1]
    return order, np.minimum(reached.sum(axis=1), MAX_SECTORS - 1)
