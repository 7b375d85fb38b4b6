"""The text path: normaliser equal to camel-tools, tokens equal to scikit-learn's, offsets into the original."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from khabar.inference.text import CODE_POINTS, COMPOSES, Token
from khabar.training.reference import tokens as reference_tokens
from khabar.training.table import build_table, normalise

TABLE = build_table()
JOINING = [chr(c) for c in range(CODE_POINTS) if TABLE.entry(c) & COMPOSES]
MARKS = [chr(c) for c in (*range(0x610, 0x61B), *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6ED), 0x300, 0x327, 0x345)]
ARABIC = [chr(c) for c in (*range(0x600, 0x700), *range(0x750, 0x780), *range(0xFB50, 0xFDFE), *range(0xFE70, 0xFEFD))]
nasty_text = st.text(
    st.one_of(
        st.sampled_from(JOINING),
        st.sampled_from(MARKS),
        st.sampled_from(ARABIC),
        st.sampled_from("ابوي هةىأإآٱئؤـ Σσςİıß한가ﷲﻻﷺﷻ﷼﷽0٣۴²½_\t\n\0"),
        st.characters(),
    ),
    max_size=40,
)


def test_every_code_point_is_normalised_as_camel_tools_does():
    assert [c for c in range(CODE_POINTS) if TABLE.normalise(chr(c)) != normalise(chr(c))] == []


@given(nasty_text)
@settings(max_examples=600)
@example("\u0627\u0654خبار")  # alef with a combining hamza is أ
@example("س\u0624\u0648\u0654ال \u064a\u0654 \u0627\u0653")
@example("ا\u064e\u0654")  # the hamza reaches the alef across a fatha
@example("ﷲ ﻻ ﷺ ﷼ ﷽ ﻷ\u0654")
@example("\ufdfc\u06e7\U00011134")
@example("e\u0301 Σ\u0301 \u1100\u1161\u11a8 ｶﾞ")
@example("\ud800\udfff")
def test_any_string_is_normalised_as_camel_tools_does(text):
    assert TABLE.normalise(text) == normalise(text)


@given(nasty_text)
@settings(max_examples=300)
def test_tokens_are_those_of_scikit_learns_pattern(text):
    assert [token.text for token in TABLE.tokens(text)] == reference_tokens(text)


@given(nasty_text)
@settings(max_examples=300)
def test_a_token_is_read_from_the_span_it_names(text):
    for token in TABLE.tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        # A ligature such as ﷺ gives several tokens, each naming the whole character.
        assert token.text in normalise(text[token.start : token.end])


@given(nasty_text)
def test_normalising_a_composed_text_gives_the_same(text):
    assert TABLE.normalise(TABLE.compose(text)) == TABLE.normalise(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("مُدَرِّسَةٌ العَرَبِيَّة", ["مدرسه", "العربيه"]),  # scikit-learn's default pattern gives ['الع']
        ("الـمـغـرب", ["المغرب"]),
        ("إلى أحمد وآمنة وٱلله", ["الي", "احمد", "وامنه", "والله"]),
        ("#رؤية_2030 و٢٠٢٥", ["رؤيه_2030", "و٢٠٢٥"]),
        ("ﷲ ﻻ", ["الله", "لا"]),
        ("صلى ﷺ", ["صلي", "صلي", "الله", "عليه", "وسلم"]),
        ("BBC عربي", ["bbc", "عربي"]),
        ("و في", ["في"]),
        ("", []),
    ],
)
def test_press_text_gives_the_expected_tokens(text, expected):
    assert [token.text for token in TABLE.tokens(text)] == expected


def test_offsets_name_the_original_letters_with_their_marks():
    text = "قال الـوَزِيرُ: نعم"
    spans = [text[token.start : token.end] for token in TABLE.tokens(text)]
    # The damma after the last letter is no letter: the span ends with the letter itself.
    assert spans == ["قال", "الـوَزِير", "نعم"]


def test_a_composed_cluster_keeps_its_place():
    assert TABLE.tokens("في \u0627\u0654خبار اليوم") == [
        Token("في", 0, 2),
        Token("اخبار", 3, 9),
        Token("اليوم", 10, 15),
    ]


def test_equal_pages_of_the_table_are_stored_once():
    assert TABLE.stage2.nbytes < 200_000
    assert len(TABLE.stage1) == CODE_POINTS // 256


def test_word_characters_are_those_of_pythons_re():
    from khabar.inference.text import EXPANDS, WORD

    single = [c for c in range(CODE_POINTS) if not TABLE.entry(c) & EXPANDS]
    assert all(bool(TABLE.entry(c) & WORD) == bool(re.fullmatch(r"\w", normalise(chr(c)))) for c in single)
