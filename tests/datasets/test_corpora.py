"""The corpora of the mirror are the ones the catalogue and the label files speak of."""

from collections import Counter

import pytest

from khabar.datasets import annotated, corpora
from khabar.datasets.archive import find_archive
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.duplicates import drop_near_duplicates
from khabar.datasets.fetch import verify

pytestmark = pytest.mark.corpora

SECTIONS = {
    "sanad-khaleej": dict.fromkeys(("Culture", "Finance", "Medical", "Politics", "Religion", "Sports", "Tech"), 6500),
    "ant-multisource": {
        "internationalNews": 10169,
        "middleEast": 7628,
        "sport": 6569,
        "economy": 3367,
        "technology": 2728,
        "culture": 1064,
    },
    "ant-jawhara": {
        "localNews": 4832,
        "sport": 1460,
        "internationalNews": 1260,
        "society": 1087,
        "politic": 514,
        "diverse": 475,
        "economy": 326,
        "culture": 124,
        "technology": 83,
    },
    "hespress-2020": dict.fromkeys(("economie", "faits-divers", "politique", "regions", "societe", "sport"), 1000),
}
DOCUMENTS = {
    "sanad-khaleej": 45500,
    "ant-multisource": 31525,
    "ant-jawhara": 10161,
    "hespress-2020": 6000,
    "saudinewsnet": 31030,
    "ahdath-2021": 588,
    "febrayer-2019": 2693,
    "yabiladi": 197,
    "algerian-press": 1211,
}
EXACT_DUPLICATES = {"sanad-khaleej": 15, "ant-multisource": 1481, "ant-jawhara": 195}


@pytest.fixture(scope="module", params=CATALOG)
def corpus(request: pytest.FixtureRequest) -> tuple[str, list[Article]]:
    """The name and the articles of each corpus in turn."""
    return request.param, corpora.read(request.param)


@pytest.mark.parametrize("name", CATALOG)
def test_the_content_digest_is_the_catalogues(name: str) -> None:
    verify(entry(name), find_archive(entry(name)))


def test_counts_are_those_of_the_publisher(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    assert len(articles) == DOCUMENTS[name]
    assert len({article.id for article in articles}) == len(articles)


def test_classes_are_those_of_the_publisher(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    sections = Counter(label for article in articles for label in article.labels)
    assert sections == SECTIONS.get(name, {None: len(articles)})


def test_exact_duplicates_are_as_many_as_counted_by_hand(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    if name in EXACT_DUPLICATES:
        assert len(articles) - len({article.text for article in articles}) == EXACT_DUPLICATES[name]


def test_outlets_are_those_of_the_catalogue(corpus: tuple[str, list[Article]]) -> None:
    name, articles = corpus
    assert {article.outlet for article in articles} == set(entry(name).outlets)


def test_no_text_keeps_a_control_mark(corpus: tuple[str, list[Article]]) -> None:
    _, articles = corpus
    assert not any(mark in article.text for article in articles for mark in "\u202a\u202b\u202c\u202d\u202e")


def test_no_sanad_article_opens_with_the_byline() -> None:
    opening = [article.text[:12] for article in corpora.read("sanad-khaleej") if "الخليج»" in article.text[:12]]
    assert len(opening) < 10


@pytest.mark.parametrize(("part", "number"), [("train", 7999), ("dev", 400)])
def test_every_annotated_article_is_found(part: annotated.Part, number: int) -> None:
    articles = annotated.load(part)
    assert len(articles) == number
    assert all(article.text for article in articles)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_every_target_stands_verbatim_in_its_article(part: annotated.Part) -> None:
    targets = [(article.target, article) for article in annotated.load(part) if article.target is not None]
    assert not [article.id for target, article in targets if target not in f"{article.title}\n{article.text}"]


def test_the_dev_main_sector_is_unknown_where_readers_differ() -> None:
    assert sum(article.main is None for article in annotated.load("dev")) == 11


def test_few_train_articles_are_near_duplicates_of_dev() -> None:
    kept, dropped = drop_near_duplicates(annotated.load("train"), of=annotated.load("dev"))
    assert len(kept) + len(dropped) == 7999
    assert 15 <= len(dropped) <= 60
