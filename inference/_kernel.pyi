from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from khabar.inference.features import Block
from khabar.inference.text import TextTable

class Counts:
    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    data: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.uint64]
    n_tokens: int
    def __init__(
        self,
        table: TextTable,
        block: Block,
        texts: list[str],
        titles: list[str | None] | None = None,
        min_count: int = 1,
    ) -> None: ...
    def rows(
        self, columns: npt.NDArray[np.int32], idf: npt.NDArray[np.float64], sublinear: bool
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]: ...
    def spell(self, features: npt.ArrayLike) -> tuple[list[str], npt.NDArray[np.int32]]: ...

class Scorer:
    n_outputs: int
    def __init__(
        self,
        table: TextTable,
        blocks: Sequence[Block],
        ids: Sequence[npt.NDArray[np.uint64]],
        idf: Sequence[npt.NDArray[np.float32]],
        weights: Sequence[npt.NDArray[np.float32] | npt.NDArray[np.float16]],
        columns: Sequence[tuple[int, int]],
        bias: npt.NDArray[np.float32],
    ) -> None: ...
    def score(
        self, texts: list[str], titles: list[str | None] | None = None, threads: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]: ...
    def transform(
        self, block: int, texts: list[str], titles: list[str | None] | None = None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]: ...
    def lookup(self, block: int, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]: ...

def ngram_ids(
    kind: Literal["word", "char_wb", "stem", "stem_prefix"], names: Sequence[str]
) -> npt.NDArray[np.uint64]: ...
