"""Counts drawn anew say what articles drawn anew say."""

from functools import partial

import numpy as np
import pytest

from khabar.training.bootstrap import Interval, interval, mean_interval, paired, resampled
from khabar.training.metrics import confusion, score

MACRO = partial(score, "macro_f1", labels=["a", "b", "c"])
N = 400


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True classes, what a good system says, and what a poor one says."""
    random = np.random.default_rng(0)
    truth = random.choice(3, N, p=[0.6, 0.3, 0.1])
    good, poor = (np.where(random.random(N) < right, truth, random.integers(0, 3, N)) for right in (0.7, 0.4))
    return truth, good, poor


def joint(truth: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    cells = np.zeros((1, 3, 3, 3), dtype=np.int64)
    np.add.at(cells, (0, truth, one, two), 1)
    return cells


def by_articles(truth: np.ndarray, predicted: np.ndarray, draws: int = 2000) -> np.ndarray:
    random = np.random.default_rng(1)
    rows = [random.integers(0, N, N) for _ in range(draws)]
    return np.array([MACRO(confusion(truth[row], predicted[row], 3)[None])[0] for row in rows])


def test_the_interval_is_that_of_articles_drawn_one_by_one(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, _ = drawn
    found = interval(confusion(truth, good, 3), MACRO)
    low, high = np.quantile(by_articles(truth, good), [0.025, 0.975])
    assert found.value == pytest.approx(MACRO(confusion(truth, good, 3)[None])[0])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)
    assert found.low < found.value < found.high


def test_a_draw_has_as_many_articles(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, _ = drawn
    draws = resampled(confusion(truth, good, 3), 0, draws=50)
    assert draws.shape == (50, 1, 3, 3)
    assert (draws.sum(axis=(1, 2, 3)) == N).all()
    assert len(np.unique(draws, axis=0)) > 40


def test_the_same_counts_give_the_same_interval(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, _ = drawn
    counts = confusion(truth, good, 3)
    assert interval(counts, MACRO) == interval(counts, MACRO)


def test_the_mean_of_two_parts_is_surer_than_either(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, poor = drawn
    parts = [confusion(truth, good, 3), confusion(truth, poor, 3)]
    found, alone = mean_interval(parts, MACRO), [interval(part, MACRO) for part in parts]

    def width(one: Interval) -> float:
        return one.high - one.low

    assert found.value == pytest.approx(np.mean([one.value for one in alone]))
    assert width(found) < max(map(width, alone))


def test_a_system_does_not_differ_from_itself(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, _ = drawn
    found = paired(joint(truth, good, good), MACRO)
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_a_clear_difference_is_significant_both_ways(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, poor = drawn
    better, worse = (paired(joint(truth, one, two), MACRO) for one, two in ((good, poor), (poor, good)))
    assert better.low > 0
    assert better.p < 0.01
    assert worse.value == pytest.approx(-better.value)
    assert worse.p < 0.01


def test_a_few_articles_do_not_make_a_difference(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, good, _ = drawn
    nearly = good.copy()
    nearly[:4] = (nearly[:4] + np.array([1, 2, 1, 2])) % 3
    assert paired(joint(truth, good, nearly), MACRO).p > 0.05
