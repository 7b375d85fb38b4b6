"""How the annotated articles are put together: our labels from `annotations/`, the texts from the corpora.

The label files hold ids and labels, never text.  `train` has one reading an article; `dev` has two, and what
only one of the two readers said stays unknown.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from khabar.datasets.archive import find_archive
from khabar.datasets.article import Article, others
from khabar.datasets.catalog import entry
from khabar.datasets.corpora import read
from khabar.inference.errors import CorpusError

Part = Literal["train", "dev"]
Row = Mapping[str, Any]

PARTS: tuple[Part, ...] = ("train", "dev")


def load(part: Part) -> list[Article]:
    """The annotated articles of a part, in the order of its label file, joined with their texts.

    Reads whole corpora (about ten seconds for a first call); only the annotated articles stay in memory.

    Raises
    ------
    CorpusError
        If a corpus cannot be read, or an annotated article is not in it.
    """
    rows = label_rows(part)
    texts = {name: _annotated_texts(name, find_archive(entry(name))) for name in _corpora(rows)}
    return join(rows, {key: article for articles in texts.values() for key, article in articles.items()})


def label_rows(part: Part) -> list[dict[str, Any]]:
    """The rows of a label file."""
    if part not in PARTS:
        raise CorpusError(f"found no annotated part {part!r}, expected one of {', '.join(PARTS)}")
    text = files(__package__).joinpath("annotations", f"{part}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def join(rows: list[dict[str, Any]], texts: Mapping[tuple[str, str], Article]) -> list[Article]:
    """Articles with the labels of `rows` and the texts of `texts`, which is keyed by corpus and id.

    Raises
    ------
    CorpusError
        If a row's article is not among the texts.
    """
    keys = [(row["corpus"], row["id"]) for row in rows]
    missing = [key for key in keys if key not in texts]
    if missing:
        corpus, identifier = missing[0]
        raise CorpusError(
            f"found no text for {len(missing)} of {len(rows)} annotated articles, expected all; the first is "
            f"{identifier!r} of {corpus}: fetch that corpus again"
        )
    return [_labelled(texts[key], row) for key, row in zip(keys, rows, strict=True)]


def _labelled(article: Article, row: Row) -> Article:
    sectors = tuple(row["sectors"])
    sure = row.get("sure", {})
    return replace(
        article,
        sectors=sectors,
        # Two readers who differ have no main sector between them: `primary` is null then.
        main=row.get("primary", sectors[0] if sectors else None) if sectors else None,
        denied=others(*sectors, *row.get("maybe", ())),
        tone=row["tone"],
        target=row["target"],
        stance=row["stance"],
        sector_sure=sure.get("sectors"),
        tone_sure=sure.get("tone"),
    )


def _corpora(rows: list[dict[str, Any]]) -> list[str]:
    return sorted({row["corpus"] for row in rows})


@cache
def _annotated_texts(name: str, _archive: Path) -> dict[tuple[str, str], Article]:
    """The articles of a corpus that any part annotates; kept, so that the parts read each corpus once."""
    wanted = {row["id"] for part in PARTS for row in label_rows(part) if row["corpus"] == name}
    return {(name, article.id): article for article in read(name) if article.id in wanted}
