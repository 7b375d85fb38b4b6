"""How the four Maghreb outlets without labels of their own are laid out: JSON, or lines of Python lists."""

import ast
import json

from khabar.datasets.archive import read_members
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry


def read_ahdath(corpus: CorpusEntry) -> list[Article]:
    """Articles of `ahd22.json`, a list of {"content": paragraphs}; an entry may be empty."""
    entries = json.loads(_only_file(corpus))
    return _articles(corpus, "ahd22.json", [entry["content"] for entry in entries])


def read_febrayer(corpus: CorpusEntry) -> list[Article]:
    """Articles of `THE CORPUS/feb.txt`, lines `content: [paragraph, ...]`; most entries are empty."""
    marker = "content:"
    lines = [line for line in _only_file(corpus).split("\n") if line.startswith(marker)]
    return _articles(corpus, "feb.txt", [ast.literal_eval(line.removeprefix(marker).strip()) for line in lines])


def read_yabiladi(corpus: CorpusEntry) -> list[Article]:
    """Articles of `yab.json`, several JSON arrays of {"content": paragraphs} one after another."""
    text = _only_file(corpus).strip()
    decoder = json.JSONDecoder()
    entries: list[dict[str, list[str]]] = []
    position = 0
    while position < len(text):
        array, end = decoder.raw_decode(text, position)
        entries += array
        position = end + len(text[end:]) - len(text[end:].lstrip())
    return _articles(corpus, "yab.json", [entry["content"] for entry in entries])


def read_algerian_press(corpus: CorpusEntry) -> list[Article]:
    """Articles of `scraped_articles.json`, with titles and dates."""
    return [
        Article(
            corpus=corpus.name,
            id=f"source_6#{index}",
            outlet=corpus.outlets[0],
            title=row["title"].strip() or None,
            text=row["text"].strip(),
            date=row["published date"][:10],
        )
        for index, row in enumerate(json.loads(_only_file(corpus))["articles"])
    ]


def _only_file(corpus: CorpusEntry) -> str:
    return b"".join(content for _, content in read_members(corpus)).decode("utf-8")


def _articles(corpus: CorpusEntry, filename: str, entries: list[list[str]]) -> list[Article]:
    """One article an entry, its paragraphs on lines of their own; empty paragraphs are left out."""
    return [
        Article(
            corpus=corpus.name,
            id=f"{filename}#{index}",
            outlet=corpus.outlets[0],
            text="\n".join(filter(None, (paragraph.strip() for paragraph in paragraphs))),
        )
        for index, paragraphs in enumerate(entries)
    ]
