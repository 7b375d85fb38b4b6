"""Whether the parts of a model fit together: shapes, columns, heads, indices of the code-point table."""

from typing import TYPE_CHECKING

import numpy as np

from khabar.inference.text import CODE_POINT, CODE_POINTS, EXPANDS, PAGE, TextTable

if TYPE_CHECKING:
    from khabar.inference.model import Model

HEADS = ("sector", "sectors", "tone")


def model_problem(model: "Model") -> str | None:
    """Say what does not fit in a model, or None if all is well."""
    return _blocks_problem(model) or _heads_problem(model) or _table_problem(model.table)


def _blocks_problem(model: "Model") -> str | None:
    n_blocks = len(model.blocks)
    if not n_blocks or {len(model.ids), len(model.idf), len(model.weights), len(model.columns)} != {n_blocks}:
        return (
            f"{n_blocks} blocks, but {len(model.ids)} arrays of ids, {len(model.idf)} of idf, "
            f"{len(model.weights)} of weights and {len(model.columns)} spans of columns"
        )
    if len({block.name for block in model.blocks}) != n_blocks:
        return "two blocks have the same name"
    for block, ids, idf, weights, (low, high) in zip(
        model.blocks, model.ids, model.idf, model.weights, model.columns, strict=True
    ):
        n = len(ids)
        expected = f"expected {n} rows and the columns {low} to {high} of {len(model.bias)}"
        if not 0 <= low < high <= len(model.bias):
            return f"block {block.name!r} has impossible columns; {expected}"
        if ids.shape != (n,) or idf.shape != (n,) or weights.shape != (n, high - low):
            return f"block {block.name!r} has idf {idf.shape} and weights {weights.shape}; {expected}"
        dtypes = [ids.dtype.name, idf.dtype.name, weights.dtype.name]
        if dtypes not in (["uint64", "float32", "float16"], ["uint64", "float32", "float32"]):
            return f"block {block.name!r} has ids {ids.dtype}, idf {idf.dtype}, weights {weights.dtype}"
    return None


def _heads_problem(model: "Model") -> str | None:
    names = tuple(head.name for head in model.heads)
    if names[:3] != HEADS or len(set(names)) != len(names):
        return f"its heads are {list(names)}; expected {list(HEADS)}"
    if model.head("sector").labels != model.head("sectors").labels:
        return "the heads 'sector' and 'sectors' have different labels"
    if [head.kind for head in model.heads[:3]] != ["softmax", "sigmoid", "softmax"]:
        return "the heads must be of kind softmax, sigmoid, softmax"
    n_outputs = sum(len(head.labels) for head in model.heads)
    if model.bias.shape != (n_outputs,) or model.bias.dtype != np.float32:
        return f"its heads have {n_outputs} labels, its bias is {model.bias.dtype} of shape {model.bias.shape}"
    spans = {block.name: span for block, span in zip(model.blocks, model.columns, strict=True)}
    for head in model.heads:
        outputs = model.outputs(head.name)
        for name in head.blocks:
            if name not in spans:
                return f"the head {head.name!r} is over a block {name!r} that is not there"
            if not (spans[name][0] <= outputs.start and outputs.stop <= spans[name][1]):
                return f"the block {name!r} does not reach all columns of the head {head.name!r}"
    return None


def _table_problem(table: TextTable) -> str | None:
    """Check every index in the table: compiled code follows them without looking."""
    stage1, stage2, expansions = table.stage1, table.stage2, table.expansions
    if stage1.shape != (CODE_POINTS // PAGE,) or stage1.dtype != np.uint16:
        return "stage 1 of the code-point table has another shape"
    if stage2.ndim != 1 or stage2.dtype != np.uint32 or (int(stage1.max()) + 1) * PAGE > len(stage2):
        return "stage 2 of the code-point table is too short"
    if expansions.ndim != 1 or expansions.dtype != np.uint32:
        return "the expansions of the code-point table are not a list"
    at = (stage2[stage2 & EXPANDS != 0] & CODE_POINT).astype(np.int64)
    if at.size and (at.max() >= len(expansions) or (at + expansions[at]).max() >= len(expansions)):
        return "the code-point table points outside its expansions"
    return None
