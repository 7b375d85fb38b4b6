"""A reading tells what is said of a target, wherever and however it is named."""

from collections.abc import Sequence

import pytest

from khabar.inference.readings import MARKER, READINGS, reading
from khabar.inference.targets import Mention, find_mentions
from khabar.training.table import build_table

TITLE = "خبراء يشيدون بالجسر الجديد"
TEXT = "افتتح المهندسون الجسر الجديد أمس. وكان الطقس مشمسا. وقال السكان إن الجسر الجديد مكسب كبير لهم!"
TARGET = "الجسر الجديد"


def read(name: str, title: str | None = TITLE, text: str = TEXT, target: str = TARGET) -> tuple[str | None, str]:
    found: Sequence[Mention] = find_mentions(build_table(), title, text, target)
    document = reading(name, title, text, target, found)
    return (None, document) if isinstance(document, str) else document


def test_the_article_is_read_as_it_is() -> None:
    assert read("article") == (TITLE, TEXT)


def test_the_target_is_read_as_it_was_given() -> None:
    assert read("target") == (None, TARGET)


def test_the_window_is_the_sentences_that_name_the_target_with_a_marker_in_its_place() -> None:
    title, text = read("window")
    assert title == f"خبراء يشيدون {MARKER}"
    assert text == f"افتتح المهندسون {MARKER} أمس.\nوقال السكان إن {MARKER} مكسب كبير لهم!"


@pytest.mark.parametrize("name", ["window", "near"])
def test_a_title_that_does_not_name_the_target_is_left_out(name: str) -> None:
    assert read(name, title="افتتاح كبير في المدينة")[0] is None
    assert read(name, title=None)[0] is None


@pytest.mark.parametrize("name", ["window", "near", "role"])
def test_what_is_said_of_one_target_is_read_like_what_is_said_of_another(name: str) -> None:
    other = "الميناء الكبير"
    document = read(name, TITLE.replace("بالجسر الجديد", "بالميناء الكبير"), TEXT.replace(TARGET, other), other)
    assert document == read(name)


VOWELLED = "اِفْتَتَحَ الْمُهَنْدِسُونَ الْجِسْرَ الْجَدِيدَ أَمْسِ، وقال السـكّـان إنّ الجسرَ الجديدـ مكسبٌ مؤكّد"
PLAIN = "افتتح المهندسون الجسر الجديد أمس، وقال السكان إن الجسر الجديد مكسب مؤكد"


@pytest.mark.parametrize("name", ["window", "near", "role"])
def test_vowel_marks_and_tatweel_are_not_read(name: str) -> None:
    assert read(name, VOWELLED, VOWELLED) == read(name, PLAIN, PLAIN)
    apart = PLAIN.replace("مؤكد", "مو\u064e\u0654كد")  # a hamza of its own is no vowel mark
    assert read(name, None, apart) == read(name, None, PLAIN)


def test_the_place_of_the_target_is_told_without_vowel_marks() -> None:
    before = "كَلَامٌ " * 15
    assert "first_at_0" in read("role", None, before + TARGET)[1].split()


@pytest.mark.parametrize("written", ["#محمد_صلاح_اليوم", "#كأس_محمد_صلاح", "محمد صلاحـ", "ـمحمد صلاح"])
def test_the_marker_is_a_word_of_its_own(written: str) -> None:
    text = f"سجل {written} هدفا"
    assert MARKER in read("near", None, text, "محمد صلاح")[1].split()
    assert MARKER in read("window", None, text, "محمد صلاح")[1].replace("#", " ").split()
    assert any(word.startswith("after_") for word in read("role", None, text, "محمد صلاح")[1].split())


def test_the_words_of_a_hashtag_are_neighbours_of_the_target() -> None:
    said = read("role", None, "#نجح_محمد_صلاح_اليوم", "محمد صلاح")[1].split()
    assert {"before_نجح", "after_اليوم"} <= set(said)


def test_near_are_six_words_on_either_side_each_once() -> None:
    words = [f"كلمة{number}" for number in range(30)]
    words[10], words[13] = TARGET, TARGET
    found = read("near", None, " ".join(words))[1].split()
    assert found == [*words[4:10], MARKER, *words[11:13], MARKER, *words[14:20]]


def test_a_role_tells_the_words_next_to_the_target_by_their_side() -> None:
    said = read("role", None, "انتقد النواب بشدة الضريبة المقترحة اليوم", "الضريبة")[1].split()
    assert {"before_بشدة", "earlier_النواب", "after_المقترحة"} <= set(said)
    assert not {"before_المقترحة", "after_بشدة"} & set(said)


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("الجسر الجديد: لن نغلق أبوابنا", "title_speaks"),
        ("الجسر الجديد يفتح أبوابه", "title_begins"),
        ("متى يفتح الجسر الجديد أبوابه؟", "title_asks"),
        ("السكان: الجسر الجديد «مكسب»", "title_quotes"),
        ("السكان سعداء بالجسر الجديد", "in_title"),
    ],
)
def test_a_role_tells_how_the_title_names_the_target(title: str, sign: str) -> None:
    plain = "السكان سعداء"
    assert sign in read("role", title)[1].split()
    assert sign not in read("role", plain)[1].split()


def test_a_role_tells_how_often_and_where_the_target_is_named() -> None:
    assert {"mentions_3", "words_2", "first_at_0", "definite"} <= set(read("role")[1].split())
    late = read("role", None, "مقدمة طويلة " * 10 + "ثم جسر", "جسر")[1].split()
    assert {"mentions_1", "words_1", "first_at_1", "indefinite"} <= set(late)
    assert "only_in_title" in read("role", TITLE, "لا خبر هنا")[1].split()


def test_article_and_target_are_parted_into_what_both_and_what_one_of_them_says() -> None:
    claim, text = "إغلاق المدرسة القديمة", "افتتاح المدرسه القديمة"
    parts = {name: read(name, None, text, claim)[1].split() for name in ("shared", "text_only", "target_only")}
    assert parts == {"shared": ["المدرسه", "القديمه"], "text_only": ["افتتاح"], "target_only": ["اغلاق"]}


def test_an_unknown_reading_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="found the reading 'widnow', expected one of article, target, window"):
        reading("widnow", None, TEXT, TARGET, [])


@pytest.mark.parametrize("name", READINGS)
def test_every_reading_takes_an_article_without_words(name: str) -> None:
    title, text = read(name, None, "", "")
    assert title is None
    assert isinstance(text, str)
