"""What a training job is told: the keys of its YAML file, what each may hold, and how they hang together."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import ConfigError
from khabar.inference.features import MAX_TITLE_WEIGHT, Kind
from khabar.inference.readings import READINGS
from khabar.training.config_data import Data, Section, Source, checked_name
from khabar.training.config_file import read_yaml
from khabar.training.config_problem import listed, nearest, reworded
from khabar.training.release import release_problems
from khabar.training.spaces import SpaceName

__all__ = ["BlockConfig", "Data", "Heads", "Source", "StanceConfig", "TrainConfig", "load_config", "parse_config"]

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
        One probability for all sectors, or one for each, by the highest out-of-fold micro-F1; or the score, log
        odds before calibration, that every sector has to reach.
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


class StanceHead(Section):
    """The head `stance`: the article's stance towards its target, see `ToneHead`."""

    loss: Literal["logistic", "squared_hinge"] = "squared_hinge"
    C: Positive = 1.0
    class_weight: Literal["balanced", "sqrt_balanced"] | None = None
    abstain_precision: Share = 0.0


class StanceConfig(Section):
    """What says stances: trained on the articles of `data.train` that have a stance and name its target."""

    blocks: dict[str, StanceBlock] = Field(min_length=1)
    head: StanceHead = StanceHead()


class TrainConfig(Section):
    """A training job.

    Attributes
    ----------
    name : str
        Of letters, digits, dash, underscore and dot.
    release : bool
        Whether the model is to ship with khabar: then every corpus it is trained on has to permit that, and own data
        has to state its licence.
    sectors : tuple of str
        The sectors the model knows; by default, all.
    folds, fold_by :
        Out-of-fold scores, which calibration and thresholds are fitted on: how many folds, and whether an outlet
        or a group of near-duplicates stays in one fold.
    stance : StanceConfig, optional
        Without it, the model says no stance.
    smoke : int
        How many articles of the shipped sample are saved with their scores.
    """

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    release: bool = False
    seed: int = Field(default=0, ge=0, lt=2**32)
    sectors: tuple[str, ...] = SECTOR_IDS
    folds: int = Field(default=5, ge=2)
    fold_by: Literal["outlet", "group", "none"] = "group"
    data: Data
    blocks: dict[str, BlockConfig] = Field(min_length=1)
    heads: Heads
    stance: StanceConfig | None = None
    smoke: int = Field(default=3, ge=0, le=20)

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        return checked_name(value)

    @field_validator("sectors")
    @classmethod
    def _are_sectors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in SECTOR_IDS:
                raise ValueError(f"found {name!r}, expected some of {listed(SECTOR_IDS)}{nearest(name, SECTOR_IDS)}")
        if len(set(value)) < 2:
            raise ValueError(f"found {len(set(value))} sectors, expected two or more")
        return tuple(name for name in SECTOR_IDS if name in value)

    @model_validator(mode="after")
    def _blocks_are_there_and_used(self) -> Self:
        used = set()
        for name, head in self.heads.items():
            for block in head.blocks:
                if block not in self.blocks:
                    hint = nearest(block, self.blocks)
                    raise ValueError(f"heads.{name}.blocks: found {block!r}, expected {listed(self.blocks)}{hint}")
            for block, space in ((block, space) for block, spaces in head.spaces.items() for space in spaces):
                if problem := self._space_problem(head, block, space):
                    raise ValueError(f"heads.{name}.spaces.{problem}")
            used |= set(head.blocks)
        for block in self.blocks:
            if block not in used:
                raise ValueError(f"blocks.{block}: found no head over this block, expected one; remove it or use it")
        sector, sectors = self.heads.sector, self.heads.sectors
        for key, share, one, other in (
            ("sector.sectors_share", sector.sectors_share, sector, sectors),
            ("sectors.sector_share", sectors.sector_share, sectors, sector),
        ):
            if share and (missing := set(other.blocks) - set(one.blocks)):
                at = f"heads.{key.partition('.')[0]}.blocks"
                raise ValueError(f"heads.{key}: expected {at} to name {listed(missing)} too")
        return self

    def _space_problem(self, head: SectorsHead | SectorHead | ToneHead, block: str, space: SpaceName) -> str | None:
        if block not in head.blocks:
            return f"{block}: found a block that the head is not over, expected one of {listed(head.blocks)}"
        if space == "lexicon" and self.blocks[block].kind not in ("word", "stem"):
            return f"{block}.lexicon: found a block of kind {self.blocks[block].kind}, expected word or stem"
        if space == "lexicon" and self.blocks[block].ngrams != (1, 1):
            return f"{block}.lexicon: found ngrams of several words, expected [1, 1]"
        if space != "lexicon" and not self.blocks[block].unlabelled:
            return f"{block}.{space}: found a block of trained words alone, expected blocks.{block}.unlabelled: true"
        if space == "sections" and not self.data.unlabelled:
            return f"{block}.sections: found no data.unlabelled, expected corpora with sections of their publishers"
        return None

    @model_validator(mode="after")
    def _may_ship(self) -> Self:
        sources = {"data.train": self.data.train, "data.unlabelled": self.data.unlabelled}
        if self.release and (problems := release_problems(sources)):
            raise ValueError("\n".join(problems))
        return self

    def to_dict(self) -> dict[str, Any]:
        """Give the config with all its defaults, as JSON values."""
        return self.model_dump(mode="json")


def parse_config(values: object, where: str) -> TrainConfig:
    """Check values read from `where`.

    Raises
    ------
    ConfigError
        Names every key that is wrong, what was found and what was expected.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(reworded(error, TrainConfig, where)) from error


def load_config(path: Path) -> TrainConfig:
    """Read a YAML file.

    Raises
    ------
    ConfigError
        There is no such file, it is no YAML, or a key is wrong.
    """
    return parse_config(read_yaml(path, "a training config"), str(path))
