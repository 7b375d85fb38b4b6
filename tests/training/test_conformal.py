"""Sets hold the true label as often as stated, on the outlet that is hardest too, and on those left out."""

import numpy as np
import pytest

from khabar.inference.heads import softmax
from khabar.training.conformal import COVERAGES, coverage_found, coverage_left_out, fit_coverages

RANDOM = np.random.default_rng(0)


def drawn(n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of four labels, and labels that follow them less the more noise there is."""
    logits = RANDOM.normal(0, 2, (n, 4))
    target = [RANDOM.choice(4, p=p) for p in softmax(logits * (1 - noise))]
    return softmax(logits), np.array(target)


PARTS = {"easy": drawn(2000, 0.0), "plain": drawn(2000, 0.1), "hard": drawn(400, 0.5)}
PROBABILITY = np.concatenate([probability for probability, _ in PARTS.values()])
TARGET = np.concatenate([target for _, target in PARTS.values()])
OUTLETS = [name for name, (_, target) in PARTS.items() for _ in target]


def test_of_one_outlet_sets_hold_the_true_label_as_often_as_stated_and_hardly_oftener() -> None:
    probability, target = PARTS["easy"]
    fitted = fit_coverages(probability, target, ["easy"] * len(target))
    assert tuple(coverage for coverage, _ in fitted) == COVERAGES
    for coverage, threshold in fitted:
        held = (probability[np.arange(len(target)), target] >= threshold).mean()
        assert coverage <= held < coverage + 0.002


def test_of_several_outlets_each_is_covered() -> None:
    fitted = fit_coverages(PROBABILITY, TARGET, OUTLETS)
    for probability, target in PARTS.values():
        for found in coverage_found(probability, target, fitted):
            assert found.found >= found.stated
    assert fitted == fit_coverages(*PARTS["hard"], ["hard"] * 400)


def test_outlets_of_few_articles_do_not_count() -> None:
    few = np.concatenate([np.arange(2000), np.arange(4000, 4060)])
    assert fit_coverages(PROBABILITY[few], TARGET[few], [OUTLETS[at] for at in few]) == fit_coverages(
        *PARTS["easy"], ["easy"] * 2000
    )


def test_without_a_large_outlet_all_articles_are_taken_together() -> None:
    probability, target = PARTS["easy"]
    outlets = [str(at % 40) for at in range(len(target))]
    assert fit_coverages(probability, target, outlets) == fit_coverages(probability, target, ["one"] * len(target))


def test_too_few_articles_for_a_coverage_leave_all_labels_in() -> None:
    probability, target = PARTS["easy"]
    assert fit_coverages(probability[:10], target[:10], ["one"] * 10)[-1] == (0.95, 0.0)


def test_articles_whose_label_is_unknown_are_left_out() -> None:
    target = np.where(np.arange(len(TARGET)) < 2000, -1, TARGET)
    assert fit_coverages(PROBABILITY, target, OUTLETS) == fit_coverages(
        PROBABILITY[2000:], TARGET[2000:], OUTLETS[2000:]
    )
    assert fit_coverages(PROBABILITY[:3], np.array([-1, -1, -1]), OUTLETS[:3]) == ()


def test_what_is_found_is_what_the_sets_hold() -> None:
    probability = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])
    [found] = coverage_found(probability, np.array([0, 1, 2, -1]), [(0.9, 0.3)])
    assert (found.stated, found.threshold) == (0.9, 0.3)
    assert found.found == pytest.approx(2 / 3)  # sets {0}, {0, 1}, {0, 1}
    assert found.size == pytest.approx(5 / 3)


def test_a_set_holds_the_likeliest_label_however_unlikely() -> None:
    [found] = coverage_found(np.array([[0.4, 0.3, 0.3]]), np.array([0]), [(0.8, 0.9)])
    assert (found.found, found.size) == (1, 1)


def test_an_outlet_left_out_is_tested_with_the_thresholds_of_the_others() -> None:
    found = coverage_left_out(PROBABILITY, TARGET, OUTLETS)
    assert [one.stated for one in found] == list(COVERAGES)
    for one in found:
        # The hardest outlet is not covered by what the others need; the others are, by what it needs.
        assert one.outlet == "hard"
        assert one.lowest < one.stated < one.found
        [hard] = [
            threshold
            for coverage, threshold in fit_coverages(PROBABILITY[:4000], TARGET[:4000], OUTLETS[:4000])
            if coverage == one.stated
        ]
        assert one.lowest == coverage_found(*PARTS["hard"], [(one.stated, hard)])[0].found


def test_one_outlet_cannot_be_left_out() -> None:
    assert coverage_left_out(*PARTS["easy"], ["easy"] * 2000) == []
