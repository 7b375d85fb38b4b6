"""What a config says of blocks of features, and of the heads over them: the sections of `TrainConfig` for each."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from khabar.inference.features import MAX_TITLE_WEIGHT, Kind
from khabar.inference.readings import READINGS
from khabar.training.config_data import Section
from khabar.training.config_problem import listed, nearest
from khabar.training.spaces import SpaceName

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
# A list of block names stands for those blocks at their own scales.
BlockScales = Annotated[
    dict[str, Positive | None],
    BeforeValidator(lambda value: dict.fromkeys(value) if isinstance(value, list) else value),
    Field(min_length=1),
]


DIMENSIONS = 400


class BlockConfig(Section):
    """A block of features, see `khabar.inference.features.Block` and `KhabarVectorizer`.

    Attributes
    ----------
    unlabelled : bool
        Whether vocabulary and document frequencies are those of the unlabelled articles too, not of those trained on
        alone: then words count that no labelled article has, see `khabar.training.spaces`.
    dimensions : int
        Of the block's latent space.
    """

    kind: Kind
    ngrams: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)
    min_df: int = Field(default=1, ge=1)
    max_df: float = Field(default=1.0, gt=0, le=1)
    max_features: int | None = Field(default=None, ge=1)
    title_weight: int = Field(default=1, ge=0, le=MAX_TITLE_WEIGHT)
    max_chars: int = Field(default=0, ge=0)
    sublinear: bool = True
    scale: Positive = 1.0
    unlabelled: bool = False
    dimensions: int = Field(default=DIMENSIONS, ge=1)

    @field_validator("ngrams")
    @classmethod
    def _is_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise ValueError(f"found {list(value)}, expected the shorter length first")
        return value


class _Head(Section):
    """What all heads are told.

    Attributes
    ----------
    blocks : dict of str to float
        The blocks the head is linear over, each with its scale; None is the block's own.
    loss : {"logistic", "squared_hinge"}
    C : float
        Weight of the loss against the L2 norm of the weights.
    class_weight : {"balanced", "sqrt_balanced"}, optional
        Weights articles by how rare their label is, or by the square root of that.
    sure : dict of int to float
        Weights articles by how sure their annotator was (0, 1 or 2); what is not given counts 1.
    rarity : float
        Articles weigh by the number of articles of their main sector, or of their tone, to the minus this.
    spaces : dict of str to dict of str to float
        By block, the spaces `latent`, `sections` and `lexicon` that the head is fitted on too, each with the scale of
        places in it, see `khabar.training.spaces`.
    """

    blocks: BlockScales
    loss: Literal["logistic", "squared_hinge"] = "logistic"
    C: Positive = 1.0
    class_weight: Literal["balanced", "sqrt_balanced"] | None = None
    sure: dict[Annotated[int, Field(ge=0, le=2)], Positive] = {}
    rarity: float = Field(default=0.0, ge=0, le=1)
    spaces: dict[str, dict[SpaceName, Positive]] = {}


class ToneHead(_Head):
    """The head `tone`: one of three. It abstains where articles as sure are right less often than stated."""

    kind: Literal["softmax"] = "softmax"
    abstain_precision: Share = 0.0


class SectorHead(ToneHead):
    """The head `sector`: the main sector.

    Attributes
    ----------
    secondary : float
        The share of an article's weight that its further sectors take from its main one, in training.
    sectors_share : float
        The scores are those of this head's own fit, mixed with this share of the head `sectors`' scores; 1 takes
        those alone, and nothing else is fitted.
    """

    secondary: float = Field(default=0.0, ge=0, lt=1)
    sectors_share: Share = 0.0


class SectorsHead(_Head):
    """The head `sectors`: which sectors apply.

    Attributes
    ----------
    thresholds : {"global", "per_label"} or float
        One probability for all sectors, or one for each, by the highest out-of-fold micro-F1; or the head's score
        before calibration that every sector has to reach.
    sector_share : float
        The scores are those of this head's own fit, mixed with this share of the scores that the head `sector` has of
        its own.
    """

    kind: Literal["sigmoid"] = "sigmoid"
    thresholds: Literal["global", "per_label"] | float = "global"
    sector_share: float = Field(default=0.0, ge=0, lt=1)

    @field_validator("thresholds", mode="before")
    @classmethod
    def _is_a_rule(cls, value: object) -> object:
        # Said here in one sentence; of a union, pydantic says it once for each member.
        number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if not number and value not in ("global", "per_label"):
            raise ValueError(f"found {value!r}, expected global, per_label or a score")
        return value


class Heads(Section):
    """The heads, in the order of the model's outputs."""

    sector: SectorHead
    sectors: SectorsHead
    tone: ToneHead

    def items(self) -> Iterator[tuple[str, SectorHead | SectorsHead | ToneHead]]:
        """Give the heads with their names."""
        yield from (("sector", self.sector), ("sectors", self.sectors), ("tone", self.tone))


class StanceBlock(BlockConfig):
    """A block of features, and what it reads of an article and a target, see `khabar.inference.readings`."""

    reads: str

    @field_validator("reads")
    @classmethod
    def _is_a_reading(cls, value: str) -> str:
        if value not in READINGS:
            raise ValueError(f"found {value!r}, expected one of {listed(READINGS)}{nearest(value, READINGS)}")
        return value

    @field_validator("unlabelled")
    @classmethod
    def _is_of_stances(cls, value: bool) -> bool:
        if value:
            raise ValueError("found true, expected false: what has no stance is not read for stances")
        return value

    @field_validator("dimensions")
    @classmethod
    def _has_no_space(cls, value: int) -> int:
        if value != DIMENSIONS:  # which a config with its defaults, as in a model's header, has
            raise ValueError(f"found {value}, expected no such key: these blocks have no latent space")
        return value


class FitConfig(Section):
    """How the scores of stances, and of the systems of protocols, are fitted, see `_Head`."""

    loss: Literal["logistic", "squared_hinge"] = "squared_hinge"
    C: Positive = 1.0
    class_weight: Literal["balanced", "sqrt_balanced"] | None = None


class StanceHead(FitConfig):
    """The head `stance`: the article's stance towards its target, see `ToneHead`."""

    abstain_precision: Share = 0.0


class StanceConfig(Section):
    """What says stances: trained on the articles of `data.train` that have a stance and name its target."""

    blocks: dict[str, StanceBlock] = Field(min_length=1)
    head: StanceHead = StanceHead()
