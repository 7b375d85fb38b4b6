"""Heads: probabilities, thresholds, abstention."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from khabar.inference.errors import ModelFormatError
from khabar.inference.heads import MAX_SECTORS, Head, abstains, further_labels, probabilities, sigmoid, softmax

LABELS = ("a", "b", "c", "d", "e")
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
SCORES = arrays(np.float32, st.tuples(st.integers(0, 4), st.just(5)), elements=FINITE)


def softmax_head(**settings: Any) -> Head:
    return Head("sector", "softmax", LABELS, ("words",), **settings)


def sigmoid_head(**settings: Any) -> Head:
    return Head("sectors", "sigmoid", LABELS, ("words",), **settings)


@given(SCORES, st.floats(1e-3, 1e3), st.floats(0.05, 1))
def test_softmax_probabilities_of_any_finite_scores_sum_to_one(scores: Any, temperature: float, power: float) -> None:
    p = probabilities(softmax_head(temperature=temperature, power=power), scores)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


@given(SCORES, st.floats(1e-3, 1e3), st.floats(0.05, 1))
def test_the_largest_score_has_the_largest_probability(scores: Any, temperature: float, power: float) -> None:
    p = probabilities(softmax_head(temperature=temperature, power=power), scores)
    assert (p[np.arange(len(p)), scores.argmax(axis=1)] >= p.max(axis=1) * (1 - 1e-12)).all()


@given(arrays(np.float32, (3, 5), elements=st.integers(-(10**6), 10**6).map(lambda i: i / 1e4)))
def test_argmax_of_probabilities_is_argmax_of_scores(scores: Any) -> None:
    p = probabilities(softmax_head(temperature=1.7), scores.clip(-10, 10))
    np.testing.assert_array_equal(p.argmax(axis=1), scores.clip(-10, 10).argmax(axis=1))


@given(SCORES)
def test_sigmoid_probabilities_of_any_finite_scores_are_probabilities(scores: Any) -> None:
    p = probabilities(sigmoid_head(slope=(2.0,) * 5, offset=(-1.0,) * 5), scores)
    assert ((p >= 0) & (p <= 1)).all()


@given(st.floats(-30, 30))
def test_sigmoid_is_the_textbook_formula(x: float) -> None:
    assert sigmoid(x) == pytest.approx(1 / (1 + np.exp(-x)), rel=1e-12)
    assert sigmoid(-x) == pytest.approx(1 - sigmoid(x), abs=1e-12)


def test_softmax_is_the_textbook_formula() -> None:
    x = np.array([[0.5, -1.0, 2.0]])
    np.testing.assert_allclose(softmax(x), np.exp(x) / np.exp(x).sum())


def test_a_higher_temperature_lowers_confidence() -> None:
    scores = np.array([[3.0, 0, 0, 0, 0]])
    cold, hot = (probabilities(softmax_head(temperature=t), scores).max() for t in (1.0, 2.0))
    assert cold == pytest.approx(np.exp(3) / (np.exp(3) + 4))
    assert hot == pytest.approx(np.exp(1.5) / (np.exp(1.5) + 4))


def test_a_power_is_one_of_the_odds_of_the_likeliest_label_and_the_others_share_the_rest() -> None:
    scores = np.array([[2.0, 1.0, 0.5, 0, -1]])
    plain, tempered = (probabilities(softmax_head(power=power), scores)[0] for power in (1.0, 0.7))
    assert tempered[0] / (1 - tempered[0]) == pytest.approx((plain[0] / (1 - plain[0])) ** 0.7)
    np.testing.assert_allclose(tempered[1:] / tempered[1:].sum(), plain[1:] / plain[1:].sum())


def test_each_label_of_a_sigmoid_head_has_its_own_slope_and_offset() -> None:
    head = sigmoid_head(slope=(1.0, 2.0, 1.0, 1.0, 1.0), offset=(0.0, 0.5, 0.0, 0.0, 0.0))
    p = probabilities(head, np.ones((1, 5)))
    assert p[0, 1] == pytest.approx(1 / (1 + np.exp(-2.5)))
    assert p[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))


def test_it_abstains_below_the_limit_and_not_at_it() -> None:
    p = np.array([[0.5, 0.2, 0.1, 0.1, 0.1], [0.6, 0.1, 0.1, 0.1, 0.1]])
    np.testing.assert_array_equal(abstains(softmax_head(abstain_below=0.6), p), [True, False])


def test_further_labels_reach_their_thresholds_and_fall() -> None:
    p = np.array([[0.9, 0.5, 0.7, 0.1, 0.49], [0.1, 0.1, 0.1, 0.1, 0.1], [0.6, 0.7, 0.8, 0.9, 0.95]])
    order, count = further_labels(sigmoid_head(), p, np.array([0, 3, 0]))
    found = [row[:n].tolist() for row, n in zip(order, count, strict=True)]
    assert found == [[2, 1], [], [4, 3, 2]]


@given(arrays(np.float64, (6, 5), elements=st.floats(0, 1)), arrays(np.intp, 6, elements=st.integers(0, 4)))
def test_further_labels_are_what_a_plain_loop_finds(p: Any, main: Any) -> None:
    head = sigmoid_head(thresholds=(0.1, 0.3, 0.5, 0.7, 0.9))
    order, count = further_labels(head, p, main)
    for row in range(6):
        reached = [j for j in range(5) if j != main[row] and p[row, j] >= head.thresholds[j]]
        expected = sorted(reached, key=lambda j: (-p[row, j], j))[: MAX_SECTORS - 1]
        assert order[row, : count[row]].tolist() == expected


@pytest.mark.parametrize(
    "head",
    [
        softmax_head(temperature=0.7, power=0.8, abstain_below=0.4),
        softmax_head(precisions=((0.5, 0.2, 0.9), (0.9, 0.7, 0.3)), coverages=((0.8, 0.3), (0.9, 0.1))),
        sigmoid_head(slope=(2.0,) * 5, thresholds=(0.3,) * 5),
    ],
)
def test_a_head_survives_its_dict(head: Head) -> None:
    assert Head.from_dict(head.to_dict()) == head


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"labels": ("a",)}, "two or more"),
        ({"labels": ("a", "a")}, "all different"),
        ({"blocks": ()}, "no feature block"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "above 0"),
        ({"power": 0.0}, "above 0, at most 1"),
        ({"power": 1.5}, "above 0, at most 1"),
        ({"abstain_below": 1.5}, "from 0 to 1"),
        ({"coverages": ((0.9, 1.5),)}, "rows of 2 shares"),
        ({"coverages": ((0.9,),)}, "rows of 2 shares"),
        ({"precisions": ((0.9, 0.5),)}, "rows of 3 shares"),
        ({"precisions": ((0.9, 0.5, 0.5), (0.8, 0.4, 0.6))}, "do not rise"),
        ({"kind": "svm"}, "expected 'softmax' or 'sigmoid'"),
        ({"kind": "sigmoid", "slope": (1.0,)}, "one for each of its 5 labels"),
        ({"kind": "sigmoid", "slope": (-1.0,) * 5}, "not above 0"),
        ({"kind": "sigmoid", "thresholds": (float("inf"),) * 5}, "not a finite number"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(values: dict[str, Any], message: str) -> None:
    base: dict[str, Any] = {"name": "sector", "kind": "softmax", "labels": LABELS, "blocks": ("words",)}
    with pytest.raises(ModelFormatError, match=message):
        Head(**base | values)
