"""Robustness compares the tags of articles before and after, and measures both where labels are known."""

from dataclasses import replace
from random import Random

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.inference.predictor import Predictor
from khabar.training.evaluate import evaluate
from khabar.training.perturbations import PERTURBATIONS, Document, Perturbation
from khabar.training.robustness import FIGURES, robustness

ARTICLES = sample.load("test")[:20]


def emptied(document: Document, random: Random) -> Document:  # noqa: ARG001
    return None, "xyzzy"


def one_in_sport(document: Document, random: Random) -> Document:  # noqa: ARG001
    return document if document != (ARTICLES[0].title, ARTICLES[0].text) else (None, "المباراة المنتخب الهدف الدوري")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


def test_only_articles_that_change_are_counted(predictor: Predictor) -> None:
    [found] = robustness(predictor, ARTICLES, [Perturbation("sport", "", one_in_sport)])
    assert found.articles == 1
    assert found.sector == float(predictor.tag(ARTICLES[0].text, ARTICLES[0].title).sector != "sport")
    assert found.after["sector.accuracy"] == float(ARTICLES[0].main == "sport")


def test_a_perturbation_that_changes_nothing_is_left_out(predictor: Predictor) -> None:
    assert robustness(predictor, ARTICLES, [Perturbation("same", "", lambda document, _: document)]) == []


def test_tags_that_are_gone_count_as_moved_and_as_unsure(predictor: Predictor) -> None:
    [found] = robustness(predictor, ARTICLES, [Perturbation("empty", "", emptied)])
    tags = predictor.tag_many([a.text for a in ARTICLES], [a.title for a in ARTICLES])
    assert (found.sector, found.sectors, found.tone) == (1, 1, 1)
    assert found.sector_confidence == pytest.approx(-sum(max(t.sector_scores.values()) for t in tags) / len(tags))
    assert found.abstained == pytest.approx(sum(not t.abstained for t in tags) / len(tags))
    assert found.after["sector.accuracy"] == 0


def test_the_figures_before_are_those_of_the_evaluation(predictor: Predictor) -> None:
    [found] = robustness(predictor, ARTICLES, [Perturbation("empty", "", emptied)])
    metrics = evaluate(predictor, ARTICLES).metrics()
    assert found.before == {name: metrics[name] for name in FIGURES}


def test_labels_are_not_needed(predictor: Predictor) -> None:
    bare = [Article(corpus="toy", id=a.id, outlet="toy", title=a.title, text=a.text) for a in ARTICLES]
    found = robustness(predictor, bare, PERTURBATIONS[-2:])
    assert [(movement.before, movement.after) for movement in found] == [({}, {})] * 2


def test_what_the_normaliser_undoes_moves_no_tag(predictor: Predictor) -> None:
    # Marks are characters, and a block may read only the first so many.
    limit = min(block.max_chars or 1000 for block in predictor.model.blocks)
    short = [replace(a, text=a.text[: limit * 2 // 5]) for a in ARTICLES]
    found = robustness(predictor, short, [p for p in PERTURBATIONS if p.undone])
    assert len(found) > 5
    assert {(m.sector, m.sectors, m.tone, m.sector_confidence, m.tone_confidence) for m in found} == {(0, 0, 0, 0, 0)}
