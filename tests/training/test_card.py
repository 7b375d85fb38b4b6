"""The model card says what the model learnt from and how good it is."""

from dataclasses import replace

import pytest

from khabar import configs
from khabar.training.card import card
from khabar.training.config import load_config, parse_config
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


OF_ANNOTATIONS = (
    "public corpora", "this project's own", "GUIDE.md", "Maghreb", "`dev`", "a first model", "two readers saw",
)  # fmt: skip


def of_config(result, config):
    """Give a result as if another config had given it."""
    return replace(result, model=replace(result.model, config=config.to_dict()))


def test_what_is_true_of_the_annotations_only_stands_in_no_other_card(result):
    text = card(result)
    assert not [words for words in OF_ANNOTATIONS if words in text]
    assert "calibration, abstention and the thresholds of `sectors` were fitted on." in text


def test_the_card_of_the_annotations_says_what_was_chosen_on_dev(result):
    text = " ".join(card(of_config(result, load_config(configs.find("khabar")))).split())
    assert not [words for words in OF_ANNOTATIONS if words not in text]
    assert (
        "The recipe and the threshold of `sectors` were chosen on annotations/dev; no article of it, nor a "
        "near-duplicate, was trained on. `sectors.micro_f1` does not count sectors that only one of the two readers "
        "saw; `micro_f1_strict` counts them as wrong."
    ) in text
    assert "calibration and abstention were fitted on; the threshold of `sectors` was set in the config." in text


@pytest.mark.parametrize(
    "change", [{"data": {"train": [{"corpus": "annotations", "part": "train"}]}}, {"thresholds": "global"}]
)
def test_the_card_claims_nothing_of_dev_where_the_config_does_not_say_so(result, change):
    values = load_config(configs.find("khabar")).to_dict()
    values["data"] = change.get("data", values["data"])
    values["heads"]["sectors"]["thresholds"] = change.get("thresholds", 0.4)
    text = card(of_config(result, parse_config(values, "changed")))
    assert "Maghreb" in text
    assert "chosen on annotations/dev" not in text
