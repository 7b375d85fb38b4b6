"""Explanations: the shares add up to the kernel's score, and every span points at what it names."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.inference import Explanation, Predictor, Tags
from khabar.inference.errors import InputError
from khabar.inference.explain import Attribution

Articles = list[tuple[str | None, str]]
# Known words, a vocalised one, one with tatweel, a ligature, letters that compose, marks and white space.
PIECES = [
    "البرلمان", "المنتخب", "الأسواق", "التجارة", "خسارة", "فوز", "السفير", "نَجَاحٌ", "المبـــاراة", "ﷲ", "ﻻ", "أزمة",
    "بين البلدين", "القمة", ".", "؟", "\n", " ", "،", "3.5", "x", "😀", "ا\u0653", "\u0301", "\ud800",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)


def total(e: Explanation) -> tuple[float, float]:
    words = e.intercept + sum(word.share for word in e.words) + e.other_words
    return words, e.intercept + sum(sentence.share for sentence in e.sentences)


@given(text=TEXTS, title=st.none() | TEXTS)
def test_shares_and_intercept_add_up_to_the_kernels_score(predictor: Predictor, text: str, title: str | None) -> None:
    scores, _ = predictor.model.scorer.score([text], [title])
    attribution = Attribution(predictor.model, text, title)
    for output in range(scores.shape[1]):
        words, sentences = attribution.shares(output)
        bias = float(predictor.model.bias[output])
        assert bias + sum(w.share for w in words) == pytest.approx(float(scores[0, output]), abs=1e-4)
        assert bias + sum(s.share for s in sentences) == pytest.approx(float(scores[0, output]), abs=1e-4)


@given(text=TEXTS, title=st.none() | TEXTS)
def test_every_span_is_a_place_in_the_original(predictor: Predictor, text: str, title: str | None) -> None:
    source = {"text": text, "title": title or ""}
    tokens = predictor.model.table.tokens
    for e in predictor.explain(text, title, top=None):
        for word in e.words:
            first = word.spans[0]
            assert source[first.field][first.start : first.end] == word.word
            spelled = {" ".join(t.text for t in tokens(source[s.field][s.start : s.end])) for s in word.spans}
            assert len(spelled) == 1
        for s in e.sentences:
            assert source[s.field][s.start : s.end] == s.text


def test_explanations_add_up_however_few_words_are_named(predictor: Predictor, articles: Articles) -> None:
    for title, text in articles:
        for top in (0, 1, 3, None):
            for e in predictor.explain(text, title, top=top):
                assert total(e) == pytest.approx((e.score, e.score), abs=1e-4)
                assert top is None or len(e.words) <= top


def test_the_tags_are_explained_in_order(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[0]
    tags = predictor.tag(text, title)
    found = predictor.explain(text, title)
    assert [(e.head, e.label) for e in found] == [
        ("sector", "diplomacy"), ("sectors", "economy"), ("tone", "neutral")]  # fmt: skip
    assert found[0].probability == pytest.approx(tags.sector_scores["diplomacy"], abs=1e-6)
    assert found[2].probability == pytest.approx(tags.tone_scores["neutral"], abs=1e-6)


def test_the_words_that_weigh_most_come_first_with_all_their_places(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[0]
    assert title is not None
    word = predictor.explain(text, title)[0].words[0]
    assert word.word == "البلدين"
    places = [(s.field, (title if s.field == "title" else text)[s.start : s.end]) for s in word.spans]
    assert places == [("title", "البلدين"), ("text", "البلدين")]


def test_the_sentence_that_caused_a_sector_comes_first(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[0]
    sentence = predictor.explain(text, title)[1].sentences[0]
    assert sentence.text == "وقال إن التجارة بين البلدين سجلت ارتفاعا بنسبة 3.5 بالمائة!"


def test_spans_are_those_of_the_text_as_it_was_typed(predictor: Predictor) -> None:
    text = "  فاز المُنْتَخَـبُ الوطني"
    word = predictor.explain(text)[0].words[0]
    assert text[word.spans[0].start : word.spans[0].end] == word.word
    assert predictor.model.table.normalise(word.word) == "المنتخب"


def test_the_words_of_one_character_are_one_word(predictor: Predictor) -> None:
    text = "ﷺ البرلمان"
    assert len(predictor.model.table.tokens(text)) == 5
    attribution = Attribution(predictor.model, text, None)
    scores, _ = predictor.model.scorer.score([text])
    words, _ = attribution.shares(10)
    assert sorted(w.word for w in words) == ["البرلمان", "ﷺ"]
    found = float(predictor.model.bias[10]) + sum(w.share for w in words)
    assert found == pytest.approx(float(scores[0, 10]), abs=1e-4)


def test_a_word_in_the_title_counts_as_often_as_its_block_says(predictor: Predictor) -> None:
    words, _ = Attribution(predictor.model, "المنتخب البرلمان", "المنتخب").shares(3)
    sport = next(w for w in words if w.word == "المنتخب")
    assert Counter(span.field for span in sport.spans) == {"title": 1, "text": 1}
    _, sentences = Attribution(predictor.model, "المنتخب", "المنتخب").shares(3)
    by_field = {s.field: s.share for s in sentences}
    # The block `words` counts the title three times and `stems` once.
    assert 1 < by_field["title"] / by_field["text"] <= 3.0001


def test_a_block_that_reads_the_beginning_only_leaves_the_rest_without_share(predictor: Predictor) -> None:
    model = predictor.model
    block = next(b for b in model.blocks if b.max_chars)
    far = "س " * (block.max_chars // 2 + 1) + "ارتفاع"
    near = "ارتفاع"
    attributions = [Attribution(model, text, None) for text in (near, far)]
    characters = model.blocks.index(block)
    assert [bool(a._occurrences[characters]) for a in attributions] == [True, False]


def test_letters_that_compose_do_not_move_where_a_block_stops_reading(predictor: Predictor) -> None:
    text = "ا\u0653 " * 15 + "ارتفاع " * 8
    scores, _ = predictor.model.scorer.score([text])
    words, _ = Attribution(predictor.model, text, None).shares(12)
    found = float(predictor.model.bias[12]) + sum(w.share for w in words)
    assert found == pytest.approx(float(scores[0, 12]), abs=1e-4)


@pytest.mark.parametrize("text", [None, "", "   ", 5, "qqq zzz"])
def test_what_has_no_tags_has_no_explanation(predictor: Predictor, text: object) -> None:
    assert predictor.tag(text).error
    assert predictor.explain(text) == ()


def test_a_negative_number_of_words_is_refused(predictor: Predictor) -> None:
    with pytest.raises(InputError, match="top is -1"):
        predictor.explain("المنتخب", top=-1)


def test_explanations_and_tags_become_json(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[0]
    tags: Tags = predictor.tag(text, title)
    assert json.loads(json.dumps(tags.to_dict())) == tags.to_dict()
    explained = predictor.explain(text, title)[0].to_dict()
    assert json.loads(json.dumps(explained)) == explained
    assert explained["words"][0]["spans"][0] == {"field": "title", "start": 19, "end": 26}


def test_a_main_label_is_explained_by_its_own_output(predictor: Predictor, articles: Articles) -> None:
    title, text = articles[1]
    scores, _ = predictor.model.scorer.score([text], [title])
    assert predictor.explain(text, title)[0].score == float(scores[0, 3]) == float(np.max(scores[0, :5]))
