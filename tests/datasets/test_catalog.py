"""The catalogue is complete, and refuses a name that it does not have."""

import re

import pytest

from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.corpora import READERS
from khabar.datasets.label_maps import LABEL_MAPS
from khabar.inference.errors import CorpusError


@pytest.mark.parametrize("name", CATALOG)
def test_an_entry_is_pinned_and_digested(name: str) -> None:
    corpus = entry(name)
    assert re.fullmatch(r"[0-9a-f]{40}", corpus.commit)
    assert re.fullmatch(r"[0-9a-f]{64}", corpus.digest)
    assert corpus.url == f"https://github.com/{corpus.repo}/archive/{corpus.commit}.zip"


@pytest.mark.parametrize("name", CATALOG)
def test_an_entry_says_who_made_it_and_what_is_permitted(name: str) -> None:
    corpus = entry(name)
    assert corpus.licence
    assert corpus.citation
    assert corpus.dates
    assert corpus.outlets
    assert corpus.reader in READERS


def test_only_the_research_corpus_may_not_ship() -> None:
    assert [name for name, corpus in CATALOG.items() if not corpus.ships] == ["saudinewsnet"]


def test_every_corpus_with_labels_of_its_own_has_a_label_map() -> None:
    assert LABEL_MAPS.keys() == {name for name, corpus in CATALOG.items() if corpus.task == "topic"}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(CorpusError, match="did you mean 'hespress-2020'"):
        entry("hespres-2020")


def test_a_name_like_none_is_answered_with_all() -> None:
    with pytest.raises(CorpusError, match="expected one of sanad-khaleej"):
        entry("?")
