"""Calibration makes probabilities believable, never changes their order, and leaves unknown labels out."""

import numpy as np
import pytest

from khabar.inference.heads import sigmoid, softmax, temper_top
from khabar.training.calibrate import (
    PRECISIONS,
    THRESHOLDS,
    fit_abstention,
    fit_platt,
    fit_power,
    fit_precisions,
    fit_temperature,
    fit_thresholds,
    negative_log_likelihood,
)

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(0, 2, (4000, 5))
TARGET = np.array([RANDOM.choice(5, p=p) for p in softmax(LOGITS)])


@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_the_temperature_is_found_again(temperature: float) -> None:
    assert fit_temperature(LOGITS * temperature, TARGET) == pytest.approx(temperature, rel=0.1)


def test_calibration_makes_the_true_labels_likelier() -> None:
    over_sure = LOGITS * 3
    before = negative_log_likelihood(softmax(over_sure), TARGET)
    after = negative_log_likelihood(softmax(over_sure, fit_temperature(over_sure, TARGET)), TARGET)
    assert after < before - 0.1


def test_rows_whose_label_is_unknown_do_not_change_the_temperature() -> None:
    target = np.where(np.arange(len(TARGET)) < 1000, -1, TARGET)
    assert fit_temperature(LOGITS, target) == fit_temperature(LOGITS[1000:], TARGET[1000:])


def test_labels_that_a_fold_did_not_know_are_left_out() -> None:
    scores = LOGITS.copy()
    scores[:500, 0] = -np.inf
    assert fit_temperature(scores, TARGET) == pytest.approx(1, rel=0.1)


def test_without_a_known_label_the_temperature_is_one() -> None:
    assert fit_temperature(LOGITS[:3], np.array([-1, -1, -1])) == 1


@pytest.mark.parametrize("power", [0.4, 0.7])
def test_the_power_is_found_again(power: float) -> None:
    tempered = temper_top(softmax(LOGITS), LOGITS.argmax(axis=1), power)
    target = np.array([RANDOM.choice(5, p=p / p.sum()) for p in tempered])
    assert fit_power(LOGITS, target, 1.0) == pytest.approx(power, rel=0.1)


def test_where_the_likeliest_label_is_not_too_sure_the_power_is_one() -> None:
    assert fit_power(LOGITS, TARGET, fit_temperature(LOGITS, TARGET)) == pytest.approx(1, abs=0.05)
    assert fit_power(LOGITS, LOGITS.argmax(axis=1), 1.0) == 1
    assert fit_power(LOGITS[:2], np.array([-1, -1]), 1.0) == 1


def test_platts_curve_is_found_again() -> None:
    score = RANDOM.normal(0, 2, 5000)
    slope, offset = fit_platt(score, RANDOM.random(5000) < sigmoid(0.5 * score - 1))
    assert (slope, offset) == (pytest.approx(0.5, abs=0.05), pytest.approx(-1, abs=0.1))


@pytest.mark.parametrize(
    ("score", "holds"),
    [
        ([-1.0, 1.0], [True, False]),  # scores that mislead
        ([-1.0, 1.0], [False, True]),  # scores that part the labels altogether
        ([1.0, 2.0], [True, True]),
        ([], []),
    ],
)
def test_the_slope_is_above_zero_and_finite_whatever_the_labels(score: list[float], holds: list[bool]) -> None:
    slope, offset = fit_platt(np.array(score), np.array(holds, dtype=bool))
    assert 0 < slope < 100
    assert np.isfinite(offset)


def micro_f1(probability: np.ndarray, matrix: np.ndarray, main: np.ndarray, thresholds: np.ndarray) -> float:
    chosen = (probability >= thresholds) | (main[:, None] == np.arange(probability.shape[1]))
    right = (chosen & (matrix == 1)).sum()
    return float(2 * right / (2 * right + (chosen & (matrix == 0)).sum() + (~chosen & (matrix == 1)).sum()))


def drawn_labels() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    probability = random.beta(0.5, 2, (600, 4))
    matrix = (random.random((600, 4)) < probability ** np.array([0.5, 1, 1, 2])).astype(np.int8)
    matrix[random.random((600, 4)) < 0.1] = -1
    return probability, matrix, probability.argmax(axis=1)


def test_no_single_threshold_does_better_than_the_one_found() -> None:
    probability, matrix, main = drawn_labels()
    (found,) = set(fit_thresholds(probability, matrix, main, per_label=False))
    best = max(micro_f1(probability, matrix, main, np.full(4, t)) for t in THRESHOLDS)
    assert micro_f1(probability, matrix, main, np.full(4, found)) == best


def test_thresholds_of_single_labels_do_at_least_as_well() -> None:
    probability, matrix, main = drawn_labels()
    one, each = (fit_thresholds(probability, matrix, main, per_label) for per_label in (False, True))
    assert len(set(each)) > 1
    assert micro_f1(probability, matrix, main, np.array(each)) > micro_f1(probability, matrix, main, np.array(one))


def test_an_unknown_label_does_not_change_the_threshold() -> None:
    probability, matrix, main = drawn_labels()
    unknown = matrix == -1
    moved = np.where(unknown, np.random.default_rng(2).random(probability.shape), probability)
    assert fit_thresholds(probability, matrix, main, False) == fit_thresholds(moved, matrix, main, False)


def test_answers_above_the_abstention_threshold_are_as_precise_as_asked() -> None:
    probability = softmax(LOGITS)
    below = fit_abstention(probability, TARGET, 0.8)
    sure = probability.max(axis=1) >= below
    right = probability.argmax(axis=1) == TARGET
    assert 0.1 < sure.mean() < 0.9
    assert right[sure].mean() >= 0.8 > right.mean()


def test_answers_that_are_all_precise_enough_are_all_given() -> None:
    assert fit_abstention(softmax(LOGITS), TARGET, 0.2) == 0


def test_a_precision_out_of_reach_leaves_the_most_precise_answers() -> None:
    probability = softmax(LOGITS / 10)
    sure = probability.max(axis=1) >= fit_abstention(probability, RANDOM.integers(0, 5, len(TARGET)), 0.99)
    assert sure.sum() >= 20


def test_answers_that_reach_a_precisions_probability_are_as_precise_and_as_many_as_stated() -> None:
    probability = softmax(LOGITS)
    right = probability.argmax(axis=1) == TARGET
    found = fit_precisions(probability, TARGET)
    assert tuple(precision for precision, _, _ in found) == PRECISIONS
    for precision, least, share in found:
        sure = probability.max(axis=1) >= least
        assert sure.mean() == pytest.approx(share, abs=1e-3)
        assert right[sure].mean() >= precision - 1e-3 or share == 0
        if share:
            assert least == fit_abstention(probability, TARGET, precision)


def test_of_a_precision_out_of_reach_no_answers_are_left() -> None:
    found = fit_precisions(softmax(LOGITS / 10), RANDOM.integers(0, 5, len(TARGET)))
    assert found[-1] == (0.99, 1.0, 0.0)


def test_without_a_known_label_there_are_no_precisions() -> None:
    assert fit_precisions(softmax(LOGITS[:3]), np.array([-1, -1, -1])) == ()
