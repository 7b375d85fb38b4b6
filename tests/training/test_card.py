"""The model card says what the model learnt from and how good it is."""

import pytest

from khabar import configs
from khabar.training.card import card
from khabar.training.config import load_config
from khabar.training.job import run


@pytest.fixture(scope="module")
def result():
    return run(load_config(configs.find("sample")), None, jobs=1)


@pytest.mark.parametrize("heading", ["## Intended use", "## Trained on", "## Limits", "## Measured on"])
def test_the_card_has_its_parts(result, heading):
    assert heading in card(result)


def test_the_card_names_each_corpus_with_its_licence(result):
    text = card(result)
    assert all(fact["name"] in text and fact["digest"][:12] in text for fact in result.data)


def test_the_card_gives_the_figures_of_the_reports(result):
    [report] = [r for name, r in result.reports.items() if name != "out-of-fold"]
    assert f"{report.metrics()['tone.macro_f1']:.3f}" in card(result)
