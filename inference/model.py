"""A trained model: everything tagging needs, how it is saved to one file, and how it is loaded again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from khabar.inference import container
from khabar.inference._kernel import Scorer
from khabar.inference.errors import ModelFormatError
from khabar.inference.features import Block
from khabar.inference.heads import Head
from khabar.inference.model_problem import model_problem
from khabar.inference.smoke import ROUNDING_TOLERANCE, SMOKE_TOLERANCE, check_smoke, scored_smoke
from khabar.inference.stance_model import StanceModel
from khabar.inference.text import TextTable

HEADER_FIELDS = ("name", "version", "labels", "data", "metrics", "packages", "smoke", "created", "config")

FloatArray = npt.NDArray[np.float32]
WeightArray = npt.NDArray[np.float32] | npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Model:
    """A linear model over blocks of TF-IDF features, with what was known when it was trained.

    Attributes
    ----------
    name, version : str
    table : TextTable
        The normaliser.
    blocks : tuple of Block
    ids : tuple of ndarray of uint64, one per block, shape (n_features,)
        N-gram ids, in the order of the rows of `weights`.
    idf : tuple of ndarray of float32, one per block, shape (n_features,)
    weights : tuple of ndarray of float32 or float16, one per block, shape (n_features, high - low)
        As stored if read from a file; the scorer makes them float32.
    columns : tuple of (low, high), one per block
        The outputs that the block's weights add to.
    heads : tuple of Head
        `sector`, `sectors` and `tone`; their labels lie side by side in the outputs, in this order.
    bias : ndarray of float32, shape (n_outputs,)
    labels : dict
        Of each sector: its names `ar` and `en` and its IPTC Media Topic, `iptc`.
    data : list of dict
        The corpora trained on: name, digest, licence, articles.
    metrics, packages, config : dict
        Figures on held-out articles, versions of packages, the training config.
    smoke : list of dict
        Articles (`title`, `text`) with the `scores` they must get.
    created : str
        ISO 8601 time.
    stance : StanceModel or None
        What says the stance towards a target; None in a model that was trained without.
    digest : str
        SHA-256 of the file; empty if the model was not read from one.
    format : int
        That of the file; of a model that was not read from one, that in which it is saved.
    """

    name: str
    version: str
    table: TextTable
    blocks: tuple[Block, ...]
    ids: tuple[npt.NDArray[np.uint64], ...]
    idf: tuple[FloatArray, ...]
    weights: tuple[WeightArray, ...]
    columns: tuple[tuple[int, int], ...]
    heads: tuple[Head, ...]
    bias: FloatArray
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    data: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    smoke: list[dict[str, Any]] = field(default_factory=list)
    created: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    stance: StanceModel | None = None
    digest: str = ""
    format: int = container.FORMAT_VERSION

    def __post_init__(self) -> None:
        problem = model_problem(self)
        if problem:
            raise ModelFormatError(f"The model {self.name!r} does not fit together: {problem}. Train it again.")

    def head(self, name: str) -> Head:
        """Give the head of a name."""
        return next(head for head in self.heads if head.name == name)

    def outputs(self, name: str) -> slice:
        """Give the columns of a head in the score matrix."""
        low = 0
        for head in self.heads:
            high = low + len(head.labels)
            if head.name == name:
                return slice(low, high)
            low = high
        raise KeyError(name)

    @cached_property
    def scorer(self) -> Scorer:
        """The compiled scorer, built once."""
        weights: list[Any] = list(self.weights)  # float16 is made float32 as the scorer copies it
        return Scorer(
            self.table,
            list(self.blocks),
            list(self.ids),
            list(self.idf),
            weights,
            list(self.columns),
            self.bias,
        )


def save_model(model: Model, path: str | PathLike[str], weight_dtype: str = "float16") -> Model:
    """Write a model to one safetensors file.

    The smoke articles are scored with the weights as stored, and the file is loaded, all checks included,
    before it is moved into place. Equal models give equal bytes.

    Parameters
    ----------
    model : Model
        Its smoke articles may lack `scores`; scores that are there must agree with the stored weights'.
    path : path
        Replaced if it exists; left as it was if anything fails.
    weight_dtype : {"float16", "float32"}
        How weights are stored.

    Returns
    -------
    Model
        What `load_model` reads back, so that what is evaluated is what was written.

    Raises
    ------
    ModelFormatError
        A weight is not finite or too large for `weight_dtype`.
    SmokeCheckError
        Rounding moves the score of a smoke article by more than `ROUNDING_TOLERANCE`.
    """
    stored = _finite(model.name, model, weight_dtype)
    stance = model.stance and replace(model.stance, weights=tuple(_finite(model.name, model.stance, weight_dtype)))
    rounded = replace(model, weights=tuple(stored), stance=stance)
    advice = f"Store the weights as float32, not {weight_dtype}, or score the smoke articles again."
    check_smoke(rounded, f"The model {model.name!r}", ROUNDING_TOLERANCE, advice)
    tensors: dict[str, npt.NDArray[Any]] = {
        "bias": model.bias,
        "text.stage1": model.table.stage1,
        "text.stage2": model.table.stage2,
        "text.expansions": model.table.expansions,
    }
    for b, weights in enumerate(stored):
        tensors |= {
            f"block{b}.ids": model.ids[b],
            f"block{b}.idf": model.idf[b],
            f"block{b}.weights": weights,
        }
    header = {name: getattr(model, name) for name in HEADER_FIELDS}
    header |= {
        "heads": [head.to_dict() for head in model.heads],
        "blocks": [block.to_dict() for block in model.blocks],
        "columns": [list(span) for span in model.columns],
        "smoke": scored_smoke(rounded),
    }
    if stance is not None:
        tensors |= stance.tensors()
        header["stance"] = stance.header() | {"smoke": scored_smoke(stance)}
    return container.write(Path(path), header, tensors, check=load_model)


def load_model(path: str | PathLike[str]) -> Model:
    """Read a model, check the digest of its file and score its smoke articles.

    Raises
    ------
    ModelError
        A subclass for each reason a file is refused, see `khabar.inference.errors`.
    """
    file = container.read(Path(path))
    header, tensors = file.header, file.tensors
    try:
        blocks = tuple(Block.from_dict(block) for block in header["blocks"])
        model = Model(
            **{name: header[name] for name in HEADER_FIELDS},
            table=TextTable(tensors["text.stage1"], tensors["text.stage2"], tensors["text.expansions"]),
            blocks=blocks,
            ids=tuple(tensors[f"block{b}.ids"] for b in range(len(blocks))),
            idf=tuple(tensors[f"block{b}.idf"] for b in range(len(blocks))),
            weights=tuple(tensors[f"block{b}.weights"] for b in range(len(blocks))),
            columns=tuple((int(low), int(high)) for low, high in header["columns"]),
            heads=tuple(Head.from_dict(head) for head in header["heads"]),
            bias=tensors["bias"],
            digest=file.digest,
            format=header["format"],
        )
        if "stance" in header:
            model = replace(model, stance=StanceModel.from_file(header["stance"], tensors, model.table))
        advice = (
            "This khabar does not compute what the model was trained for: install the version it was trained "
            f"with ({model.packages.get('khabar', 'unknown')}), or train it again."
        )
        check_smoke(model, str(path), SMOKE_TOLERANCE, advice)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFormatError(
            f"{path} is a khabar model with a field that is missing or not as expected ({error!r}). "
            + container.GET_AGAIN
        ) from error
    return model


def _finite(name: str, part: Model | StanceModel, weight_dtype: str) -> list[npt.NDArray[Any]]:
    """Round the weights for storage; refuse what storage cannot hold."""
    with np.errstate(over="ignore"):
        stored = [w.astype(np.dtype(weight_dtype)) for w in part.weights]
    for what, arrays in (("weight", stored), ("idf", part.idf), ("bias", [part.bias])):
        if not all(np.isfinite(array).all() for array in arrays):
            raise ModelFormatError(
                f"The model {name!r} has a {what} that is not a finite number of {weight_dtype}. "
                "Check the training data, or store the weights as float32."
            )
    return stored
