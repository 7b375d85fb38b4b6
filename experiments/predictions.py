"""What a model said of labelled articles, kept beside their labels: ids, labels and probabilities, never a text."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from khabar.datasets.article import Article
from khabar.inference.columns import TagColumns
from khabar.inference.errors import KhabarError
from khabar.inference.tags import Stance
from khabar.training.evaluate import Tagged

FORMAT = "khabar predictions 1"
# Of an article. Its target is left out: it may be a claim of the corpus, which is text.
LABELS = ("corpus", "id", "outlet", "main", "sectors", "tone", "stance")
COLUMNS = ("sector", "sectors", "sector_scores", "tone", "tone_scores", "abstained", "error")
STANCE = ("label", "score", "scores", "abstained", "error")


class PredictionsError(KhabarError):
    """A file of predictions cannot be read."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The tags that a model gave the articles of a source.

    Attributes
    ----------
    digest : str
        SHA-256 of the model's file.
    source : str
        What reports call the articles, such as `annotations/dev` and `out-of-fold`.
    tagged : Tagged
        Its articles have their labels, but neither title nor text nor target; its stances no evidence.
    lengths : list of int
        Of each article's text, in characters.
    """

    digest: str
    source: str
    tagged: Tagged
    lengths: list[int]


def predictions_of(digest: str, source: str, tagged: Tagged) -> Predictions:
    """Give the tags of articles as what is kept of them, see `Predictions`."""
    return Predictions(digest, source, tagged, [len(article.text) for article in tagged.articles])


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write a gzip file of JSON lines: what it is, then a line an article. Equal predictions give equal bytes."""
    tagged, columns = predictions.tagged, predictions.tagged.columns
    header = {
        "format": FORMAT,
        "digest": predictions.digest,
        "source": predictions.source,
        "sectors": columns.sector_labels,
        "tones": columns.tone_labels,
    }
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(orjson.dumps(header) + b"\n")
        for row, article in enumerate(tagged.articles):
            values: dict[str, Any] = {name: getattr(article, name) for name in LABELS}
            values |= {"denied": sorted(article.denied), "length": predictions.lengths[row]}
            values["said"] = {name: getattr(columns, name)[row] for name in COLUMNS}
            if tagged.stances is not None:
                values["said_stance"] = {name: getattr(tagged.stances[row], name) for name in STANCE}
            file.write(orjson.dumps(values) + b"\n")


def read_predictions(path: Path) -> Predictions:
    """Read a file that `write_predictions` wrote.

    Raises
    ------
    PredictionsError
        There is no such file, or it is none of these.
    """
    try:
        with gzip.open(path, "rb") as file:
            header = orjson.loads(file.readline())
            if header["format"] != FORMAT:
                raise ValueError(f"its format is {header['format']!r}")
            rows = [orjson.loads(line) for line in file]
        columns = TagColumns(tuple(header["sectors"]), tuple(header["tones"]))
        for row in rows:
            for name in COLUMNS:
                value = row["said"][name]
                getattr(columns, name).append(tuple(value) if name == "abstained" else value)
        tagged = Tagged(columns, [_article(row) for row in rows], _stances(rows))
        return Predictions(header["digest"], header["source"], tagged, [int(row["length"]) for row in rows])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, IndexError) as error:
        raise PredictionsError(
            f"{path}: found no predictions in the format {FORMAT!r} ({type(error).__name__}: {error}), expected some; "
            "train again with khabar train"
        ) from error


def _article(row: dict[str, Any]) -> Article:
    labels = {name: row[name] for name in LABELS} | {"sectors": tuple(row["sectors"])}
    target = None if row["stance"] is None else ""  # an article with a stance has a target
    return Article(**labels, text="", denied=frozenset(row["denied"]), target=target)


def _stances(rows: Sequence[dict[str, Any]]) -> list[Stance] | None:
    if not rows or "said_stance" not in rows[0]:
        return None
    return [Stance(**row["said_stance"], evidence=()) for row in rows]
