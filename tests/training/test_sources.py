"""Sources become articles, each once, near-duplicates of what is held out kept apart; and facts for the model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.datasets.catalog import CATALOG
from khabar.training.config_data import Data, Source
from khabar.training.sources import articles_digest, read_data, read_source, source_facts

MAPS: dict[str, Any] = {
    "columns": {"text": "body", "title": "headline", "id": "url", "sectors": "topic", "tone": "mood"},
    "labels": {"sectors": {"Business": "economy", "Misc": None}, "tone": {"good": "positive"}},
}
ROWS = [
    {"url": "a", "headline": "عنوان", "body": "نص أول", "topic": "Business;sport", "mood": "good"},
    {"url": "b", "headline": "", "body": "نص ثان", "topic": "Misc", "mood": ""},
]


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["rows", "folders"])
def test_own_data_is_read_from_rows_and_from_folders(tmp_path: Path, kind: str) -> None:
    if kind == "rows":
        path, maps = write_rows(tmp_path / "own.jsonl", ROWS[:1]), MAPS
    else:
        path, maps = tmp_path, {"labels": {"sectors": {"Business": "economy"}}}
        (tmp_path / "Business").mkdir()
        (tmp_path / "Business" / "1.txt").write_text("نص أول", encoding="utf-8")
    (article,) = read_source(Source(path=str(path), **maps))
    assert (article.text, article.main) == ("نص أول", "economy")


def test_near_duplicates_of_held_out_articles_are_dropped_and_counted(tmp_path: Path) -> None:
    copied = sample.load("test")[0]
    row = {"url": "c", "headline": "x", "body": copied.text + " وأضاف المصدر نفسه", "topic": "sport", "mood": "good"}
    path = write_rows(tmp_path / "own.jsonl", [*ROWS, row])
    held_out = Source(corpus="sample", part="test")
    own = Source(path=str(path), **MAPS)
    data = read_data(Data(train=(own,), without_near_duplicates_of=(held_out,), evaluate=(held_out,)))
    assert [article.id for article in data.train] == ["a", "b"]
    assert data.counts() == {"train": 2, "repeated": 0, "near_duplicates": 1, "evaluate sample/test": 40}
    assert [fact["articles"] for fact in data.facts] == [2]


def test_an_article_that_two_sources_give_is_trained_on_once() -> None:
    train = Source(corpus="sample", part="train")
    data = read_data(Data(train=(train, train)))
    assert (len(data.train), data.repeated) == (len(sample.load("train")), len(sample.load("train")))


def test_facts_name_the_licence_and_the_digest() -> None:
    articles = sample.load("train")[:3]
    (fact,) = source_facts(Source(corpus="sample", part="train"), articles)
    assert (fact["name"], fact["licence"], fact["ships"]) == ("sample/train", "MIT", True)
    assert fact["digest"] == articles_digest(articles)


@pytest.mark.parametrize(
    "change",
    [
        {"corpus": "other"}, {"id": "other"}, {"outlet": "other"}, {"title": "other"}, {"text": "other"},
        {"labels": ("other",)}, {"sectors": ("sport", "health")}, {"main": None}, {"denied": frozenset({"energy"})},
        {"tone": "positive"}, {"stance": "favor"}, {"target": "other"}, {"sector_sure": 1}, {"tone_sure": 1},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_the_digest_changes_with_all_that_a_fit_reads(change: dict[str, Any]) -> None:
    article = Article(
        corpus="toy", id="1", outlet="toy", title="title", text="text", labels=("page",), sectors=("sport",),
        main="sport", tone="negative", target="target", stance="against", sector_sure=2, tone_sure=2,
    )  # fmt: skip
    assert articles_digest([replace(article, **change)]) != articles_digest([article])


def test_unlabelled_articles_are_neither_trained_nor_held_out_nor_copies_of_such(tmp_path: Path) -> None:
    train, held_out = Source(corpus="sample", part="train"), Source(corpus="sample", part="test")
    texts = {part: sample.load(part)[0].text + " وأضاف المصدر نفسه" for part in ("train", "test")}
    copies = [{"url": part, "headline": "x", "body": text, "topic": "sport"} for part, text in texts.items()]
    own = Source(path=str(write_rows(tmp_path / "own.jsonl", [*ROWS, *copies])), **MAPS)
    apart = {"without_near_duplicates_of": (held_out,)}
    data = read_data(Data(train=(train,), unlabelled=(own, train), **apart))
    assert [article.id for article in data.unlabelled] == ["a", "b"]
    assert data.counts()["unlabelled_dropped"] == 2 + len(sample.load("train"))
    assert [(fact["articles"], fact["labels"]) for fact in data.facts] == [(len(data.train), True), (2, False)]


def test_a_held_out_article_is_not_learnt_from_in_other_words(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "own.jsonl", [{**row, "summary": f"موجز {row['url']}"} for row in ROWS])
    held_out = Source(path=str(path), **MAPS)
    summaries = Source(path=str(path), **{**MAPS, "columns": {**MAPS["columns"], "text": "summary", "title": None}})
    train = Source(corpus="sample", part="train")
    data = read_data(Data(train=(train,), unlabelled=(summaries,), without_near_duplicates_of=(held_out,)))
    assert data.unlabelled == []


def test_own_data_that_is_called_like_a_corpus_does_not_take_its_licence() -> None:
    own = Source(path="saudinewsnet", licence="CC0")
    articles = [replace(article, corpus="saudinewsnet") for article in sample.load("train")[:1]]
    (fact,) = source_facts(own, articles)
    assert (fact["name"], fact["licence"], fact["ships"]) == ("saudinewsnet", "CC0", None)
    assert "url" not in fact


@pytest.mark.corpora
def test_an_article_that_stands_under_two_sections_is_trained_on_once_with_both() -> None:
    articles = read_source(Source(corpus="ant-multisource"))
    assert len(articles) == CATALOG["ant-multisource"].documents - (2204 - 1098)
    assert sum(len(article.labels) > 1 for article in articles) == 1098
