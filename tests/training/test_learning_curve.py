"""A curve rises by what labels give, and says what would help where it is known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from khabar.datasets.article import Article
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.curve_points import Point, nested_places
from khabar.training.fit import fit
from khabar.training.fold_figures import FIGURES, fold_figures
from khabar.training.folds import make_folds
from khabar.training.learning_curve import (
    MORE_LABELS,
    OTHER_FEATURES,
    OVERFITS,
    UNDECIDED,
    LearningCurve,
    curve_of,
    learning_curve,
    verdict,
)

SHARES = (0.25, 0.5, 1.0)


@pytest.fixture(scope="module")
def small(articles: list[Article]) -> list[Article]:
    """Articles of which some have no tone and none is a near-duplicate of another."""
    return [replace(article, tone=None) if at % 5 == 0 else article for at, article in enumerate(articles)]


def test_the_last_point_is_the_fold_of_a_job(config: TrainConfig, small: list[Article]) -> None:
    curve = learning_curve(config, small, shares=SHARES)
    folds, fitted = make_folds(config, small), fit(config, small)
    expected = [
        fold_figures(
            config,
            {name: scores[fold.held_out] for name, scores in fitted.out_of_fold.items()},
            [small[at] for at in fold.held_out],
        )
        for fold in folds
    ]
    assert set(curve.heads) == set(FIGURES)
    for name, head in curve.heads.items():
        assert [values[-1] for values in head.held_out_folds] == pytest.approx([figures[name] for figures in expected])
        assert head.held_out[-1] == pytest.approx(np.mean([figures[name] for figures in expected]))
    assert curve.articles[-1] == round(np.mean([len(fold.fit) for fold in folds]))


def test_heads_are_better_on_the_articles_fitted_on_and_with_more_labels(
    config: TrainConfig, small: list[Article]
) -> None:
    accuracy = learning_curve(config, small, shares=SHARES).heads["sector.accuracy"]
    assert accuracy.fitted[-1] == 1.0
    assert accuracy.held_out[0] < accuracy.held_out[-1] <= accuracy.fitted[-1]


def test_the_curve_depends_on_no_process_and_no_cache(config: TrainConfig, small: list[Article], tmp_path) -> None:
    said: list[str] = []
    alone = learning_curve(config, small, shares=SHARES)
    kept = learning_curve(
        config, small, shares=SHARES, jobs=2, cache=tmp_path, report=lambda event: said.append(str(event))
    )
    assert kept == alone
    assert said == [f"learning curve: fold {number} of 3" for number in (1, 2, 3)]


def test_folds_may_be_given(config: TrainConfig, small: list[Article]) -> None:
    folds = make_folds(config, small)[:2]
    curve = learning_curve(config, small, shares=SHARES, folds=folds)
    assert [len(head.held_out_folds) for head in curve.heads.values()] == [2] * len(curve.heads)


def test_a_smaller_share_is_a_part_of_a_larger_one_and_has_as_much_of_every_outlet(articles: list[Article]) -> None:
    places = nested_places(articles, 0)
    outlets = np.array([article.outlet for article in articles])
    for outlet in set(outlets.tolist()):
        own = places[outlets == outlet]
        for share in (0.25, 0.5, 1.0):
            assert abs((own <= share).sum() - share * len(own)) <= 1


def test_the_order_of_the_articles_does_not_change_their_places(articles: list[Article]) -> None:
    assert nested_places(articles[::-1], 0)[::-1].tolist() == nested_places(articles, 0).tolist()


def test_another_seed_gives_other_places(articles: list[Article]) -> None:
    assert nested_places(articles, 1).tolist() != nested_places(articles, 0).tolist()


def test_near_duplicates_have_one_place(articles: list[Article]) -> None:
    copies = [replace(article, id=f"{article.id} again", outlet="agency") for article in articles[:20]]
    places = nested_places([*articles, *copies], 0)
    assert places[:20].tolist() == places[len(articles) :].tolist()


def points(held_out: list[list[float]], fitted: float = 1.0) -> list[list[Point]]:
    """Points of one figure, a list a fold."""
    return [
        [
            Point(articles, {"tone.accuracy": value}, {"tone.accuracy": fitted})
            for articles, value in zip((100, 200, 400), fold, strict=True)
        ]
        for fold in held_out
    ]


def test_the_gain_is_that_of_the_last_doubling() -> None:
    curve = curve_of(SHARES, points([[0.2, 0.5, 0.53], [0.3, 0.6, 0.65]]))
    head = curve.heads["tone.accuracy"]
    assert head.held_out == pytest.approx([0.25, 0.55, 0.59])
    assert head.gain_per_doubling == pytest.approx(0.04)
    assert head.gain_se == pytest.approx(np.std([0.03, 0.05], ddof=1) * np.sqrt(1 / 2 + 1))
    assert head.gap == pytest.approx(0.41)
    assert curve.articles == [100, 200, 400]


def test_shares_that_are_no_halves_give_the_gain_of_a_doubling_too() -> None:
    shares = (0.1, 0.5, 0.75, 1.0)
    folds = [
        [Point(int(400 * s), {"tone.accuracy": 0.5 + b * np.log2(s)}, {"tone.accuracy": 1.0}) for s in shares]
        for b in (0.02, 0.03)
    ]
    assert curve_of(shares, folds).heads["tone.accuracy"].gain_per_doubling == pytest.approx(0.025)


def test_a_figure_that_some_fold_does_not_know_is_left_out() -> None:
    known = points([[0.2, 0.3, 0.4], [0.2, 0.3, 0.4]])
    known[1][0].held_out.clear()
    assert curve_of(SHARES, known).heads == {}


@pytest.mark.parametrize(
    ("held_out", "fitted", "said"),
    [
        ([[0.5, 0.55, 0.60], [0.4, 0.46, 0.52], [0.6, 0.64, 0.69]], 0.99, MORE_LABELS),
        ([[0.5, 0.60, 0.601], [0.4, 0.52, 0.52], [0.6, 0.69, 0.689]], 0.65, OTHER_FEATURES),
        ([[0.5, 0.60, 0.601], [0.4, 0.52, 0.52], [0.6, 0.69, 0.689]], 0.99, OVERFITS),
        ([[0.5, 0.60, 0.70], [0.4, 0.52, 0.45], [0.6, 0.69, 0.70]], 0.99, UNDECIDED),
    ],
)
def test_what_would_help(held_out: list[list[float]], fitted: float, said: str) -> None:
    curve = curve_of(SHARES, points(held_out, fitted))
    assert curve.heads["tone.accuracy"].verdict == said


def test_a_sure_gain_that_is_too_small_is_none() -> None:
    assert verdict(0.002, 0.0001, 5, held_out=0.6, fitted=0.9) == OVERFITS


def test_a_curve_comes_back_from_json(config: TrainConfig, small: list[Article]) -> None:
    curve = learning_curve(config, small, shares=SHARES)
    values = json.loads(json.dumps(curve.to_dict()))
    assert LearningCurve.from_dict(values) == curve
    assert {"held_out", "held_out_se", "fitted", "gain_per_doubling", "gain_se", "verdict"} <= values["heads"][
        "tone.macro_f1"
    ].keys()


@pytest.mark.parametrize("shares", [(), (1.0,), (0.5, 0.5), (0.0, 1.0), (0.5, 1.5)])
def test_shares_that_give_no_curve_are_refused(
    shares: tuple[float, ...], config: TrainConfig, articles: list[Article]
) -> None:
    with pytest.raises(ConfigError, match="expected two or more above 0 and at most 1"):
        learning_curve(config, articles, shares=shares)


def test_a_share_without_labels_is_refused(config: TrainConfig, articles: list[Article]) -> None:
    with pytest.raises(ConfigError, match=r"in the 0 articles that a share of 0\.001 leaves to fold 1"):
        learning_curve(config, articles, shares=(0.001, 1.0))
