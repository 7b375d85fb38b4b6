"""Sentences: where they end, and that none of the text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.inference.sentences import sentence_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("جملة بلا نقطة", ["جملة بلا نقطة"]),
        ("الأولى. الثانية! الثالثة؟ الرابعة", ["الأولى.", "الثانية!", "الثالثة؟", "الرابعة"]),
        ("ارتفع 3.5 بالمائة. ثم هبط", ["ارتفع 3.5 بالمائة.", "ثم هبط"]),
        ("على example.com اليوم. نعم", ["على example.com اليوم.", "نعم"]),
        ("سطر أول\nسطر ثان", ["سطر أول", "سطر ثان"]),
        ("سكت… ثم قال", ["سكت…", "ثم قال"]),
        ("سكت... ثم قال", ["سكت...", "ثم قال"]),
        ("ماذا؟! نعم", ["ماذا؟!", "نعم"]),
        ("قال: «انتهى الأمر.» ومضى", ["قال: «انتهى الأمر.»", "ومضى"]),
        ("یہ جملہ ہے۔ دوسرا", ["یہ جملہ ہے۔", "دوسرا"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@given(st.text(alphabet=st.sampled_from("اب3 .!?؟۔…\n\t»\"'x"), max_size=60))
def test_between_sentences_stands_only_white_space(text: str) -> None:
    spans = sentence_spans(text)
    places = [0, *(place for span in spans for place in span), len(text)]
    assert places == sorted(places)
    gaps = zip(places[::2], places[1::2], strict=True)
    assert not any(text[start:end].strip() for start, end in gaps)
