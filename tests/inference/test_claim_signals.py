"""Where a claim and a text part, a signal says so; where they agree, none does."""

import re

import pytest

from khabar.inference.claim_signals import claim_signals
from khabar.inference.plain_words import plain_words

TEXT = "وزارة الزراعة تعلن ارتفاع إنتاج القمح 12 بالمئة في تونس"


def signals(claim: str, text: str = TEXT) -> set[str]:
    return set(claim_signals(claim, text))


def test_a_claim_that_repeats_the_text_has_no_sign_of_difference() -> None:
    same = signals(TEXT)
    assert {"overlap_10", "covered_10", "lacks_0", "adds_0", "number_same", "country_same", "order_0"} <= same
    assert not [signal for signal in same if signal.startswith(("opposite_", "instead_"))]


@pytest.mark.parametrize(
    ("old", "new", "signal"),
    [
        ("12", "21", "number_differs"),
        (" 12 بالمئة", "", "number_of_text"),
        ("ارتفاع", "انخفاض", "opposite_level"),
        ("تعلن", "لن تعلن", "negation_not_plain"),
        ("تونس", "المغرب", "country_differs"),
        ("ارتفاع", "انخفاض", "instead_انخفاض_ارتفاع"),
        (" في تونس", " في تونس؟", "claim_asks"),
    ],
)
def test_a_changed_word_is_told_by_its_kind(old: str, new: str, signal: str) -> None:
    assert signal in signals(TEXT.replace(old, new))
    assert signal not in signals(TEXT)


def test_subject_and_object_changed_are_told_by_the_order() -> None:
    assert "order_5" in signals("النادي يقاضي الشركة", "الشركة تقاضي النادي")
    assert "order_0" in signals("الشركة قاضت النادي", "الشركة تقاضي النادي")


def test_numbers_are_compared_by_value_and_words_without_their_clitics() -> None:
    same = signals("ارتفاع ٣٠ بالمئة وبالمدارس", "ارتفاع 30 بالمئة في المدارس")
    assert {"number_same", "lacks_0"} <= same


def test_of_a_page_the_passage_is_read_that_has_the_claim() -> None:
    page = "\n".join(["خبر عن طقس جميل في الجبال الشمالية."] * 20)
    told = signals(TEXT, f"{page}\n{TEXT}.\n{page}")
    assert {"long", "page_10", "overlap_10", "number_same"} <= told
    assert {"long", "page_0", "overlap_0"} <= signals("لا شيء مشترك بيننا", page)


def test_pairs_of_words_are_told_only_where_something_is_shared() -> None:
    assert "instead_اغلاق_افتتاح" in signals("إغلاق مدرسة", "افتتاح مدرسة")
    assert not [s for s in signals("طقس جميل", "افتتاح مدرسة") if s.startswith("instead_")]


def test_a_name_in_latin_letters_is_not_compared_with_an_arabic_text() -> None:
    assert signals("Women empowerment") == set()
    assert "overlap_10" in signals("Women empowerment", "Women empowerment")


@pytest.mark.parametrize("text", [TEXT, "", "؟", TEXT * 10])
def test_every_signal_is_one_word(text: str) -> None:
    assert all(re.fullmatch(r"\w+", signal) for signal in signals(TEXT, text))


@pytest.mark.parametrize("spelt", ["مَسْؤُولة", "مســؤولة", "مسؤوله", "مسوولة"])
def test_words_are_the_same_in_every_spelling(spelt: str) -> None:
    assert plain_words(spelt) == plain_words("مسؤولة") == ["مسووله"]
