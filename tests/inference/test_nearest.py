"""The name that was probably meant is found whatever its case, and in Arabic; a name like none is not guessed."""

from unicodedata import normalize

import pytest

from khabar.inference.nearest import nearest_name

LABELS = ["رياضة", "اقتصاد", "ثقافة"]


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("blocs", ["heads", "blocks"], "blocks"),
        ("TEXT", ["id", "Body", "Text"], "Text"),
        ("texts", ["TEXT", "body"], "TEXT"),
        ("text", ["Text", "TEXT"], "Text"),
        ("أقتصاد", LABELS, "اقتصاد"),
        ("الرياضه", LABELS, "رياضة"),
        (normalize("NFD", "آداب"), ["ادارة", "آداب"], "آداب"),
        ("ﺭﻳﺎﺿﺔ", LABELS, "رياضة"),
    ],
)
def test_the_most_similar_name_is_given_as_it_is_known(name: str, known: list[str], nearest: str) -> None:
    assert nearest_name(name, known) == nearest


@pytest.mark.parametrize(("name", "known"), [("?", ["id", "text"]), ("text", []), ("", ["text"]), ("طقس", LABELS)])
def test_a_name_like_none_is_answered_with_none(name: str, known: list[str]) -> None:
    assert nearest_name(name, known) is None
