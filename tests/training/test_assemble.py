"""A calibrated head holds all that was found on the out-of-fold scores, by its own probabilities."""

import numpy as np
import pytest

from khabar.datasets.article import Article
from khabar.inference.heads import probabilities, softmax, temper_top
from khabar.training.assemble import calibrated_heads, softmax_head
from khabar.training.calibrate import fit_abstention, fit_precisions, negative_log_likelihood
from khabar.training.config import parse_config
from khabar.training.conformal import fit_coverages
from khabar.training.evaluate import calibration
from khabar.training.fit import fit

RANDOM = np.random.default_rng(0)
LABELS = tuple("abcdefghijklmnopqrst")
SCORES = RANDOM.normal(0, 2, (3000, 20))
# The likeliest label is less often the true one than the others' probabilities let expect.
TRUTH = temper_top(softmax(SCORES, 0.6), SCORES.argmax(axis=1), 0.5)
TARGET = np.array([RANDOM.choice(20, p=p / p.sum()) for p in TRUTH])
OUTLETS = [str(at % 3) for at in range(3000)]


@pytest.fixture(scope="module")
def head():
    return softmax_head("tone", LABELS, ["words"], SCORES, TARGET, OUTLETS, 0.8)


def test_the_head_is_calibrated(head):
    probability, by_temperature = probabilities(head, SCORES), softmax(SCORES, head.temperature)
    assert head.power < 0.95
    assert negative_log_likelihood(probability, TARGET) < negative_log_likelihood(by_temperature, TARGET) - 0.005
    right = SCORES.argmax(axis=1) == TARGET
    errors = [calibration(p.max(axis=1), right)[1] for p in (probability, by_temperature)]
    assert errors[0] < errors[1] / 2


def test_the_head_abstains_and_makes_sets_by_its_own_probabilities(head):
    probability = probabilities(head, SCORES)
    assert head.abstain_below == fit_abstention(probability, TARGET, 0.8)
    assert head.precisions == fit_precisions(probability, TARGET)
    assert head.coverages == fit_coverages(probability, TARGET, OUTLETS)


def test_a_threshold_that_the_config_sets_is_a_score_before_calibration(values: dict, articles: list[Article]):
    values["heads"]["sectors"]["thresholds"] = -0.3
    config = parse_config(values, "toy.yaml")
    fitted = fit(config, articles)
    head = next(head for head in calibrated_heads(config, fitted, articles) if head.name == "sectors")
    scores = fitted.out_of_fold["sectors"]
    assert ((probabilities(head, scores) >= head.thresholds) == (scores >= -0.3)).all()
    assert len(set(head.thresholds)) > 1
