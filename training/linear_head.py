"""A fitted head, and what it is fitted on: rows of its blocks and their places in spaces, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from khabar.training.config import TrainConfig
from khabar.training.config_heads import SectorHead, SectorsHead, StanceHead, ToneHead
from khabar.training.linear import fit_softmax
from khabar.training.spaces import SpaceName, Spaces
from khabar.training.targets import IntArray, balance
from khabar.training.vectorizer import side_by_side

FloatMatrix = npt.NDArray[np.float64]
Rows = Mapping[str, csr_matrix]
Key = TypeVar("Key")


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A fitted head: its scores are `sum(rows[b] @ weights[b]) + bias` over its blocks.

    Attributes
    ----------
    weights : dict of str to ndarray of shape (n_features, k)
        By block; the head's scale of the block is in them, and what the head learnt in its spaces.
    bias : ndarray of shape (k,)
        -inf for a label that no article of a fold stands for: its score is not known.
    """

    weights: dict[str, FloatMatrix]
    bias: FloatMatrix

    def scores(self, rows: Rows) -> FloatMatrix:
        """Score the rows of every block, shape (n, k)."""
        return np.asarray(sum(rows[block] @ weights for block, weights in self.weights.items()) + self.bias)


class HeadSpace:
    """What heads are fitted on: the rows of their blocks, scaled, and the places of these in spaces."""

    def __init__(self, config: TrainConfig, rows: Rows, spaces: Spaces) -> None:
        self._config = config
        self._rows = rows
        self._spaces = spaces
        self._places = {
            (block, name): csr_matrix(rows[block] @ space) for block in spaces for name, space in spaces[block].items()
        }

    def joined(self, name: str) -> csr_matrix:
        """Give all that a head is fitted on side by side."""
        parts = [self._rows[block] * np.float32(scale) for block, scale in self._scales(name).items()]
        return side_by_side(parts + [self._places[key] * np.float32(scale) for key, scale in self._of(name).items()])

    def folded(self, name: str, coefficients: FloatMatrix, bias: FloatMatrix) -> LinearHead:
        """Give each block its part of the coefficients, with its scale, and what its spaces add: w + V u."""
        scales, spaces = self._scales(name), self._of(name)
        weights = by_block(coefficients, self._rows, scales)
        low = sum(self._rows[block].shape[1] for block in scales)
        for (block, space), part in by_block(coefficients[:, low:], self._places, spaces).items():
            weights[block] = weights[block] + self._spaces[block][space] @ part
        return LinearHead(weights, bias)

    def _of(self, name: str) -> dict[tuple[str, SpaceName], float]:
        """Give the scale of each space of a head."""
        head = self._head(name)
        return {(block, space): scale for block, spaces in head.spaces.items() for space, scale in spaces.items()}

    def _head(self, name: str) -> SectorHead | SectorsHead | ToneHead:
        return dict(self._config.heads.items())[name]

    def _scales(self, name: str) -> dict[str, float]:
        """Give the scale of each block of a head."""
        head = self._head(name)
        return {block: scale or self._config.blocks[block].scale for block, scale in head.blocks.items()}


def by_block(
    coefficients: FloatMatrix, rows: Mapping[Key, csr_matrix], scales: Mapping[Key, float]
) -> dict[Key, FloatMatrix]:
    """Give each block its part of coefficients over blocks side by side, and its scale, shape (n_features, k)."""
    parts, low = {}, 0
    for block, scale in scales.items():
        high = low + rows[block].shape[1]
        parts[block] = coefficients[:, low:high].T * scale
        low = high
    return parts


def fit_classes(
    rows: csr_matrix,
    target: IntArray,
    n_labels: int,
    weight: FloatMatrix,
    head: SectorHead | ToneHead | StanceHead,
    seed: int,
) -> tuple[FloatMatrix, FloatMatrix]:
    """Fit a softmax head; labels that no row stands for get the score -inf.

    Returns
    -------
    coefficients : ndarray of shape (n_labels, n_features)
    bias : ndarray of shape (n_labels,)
    """
    present, target = np.unique(target, return_inverse=True)
    coefficients, bias = np.zeros((n_labels, rows.shape[1])), np.full(n_labels, -np.inf)
    if len(present) == 1:
        bias[present] = 0.0
    else:
        weight = balance(target, weight, head.class_weight)
        coefficients[present], bias[present] = fit_softmax(rows, target, weight, head.loss, head.C, seed)
    return coefficients, bias


def mixed(one: LinearHead, other: LinearHead, share: float) -> LinearHead:
    """Mix the scores of a head with a share of another's."""
    if share == 0:
        return one
    if share == 1:
        return other
    weights = {block: values * (1 - share) for block, values in one.weights.items()}
    for block, values in other.weights.items():
        weights[block] = weights[block] + share * values
    return LinearHead(weights, one.bias * (1 - share) + other.bias * share)
