"""A target is found as Arabic writes it, where it stands, and other words are not taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.inference.targets import Mention, find_mentions
from khabar.inference.text import TextTable
from khabar.training.table import build_table

FORMS = [
    ("مصر", "مصر ومصر بمصر لمصر وبمصر كمصر مِصْر مـصـر"),
    ("المغرب", "المغرب مغرب بالمغرب للمغرب وللمغرب والمغرب كالمغرب فالمغرب لمغرب"),
    ("إيران", "إيران ايران بإيران فإيران ولإيران"),
    ("الحكومة", "حكومة الحكومه حكومتنا لحكومتهم حكومات بالحكومات حكومتان الحكومتين حكومته"),
    ("حكومتنا", "حكومتنا"),
    ("مهاجر", "المهاجرين مهاجرون مهاجرا المهاجر مهاجرات مهاجرهم"),
    ("المهاجرين", "مهاجر مهاجرون بالمهاجرين"),
    ("دولة", "الدولة دوله دولتها للدولة"),
    ("قمة", "القمة قمه بقمة"),
    ("الله", "الله والله بالله"),
    ("للانتخابات", "الانتخابات انتخابات انتخاب بالانتخابات"),
    ("Facebook", "facebook FACEBOOK"),
    ("2016", "2016 ٢٠١٦"),
]
OTHERS = [
    ("مصر", "مصرف المصرف المصريين مصري مصرية بمصرعه منتصر مصرا مصره"),
    ("قطر", "قطرة قطرات قطري خطر أقطار"),
    ("ملك", "ملكة ملكها مملكة"),
    ("مكتب", "مكتبة المكتبة كاتب"),
    ("سد", "سيد بسد أسد سدود"),
    ("سليمان", "سليم سليماني"),
    ("روسيا", "روسي الروسية بيلاروسيا"),
    ("الله", "اللتين لله اللاتي"),
    ("كرم", "وكر مكرم أكرم كريم"),
    ("iOS", "iOS2 curios"),
    ("12", "2 120 112"),
]
SIDE_BY_SIDE = [
    ("وزارة الصحة", "أعلنت وزارة الصحة، ولوزيره صحة", ["وزارة الصحة"]),
    ("وزارة الصحة", "لوزارة «الصِّحَّة» وزارة التعليم والصحة", ["لوزارة «الصِّحَّة"]),
    ("حزب الأصالة و المعاصرة", "حزب الأصالة والمعاصرة", ["حزب الأصالة والمعاصرة"]),
    ("حزب الأصالة والمعاصرة", "حزب الاصالة و المعاصرة", ["حزب الاصالة و المعاصرة"]),
    ("محمد صلاح", "#محمد_صلاح وصلاح", ["محمد_صلاح"]),
    ("محمد_صلاح", "محمد صلاح", ["محمد صلاح"]),
    ("#محمد_صلاح", "سجل محمد صلاح", ["محمد صلاح"]),
    ("نظام iOS 12", "على نظام iOS ١٢ الجديد", ["نظام iOS ١٢"]),
]


@pytest.fixture(scope="module")
def table() -> TextTable:
    return build_table()


def found(table: TextTable, text: str, target: str, *synonyms: str) -> list[str]:
    """Give what was found, as written."""
    return [text[m.start : m.end] for m in find_mentions(table, None, text, target, synonyms)]


@pytest.mark.parametrize(("target", "written"), FORMS)
def test_a_word_is_found_with_clitics_article_endings_marks_and_spellings(
    table: TextTable, target: str, written: str
) -> None:
    words = written.split()
    assert found(table, "، ".join(words), target) == words


@pytest.mark.parametrize(("target", "others"), OTHERS)
def test_other_words_are_not_taken_for_it(table: TextTable, target: str, others: str) -> None:
    assert found(table, others, target) == []


@pytest.mark.parametrize(("target", "text", "expected"), SIDE_BY_SIDE)
def test_the_words_of_a_name_stand_side_by_side(table: TextTable, target: str, text: str, expected: list[str]) -> None:
    assert found(table, text, target) == expected


@pytest.mark.parametrize(
    ("target", "text"),
    [*((t, "، ".join(w.split())) for t, w in FORMS), *OTHERS, *((t, text) for t, text, _ in SIDE_BY_SIDE)],
)
@pytest.mark.parametrize("apart", [" …", " ا\u0654"])
def test_what_is_found_does_not_depend_on_a_character_elsewhere(
    table: TextTable, target: str, text: str, apart: str
) -> None:
    assert find_mentions(table, None, text + apart, target) == find_mentions(table, None, text, target)


def test_synonyms_are_found_too_and_the_longest_of_names_that_begin_alike(table: TextTable) -> None:
    text = "المملكة المغربية أو المملكة، وفي الرباط وبالمغرب"
    expected = ["المملكة المغربية", "المملكة", "الرباط", "وبالمغرب"]
    assert found(table, text, "المغرب", "المملكة", "المملكة المغربية", "الرباط") == expected


def test_the_title_comes_first_and_every_place_is_in_its_own_field(table: TextTable) -> None:
    assert find_mentions(table, "قمة في قطر", "قطر تستضيف القمة. وقطر", "قطر") == [
        Mention("title", 7, 10), Mention("text", 0, 3), Mention("text", 18, 22),
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["", "  ", "؟", "و", "_"])
def test_a_target_without_a_word_is_nowhere(table: TextTable, target: str) -> None:
    assert find_mentions(table, "و", "؟ و _ قطر", target) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ﷺ قَطَرُ ﻻ قَطَر", ["قَطَر", "قَطَر"]),  # a ligature is spelt as many letters, a mark as none
        ("قطر" + "\u0651" * 3 + " ثم قطر", ["قطر", "قطر"]),
        ("وا\u0654كد قَطر والا\u0653ن قطر", ["قَطر", "قطر"]),  # hamza and madda as characters of their own
        ("\ufefbقطر قطر", ["قطر"]),
        ("شكر قطراً كلها ثم قطرٌ", ["قطرٌ"[:-1]]),  # what is behind the last letter is left outside
    ],
)
def test_places_are_those_of_the_original(table: TextTable, text: str, expected: list[str]) -> None:
    assert found(table, text, "قطر") == expected


WRITTEN = st.sampled_from(["قطر", "قَطَر", "قـطر", "بقطر", "ا\u0654حد", "ﷺ", "ﻻ", "كلام", "«", "_", " ", ". ", "\u0651"])


@given(st.lists(WRITTEN, max_size=12).map("".join))
def test_what_is_found_is_found_again_where_it_stood_alone(table: TextTable, text: str) -> None:
    for word in found(table, text, "قطر"):
        assert found(table, word, "قطر") == [word]


@given(st.lists(WRITTEN | st.sampled_from(["مكتبة", "مكتبه", "ةً", "ه"]), max_size=8).map("".join))
def test_any_text_is_searched_alike_with_a_character_that_the_table_spells_as_many(table: TextTable, text: str) -> None:
    for target in ("مكتب", "مكتبة", "قطر"):
        assert find_mentions(table, None, text + " …", target) == find_mentions(table, None, text, target)


@given(st.lists(WRITTEN | st.sampled_from(["الحكومة", "حكومتنا"]), max_size=8), st.text(st.characters(codec=None)))
def test_any_text_and_target_can_be_searched(table: TextTable, words: list[str], target: str) -> None:
    text = " ".join(words) + target
    for mention in find_mentions(table, target, text, target):
        assert 0 <= mention.start < mention.end <= len(target if mention.field == "title" else text)
