"""The shipped sample is what the README says it is, and needs nothing from outside the package."""

import re
from collections import Counter

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import InputError

LABELLED = [*sample.load("train"), *sample.load("test")]
DEMO = sample.load("demo")


def test_there_are_twelve_articles_or_more_of_each_sector() -> None:
    assert len(LABELLED) >= 204
    assert min(Counter(article.main for article in LABELLED).values()) >= 12


def test_forty_articles_of_all_sectors_are_set_aside_as_test() -> None:
    test = sample.load("test")
    assert len(test) == 40
    assert {article.main for article in test} == set(SECTOR_IDS)


def test_twenty_articles_are_unlabelled() -> None:
    assert len(DEMO) == 20
    assert all(not article.sectors and article.tone is None for article in DEMO)


def test_ids_are_there_once() -> None:
    assert len({article.id for article in [*LABELLED, *DEMO]}) == len(LABELLED) + len(DEMO)


@pytest.mark.parametrize("article", [*LABELLED, *DEMO], ids=lambda article: article.id)
def test_an_article_has_60_to_150_words_and_a_title(article: Article) -> None:
    assert 60 <= len(article.text.split()) <= 150
    assert article.title


@pytest.mark.parametrize("article", LABELLED, ids=lambda article: article.id)
def test_a_labelled_article_has_all_labels_and_its_target_verbatim(article: Article) -> None:
    assert article.main == article.sectors[0]
    assert not article.unknown
    assert article.tone is not None
    assert (article.target is None) == (article.stance is None)
    assert article.target is None or article.target in f"{article.title}\n{article.text}"


def test_every_tone_stance_and_register_occurs() -> None:
    assert {article.tone for article in LABELLED} == {"negative", "neutral", "positive"}
    assert {article.stance for article in LABELLED} == {"against", "neutral", "favor", None}
    assert {article.outlet for article in LABELLED} == {"morocco", "gulf", "egypt", "panarab"}


def test_tone_is_not_the_sector_in_disguise() -> None:
    by_sector = {sector: {a.tone for a in LABELLED if a.main == sector} for sector in SECTOR_IDS}
    assert all(len(tones) == 3 for tones in by_sector.values())


@pytest.mark.parametrize("hard", ["[\u064b-\u0652]", "\u0640", "[A-Za-z]{2}", "#", "[\u0660-\u0669]"])
def test_the_sample_has_what_makes_press_arabic_hard(hard: str) -> None:
    assert any(re.search(hard, article.text) for article in LABELLED)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="no split 'dev', expected one of train, test, demo"):
        sample.load("dev")  # type: ignore[arg-type]
