"""The part of a model that says stances: blocks of features over readings of an article, and how a file holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from khabar.inference._kernel import Scorer
from khabar.inference.errors import ModelFormatError
from khabar.inference.features import Block
from khabar.inference.heads import Head
from khabar.inference.readings import OWN_WORDS, READINGS, reading
from khabar.inference.targets import Mention, find_mentions
from khabar.inference.text import TextTable

FloatArray = npt.NDArray[np.float32]
WeightArray = npt.NDArray[np.float32] | npt.NDArray[np.float16]
TENSORS = "stance."


@dataclass(frozen=True, slots=True)
class Subject:
    """An article and a target that it names.

    Attributes
    ----------
    title : str or None
    text, target : str
    mentions : tuple of Mention
        Where the target is named, see `khabar.inference.targets.find_mentions`.
    """

    title: str | None
    text: str
    target: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, eq=False)
class StanceModel:
    """A linear model of the stance of an article towards a target.

    Its score of a label is a bias and the sum over its blocks, each of which reads another document made of the
    article and the target.

    Attributes
    ----------
    table : TextTable
        The normaliser, that of the whole model.
    blocks : tuple of Block
    reads : tuple of str, one per block
        The reading, of `khabar.inference.readings`, that the block's features are of.
    ids : tuple of ndarray of uint64, one per block, shape (n_features,)
    idf : tuple of ndarray of float32, one per block, shape (n_features,)
    weights : tuple of ndarray of float32 or float16, one per block, shape (n_features, n_labels)
    head : Head
        A softmax over `against`, `neutral`, `favor`.
    bias : ndarray of float32, shape (n_labels,)
    smoke : list of dict
        Articles (`title`, `text`) and a `target` with the `scores` they must get.
    """

    table: TextTable
    blocks: tuple[Block, ...]
    reads: tuple[str, ...]
    ids: tuple[npt.NDArray[np.uint64], ...]
    idf: tuple[FloatArray, ...]
    weights: tuple[WeightArray, ...]
    head: Head
    bias: FloatArray
    smoke: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ModelFormatError(f"The stance part of the model does not fit together: {problem}. Train it again.")

    def _problem(self) -> str | None:
        n_blocks, n_labels = len(self.blocks), len(self.head.labels)
        counts = {len(self.reads), len(self.ids), len(self.idf), len(self.weights)}
        if not n_blocks or counts != {n_blocks}:
            return f"{n_blocks} blocks, but {sorted(counts)} readings or arrays"
        if self.head.kind != "softmax":
            return f"its head is of kind {self.head.kind!r}, expected 'softmax'"
        if self.bias.shape != (n_labels,) or self.bias.dtype != np.float32:
            return f"its head has {n_labels} labels, its bias is {self.bias.dtype} of shape {self.bias.shape}"
        for block, reads, ids, idf, weights in zip(
            self.blocks, self.reads, self.ids, self.idf, self.weights, strict=True
        ):
            n = len(ids)
            if reads not in READINGS:
                return f"block {block.name!r} reads {reads!r}, expected one of {', '.join(READINGS)}"
            if ids.shape != (n,) or idf.shape != (n,) or weights.shape != (n, n_labels):
                return f"block {block.name!r} has idf {idf.shape} and weights {weights.shape}, expected {n} rows"
            dtypes = [ids.dtype.name, idf.dtype.name, weights.dtype.name]
            if dtypes not in (["uint64", "float32", "float16"], ["uint64", "float32", "float32"]):
                return f"block {block.name!r} has ids {ids.dtype}, idf {idf.dtype}, weights {weights.dtype}"
        return None

    @cached_property
    def _scorers(self) -> dict[str, Scorer]:
        """One scorer for each distinct reading, over the blocks that read it; built once."""
        k = len(self.bias)
        scorers = {}
        for name in dict.fromkeys(self.reads):
            at = [b for b, reads in enumerate(self.reads) if reads == name]
            weights: list[Any] = [self.weights[b] for b in at]
            scorers[name] = Scorer(
                self.table,
                [self.blocks[b] for b in at],
                [self.ids[b] for b in at],
                [self.idf[b] for b in at],
                weights,
                [(0, k)] * len(at),
                np.zeros(k, dtype=np.float32),
            )
        return scorers

    def with_head(self, head: Head) -> Self:
        """Give the same model with another head; what is compiled of its weights is shared."""
        changed = replace(self, head=head)
        vars(changed)["_scorers"] = self._scorers
        return changed

    def score(self, subjects: Sequence[Subject], threads: int = 1) -> tuple[FloatArray, npt.NDArray[np.int32]]:
        """Score every label.

        Returns
        -------
        scores : ndarray of float32, shape (n, n_labels)
        known : ndarray of int32, shape (n,)
            Number of known n-grams of the article's own words: over the readings of these, or over all readings of a
            model that has none of them.
        """
        scores = np.tile(self.bias, (len(subjects), 1))
        known = np.zeros(len(subjects), dtype=np.int32)
        counted = set(OWN_WORDS).intersection(self.reads) or set(self.reads)
        for name, scorer in self._scorers.items():
            titles, texts = read(name, subjects)
            added, found = scorer.score(texts, titles, threads)
            scores += added
            if name in counted:
                known += found
        return scores, known

    def header(self) -> dict[str, Any]:
        """Give what a file's header says, without the smoke articles."""
        blocks = [block.to_dict() | {"reads": reads} for block, reads in zip(self.blocks, self.reads, strict=True)]
        return {"head": self.head.to_dict(), "blocks": blocks}

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Give the arrays by their names in a file."""
        arrays: dict[str, npt.NDArray[Any]] = {f"{TENSORS}bias": self.bias}
        for b, (ids, idf, weights) in enumerate(zip(self.ids, self.idf, self.weights, strict=True)):
            arrays |= {
                f"{TENSORS}block{b}.ids": ids,
                f"{TENSORS}block{b}.idf": idf,
                f"{TENSORS}block{b}.weights": weights,
            }
        return arrays

    @classmethod
    def from_file(
        cls, header: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]], table: TextTable
    ) -> "StanceModel":
        """Read what `header` and `tensors` gave; `KeyError`, `TypeError` or `ValueError` where something is missing."""
        described = [dict(block) for block in header["blocks"]]
        reads = tuple(block.pop("reads") for block in described)
        names = [f"{TENSORS}block{b}" for b in range(len(described))]
        return cls(
            table=table,
            blocks=tuple(Block.from_dict(block) for block in described),
            reads=reads,
            ids=tuple(tensors[f"{name}.ids"] for name in names),
            idf=tuple(tensors[f"{name}.idf"] for name in names),
            weights=tuple(tensors[f"{name}.weights"] for name in names),
            head=Head.from_dict(header["head"]),
            bias=tensors[f"{TENSORS}bias"],
            smoke=header["smoke"],
        )


def subject_of(table: TextTable, title: str | None, text: str, target: str, synonyms: Sequence[str] = ()) -> Subject:
    """Look for a target in an article."""
    return Subject(title, text, target, tuple(find_mentions(table, title, text, target, synonyms)))


def read(name: str, subjects: Sequence[Subject]) -> tuple[list[str | None], list[str]]:
    """Give the titles and texts that a reading makes of articles."""
    titles: list[str | None] = []
    texts: list[str] = []
    for subject in subjects:
        document = reading(name, subject.title, subject.text, subject.target, subject.mentions)
        title, text = (None, document) if isinstance(document, str) else document
        titles.append(title)
        texts.append(text)
    return titles, texts
