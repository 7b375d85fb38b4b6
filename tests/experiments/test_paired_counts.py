"""Of many comparisons at once, only those stand whose p is small enough for all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.experiments.paired_counts import DRAWS, Marks, accuracy, by_label, holm, macro_f1, micro_f1

LABELS = ("a", "b", "c")


def marks(truth: list[int], first: list[int], second: list[int]) -> Marks:
    """Marks of one label an article; -1 is unknown, or untagged."""
    k = np.arange(len(LABELS))
    holds = np.where(np.array(truth)[:, None] == -1, -1, np.array(truth)[:, None] == k).astype(np.int8)
    return Marks(LABELS, holds, np.array(first)[:, None] == k, np.array(second)[:, None] == k)


@pytest.mark.parametrize(
    ("p", "significant"),
    [
        ([0.03, 0.001, 0.04], [False, True, False]),
        ([0.01, 0.02, 0.04], [True, True, True]),
        ([0.03, 0.03], [False, False]),
        ([0.05], [True]),
        ([], []),
    ],
)
def test_holms_correction(p, significant):
    assert holm(p) == significant


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holms_correction_lies_between_bonferronis_and_none(p):
    for value, marked in zip(p, holm(p), strict=True):
        assert marked or value > 0.05 / len(p)
        assert not marked or value <= 0.05


def test_the_least_p_stands_against_as_many_comparisons_as_there_are_labels():
    found = accuracy(marks([0] * 200, [0] * 200, [1] * 200))
    assert found is not None
    assert found.difference.p == pytest.approx(2 / (DRAWS + 1))
    assert holm([found.difference.p] + [1.0] * 199)[0]


def test_what_is_not_tagged_is_missed_and_what_is_not_known_does_not_count():
    found = accuracy(marks([0, 0, 1, -1], [0, 0, 1, 2], [0, -1, 2, 1]))
    assert found is not None
    assert (found.first, found.second, found.articles) == (1.0, pytest.approx(1 / 3), 3)


def test_macro_f1_is_the_mean_over_the_labels_that_occur():
    found = macro_f1(marks([0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 2]))
    assert found is not None
    assert (found.first, found.second) == (1.0, pytest.approx((1 + 2 / 3 + 0) / 3))


def test_labels_that_occur_nowhere_are_left_out():
    assert set(by_label(marks([0, 0, -1], [0, 1, 2], [0, 0, 2]))) == {"a", "b"}


@pytest.mark.parametrize("figure", [accuracy, micro_f1, macro_f1])
def test_without_a_known_label_there_is_no_figure(figure):
    assert figure(marks([-1, -1], [0, 1], [1, 0])) is None
