"""The adapter fits what scikit-learn fits, to the optimum, alike each time."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from khabar.training.linear import Loss, fit_sigmoids, fit_softmax

N, FEATURES, CLASSES = 120, 40, 3


@pytest.fixture(scope="module")
def rows() -> csr_matrix:
    random = np.random.default_rng(0)
    return csr_matrix(random_array((N, FEATURES), density=0.2, rng=random, dtype=np.float32))


@pytest.fixture(scope="module")
def target(rows: csr_matrix) -> np.ndarray:
    hidden = np.random.default_rng(1).normal(size=(FEATURES, CLASSES))
    return np.asarray(rows @ hidden).argmax(axis=1)


def test_the_softmax_fit_is_where_the_gradient_of_its_loss_is_zero(rows: csr_matrix, target: np.ndarray) -> None:
    weight, c = np.random.default_rng(2).uniform(0.5, 2, N), 3.0
    coefficients, intercepts = fit_softmax(rows, target, weight, "logistic", c, 0)
    scores = rows @ coefficients.T + intercepts
    probability = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    slip = weight[:, None] * (probability - np.eye(CLASSES)[target])
    assert np.abs(coefficients + c * (rows.T @ slip).T).max() < 0.02
    assert np.abs(slip.sum(axis=0)).max() < 0.02


def test_the_sigmoid_fit_is_where_the_gradient_of_its_loss_is_zero(rows: csr_matrix, target: np.ndarray) -> None:
    weight, c, holds = np.random.default_rng(2).uniform(0.5, 2, N), 3.0, target == 0
    (coefficients,), (intercept,) = fit_sigmoids(rows, holds[:, None], weight[:, None], "logistic", c, 0)
    slip = weight * (1 / (1 + np.exp(-(rows @ coefficients + intercept))) - holds)
    assert np.abs(coefficients + c * (rows.T @ slip)).max() < 0.02


def test_of_two_classes_both_have_a_score(rows: csr_matrix, target: np.ndarray) -> None:
    two = (target == 0).astype(np.intp)
    coefficients, intercepts = fit_softmax(rows, two, np.ones(N), "logistic", 10.0, 0)
    assert coefficients.shape == (2, FEATURES)
    assert ((rows @ coefficients.T + intercepts).argmax(axis=1) == two).mean() > 0.9


@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_fits_learn_and_repeat_to_the_bit(rows: csr_matrix, target: np.ndarray, loss: Loss) -> None:
    one, two = (fit_softmax(rows, target, np.ones(N), loss, 10.0, 0) for _ in range(2))
    assert np.array_equal(one[0], two[0])
    assert ((rows @ one[0].T + one[1]).argmax(axis=1) == target).mean() > 0.9
    sigmoids = [fit_sigmoids(rows, (target == 1)[:, None], np.ones((N, 1)), loss, 10.0, 0) for _ in range(2)]
    assert np.array_equal(sigmoids[0][0], sigmoids[1][0])
    assert ((rows @ sigmoids[0][0][0] + sigmoids[0][1][0] > 0) == (target == 1)).mean() > 0.9


def test_a_weight_of_two_is_the_row_twice(rows: csr_matrix, target: np.ndarray) -> None:
    weight = np.where(np.arange(N) < 30, 2.0, 1.0)
    twice = np.concatenate([np.arange(N), np.arange(30)])
    one, _ = fit_softmax(rows, target, weight, "logistic", 2.0, 0)
    two, _ = fit_softmax(rows[twice], target[twice], np.ones(N + 30), "logistic", 2.0, 0)
    assert np.abs(one - two).max() < 0.02
