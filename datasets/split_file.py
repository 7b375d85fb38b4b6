"""What a split is, and how it is kept: ids by part, never texts, with a digest that tells whether any changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from khabar.datasets.article import Article
from khabar.inference.destination import open_output
from khabar.inference.errors import InputError
from khabar.inference.formats import Location

_FORMAT = "khabar split 1"

Key = tuple[str, str]
"""An article's name: its corpus and its id there."""


@dataclass(frozen=True)
class Part:
    """One way to divide the articles: trained on, tested on; what is in neither is left out.

    Attributes
    ----------
    name : str
        Of what is tested on: a fold, an outlet, a day from which on, or `test`.
    train, test : tuple of (str, str)
        Corpus and id of each article, sorted.
    """

    name: str
    train: tuple[Key, ...]
    test: tuple[Key, ...]


@dataclass(frozen=True)
class Split:
    """One or more parts, made in one way.

    Attributes
    ----------
    kind : str
        stratified, group, outlet, date or official.
    seed : int or None
        None where nothing is random.
    parts : tuple of Part
    """

    kind: str
    seed: int | None
    parts: tuple[Part, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the kind, the seed, and the names and sorted ids of the parts."""
        digest = hashlib.sha256(json.dumps([self.kind, self.seed]).encode("ascii"))
        for part in self.parts:
            digest.update(json.dumps([part.name, sorted(part.train), sorted(part.test)]).encode("ascii"))
        return digest.hexdigest()


def names_of(articles: Sequence[Article]) -> list[Key]:
    """Corpus and id of each article.

    Raises
    ------
    InputError
        An article stands twice.
    """
    names = [(article.corpus, article.id) for article in articles]
    if len(set(names)) < len(names):
        (corpus, identifier), times = Counter(names).most_common(1)[0]
        raise InputError(
            f"found the article {identifier!r} of {corpus} {times} times, expected it once: it could stand on both "
            "sides of a split; drop or merge what stands twice"
        )
    return names


def positions(articles: Sequence[Article], part: Part) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the articles of a part stand: positions of those trained on and of those tested on, ascending.

    Raises
    ------
    InputError
        An article of the part is not among them, or one of them stands twice.
    """
    at = {name: position for position, name in enumerate(names_of(articles))}
    missing = [key for key in (*part.train, *part.test) if key not in at]
    if missing:
        corpus, identifier = missing[0]
        raise InputError(
            f"part {part.name}: found no article for {len(missing)} of its ids, expected one for each; the first is "
            f"{identifier!r} of {corpus}: read the corpora that the split was made of"
        )
    train, test = (np.array(sorted(at[key] for key in keys), dtype=np.intp) for keys in (part.train, part.test))
    return train, test


def save(split: Split, path: str | Path) -> None:
    """Write a split as JSON: the ids of all its articles, and of each part those tested on and those left out.

    What is in neither is trained on, so that ten folds take little more room than one.

    Raises
    ------
    InputError
        The folder is missing.
    """
    everything = {key for part in split.parts for key in (*part.train, *part.test)}
    content = {
        "format": _FORMAT,
        "kind": split.kind,
        "seed": split.seed,
        "digest": split.digest,
        "articles": _by_corpus(everything),
        "parts": [
            {
                "name": part.name,
                "test": _by_corpus(part.test),
                "left_out": _by_corpus(everything.difference(part.train, part.test)),
            }
            for part in split.parts
        ],
    }
    with open_output(Location(Path(path), "json")) as file:
        file.write(json.dumps(content, indent=1).encode("ascii") + b"\n")


def load(path: str | Path) -> Split:
    """Read a split that `save` wrote.

    Raises
    ------
    InputError
        There is no such file, it is not a split, or its ids are not those it was written with.
    """
    try:
        content = json.loads(Path(path).read_bytes())
        if content["format"] != _FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        split = _parse(content)
        digest = content["digest"]
    except OSError as error:
        raise InputError(
            f"{path}: found no such file ({error.strerror}), expected a split; make one with khabar data split"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: found no split in the format {_FORMAT!r} ({type(error).__name__}: {error}), expected one; "
            "make it again with khabar data split"
        ) from error
    if split.digest != digest:
        raise InputError(
            f"{path}: its ids have the digest {split.digest}, expected {digest}: the file was altered; "
            "make the split again with khabar data split"
        )
    return split


def _parse(content: dict[str, Any]) -> Split:
    everything = set(_keys(content["articles"]))
    parts = []
    for part in content["parts"]:
        test = _keys(part["test"])
        train = everything.difference(test, _keys(part["left_out"]))
        parts.append(Part(part["name"], tuple(sorted(train)), tuple(sorted(test))))
    return Split(content["kind"], content["seed"], tuple(parts))


def _by_corpus(keys: Iterable[Key]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for corpus, identifier in sorted(keys):
        ids.setdefault(corpus, []).append(identifier)
    return ids


def _keys(ids: dict[str, list[str]]) -> list[Key]:
    return [(corpus, identifier) for corpus in ids for identifier in ids[corpus]]
