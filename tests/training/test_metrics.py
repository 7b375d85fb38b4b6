"""The metrics are scikit-learn's, counted from a matrix, and the official ones of two tasks."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from khabar.training.metrics import confusion, f1, score

LABELS = ["against", "favor", "none"]


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 300)
    predicted = np.where(random.random(300) < 0.6, truth, random.integers(0, 3, 300))
    return truth, predicted, random.integers(0, 2, 300)


def test_the_matrix_is_scikit_learns(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, predicted, _ = drawn
    assert np.array_equal(confusion(truth, predicted, 3)[0], confusion_matrix(truth, predicted))


def test_accuracy_and_macro_f1_are_scikit_learns(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, predicted, target = drawn
    counts = confusion(truth, predicted, 3, target)
    assert score("accuracy", counts, LABELS) == pytest.approx(accuracy_score(truth, predicted))
    assert score("macro_f1", counts, LABELS) == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert f1(counts.sum(axis=0)) == pytest.approx(f1_score(truth, predicted, average=None))


def test_macro_f1_is_over_the_classes_that_the_articles_have() -> None:
    truth, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 2, 1, 1, 0])
    expected = f1_score(truth, predicted, labels=[0, 1], average="macro")
    assert score("macro_f1", confusion(truth, predicted, 3), LABELS) == pytest.approx(expected)


def test_favg2_is_the_mean_over_targets_of_favor_and_against(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, predicted, target = drawn
    by_target = [f1_score(truth[target == t], predicted[target == t], labels=[0, 1], average="macro") for t in range(2)]
    assert score("favg2", confusion(truth, predicted, 3, target), LABELS) == pytest.approx(np.mean(by_target))


def test_f_pn_is_the_mean_of_positive_and_negative(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, predicted, _ = drawn
    labels = ["negative", "neutral", "positive"]
    expected = f1_score(truth, predicted, labels=[0, 2], average="macro")
    assert score("f_pn", confusion(truth, predicted, 3), labels) == pytest.approx(expected)


def test_many_matrices_are_measured_at_once(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, predicted, target = drawn
    one, other = confusion(truth, predicted, 3, target), confusion(truth, truth, 3, target)
    both = score("favg2", np.stack([one, other]), LABELS)
    assert both.tolist() == [float(score("favg2", one, LABELS)), 1.0]


def test_a_metric_without_its_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="f_pn needs the classes positive and negative, found against, favor, none"):
        score("f_pn", np.zeros((1, 3, 3), dtype=np.int64), LABELS)
