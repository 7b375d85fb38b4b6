"""The articles that ship with the package, written for khabar: tests and the demo need no download."""

import json
from importlib.resources import files
from typing import Any, Literal

from khabar.datasets.article import Article, others
from khabar.inference.errors import InputError

CORPUS = "khabar-sample"

Split = Literal["train", "test", "demo"]

_FILES: dict[Split, str] = {"train": "articles.jsonl", "test": "articles.jsonl", "demo": "unlabelled.jsonl"}


def load(split: Split) -> list[Article]:
    """The sample's articles of a split: `train` and `test` have all labels, `demo` has none.

    The outlet of a labelled article is its register: morocco, gulf, egypt or panarab press Arabic.

    Raises
    ------
    InputError
        If there is no such split.
    """
    if split not in _FILES:
        raise InputError(f"the sample has no split {split!r}, expected one of {', '.join(_FILES)}")
    text = files(__package__).joinpath("sample_articles", _FILES[split]).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    if split == "demo":
        return [
            Article(corpus=CORPUS, id=row["id"], outlet="demo", title=row["title"], text=row["text"]) for row in rows
        ]
    return [_labelled(row) for row in rows if row["split"] == split]


def _labelled(row: dict[str, Any]) -> Article:
    return Article(
        corpus=CORPUS,
        id=row["id"],
        outlet=row["register"],
        title=row["title"],
        text=row["text"],
        sectors=tuple(row["sectors"]),
        main=row["sectors"][0],
        denied=others(*row["sectors"]),
        tone=row["tone"],
        target=row["target"],
        stance=row["stance"],
    )
