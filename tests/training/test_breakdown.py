"""Figures of an outlet, or of a length, are those of its articles alone; small outlets stand together."""

from dataclasses import replace

import pytest

from khabar.datasets import sample
from khabar.inference.predictor import Predictor
from khabar.training.breakdown import OTHERS, by_length, by_outlet, length_rows, part_of
from khabar.training.evaluate import evaluate, tag_labelled

ARTICLES = [
    replace(article, outlet="large" if at < 40 else "middle" if at < 72 else f"small {at % 3}")
    for at, article in enumerate(sample.load("train")[:90])
]


@pytest.fixture(scope="module")
def tagged():
    return tag_labelled(Predictor.load(), ARTICLES)


def test_outlets_stand_by_size_and_small_ones_together(tagged):
    found = by_outlet(tagged)
    assert [(name, report.articles) for name, report in found.items()] == [("large", 40), ("middle", 32), (OTHERS, 18)]


def test_figures_of_an_outlet_are_those_of_its_articles(tagged):
    assert by_outlet(tagged)["middle"] == evaluate(Predictor.load(), ARTICLES[40:72])


def test_lengths_share_the_articles_out_and_figures_are_of_their_own(tagged):
    short = [article for article in ARTICLES if len(article.text) < 500]
    found = by_length(tagged)
    assert sum(report.articles for report in found.values()) == len(ARTICLES)
    assert found["0-499"] == evaluate(Predictor.load(), short)


@pytest.mark.parametrize(
    ("length", "name"), [(0, "0-499"), (499, "0-499"), (500, "500-1499"), (3999, "1500-3999"), (4000, "4000-up")]
)
def test_a_length_stands_in_its_bin_and_bins_without_articles_are_left_out(length, name):
    assert length_rows([length]) == {name: [0]}


def test_rows_are_chosen_in_the_order_asked_for(tagged):
    part = part_of(tagged, [5, 2])
    assert part.columns.tags() == [tagged.columns.tags()[5], tagged.columns.tags()[2]]
    assert part.stances == [tagged.stances[5], tagged.stances[2]]
    assert part.articles == [ARTICLES[5], ARTICLES[2]]
