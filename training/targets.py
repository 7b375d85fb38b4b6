"""What each head learns from an article: its target, its weight, and nothing where the label is unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCES, TONES
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig

UNKNOWN = -1
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Rows that a softmax head is fitted on.

    Attributes
    ----------
    article : ndarray of int
        Position of the article; an article with further sectors may stand in several rows.
    target : ndarray of int
        Position of the label.
    weight : ndarray of float
    """

    article: IntArray
    target: IntArray
    weight: FloatArray


def main_targets(articles: Sequence[Article], sectors: Sequence[str]) -> IntArray:
    """Give each article's main sector as a position, -1 where it is unknown or not among `sectors`."""
    at = {sector: position for position, sector in enumerate(sectors)}
    return np.array([at.get(article.main or "", UNKNOWN) for article in articles], dtype=np.intp)


def tone_targets(articles: Sequence[Article]) -> IntArray:
    """Give each article's tone as a position, -1 where it is unknown."""
    return np.array([TONES.index(a.tone) if a.tone else UNKNOWN for a in articles], dtype=np.intp)


def stance_targets(articles: Sequence[Article]) -> IntArray:
    """Give each article's stance towards its target as a position, -1 where it is unknown."""
    return np.array([STANCES.index(a.stance) if a.stance else UNKNOWN for a in articles], dtype=np.intp)


def sector_matrix(articles: Sequence[Article], sectors: Sequence[str]) -> npt.NDArray[np.int8]:
    """Say of each article and sector whether it holds (1), does not (0), or is unknown (-1)."""
    at = {sector: position for position, sector in enumerate(sectors)}
    matrix = np.full((len(articles), len(sectors)), UNKNOWN, dtype=np.int8)
    for row, article in enumerate(articles):
        matrix[row, [at[sector] for sector in article.denied if sector in at]] = 0
        matrix[row, [at[sector] for sector in article.sectors if sector in at]] = 1
    return matrix


def sure_weights(sure: Sequence[int | None], weights: Mapping[int, float]) -> FloatArray:
    """Weigh articles by how sure their annotator was; 1 where that is not known or has no weight."""
    return np.array([1.0 if level is None else weights.get(level, 1.0) for level in sure])


def rarity_weights(target: IntArray, power: float) -> FloatArray:
    """Weigh articles by the number of articles of their class to the minus `power`, one on average of those known.

    Parameters
    ----------
    target : ndarray of int, shape (n,)
        -1, unknown, counts as a class of its own, whose articles the average leaves out.
    """
    if power == 0:
        return np.ones(len(target))
    _, place, count = np.unique(target, return_inverse=True, return_counts=True)
    weight = count[place].astype(np.float64) ** -power
    known = target != UNKNOWN
    return np.asarray(weight / weight[known if known.any() else slice(None)].mean())


def class_rows(target: IntArray, weight: FloatArray, further: npt.NDArray[np.bool_] | None, share: float) -> ClassRows:
    """Choose and weigh the rows of a softmax head.

    Parameters
    ----------
    target : ndarray of int, shape (n,)
        Articles with -1 are left out.
    weight : ndarray, shape (n,)
    further : ndarray of bool, shape (n, k), optional
        Which labels hold besides the target.
    share : float
        The part of an article's weight that its further labels share, if it has any.
    """
    known = np.flatnonzero(target != UNKNOWN)
    if further is None or share == 0:
        return ClassRows(known, target[known], weight[known])
    count = further[known].sum(axis=1)
    own = weight[known] * np.where(count > 0, 1 - share, 1.0)
    at, label = np.nonzero(further[known])
    return ClassRows(
        np.concatenate([known, known[at]]),
        np.concatenate([target[known], label]),
        np.concatenate([own, share * weight[known][at] / count[at]]),
    )


def balance(target: IntArray, weight: FloatArray, rule: str | None) -> FloatArray:
    """Multiply weights so that classes weigh alike, or less unlike.

    Parameters
    ----------
    target : ndarray of int, shape (n,)
        Classes from 0 on.
    weight : ndarray, shape (n,)
    rule : {"balanced", "sqrt_balanced", None}
        By the inverse of a class's share of the weight, as scikit-learn's `class_weight="balanced"`, or by the
        square root of that.
    """
    if rule is None:
        return weight
    total = np.bincount(target, weights=weight)
    factor = total.sum() / (np.count_nonzero(total) * np.where(total > 0, total, 1.0))
    return np.asarray(weight * (np.sqrt(factor) if rule == "sqrt_balanced" else factor)[target])


def check_labels(config: TrainConfig, articles: Sequence[Article]) -> None:
    """Refuse training articles that leave a label without an example.

    Raises
    ------
    ConfigError
        Names each such label.
    """
    problems, few = [], False
    matrix = sector_matrix(articles, config.sectors)
    main = np.bincount(main_targets(articles, config.sectors) + 1, minlength=len(config.sectors) + 1)[1:]
    tone = np.bincount(tone_targets(articles) + 1, minlength=len(TONES) + 1)[1:]
    for what, labels, counts in (
        ("has as its main sector", config.sectors, main if config.heads.sector.sectors_share < 1 else None),
        ("asserts the sector", config.sectors, (matrix == 1).sum(axis=0)),
        ("denies the sector", config.sectors, (matrix == 0).sum(axis=0)),
        ("has the tone", TONES, tone),
    ):
        if counts is not None:
            lacking = [label for label, count in zip(labels, counts, strict=True) if count == 0]
            if lacking:
                problems.append(f"none {what} {', '.join(lacking)}")
                few |= labels == TONES or len(lacking) > len(labels) - 2
    if problems:
        raise ConfigError(
            f"found {len(articles)} articles to train on, but {'; '.join(problems)}. Expected one or more for each: "
            "add a source that has the missing labels to data.train, e.g. {corpus: annotations, part: train} or "
            "{corpus: sample, part: train}" + ("" if few else ", or leave sectors out (sectors)")
        )
