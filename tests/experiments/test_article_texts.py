"""Texts are read where a job's config says they are; what cannot be read is said, not raised."""

import json

import pytest

from khabar.datasets import sample
from khabar.experiments.article_texts import article_texts

BLOCKS = {"words": {"kind": "word"}}
HEADS = {head: {"blocks": ["words"]} for head in ("sector", "sectors", "tone")}


SAMPLE = {"corpus": "sample", "part": "train"}


def own(path):
    return {"path": str(path), "columns": {"text": "body", "id": "id", "tone": "tone"}}


def config(train=(SAMPLE,), evaluate=()):
    data = {"train": list(train), "evaluate": list(evaluate)}
    return {"name": "a", "version": "1", "blocks": BLOCKS, "heads": HEADS, "data": data}


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [{"id": str(at), "body": f"نص رقم {at}", "tone": "neutral"} for at in range(3)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_a_source_is_read_as_its_config_says(mine):
    articles, problems = article_texts(config(evaluate=[own(mine)]), str(mine))
    assert [article.text for article in articles.values()] == ["نص رقم 0", "نص رقم 1", "نص رقم 2"]
    assert problems == []


def test_out_of_fold_is_what_was_trained_on(mine):
    articles, _ = article_texts(config([SAMPLE, own(mine)]), "out-of-fold")
    train = sample.load("train")
    assert len(articles) == len(train) + 3
    assert articles[train[0].corpus, train[0].id] == train[0]


def test_a_source_that_is_not_here_is_said_and_the_others_are_read(tmp_path):
    path = tmp_path / "gone.jsonl"
    articles, (problem,) = article_texts(config([SAMPLE, own(path)]), "out-of-fold")
    assert len(articles) == len(sample.load("train"))
    assert problem.startswith(f"{path} cannot be read here, so its articles are shown without texts")


def test_a_corpus_that_is_not_here_is_said_with_what_fetches_it(tmp_path, monkeypatch):
    monkeypatch.setenv("KHABAR_MIRROR", str(tmp_path))
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path))
    articles, (problem,) = article_texts(config(evaluate=[{"corpus": "ant-multisource"}]), "ant-multisource")
    assert articles == {}
    assert "khabar data fetch ant-multisource" in problem


def test_a_config_of_another_version_is_said():
    articles, (problem,) = article_texts(config() | {"later": 1}, "out-of-fold")
    assert articles == {}
    assert "does not read the run's config" in problem
