"""The errors to read are wrong, confident, of many confusions, and come with what misled the model."""

from collections import Counter
from dataclasses import replace

import pytest

from khabar.experiments.errors_worth_reading import EXCERPT, WrongTag, errors_worth_reading, excerpt, spread
from khabar.inference.predictor import Predictor


@pytest.fixture(scope="module")
def tagged(tracked):
    return tracked.result.tagged["sample/test"]


@pytest.fixture(scope="module")
def errors(tracked, tagged):
    return errors_worth_reading(Predictor(tracked.result.model), tagged)


def wrong(*pairs: tuple[str, str, float]) -> list[WrongTag]:
    return [WrongTag(row, truth, tag, p) for row, (truth, tag, p) in enumerate(pairs)]


def test_one_of_each_confusion_comes_before_a_second_of_any():
    found = spread(wrong(("a", "b", 0.9), ("a", "b", 0.8), ("b", "a", 0.3), ("a", "c", 0.5)), 4)
    assert [(one.truth, one.tag, one.probability) for one in found] == [
        ("a", "b", 0.9),
        ("a", "c", 0.5),
        ("b", "a", 0.3),
        ("a", "b", 0.8),
    ]


def test_no_more_are_chosen_than_asked_for(tagged):
    found = errors_worth_reading(None, tagged, most=2)
    assert max(Counter(error["head"] for error in found).values()) == 2


def test_every_error_contradicts_the_articles_label(errors, tagged):
    articles = {article.id: article for article in tagged.articles}
    assert {error["head"] for error in errors} == {"sector", "tone", "stance"}
    for error in errors:
        article = articles[error["id"]]
        truth = {"sector": article.main, "tone": article.tone, "stance": article.stance}[error["head"]]
        assert error["truth"] == truth != error["tag"]


def test_a_main_sector_that_holds_as_a_further_one_is_no_error_to_read(errors, tagged):
    articles = {article.id: article for article in tagged.articles}
    assert not [e for e in errors if e["head"] == "sector" and e["tag"] in articles[e["id"]].sectors]


def test_an_article_of_unknown_label_has_no_error(tagged):
    unknown = [replace(a, main=None, tone=None, stance=None) for a in tagged.articles]
    assert errors_worth_reading(None, replace(tagged, articles=unknown)) == []


def test_an_error_has_the_words_that_speak_for_the_tag(errors, tracked, tagged):
    predictor = Predictor(tracked.result.model)
    articles = {article.id: article for article in tagged.articles}
    error = next(error for error in errors if error["head"] == "tone" and error["words"])
    article = articles[error["id"]]
    explained = predictor.explain(article.text, article.title, top=None)[-1]
    assert explained.label == error["tag"]
    assert set(error["words"]) <= {word.word for word in explained.words if word.share > 0}


def test_a_stance_has_its_target_and_the_sentence_that_speaks_for_it(errors):
    error = next(error for error in errors if error["head"] == "stance")
    assert error["target"]
    assert error["sentence"]


def test_without_a_predictor_no_words_are_named(tagged):
    assert not any(error["words"] for error in errors_worth_reading(None, tagged))


@pytest.mark.parametrize("text", ["كلمة " * 100, "ا" * 500], ids=["words", "one word"])
def test_an_excerpt_is_short_and_says_that_it_is_cut(text):
    cut = excerpt(text)
    assert len(cut) <= EXCERPT
    assert len(cut) > EXCERPT / 2
    assert cut.endswith("…")


def test_a_short_text_is_not_cut():
    assert excerpt("سطر\n\nوسطر") == "سطر وسطر"
