"""Sets of labels: what is in them, and that they need thresholds in the model."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from khabar.inference import LabelSets, Predictor
from khabar.inference.cli import main
from khabar.inference.errors import InputError
from khabar.inference.model import Model, load_model, save_model

Articles = list[tuple[str | None, str]]
COVERAGES = ((0.8, 0.5), (0.9, 0.055), (0.95, 0.003), (0.99, 0.0))


@pytest.fixture(scope="module")
def covering(toy_model: Model) -> Predictor:
    """A predictor whose heads have thresholds."""
    heads = tuple(h if h.kind == "sigmoid" else replace(h, coverages=COVERAGES) for h in toy_model.heads)
    return Predictor(replace(toy_model, heads=heads))


@pytest.mark.parametrize(("coverage", "least"), COVERAGES)
def test_a_set_holds_the_tag_first_and_every_label_that_reaches_the_threshold(
    covering: Predictor, articles: Articles, coverage: float, least: float
) -> None:
    texts, titles = [text for _, text in articles], [title for title, _ in articles]
    for tags, sets in zip(covering.tag_many(texts, titles), covering.label_sets(texts, titles, coverage), strict=True):
        assert sets.sector[0] == tags.sector
        likely = [label for label, p in tags.sector_scores.items() if p >= least or label == tags.sector]
        assert list(sets.sector) == sorted(likely, key=lambda label: -tags.sector_scores[label])
        assert set(sets.tone) == {label for label, p in tags.tone_scores.items() if p >= least or label == tags.tone}


def test_sets_grow_with_the_coverage_up_to_all_labels(covering: Predictor, articles: Articles) -> None:
    texts = [text for _, text in articles]
    sets = [covering.label_sets(texts, coverage=coverage) for coverage, _ in COVERAGES]
    for smaller, larger in pairwise(sets):
        assert all(set(a.sector) <= set(b.sector) for a, b in zip(smaller, larger, strict=True))
        assert all(set(a.tone) <= set(b.tone) for a, b in zip(smaller, larger, strict=True))
    assert [sum(len(s.sector) for s in found) for found in sets] == [5, 5, 13, 25]
    assert [sum(len(s.tone) for s in found) for found in sets] == [5, 14, 15, 15]


def test_without_likely_labels_a_set_is_the_tag_alone(covering: Predictor) -> None:
    [sets] = covering.label_sets(["انتهى اللقاء"], ["المنتخب"], coverage=0.8)
    assert sets.sector == (covering.tag("انتهى اللقاء", "المنتخب").sector,)


def test_what_is_no_article_has_empty_sets_and_the_reason(covering: Predictor) -> None:
    [sets] = covering.label_sets([None])
    assert sets == LabelSets((), (), covering.tag(None).error)
    assert sets.to_dict() == {"sector": [], "tone": [], "error": "text is missing"}


def test_a_coverage_that_is_not_stored_is_refused_with_those_that_are(covering: Predictor) -> None:
    message = r"coverage 0\.85; expected one of 0\.8, 0\.9, 0\.95, 0\.99"
    with pytest.raises(InputError, match=message):
        covering.label_sets(["نص"], coverage=0.85)
    with pytest.raises(InputError, match=message):  # before the articles are looked at
        covering.label_sets(7, coverage=0.85)
    many = replace(covering.model.head("tone"), coverages=((0.7, 0.6), *COVERAGES))
    with pytest.raises(InputError, match=r"expected one of 0\.7, 0\.8, 0\.9, 0\.95, 0\.99"):
        many.set_threshold(0.85)


def test_a_model_of_an_older_version_loads_and_has_no_sets(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="knows no coverage"):
        predictor.label_sets(["نص"])


def test_thresholds_travel_in_the_file(covering: Predictor, tmp_path: Path) -> None:
    save_model(covering.model, tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors").heads == covering.model.heads


def test_info_shows_what_sets_and_surest_answers_hold(covering: Predictor, tmp_path: Path) -> None:
    heads = tuple(
        head if head.kind == "sigmoid" else replace(head, precisions=((0.8, 0.61, 0.5), (0.9, 1.0, 0.0)))
        for head in covering.model.heads
    )
    save_model(replace(covering.model, heads=heads), tmp_path / "m.safetensors")
    said = CliRunner().invoke(main, ["info", str(tmp_path / "m.safetensors")]).stdout
    assert said.count("right in 80%: 50% of articles, from the probability 0.61") == 2
    assert said.count("right in 90%: of no articles") == 2
    assert said.count("the right label among several in 80%: all from the probability 0.50") == 2
