"""What the figures of a fold count: labels that are known, and scores as they are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.training.config import TrainConfig
from khabar.training.fold_figures import FIGURES, best_f1, fold_figures
from khabar.training.targets import main_targets, sector_matrix, tone_targets

Scores = dict[str, np.ndarray]


@pytest.fixture
def scores(config: TrainConfig, articles: list[Article]) -> Scores:
    random = np.random.default_rng(0)
    k = {"sector": len(config.sectors), "sectors": len(config.sectors), "tone": len(TONES)}
    return {head: random.normal(size=(len(articles), n)) for head, n in k.items()}


def test_the_figures_are_those_of_scikit_learn(config: TrainConfig, articles: list[Article], scores: Scores) -> None:
    figures = fold_figures(config, scores, articles)
    assert set(figures) == set(FIGURES)
    for head, target in (("sector", main_targets(articles, config.sectors)), ("tone", tone_targets(articles))):
        tags = scores[head].argmax(axis=1)
        assert figures[f"{head}.accuracy"] == pytest.approx(accuracy_score(target, tags))
        assert figures[f"{head}.macro_f1"] == pytest.approx(f1_score(target, tags, average="macro"))
    matrix = sector_matrix(articles, config.sectors)
    best = max(
        f1_score(matrix.ravel(), scores["sectors"].ravel() >= threshold) for threshold in scores["sectors"].ravel()
    )
    assert figures["sectors.micro_f1"] == pytest.approx(best)


def test_what_is_unknown_counts_neither_way(config: TrainConfig, articles: list[Article], scores: Scores) -> None:
    blank = {"sectors": (), "main": None, "denied": frozenset(), "tone": None}
    mixed = [replace(article, **blank) if at % 2 else article for at, article in enumerate(articles)]
    known = {head: values[::2] for head, values in scores.items()}
    assert fold_figures(config, scores, mixed) == fold_figures(config, known, articles[::2])


def test_a_figure_that_no_label_is_known_for_is_left_out(
    config: TrainConfig, articles: list[Article], scores: Scores
) -> None:
    figures = fold_figures(config, scores, [replace(article, tone=None) for article in articles])
    assert set(figures) == {"sector.accuracy", "sector.macro_f1", "sectors.micro_f1"}


def test_a_label_that_the_fold_does_not_know_is_never_tagged(
    config: TrainConfig, articles: list[Article], scores: Scores
) -> None:
    scores["sector"][:, 0] = -np.inf
    scores["sectors"][:, 0] = -np.inf
    figures = fold_figures(config, scores, articles)
    target, tags = main_targets(articles, config.sectors), scores["sector"][:, 1:].argmax(axis=1) + 1
    assert figures["sector.accuracy"] == pytest.approx(accuracy_score(target, tags))
    matrix, tagged = sector_matrix(articles, config.sectors), np.isfinite(scores["sectors"])
    assert figures["sectors.micro_f1"] <= f1_score(matrix.ravel(), tagged.ravel() & (matrix.ravel() == 1))


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1).filter(lambda r: any(h for _, h in r)))
def test_the_best_f1_is_the_highest_of_the_precision_recall_curve(rows: list[tuple[int, bool]]) -> None:
    scores, holds = (np.array(column) for column in zip(*rows, strict=True))
    precision, recall, _ = precision_recall_curve(holds, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    assert best_f1(scores.astype(float), holds) == pytest.approx(f1.max())
