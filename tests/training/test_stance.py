"""The stance part learns what is said of a target, from articles that name it, and is calibrated on unseen ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from khabar.datasets.article import Article
from khabar.datasets.sectors import STANCES
from khabar.inference.errors import ConfigError
from khabar.inference.heads import probabilities
from khabar.inference.model import Model
from khabar.inference.predictor import Predictor
from khabar.inference.stance import NOT_NAMED
from khabar.inference.stance_model import read, subject_of
from khabar.training.card import card
from khabar.training.config import TrainConfig, parse_config
from khabar.training.config_heads import StanceConfig
from khabar.training.job import run
from khabar.training.stance import SMOKE, FittedStance, fit_stance, with_stance
from khabar.training.table import build_table

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
TARGETS = ("الميناء", "المطار", "الجامعة", "السكة الحديدية")
SAID = {"against": ("انتقد", "رفض"), "neutral": ("زار", "وصف"), "favor": ("أيد", "مدح")}


def words(random: Random, n: int) -> str:
    return " ".join("".join(random.choices(LETTERS, k=6)) for _ in range(n))


def make_article(number: int, random: Random) -> Article:
    """Write an article that says something of its target, and the opposite of another one, in another sentence."""
    stance = STANCES[number % 3]
    target, other = random.sample(TARGETS, 2)
    said, opposite = (random.choice(SAID[label]) for label in (stance, STANCES[2 - number % 3]))
    sentences = [f"{words(random, 4)} {said} {target} {words(random, 3)}.", f"{opposite} {words(random, 4)} {other}."]
    random.shuffle(sentences)
    return Article(
        corpus="toy", id=str(number), outlet=f"outlet {number % 5}", text=" ".join(sentences), target=target,
        stance=stance, sectors=("economy",), main="economy", tone="neutral",
    )  # fmt: skip


@pytest.fixture(scope="module")
def opinions() -> list[Article]:
    random = Random(0)
    return [make_article(number, random) for number in range(150)]


@pytest.fixture
def stance_values(values: dict[str, Any]) -> dict[str, Any]:
    values["stance"] = {
        "blocks": {
            "window": {"kind": "word", "ngrams": [1, 2], "reads": "window", "scale": 2},
            "all": {"kind": "char_wb", "ngrams": [3, 4], "reads": "article", "scale": 0.3},
        },
        "head": {"C": 2, "abstain_precision": 0.9},
    }
    return values


@pytest.fixture
def config(stance_values: dict[str, Any]) -> TrainConfig:
    return parse_config(stance_values, "toy.yaml")


def fitted(config: TrainConfig, articles: Sequence[Article], **rest: Any) -> tuple[StanceConfig, FittedStance]:
    assert config.stance is not None
    return config.stance, fit_stance(config, config.stance, articles, **rest)


def right(scores: np.ndarray, fit: FittedStance) -> float:
    return float((scores.argmax(axis=1) == fit.target).mean())


def test_it_learns_what_is_said_of_a_target(config: TrainConfig, opinions: list[Article]) -> None:
    _, fit = fitted(config, opinions)
    assert right(fit.out_of_fold, fit) > 0.9


def test_out_of_fold_scores_are_of_fits_that_did_not_see_the_article(
    config: TrainConfig, opinions: list[Article]
) -> None:
    random = Random(1)
    luck = [replace(article, stance=random.choice(STANCES)) for article in opinions]
    stance, fit = fitted(config, luck)
    subjects = [subject_of(build_table(), a.title, a.text, a.target or "") for a in luck]
    rows = {
        name: fit.vectorizers[name].transform(list(zip(*read(block.reads, subjects), strict=True)))
        for name, block in stance.blocks.items()
    }
    assert right(fit.head.scores(rows), fit) > 0.9
    assert right(fit.out_of_fold, fit) < 0.5


def test_it_does_not_depend_on_the_number_of_processes(config: TrainConfig, opinions: list[Article]) -> None:
    one, two = (fitted(config, opinions, jobs=jobs)[1] for jobs in (1, 2))
    np.testing.assert_array_equal(one.out_of_fold, two.out_of_fold)
    np.testing.assert_array_equal(one.head.bias, two.head.bias)


def test_articles_without_a_stance_or_that_do_not_name_the_target_are_left_out(
    config: TrainConfig, opinions: list[Article], toy_model: Model
) -> None:
    unnamed = replace(opinions[0], id="unnamed", target="القمر")
    plain = replace(opinions[1], id="plain", target=None, stance=None, text=words(Random(2), 20))
    articles = [unnamed, *opinions[2:], plain]
    stance, fit = fitted(config, articles)
    assert fit.rows.tolist() == list(range(1, len(articles) - 1))
    _, stances = with_stance(toy_model, stance, fit, articles)
    assert [said.error for said in stances] == [NOT_NAMED, *[None] * (len(articles) - 2), NOT_NAMED]


@pytest.fixture
def toy_model(values: dict[str, Any]) -> Model:
    """Give a model without stance."""
    plain = {name: value for name, value in values.items() if name != "stance"}
    return run(parse_config(plain, "toy.yaml"), None, jobs=1).model


def test_the_model_scores_as_the_fit_does_in_half_precision(
    config: TrainConfig, opinions: list[Article], toy_model: Model
) -> None:
    stance, fit = fitted(config, opinions)
    part = with_stance(toy_model, stance, fit, opinions)[0].stance
    assert part is not None
    assert all((weights == weights.astype(np.float16)).all() for weights in part.weights)
    subjects = [subject_of(part.table, a.title, a.text, a.target or "") for a in opinions]
    rows = {
        name: fit.vectorizers[name].transform(list(zip(*read(block.reads, subjects), strict=True)))
        for name, block in stance.blocks.items()
    }
    np.testing.assert_allclose(part.score(subjects)[0], fit.head.scores(rows), atol=0.01)


def test_the_head_is_calibrated_on_out_of_fold_scores(
    config: TrainConfig, opinions: list[Article], toy_model: Model
) -> None:
    stance, fit = fitted(config, opinions)
    model, stances = with_stance(toy_model, stance, fit, opinions)
    assert model.stance is not None
    expected = probabilities(model.stance.head, fit.out_of_fold)
    np.testing.assert_allclose([list(said.scores.values()) for said in stances], expected, atol=1e-6)
    sure = [said.label == a.stance for said, a in zip(stances, opinions, strict=True) if not said.abstained]
    assert np.mean(sure) >= 0.9
    assert model.labels["favor"] == {"ar": "مؤيد", "en": "In favour"}
    assert model.labels["sport"] == toy_model.labels["sport"]


def test_its_smoke_articles_name_their_targets() -> None:
    assert all(subject_of(build_table(), a["title"], a["text"], a["target"]).mentions for a in SMOKE)


def test_a_stance_without_an_example_is_named(config: TrainConfig, opinions: list[Article]) -> None:
    some = [article for article in opinions if article.stance != "favor"]
    with pytest.raises(ConfigError, match=r"100 articles with a stance .* none of these is favor\. .*leave stance out"):
        fitted(config, some)


def test_a_block_without_a_feature_is_named(stance_values: dict[str, Any], opinions: list[Article]) -> None:
    stance_values["stance"]["blocks"]["window"]["min_df"] = 1000
    with pytest.raises(ConfigError, match=r"stance\.blocks\.window: found no feature in 150 articles"):
        fitted(parse_config(stance_values, "toy.yaml"), opinions)


def test_a_job_writes_a_model_that_says_stances(stance_values: dict[str, Any], tmp_path: Path) -> None:
    stance_values["data"]["evaluate"] = [{"corpus": "sample", "part": "test"}]
    config = parse_config(stance_values, "toy.yaml")
    result = run(config, tmp_path / "m.safetensors", jobs=1)
    assert "stance" in result.timings
    for report in result.reports.values():
        assert report.stance is not None
        assert {"stance.macro_f1", "stance.accuracy_at_80"} <= report.intervals.keys()
        assert report.metrics()["stance.target_named"] > 0.9
    stance = Predictor.load(tmp_path / "m.safetensors").stance("انتقد النواب الميناء", "الميناء")
    assert stance.label in STANCES
    assert parse_config(result.model.config, "header") == config
    assert "### stance" in card(result)
    assert "Stance is told of a target that the article names" in card(result)


def test_a_fold_that_leaves_no_article_with_a_stance_is_named(config: TrainConfig, opinions: list[Article]) -> None:
    lone = [one if one.outlet == "outlet 1" else replace(one, stance=None, target=None) for one in opinions]
    by_outlet = config.model_copy(update={"fold_by": "outlet", "folds": 5})
    with pytest.raises(ConfigError, match=r"stance: found no article with a stance among those that fold \d of 5 is"):
        fitted(by_outlet, lone)
