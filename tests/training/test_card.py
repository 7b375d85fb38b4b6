"""The model card says what the model learnt from and how good it is."""

from dataclasses import replace

import pytest

from khabar import configs
from khabar.inference.label_sets import label_sets
from khabar.training.breakdown import by_outlet
from khabar.training.card import card
from khabar.training.card_tables import set_lines
from khabar.training.config import load_config, parse_config
from khabar.training.job import OUT_OF_FOLD, run
from khabar.training.robustness import movements_of


@pytest.fixture(scope="module")
def result():
    return run(load_config(configs.find("sample")), None, jobs=1)


HEADINGS = (
    "## Intended use", "## Trained on", "## Limits", "## Measured on", "## By outlet", "## How sure it is",
    "### Sets of labels", "### Calibration",
)  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_card_has_its_parts(result, heading):
    assert heading in card(result)


def test_the_card_names_each_corpus_with_its_licence(result):
    text = card(result)
    assert all(fact["name"] in text and fact["digest"][:12] in text for fact in result.data)


def test_the_card_gives_the_figures_of_the_reports(result):
    [report] = [r for name, r in result.reports.items() if name != "out-of-fold"]
    assert f"{report.metrics()['tone.macro_f1']:.3f}" in card(result)


def test_the_card_gives_the_figures_of_each_outlet_with_intervals(result):
    text, figures = card(result), by_outlet(result.tagged["out-of-fold"])
    assert {"morocco", "gulf", "egypt", "panarab"} == figures.keys()
    for outlet, report in figures.items():
        found = report.intervals["sector.accuracy"]
        expected = f"| {outlet} | {report.articles} | {found.value:.3f} ({found.low:.3f} to {found.high:.3f}) |"
        assert expected in text


def test_the_card_gives_the_f1_of_each_label_with_its_interval(result):
    report = result.reports["sample/test"]
    found = report.intervals["tone.f1.positive"]
    [figures] = [label for label in report.tone.labels if label.label == "positive"]
    expected = f"{figures.f1:.3f} | {found.low:.3f} to {found.high:.3f} | {figures.support} |"
    assert f"| positive | {figures.precision:.3f} | {figures.recall:.3f} | {expected}" in card(result)


def test_the_card_says_how_precise_the_surest_answers_are(result):
    [(_, least, _)] = [row for row in result.model.head("tone").precisions if row[0] == 0.9]
    columns, articles = result.tagged["sample/test"].columns, result.tagged["sample/test"].articles
    sure = [max(scores) >= least for scores in columns.tone_scores]
    right = [
        tone == article.tone for tone, article, is_sure in zip(columns.tone, articles, sure, strict=True) if is_sure
    ]
    assert 0 < sum(sure) < len(sure)
    figures = f"{sum(sure) / len(sure):.3f} | {sum(right) / len(right):.3f} |"
    assert f"| tone | 90 % | {least:.3f} | {figures}" in card(result)


def test_the_card_says_how_often_sets_of_labels_hold_the_true_one(result):
    columns, articles = result.tagged["sample/test"].columns, result.tagged["sample/test"].articles
    sets = label_sets(columns, result.model, 0.9)
    held = sum(article.tone in found.tone for article, found in zip(articles, sets, strict=True)) / len(sets)
    size = sum(len(found.tone) for found in sets) / len(sets)
    least = result.model.head("tone").set_threshold(0.9)
    assert f"| 90 % | {least:.3f} | {held:.3f} | {size:.2f} |" in card(result)


def test_the_card_shows_how_far_perturbations_move_the_tags(result):
    found = movements_of(result)
    assert found.keys() == {"sample/test"}
    headline = next(movement for movement in found["sample/test"] if movement.name == "headline-only")
    text = card(result, found)
    assert "## Robustness, on sample/test" in text
    assert f"| {headline.what} | {headline.articles} | {headline.sector * 100:.1f} % |" in text
    assert "## Robustness" not in card(result)


def test_the_card_names_the_corpora_without_a_licence(result):
    facts = [result.data[0] | {"name": f"corpus {licence}", "licence": licence} for licence in ("none stated", "MIT")]
    assert "No licence is stated for corpus none stated: the rights" in card(replace(result, data=facts))
    assert "No licence is stated" not in card(result)


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
    "change",
    [
        {"data": {"train": [{"corpus": "annotations", "part": "train"}], "unlabelled": [{"corpus": "yabiladi"}]}},
        {"thresholds": "global"},
    ],
)
def test_the_card_claims_nothing_of_dev_where_the_config_does_not_say_so(result, change):
    values = load_config(configs.find("khabar")).to_dict()
    values["data"] = change.get("data", values["data"])
    values["heads"]["sectors"]["thresholds"] = change.get("thresholds", 0.4)
    text = card(of_config(result, parse_config(values, "changed")))
    assert "Maghreb" in text
    assert "chosen on annotations/dev" not in text


@pytest.mark.parametrize(
    ("fold_by", "said"),
    [("outlet", "as often as stated on outlets not seen"), ("group", "on articles not seen of outlets that were")],
)
def test_the_card_promises_of_sets_what_the_folds_allow(result, fold_by, said):
    model = replace(result.model, config=result.model.config | {"fold_by": fold_by})
    lines = set_lines(model, result.tagged, OUT_OF_FOLD)
    assert said in " ".join(" ".join(lines).split())


def test_the_card_does_not_say_that_the_outlets_of_dev_are_known(result):
    values = result.model.config
    values = values | {"data": values["data"] | {"train": [{"corpus": "annotations", "part": "train"}]}}
    text = " ".join(card(replace(result, model=replace(result.model, config=values))).split())
    assert "on `dev`, most of whose outlets it knows" in text
