"""Offsets lift the metric they are chosen for, and stay away where nothing is to be lifted."""

import numpy as np
import pytest

from khabar.training.metrics import Metric, confusion, score
from khabar.training.offsets import choose_offsets

LABELS = ["against", "favor", "neutral"]


def measured(metric: Metric, scores: np.ndarray, target: np.ndarray) -> float:
    return float(score(metric, confusion(target, scores.argmax(axis=1), 3), LABELS))


def scored(n: int, lift: np.ndarray, noise: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Make scores that are right but for noise and a lift of classes."""
    random = np.random.default_rng(0)
    target = random.choice(3, n, p=[0.2, 0.5, 0.3])
    return np.eye(3)[target] + random.normal(0, noise, (n, 3)) + lift, target


@pytest.mark.parametrize("metric", ["macro_f1", "favg2", "accuracy"])
def test_a_lift_that_is_no_ones_is_taken_back_on_articles_not_seen_before(metric: Metric) -> None:
    scores, target = scored(2000, np.array([0.0, 0.0, 0.7]))
    offsets = choose_offsets(scores[:1000], target[:1000], metric, LABELS)
    assert (
        measured(metric, scores[1000:] + offsets, target[1000:]) > measured(metric, scores[1000:], target[1000:]) + 0.05
    )


def test_a_class_that_the_metric_does_not_count_is_told_less() -> None:
    scores, target = scored(1000, np.zeros(3), noise=1.0)
    pair, every = (choose_offsets(scores, target, metric, LABELS) for metric in ("favg2", "macro_f1"))
    assert ((scores + pair).argmax(axis=1) == 2).sum() < ((scores + every).argmax(axis=1) == 2).sum()


def test_scores_that_are_right_get_none() -> None:
    target = np.arange(30) % 3
    assert choose_offsets(np.eye(3)[target], target, "macro_f1", LABELS).tolist() == [0, 0, 0]


def test_a_class_that_cannot_be_stays_out() -> None:
    target = np.arange(30) % 2
    scores = np.where(np.eye(3)[target] > 0, 1.0, 0.0)
    scores[:, 2] = -np.inf
    offsets = choose_offsets(scores, target, "favg2", LABELS)
    assert np.isfinite(offsets).all()
    assert (scores + offsets).argmax(axis=1).tolist() == target.tolist()


def test_where_nothing_can_be_nothing_is_added() -> None:
    assert choose_offsets(np.full((4, 3), -np.inf), np.zeros(4, dtype=int), "macro_f1", LABELS).tolist() == [0, 0, 0]
