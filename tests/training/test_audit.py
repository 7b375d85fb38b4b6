"""Planted label errors are found, right labels are mostly left alone, and the estimates are those of the paper."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.inference.errors import InputError
from khabar.training import audit as audit_module
from khabar.training.audit import EXCERPT, audit, confident_joint, excerpt, out_of_fold, own_labels, suspected
from khabar.training.classifier_config import ClassifierConfig, HeadConfig, ReadingBlock

CONFIG = ClassifierConfig(blocks={"stems": ReadingBlock(kind="stem", title_weight=2)}, head=HeadConfig(C=0.5))
PLANTED = 12


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [*sample.load("train"), *sample.load("test")]


@pytest.fixture(scope="module")
def tones(articles) -> list[str]:
    return [str(article.tone) for article in articles]


@pytest.fixture(scope="module")
def planted(tones) -> dict[int, str]:
    """Positions whose tone is turned round, positive to negative and negative to positive."""
    turned = {"positive": "negative", "negative": "positive"}
    chosen = Random(1).sample([at for at, tone in enumerate(tones) if tone in turned], PLANTED)
    return {at: turned[tones[at]] for at in chosen}


@pytest.fixture(scope="module")
def found(articles, tones, planted):
    return audit(articles, [planted.get(at, tone) for at, tone in enumerate(tones)], CONFIG)


def test_planted_errors_stand_first_and_nearly_all_are_found(articles, found, planted):
    wrong = {articles[at].id for at in planted}
    first = [suspect.id for suspect in found.suspects[:PLANTED]]
    assert sum(name in wrong for name in first) >= 0.75 * PLANTED
    assert sum(suspect.id in wrong for suspect in found.suspects) >= 0.75 * PLANTED


def test_of_the_planted_errors_that_are_found_the_true_label_is_suggested(articles, tones, planted, found):
    true = {articles[at].id: tones[at] for at in planted}
    suggested = [(s.suggested, true[s.id]) for s in found.suspects if s.id in true]
    assert sum(one == other for one, other in suggested) >= 0.8 * len(suggested)


def test_few_labels_are_suspected_where_none_is_wrong(articles, tones):
    clean = audit(articles, tones, CONFIG)
    assert len(clean.suspects) <= 0.08 * len(articles)
    assert clean.noise <= 0.16  # the model's own errors: it is right in about .82


def test_planted_errors_raise_the_estimated_noise(articles, tones, found):
    assert found.noise > audit(articles, tones, CONFIG).noise + 0.5 * PLANTED / len(articles)


def test_suspects_are_ordered_by_how_surely_their_own_label_is_contradicted(found):
    margins = [suspect.margin for suspect in found.suspects]
    assert margins == sorted(margins)
    assert all(-1 <= margin < 0 for margin in margins)


def test_a_suspect_has_its_labels_its_confidence_and_how_it_begins(articles, found):
    suspect = found.suspects[0]
    (article,) = (article for article in articles if article.id == suspect.id)
    assert (suspect.corpus, suspect.label in TONES, suspect.suggested in TONES) == (article.corpus, True, True)
    assert suspect.label != suspect.suggested
    assert suspect.confidence + suspect.margin == pytest.approx(suspect.confidence * 2 - 1, abs=1) <= 1
    assert suspect.excerpt == excerpt(article)


def test_the_audit_is_the_same_whatever_the_order_of_the_articles(articles, tones, found, planted):
    order = Random(2).sample(range(len(articles)), len(articles))
    labels = [planted.get(at, tones[at]) for at in order]
    again = audit([articles[at] for at in order], labels, CONFIG)
    assert {s.id for s in again.suspects} == {s.id for s in found.suspects}


def test_no_article_is_judged_by_a_copy_of_itself(articles, tones):
    copies = [replace(article, id=f"{article.id} copy") for article in articles[:40]]
    given = np.array([TONES.index(tone) for tone in [*tones, *tones[:40]]])
    probabilities = out_of_fold([*articles, *copies], given, CONFIG)
    # Beside its copy, with the same label, an article would be told almost surely.
    own = probabilities[np.arange(40), given[:40]]
    assert (own > 0.99).mean() < 0.5
    assert np.allclose(probabilities[:40], probabilities[len(articles) :])


@pytest.mark.parametrize("labels", [["one"] * 240, [None] * 240, [str(at) for at in range(240)]])
def test_labels_that_cannot_be_learned_are_refused(articles, labels):
    with pytest.raises(InputError, match=r"labels with 10 articles or more, expected two or more.*merge rare labels"):
        audit(articles[: len(labels)], labels[: len(articles)], CONFIG)


def test_articles_without_a_label_and_under_rare_labels_are_left_out_and_counted(articles, tones):
    labels = [None, None, "rare", *tones[3:]]
    result = audit(articles, labels, CONFIG)
    assert (result.left_out, result.articles) == (3, len(articles) - 3)
    assert "rare" not in result.labels


def test_only_an_article_under_one_label_has_one_to_audit(articles):
    one, none, two = (replace(articles[0], labels=labels) for labels in (("a",), (), ("a", "b")))
    assert own_labels([one, none, two]) == ["a", None, None]


def test_thresholds_are_the_mean_probability_of_each_label_under_itself():
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.45, 0.55], [0.2, 0.8], [0.6, 0.4]])
    given = np.array([0, 0, 0, 1, 1])
    # Thresholds are .683 and .6: the third reaches neither, nor does the last one.
    guess, order = suspected(probabilities, given)
    assert guess.tolist() == [0, 0, -1, 1, -1]
    assert order.tolist() == []


def test_an_article_whose_own_label_is_the_likeliest_is_not_suspected():
    probabilities = np.array([[0.95, 0.05], [0.55, 0.45], [0.9, 0.1], [0.6, 0.4]])
    given = np.array([0, 0, 1, 1])
    guess, order = suspected(probabilities, given)
    assert guess[1] == 1  # which has a low threshold
    assert order.tolist() == [2]


def test_the_joint_has_the_given_labels_shares_and_adds_up_to_one():
    given = np.array([0] * 6 + [1] * 4)
    guess = np.array([0, 0, 0, 1, -1, -1, 1, 1, -1, -1])
    joint = confident_joint(guess, given)
    assert joint.sum() == pytest.approx(1)
    assert joint.sum(axis=1) == pytest.approx([0.6, 0.4])
    assert joint[0] == pytest.approx([0.45, 0.15])


def test_a_label_that_no_article_reaches_is_taken_at_its_word():
    joint = confident_joint(np.array([0, 0, -1]), np.array([0, 0, 1]))
    assert joint.tolist() == [[pytest.approx(2 / 3), 0], [0, pytest.approx(1 / 3)]]


def test_an_excerpt_is_short_and_on_one_line(articles):
    long = replace(articles[0], title="عنوان", text="سطر\nثان " * 50)
    assert len(excerpt(long)) == EXCERPT
    assert "\n" not in excerpt(long)
    assert excerpt(replace(long, title=None, text="خبر")) == "خبر"


def test_the_method_needs_no_other_package():
    assert "cleanlab" not in dir(audit_module)
