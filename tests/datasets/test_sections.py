"""An article that stands under several sections becomes one article with all of its labels."""

from collections.abc import Callable

import pytest

from khabar.datasets import corpora
from khabar.datasets.article import Article
from khabar.datasets.sections import with_all_sections

Make = Callable[..., Article]


def test_the_first_one_stays_in_its_place_with_the_labels_of_all(article: Make) -> None:
    merged = with_all_sections(
        [
            article("خبر", id="1", title="عنوان", labels=("world",)),
            article("آخر", id="2", labels=("sport",)),
            article("خبر", id="3", title="عنوان", labels=("politics",)),
            article("خبر", id="4", title="عنوان", labels=("culture",)),
        ]
    )
    assert [(one.id, one.labels) for one in merged] == [("1", ("world", "politics", "culture")), ("2", ("sport",))]


def test_white_space_makes_no_difference(article: Make) -> None:
    articles = [
        article("خبر\nوتتمته ", id="1", title=" عنوان", labels=("world",)),
        article("خبر وتتمته", id="2", title="عنوان", labels=("sport",)),
    ]
    assert [one.labels for one in with_all_sections(articles)] == [("world", "sport")]


@pytest.mark.parametrize(
    "other",
    [{"text": "خبر آخر"}, {"title": "عنوان آخر"}, {"outlet": "another"}, {"labels": ("world",)}],
    ids=lambda other: next(iter(other)),
)
def test_another_text_title_outlet_or_the_same_section_keeps_both(article: Make, other: dict[str, object]) -> None:
    first = article("خبر", id="1", title="عنوان", labels=("world",))
    given = {"text": "خبر", "title": "عنوان", "labels": ("sport",), **other}
    second = article(given.pop("text"), id="2", **given)
    assert with_all_sections([first, second]) == [first, second]


def test_articles_without_text_are_kept_apart(article: Make) -> None:
    articles = [article("", id="1", labels=("world",)), article("", id="2", labels=("sport",))]
    assert with_all_sections(articles) == articles


def test_a_section_that_comes_twice_is_one_label(article: Make) -> None:
    sections = ("world", "sport", "world")
    merged = with_all_sections([article("خبر", id=str(n), labels=(name,)) for n, name in enumerate(sections)])
    assert [one.labels for one in merged] == [("world", "sport")]


def test_sectors_are_those_that_any_section_asserts_and_none_is_denied(article: Make) -> None:
    (merged,) = with_all_sections(
        [
            article("خبر", id="1", labels=("a",), sectors=("sport",), denied=frozenset({"health", "energy"})),
            article("خبر", id="2", labels=("b",), sectors=("health", "sport"), denied=frozenset({"religion"})),
        ]
    )
    assert merged.sectors == ("sport", "health")
    assert merged.denied == {"energy", "religion"}


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "before", "after", "under_two", "under_three"),
    [("ant-multisource", 31525, 30420, 1091, 6), ("ant-jawhara", 10161, 10128, 28, 0)],
)
def test_ant_has_so_many_articles_under_several_sections(
    name: str, before: int, after: int, under_two: int, under_three: int
) -> None:
    articles = corpora.read(name, clean=False)
    merged = with_all_sections(articles)
    sections = [len(one.labels) for one in merged]
    assert (len(articles), len(merged)) == (before, after)
    assert (sections.count(2), sections.count(3), max(sections)) == (under_two, under_three, 3 if under_three else 2)


@pytest.mark.corpora
def test_two_sections_of_one_text_are_nearly_all_of_france24() -> None:
    # The number that data sheets give, by text alone: 14 of these texts have two titles, one is empty.
    texts: dict[str, list[Article]] = {}
    for one in corpora.read("ant-multisource", clean=False):
        texts.setdefault(" ".join(one.text.split()), []).append(one)
    several = [same for same in texts.values() if len({one.labels for one in same}) > 1]
    assert sum(map(len, several)) == 2232
    assert sum(one.outlet == "France24" for same in several for one in same) == 2087
