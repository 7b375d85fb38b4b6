"""How good the scores of one fold are: figures of articles that the fit did not see, before any calibration."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.training.config import TrainConfig
from khabar.training.linear_head import FloatMatrix
from khabar.training.metrics import IntArray, Metric, confusion, score
from khabar.training.targets import UNKNOWN, main_targets, sector_matrix, tone_targets

FIGURES = ("sector.accuracy", "sector.macro_f1", "sectors.micro_f1", "tone.accuracy", "tone.macro_f1")
OF_CLASSES: tuple[Metric, ...] = ("accuracy", "macro_f1")


def fold_figures(
    config: TrainConfig, scores: Mapping[str, FloatMatrix], articles: Sequence[Article]
) -> dict[str, float]:
    """Measure the scores that held-out articles get.

    They are close to what `khabar.training.evaluate.measure` says of tags, not the same: nothing is calibrated, and no
    article abstains.

    Parameters
    ----------
    config : TrainConfig
    scores : mapping of str to ndarray of shape (n, k)
        By head; -inf for a label that the fold does not know.
    articles : sequence of Article
        One a row. Their texts are not looked at.

    Returns
    -------
    dict of str to float
        Those of `FIGURES` that some label is known for. Macro-F1 is over the classes that the articles have,
        `sectors.micro_f1` at the one threshold of scores that is best for these very articles.
    """
    figures: dict[str, float] = {}
    for head, target, labels in (
        ("sector", main_targets(articles, config.sectors), config.sectors),
        ("tone", tone_targets(articles), TONES),
    ):
        known = target != UNKNOWN
        if known.any():
            counts = confusion(target[known], scores[head][known].argmax(axis=1), len(labels))
            figures |= {f"{head}.{metric}": float(score(metric, counts, labels)) for metric in OF_CLASSES}
    matrix = sector_matrix(articles, config.sectors)
    known_pairs = matrix != UNKNOWN
    if known_pairs.any():
        figures["sectors.micro_f1"] = best_f1(scores["sectors"][known_pairs], matrix[known_pairs] == 1)
    return figures


def best_f1(scores: FloatMatrix, holds: npt.NDArray[np.bool_]) -> float:
    """Give the F1 of the labels whose scores reach a threshold, at the threshold where it is highest.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        -inf is never chosen.
    holds : ndarray of bool, shape (n,)

    Examples
    --------
    >>> best_f1(np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, True, False, True]))
    0.8571428571428571
    """
    order = np.argsort(-scores, kind="stable")[: np.isfinite(scores).sum()]
    right: IntArray = np.cumsum(holds[order])
    chosen = np.arange(1, len(order) + 1)
    # Equal scores are chosen together.
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)[: len(order)])
    return float((2 * right[ends] / (chosen[ends] + holds.sum())).max(initial=0))
