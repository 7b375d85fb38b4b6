"""The catalogue is complete, and refuses a name that it does not have."""

import re
from collections import Counter

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
    assert corpus.traps.endswith(".")
    assert corpus.reader in READERS


def test_so_many_corpora_serve_each_task() -> None:
    assert Counter(corpus.task for corpus in CATALOG.values()) == {"topic": 6, "tone": 6, "stance": 5, "none": 4}


def test_only_these_corpora_may_train_a_model_that_ships() -> None:
    assert {name for name, corpus in CATALOG.items() if corpus.permits == "ship"} == {
        "sanad-khaleej",
        "ant-multisource",
        "ant-jawhara",
        "hespress-2020",
        "ahdath-2021",
        "febrayer-2019",
        "yabiladi",
        "algerian-press",
        "ans",
        "arsarcasm-v2",
        "afrisenti-ary",
        "afrisenti-arq",
    }
    assert {corpus.permits for corpus in CATALOG.values()} == {"ship", "research"}


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("sanad-khaleej", "accuracy"),
        ("arsarcasm-v2", "f_pn"),
        ("mawqif", "favg2"),
        ("ans", "macro_f1"),
        ("yabiladi", None),
    ],
)
def test_a_corpus_is_scored_by_its_own_metric(name: str, metric: str | None) -> None:
    assert entry(name).metric == metric


@pytest.mark.parametrize("name", CATALOG)
def test_what_has_labels_has_a_metric_and_a_label_map(name: str) -> None:
    labelled = entry(name).task != "none"
    assert (entry(name).metric is not None) == labelled
    assert (name in LABEL_MAPS) == labelled


@pytest.mark.parametrize("name", CATALOG)
def test_the_label_map_speaks_of_the_task(name: str) -> None:
    meanings = LABEL_MAPS.get(name, {}).values()
    by_task = {
        "topic": any(meaning.shared for meaning in meanings),
        "tone": any(meaning.tone for meaning in meanings),
        "stance": any(meaning.stance for meaning in meanings),
    }
    assert by_task.get(entry(name).task, not meanings)


def test_entries_can_be_members_of_sets() -> None:
    assert len(set(CATALOG.values())) == len(CATALOG)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(CorpusError, match="did you mean 'hespress-2020'"):
        entry("hespres-2020")


def test_a_name_like_none_is_answered_with_all() -> None:
    with pytest.raises(CorpusError, match="expected one of sanad-khaleej"):
        entry("?")
