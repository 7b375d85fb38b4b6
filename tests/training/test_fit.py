"""What a fit learns: nothing of unknown labels, nothing of held-out articles, the same each time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khabar.datasets.article import Article
from khabar.datasets.duplicates import near_duplicate_keys
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig, parse_config
from khabar.training.fit import Fitted, fit, fit_heads
from khabar.training.folds import make_folds
from khabar.training.targets import (
    balance,
    class_rows,
    main_targets,
    rarity_weights,
    sector_matrix,
    sure_weights,
    tone_targets,
)
from khabar.training.vectorizer import KhabarVectorizer

Values = dict[str, Any]
SECTORS = ("economy", "health", "sport")


@pytest.fixture(scope="module")
def rows(articles: list[Article]) -> dict[str, Any]:
    documents = [(a.title, a.text) for a in articles]
    kinds = {"words": "word", "stems": "stem"}
    return {
        name: KhabarVectorizer(analyzer=kind, sublinear_tf=True).fit_transform(documents)
        for name, kind in kinds.items()
    }


def with_unknown(article: Article, sector: str) -> Article:
    """Make a sector of an article unknown."""
    left = tuple(s for s in article.sectors if s != sector)
    main = article.main if article.main != sector else None
    return replace(article, sectors=left, main=main, denied=article.denied - {sector})


def test_articles_that_do_not_know_a_sector_are_not_in_its_fit(
    config: TrainConfig, articles: list[Article], rows: dict[str, Any]
) -> None:
    changed = [with_unknown(a, "health") if i % 3 else a for i, a in enumerate(articles)]
    kept = [i for i, a in enumerate(changed) if "health" not in a.unknown]
    some = fit_heads(config, {name: block[kept] for name, block in rows.items()}, [articles[i] for i in kept])
    head = fit_heads(config, rows, changed)["sectors"]
    health = SECTORS.index("health")
    assert np.array_equal(head.weights["words"][:, health], some["sectors"].weights["words"][:, health])
    assert head.bias[health] == some["sectors"].bias[health]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_unknown_label_is_never_a_negative(
    data: st.DataObject, config: TrainConfig, articles: list[Article], rows: dict[str, Any]
) -> None:
    """Whatever the words of an article that does not know a sector, that sector's fit is the same."""
    at = data.draw(st.lists(st.integers(0, len(articles) - 1), min_size=1, max_size=8, unique=True))
    sector = data.draw(st.sampled_from(SECTORS))
    column = SECTORS.index(sector)
    changed = [with_unknown(a, sector) if i in at else a for i, a in enumerate(articles)]
    scrambled = {name: block.copy() for name, block in rows.items()}
    for block in scrambled.values():
        for row in at:
            block.data[block.indptr[row] : block.indptr[row + 1]] *= -3
    one, two = (fit_heads(config, r, changed)["sectors"] for r in (rows, scrambled))
    assert np.array_equal(one.weights["words"][:, column], two.weights["words"][:, column])
    assert one.bias[column] == two.bias[column]


def test_articles_of_unknown_main_sector_or_tone_are_left_out_of_the_softmax(
    config: TrainConfig, articles: list[Article], rows: dict[str, Any]
) -> None:
    blank = [replace(a, main=None, tone=None) if i < 30 else a for i, a in enumerate(articles)]
    one = fit_heads(config, rows, blank)
    two = fit_heads(config, {name: block[30:] for name, block in rows.items()}, articles[30:])
    for head in ("sector", "tone"):
        assert np.array_equal(one[head].bias, two[head].bias)


def test_targets_hold_deny_or_do_not_know() -> None:
    article = Article(corpus="a", id="1", outlet="a", text="x", sectors=("health",), denied=frozenset({"sport"}))
    assert sector_matrix([article], SECTORS).tolist() == [[-1, 1, 0]]
    assert main_targets([article], SECTORS).tolist() == [-1]
    assert tone_targets([article]).tolist() == [-1]


def test_further_sectors_take_their_share_of_an_articles_weight() -> None:
    further = np.array([[False, True, True], [False, False, False]])
    chosen = class_rows(np.array([0, 2]), np.array([2.0, 1.0]), further, 0.2)
    assert list(zip(chosen.article, chosen.target, chosen.weight.tolist(), strict=True)) == [
        (0, 0, 1.6), (1, 2, 1.0), (0, 1, 0.2), (0, 2, 0.2),
    ]  # fmt: skip


def test_balanced_classes_weigh_alike() -> None:
    target, weight = np.array([0, 0, 0, 1]), np.ones(4)
    assert balance(target, weight, "balanced").tolist() == pytest.approx([2 / 3] * 3 + [2])
    assert balance(target, weight, "sqrt_balanced").tolist() == pytest.approx([(2 / 3) ** 0.5] * 3 + [2**0.5])
    assert balance(target, weight, None) is weight


def test_an_article_counts_by_how_sure_its_annotator_was() -> None:
    assert sure_weights([0, 2, None], {0: 0.4}).tolist() == [0.4, 1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: replace(a, sectors=(), main=None), "none has as its main sector economy, health, sport"),
        (lambda a: replace(a, denied=frozenset()), "none denies the sector economy, health, sport"),
        (lambda a: replace(a, tone=None if a.tone == "neutral" else a.tone), "none has the tone neutral"),
    ],
)
def test_a_label_without_an_example_is_named(
    config: TrainConfig, articles: list[Article], change: Callable[[Article], Article], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        fit(config, [change(article) for article in articles])


def test_each_head_has_its_own_scale_of_a_block(values: Values, articles: list[Article], rows: Values) -> None:
    values["heads"]["sector"]["blocks"] = {"words": 1.0, "stems": 0.5}
    scaled = fit_heads(parse_config(values, "a"), {**rows, "stems": rows["stems"] * np.float32(2)}, articles)
    values["heads"]["sector"]["blocks"] = {"words": 1.0, "stems": 1.0}
    plain = fit_heads(parse_config(values, "b"), rows, articles)
    one = scaled["sector"].scores({**rows, "stems": rows["stems"] * 2})
    assert np.abs(one - plain["sector"].scores(rows)).max() < 1e-4


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_scores_of_sectors_can_be_mixed_into_those_of_the_main_one(
    values: Values, articles: list[Article], rows: Values, share: float
) -> None:
    values["heads"]["sectors"]["blocks"] = ["words", "stems"]
    own = fit_heads(parse_config(values, "a"), rows, articles)
    values["heads"]["sector"]["sectors_share"] = share
    mixed = fit_heads(parse_config(values, "b"), rows, articles)["sector"].scores(rows)
    expected = (1 - share) * own["sector"].scores(rows) + share * own["sectors"].scores(rows)
    assert np.abs(mixed - expected).max() < 1e-9


def test_out_of_fold_scores_are_those_of_a_fit_without_the_fold(config: TrainConfig, articles: list[Article]) -> None:
    fitted = fit(config, articles)
    fold = make_folds(config, articles)[1]
    assert not set(fold.fit) & set(fold.held_out)
    documents = [(a.title, a.text) for a in articles]
    vectorizer = KhabarVectorizer(sublinear_tf=True)
    train = {"words": vectorizer.fit_transform([documents[i] for i in fold.fit])}
    other = KhabarVectorizer(analyzer="stem", sublinear_tf=True)
    train["stems"] = other.fit_transform([documents[i] for i in fold.fit])
    held_out = [documents[i] for i in fold.held_out]
    heads = fit_heads(config, train, [articles[i] for i in fold.fit])
    expected = heads["sectors"].scores({"words": vectorizer.transform(held_out)})
    assert np.array_equal(fitted.out_of_fold["sectors"][fold.held_out], expected)
    assert np.isfinite(fitted.out_of_fold["tone"]).all()


def test_the_fit_depends_on_neither_processes_nor_cache(
    config: TrainConfig, articles: list[Article], tmp_path: Path
) -> None:
    runs: list[Fitted] = [fit(config, articles), fit(config, articles, jobs=2)]
    runs += [fit(config, articles, cache=tmp_path) for _ in range(2)]
    for other in runs[1:]:
        for name, head in runs[0].heads.items():
            assert np.array_equal(head.bias, other.heads[name].bias)
            assert np.array_equal(runs[0].out_of_fold[name], other.out_of_fold[name])


@pytest.mark.parametrize("fold_by", ["outlet", "group", "none"])
def test_every_article_is_held_out_once(values: Values, articles: list[Article], fold_by: str) -> None:
    folds = make_folds(parse_config(values | {"fold_by": fold_by}, "a"), articles)
    assert sorted(np.concatenate([fold.held_out for fold in folds])) == list(range(len(articles)))


@pytest.mark.parametrize("fold_by", ["outlet", "group", "none"])
def test_the_order_of_the_articles_does_not_change_the_folds(
    values: Values, articles: list[Article], fold_by: str
) -> None:
    config = parse_config(values | {"fold_by": fold_by}, "a")
    backwards = articles[::-1]
    folds = [{articles[i].id for i in fold.held_out} for fold in make_folds(config, articles)]
    assert folds == [{backwards[i].id for i in fold.held_out} for fold in make_folds(config, backwards)]


@pytest.mark.parametrize("fold_by", ["group", "none"])
def test_folds_have_like_shares_of_main_sectors(values: Values, articles: list[Article], fold_by: str) -> None:
    for fold in make_folds(parse_config(values | {"fold_by": fold_by}, "a"), articles):
        mains = [articles[i].main for i in fold.held_out]
        assert [mains.count(sector) for sector in SECTORS] == [10, 10, 10]


def test_an_outlet_stays_in_one_fold(values: Values, articles: list[Article]) -> None:
    for fold in make_folds(parse_config(values | {"fold_by": "outlet"}, "a"), articles):
        assert not {articles[i].outlet for i in fold.fit} & {articles[i].outlet for i in fold.held_out}


@pytest.mark.parametrize("fold_by", ["outlet", "group"])
def test_no_near_duplicate_of_a_held_out_article_is_fitted_on(
    values: Values, articles: list[Article], fold_by: str
) -> None:
    copies = [replace(a, id=f"copy-{a.id}", outlet="other", text=a.text + " المزيد") for a in articles[:40]]
    everything = [*articles, *copies]
    keys = np.array(near_duplicate_keys(everything))
    assert (keys[90:] < 90).all()
    for fold in make_folds(parse_config(values | {"fold_by": fold_by}, "a"), everything):
        assert not set(keys[fold.fit]) & set(keys[fold.held_out])


def test_more_folds_than_outlets_are_refused(values: Values, articles: list[Article]) -> None:
    with pytest.raises(ConfigError, match="found 4 groups of articles"):
        make_folds(parse_config(values | {"fold_by": "outlet", "folds": 9}, "a"), articles)


def test_a_sector_that_a_fold_does_not_know_has_no_score_there(config: TrainConfig, articles: list[Article]) -> None:
    rare = [a for a in articles if "sport" not in a.sectors]
    lone = next(a for a in articles if a.main == "sport")
    everything = [*rare, lone]
    scores = fit(config, everything).out_of_fold["sector"]
    assert scores[-1, SECTORS.index("sport")] == -np.inf


def test_rarer_classes_weigh_more_by_the_root_of_their_number_and_the_unknown_lift_none() -> None:
    weight = rarity_weights(np.array([0, 1, 1, 1, 1]), 0.5)
    assert weight[0] / weight[1] == pytest.approx(2)
    assert weight.mean() == pytest.approx(1)
    assert rarity_weights(np.array([0, 1, 1, 1, 1, -1]), 0.5)[:5] == pytest.approx(weight)


def test_the_own_scores_of_the_main_sector_can_be_mixed_into_those_of_sectors(
    values: Values, articles: list[Article], rows: Values
) -> None:
    values["heads"]["sectors"]["blocks"] = ["words", "stems"]
    own = fit_heads(parse_config(values, "a"), rows, articles)
    values["heads"]["sectors"]["sector_share"] = 0.3
    values["heads"]["sector"]["sectors_share"] = 0.4
    mixed = fit_heads(parse_config(values, "b"), rows, articles)["sectors"].scores(rows)
    expected = 0.7 * own["sectors"].scores(rows) + 0.3 * own["sector"].scores(rows)
    assert np.abs(mixed - expected).max() < 1e-9


@pytest.mark.parametrize(("head", "blank"), [("tone", {"tone": None}), ("sector", {"main": None})])
def test_a_fold_that_leaves_a_head_no_label_is_named(
    values: Values, articles: list[Article], head: str, blank: dict[str, None]
) -> None:
    config = parse_config(values | {"fold_by": "outlet", "folds": 4}, "a")
    lone = [article if article.outlet == "gulf" else replace(article, **blank) for article in articles]
    with pytest.raises(ConfigError, match=rf"heads\.{head}: found no label in the \d+ articles that fold \d of 4 is"):
        fit(config, lone)


def test_a_cache_is_not_read_by_code_that_makes_other_vocabularies(
    config: TrainConfig, articles: list[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> int:
        fit(config, articles, cache=tmp_path)
        return len(list(tmp_path.rglob("output.pkl")))

    before = kept()
    assert kept() == before
    monkeypatch.setattr("khabar.training.vectorised.CODE", {"khabar.training": ("linear.py",)})
    assert kept() == 2 * before
