"""A feature's weight is how far it parts any class from all others."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from khabar.training.nb_weights import nb_weights

# The first feature tells class 0, the second class 1, the third nothing.
ROWS = csr_matrix(np.array([[2.0, 0, 1], [3.0, 0, 1], [0, 0.1, 1], [0, 0.2, 1]]))
TARGET = np.array([0, 0, 1, 1])


def test_it_is_the_log_ratio_of_smoothed_shares_with_mean_square_one() -> None:
    # Class 0 has the counts 2, 0, 2 and class 1 the counts 0, 2, 2, each one more by smoothing.
    expected = np.array([np.log(3), np.log(3), 0])
    expected /= np.sqrt((expected**2).mean())
    assert nb_weights(ROWS, TARGET, np.ones(4), 1.0) == pytest.approx(expected)


def test_the_power_makes_weights_more_alike() -> None:
    rows, target = csr_matrix(np.array([[1.0, 1, 0], [1.0, 0, 0], [0, 1, 1], [0, 0, 1]])), np.array([0, 0, 1, 1])
    whole, root, none = (nb_weights(rows, target, np.ones(4), power) for power in (1.0, 0.5, 0.0))
    assert root**2 / root.max() ** 2 == pytest.approx(whole / whole.max())
    assert none == pytest.approx(np.ones(3))


def test_a_row_counts_by_its_weight() -> None:
    doubled = csr_matrix(np.vstack([ROWS.toarray(), ROWS.toarray()[:1]]))
    expected = nb_weights(doubled, np.array([*TARGET, 0]), np.ones(5), 1.0)
    assert nb_weights(ROWS, TARGET, np.array([2.0, 1, 1, 1]), 1.0) == pytest.approx(expected)


def test_of_several_classes_the_one_told_best_gives_the_weight() -> None:
    rows, target = csr_matrix(np.eye(3)[[0, 1, 1, 1, 2]]), np.array([0, 1, 1, 1, 2])
    # The second feature: of its own class 4 of 6 counts, of the others 1 of 5; each other: 2 of 4, and 1 of 7.
    expected = np.log([3.5, 10 / 3, 3.5])
    expected /= np.sqrt((expected**2).mean())
    assert nb_weights(rows, target, np.ones(5), 1.0) == pytest.approx(expected)


def test_where_nothing_tells_all_weigh_the_same() -> None:
    rows = csr_matrix(np.ones((4, 2)))
    assert nb_weights(rows, TARGET, np.ones(4), 1.0) == pytest.approx(np.ones(2))
