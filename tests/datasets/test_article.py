"""Articles refuse labels that contradict themselves, and become a table."""

from collections.abc import Callable
from typing import Any

import pytest

from khabar.datasets.article import Article, articles_frame, others
from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import InputError

Make = Callable[..., Article]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"sectors": ("sports",)}, "sector 'sports'"),
        ({"denied": frozenset({"finance"})}, "sector 'finance'"),
        ({"sectors": ("sport", "sport")}, "each sector once"),
        ({"sectors": ("sport",), "denied": frozenset({"sport"})}, "both asserted and denied"),
        ({"sectors": ("sport", "health"), "main": "health"}, "main sector 'health'"),
        ({"main": "health"}, "main sector 'health'"),
        ({"tone": "mixed"}, "tone 'mixed'"),
        ({"target": "البنك", "stance": "agree"}, "stance 'agree'"),
        ({"stance": "favor"}, "without a target"),
    ],
)
def test_a_wrong_label_is_refused_by_name(article: Make, labels: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        article(**labels)


def test_what_is_neither_asserted_nor_denied_is_unknown(article: Make) -> None:
    labelled = article(sectors=("sport",), denied=frozenset({"energy"}))
    assert labelled.unknown == set(SECTOR_IDS) - {"sport", "energy"}


def test_an_article_without_labels_knows_nothing(article: Make) -> None:
    assert article().unknown == set(SECTOR_IDS)


def test_others_are_all_sectors_but_the_named() -> None:
    assert others("sport", "health") == set(SECTOR_IDS) - {"sport", "health"}


def test_a_frame_has_one_row_an_article_in_order(article: Make) -> None:
    frame = articles_frame([article(id="b", sectors=("sport", "health")), article(id="a", title="عنوان")])
    assert list(frame["id"]) == ["b", "a"]
    assert list(frame["sectors"]) == [("sport", "health"), ()]


def test_a_frame_of_no_articles_has_its_columns() -> None:
    assert {"corpus", "id", "title", "text", "sectors", "tone"} <= set(articles_frame([]).columns)
