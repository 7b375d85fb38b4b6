"""Figures of an outlet are those of its articles alone; small outlets stand together."""

from dataclasses import replace

import pytest

from khabar.datasets import sample
from khabar.inference.predictor import Predictor
from khabar.training.breakdown import OTHERS, by_outlet, rows_of
from khabar.training.evaluate import measure, tag

ARTICLES = [
    replace(article, outlet="large" if at < 40 else "middle" if at < 72 else f"small {at % 3}")
    for at, article in enumerate(sample.load("train")[:90])
]


@pytest.fixture(scope="module")
def columns():
    return tag(Predictor.load(), ARTICLES)


def test_outlets_stand_by_size_and_small_ones_together(columns):
    found = by_outlet(columns, ARTICLES)
    assert [(name, report.articles) for name, report in found.items()] == [("large", 40), ("middle", 32), (OTHERS, 18)]


def test_figures_of_an_outlet_are_those_of_its_articles(columns):
    expected = measure(tag(Predictor.load(), ARTICLES[40:72]), ARTICLES[40:72])
    assert by_outlet(columns, ARTICLES)["middle"] == expected


def test_rows_are_chosen_in_the_order_asked_for(columns):
    assert rows_of(columns, [5, 2]).tags() == [columns.tags()[5], columns.tags()[2]]
