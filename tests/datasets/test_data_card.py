"""A data card says what there is to know of a corpus, and nothing of what its texts say."""

import json

import pytest

from khabar.datasets import data_card
from khabar.datasets.catalog import CATALOG, entry
from khabar.datasets.corpus_facts import facts
from khabar.datasets.data_card import card, render
from khabar.inference.errors import CorpusError

WORDS = ("أعلنت", "إدارة", "الميناء", "توسيع", "الرصيف", "الشمالي")
TEXT = " ".join(WORDS)
HEADINGS = (
    "What to know",
    "Labels",
    "Outlets and dates",
    "Lengths",
    "What stands more than once",
    "Official split",
    "Our annotations",
    "Licence and citation",
    "Source",
)


def rows_of(text: str) -> list[list[str]]:
    """Give the cells of all tables."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


@pytest.fixture
def ans(article):
    """Three pairs of titles, one of them in train and in test, with two labels."""
    given = {"corpus": "ans", "outlet": "ANS", "text": TEXT, "target": TEXT}
    return [
        article(**given, id="1", labels=("agree",), stance="favor", split="train"),
        article(**given, id="2", labels=("other",), stance="neutral", split="test"),
        article(**{**given, "text": "شيء آخر"}, id="3", labels=("agree",), stance="favor", split="train"),
    ]


@pytest.mark.parametrize("name", CATALOG)
def test_every_corpus_has_a_card_with_all_sections(name, article):
    text = render(entry(name), facts([article(corpus=name)]))
    assert text.splitlines()[0] == f"# {name}"
    assert [line.removeprefix("## ") for line in text.splitlines() if line[:3] == "## "] == list(HEADINGS)


def test_a_card_holds_no_word_of_the_texts(ans):
    text = render(entry("ans"), facts(ans))
    assert not [word for word in WORDS if word in text]


def test_labels_stand_with_their_number_and_what_they_say(ans):
    rows = rows_of(render(entry("ans"), facts(ans)))
    assert ["agree", "2", "stance favor", "", "all sectors, tone", ""] in rows
    assert ["disagree", "-", "stance against", "", "all sectors, tone", ""] in rows


def test_sections_say_which_sectors_they_assert_deny_and_leave_open(article):
    found = facts([article(corpus="hespress-2020", labels=("regions",)), article(id="2", labels=())])
    text = render(entry("hespress-2020"), found)
    left = "15 of 17 sectors, tone, stance"
    assert ["regions", "1", "", "religion, sport", left, ""] in rows_of(text)
    assert "1 documents have no label." in text


def test_copies_conflicts_and_the_overlap_of_the_split_are_said(ans):
    rows = rows_of(render(entry("ans"), facts(ans)))
    assert ["texts that stand before, letter by letter", "1"] in rows
    assert ["pairs of text and target that stand before", "1"] in rows
    assert ["agree", "other", "1"] in rows
    assert ["test", "1", "1", "1", "1", "other 1"] in rows
    assert ["train", "2", "-", "-", "-", "agree 2"] in rows


def test_without_targets_the_split_speaks_of_texts_only(article):
    found = facts([article(split="train"), article(id="2", split="test")])
    rows = rows_of(render(entry("asnd"), found))
    assert ["part", "documents", "same text in train", "near-duplicate in train", "labels"] in rows
    assert ["test", "1", "1", "1", ""] in rows


@pytest.mark.parametrize(
    ("name", "permitted"),
    [
        ("sanad-khaleej", "a model trained on it may ship"),
        ("saudinewsnet", "evaluation and research; no model that ships may be trained on it"),
    ],
)
def test_licence_citation_and_source_are_the_catalogues(name, permitted, article):
    corpus = entry(name)
    text = render(corpus, facts([article(corpus=name)]))
    for line in (
        f"- Licence: {corpus.licence}",
        f"- Permitted: {permitted}",
        f"- Cite: {corpus.citation}",
        f"- Repository: https://github.com/{corpus.repo}, commit `{corpus.commit}`",
        f"- Archive: {corpus.url}; get it with `khabar data fetch {name}`",
        f"- Digest of their content (SHA-256): `{corpus.digest}`",
    ):
        assert line in text.splitlines()
    assert corpus.traps in text


def test_a_long_table_of_pairs_ends_with_the_rest(article, monkeypatch):
    monkeypatch.setattr(data_card, "MOST", 2)
    labels = ("أ", "ب", "ت")
    found = facts([article(id=label, text=TEXT, labels=(label,)) for label in labels])
    rows = rows_of(render(entry("ant-multisource"), found))
    assert rows[rows.index(["label", "another label", "conflicts"]) + 2 :][:3] == [
        ["أ", "ب", "1"],
        ["أ", "ت", "1"],
        ["others", "", "1"],
    ]


def test_a_label_cannot_break_the_table(article):
    text = render(entry("ant-multisource"), facts([article(labels=("a|b",)), article(id="2", labels=("",))]))
    assert "| a\\|b | 1 |" in text
    assert "| (blank) | 1 |" in text


def test_the_card_of_a_name_is_made_of_the_articles_that_are_read(publish, monkeypatch):
    corpus = publish("yabiladi", {"yab.json": json.dumps([{"content": [TEXT]}])}, 1)
    monkeypatch.setitem(CATALOG, "yabiladi", corpus)
    text = card("yabiladi")
    assert "1 documents (no labels of its own), 0 of them without text" in text
    assert ["words", "6", "6", "6", "6", "6"] in rows_of(text)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(CorpusError, match="did you mean 'yabiladi'"):
        card("yabilady")


@pytest.mark.corpora
def test_no_card_holds_a_sentence_of_its_corpus():
    from khabar.datasets.corpora import read

    for name in CATALOG:
        articles = read(name)
        text = render(entry(name), facts(articles))
        assert not [a.id for a in articles if len(a.text) > 40 and a.text[:40] in text]
