"""From scores to probabilities and decisions: what a head's outputs mean.

A model's score matrix holds the outputs of its heads side by side. Each head turns its own columns into
calibrated probabilities: temperature scaling for a softmax (Guo et al. 2017, "On Calibration of Modern Neural
Networks"), one logistic curve per label for independent sigmoids (Platt 1999).
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass
from math import isfinite
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from khabar.inference.errors import ModelFormatError

FloatMatrix = npt.NDArray[np.float64]

MAX_SECTORS = 4


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
        Softmax heads: probabilities are `softmax(scores / temperature)`.
    slope, offset : tuple of float, one per label
        Sigmoid heads: the probability is `sigmoid(slope * score + offset)`. Left empty: ones and zeros.
    thresholds : tuple of float, one per label
        Sigmoid heads: a label is set when its probability reaches its threshold. Left empty: 0.5.
    abstain_below : float
        Softmax heads: the top probability under which the answer is not sure enough to use.
    """

    name: str
    kind: Literal["softmax", "sigmoid"]
    labels: tuple[str, ...]
    blocks: tuple[str, ...]
    _: KW_ONLY
    temperature: float = 1.0
    slope: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = ()
    abstain_below: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.kind == "sigmoid":
            object.__setattr__(self, "slope", self.slope or (1.0,) * n)
            object.__setattr__(self, "offset", self.offset or (0.0,) * n)
            object.__setattr__(self, "thresholds", self.thresholds or (0.5,) * n)
        problem = self._problem()
        if problem:
            raise ModelFormatError(f"The head {self.name!r} {problem}. Train the model again.")

    def _problem(self) -> str | None:
        n = len(self.labels)
        if n < 2 or len(set(self.labels)) != n:
            return f"has the labels {list(self.labels)}; expected two or more, all different"
        if not self.blocks:
            return "is over no feature block; expected at least one"
        if self.kind == "softmax":
            if not (isfinite(self.temperature) and self.temperature > 0):
                return f"has the temperature {self.temperature}; expected a number above 0"
            if not 0 <= self.abstain_below <= 1:
                return f"abstains below {self.abstain_below}; expected a probability from 0 to 1"
            return None
        if self.kind == "sigmoid":
            for what, values in (
                ("slope", self.slope),
                ("offset", self.offset),
                ("thresholds", self.thresholds),
            ):
                if len(values) != n:
                    return f"has {len(values)} values of {what}; expected one for each of its {n} labels"
                if not all(isfinite(value) for value in values):
                    return f"has a {what} that is not a finite number"
            return None if all(s > 0 for s in self.slope) else "has a slope that is not above 0"
        return f"is of kind {self.kind!r}; expected 'softmax' or 'sigmoid'"

    def to_dict(self) -> dict[str, Any]:
        """Give the head as JSON values, only what its kind uses."""
        unused = ("slope", "offset", "thresholds") if self.kind == "softmax" else ("temperature", "abstain_below")
        return {key: value for key, value in asdict(self).items() if key not in unused}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a head from `to_dict`'s form; lists become tuples."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**fields)


def softmax(scores: npt.ArrayLike, temperature: float = 1.0) -> FloatMatrix:
    """Exponentiate and normalise over the last axis, without overflow for any finite score."""
    x = np.asarray(scores, dtype=np.float64)
    e = np.exp((x - x.max(axis=-1, keepdims=True, initial=-np.inf)) / temperature)
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


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
        return softmax(scores, head.temperature)
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
