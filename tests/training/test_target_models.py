"""A target's own model takes a share of the general one, and offsets that its metric asks for."""

from random import Random

import numpy as np
import pytest

from khabar.datasets.article import Article
from khabar.training.classifier import OWN_MODEL_FROM, Goal, fit
from khabar.training.classifier_config import ClassifierConfig

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
SAID = {"favor": "مرحبا", "against": "كفى", "neutral": "خبر"}


def config(**rest: object) -> ClassifierConfig:
    return ClassifierConfig.model_validate(
        {"by_target": True, "blocks": {"words": {"kind": "word"}}, "head": {"C": 0.05}, **rest}
    )


def opinions(n: int, seed: int = 0, telling: float = 0.75) -> tuple[list[Article], list[str]]:
    """Make texts on two targets, most of them in favour; a share of the texts has the word that tells its stance."""
    random = Random(seed)
    articles, labels = [], []
    for number in range(n):
        label = random.choice(["favor", "favor", "favor", "against", "neutral"])
        said = SAID[label if random.random() < telling else random.choice(list(SAID))]
        text = f"{''.join(random.choices(LETTERS, k=5))} {said} {''.join(random.choices(LETTERS, k=5))}"
        target = ("السكة", "الميناء")[number % 2]
        articles.append(Article(corpus="toy", id=str(number), outlet="toy", text=text, target=target))
        labels.append(label)
    return articles, labels


ARTICLES, LABELS = opinions(3 * OWN_MODEL_FROM)


def test_a_share_of_the_general_models_scores_goes_into_a_targets_own() -> None:
    own, mixed = (fit(config(general_share=share), ARTICLES, LABELS) for share in (0.0, 0.25))
    general = fit(config(by_target=False), ARTICLES, LABELS).scores(ARTICLES)
    assert mixed.scores(ARTICLES) == pytest.approx(0.75 * own.scores(ARTICLES) + 0.25 * general)


def test_offsets_are_added_to_the_scores_of_their_target_alone() -> None:
    plain = fit(config(), ARTICLES, LABELS)
    lifted = fit(config(head={"C": 0.05, "offsets": True}), ARTICLES, LABELS)
    assert set(lifted.offsets) == {"السكة", "الميناء"}
    expected = plain.scores(ARTICLES) + np.array([lifted.offsets[a.target or ""] for a in ARTICLES])
    assert lifted.scores(ARTICLES) == pytest.approx(expected)
    stranger = [Article(corpus="toy", id="1", outlet="toy", text="مرحبا", target="المطار")]
    assert lifted.scores(stranger) == pytest.approx(plain.scores(stranger))


def test_offsets_follow_the_metric() -> None:
    """Who names all in favour is right most often where words tell little, and has no F1 of those against."""
    articles, labels = opinions(8 * OWN_MODEL_FROM, telling=0.3)
    lifting = config(head={"C": 0.05, "offsets": True})
    accuracy, pair = (fit(lifting, articles, labels, goal=Goal(metric)) for metric in ("accuracy", "favg2"))
    unseen, _ = opinions(300, seed=1, telling=0.3)
    assert accuracy.predict(unseen).count("against") < pair.predict(unseen).count("against")


def test_labels_of_other_names_are_told_to_the_metric() -> None:
    renamed = [label.title() for label in LABELS]
    goal = Goal("favg2", {"Favor": "favor", "Against": "against", "Neutral": "neutral"})
    offsets = config(head={"C": 0.05, "offsets": True})
    named = fit(offsets, ARTICLES, renamed, goal=goal).predict(ARTICLES)
    assert [label.lower() for label in named] == fit(offsets, ARTICLES, LABELS, goal=Goal("favg2")).predict(ARTICLES)
