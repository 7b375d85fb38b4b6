"""What a training job is told: the keys of its YAML file, what each may hold, and how they hang together."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from khabar.datasets.sectors import SECTOR_IDS
from khabar.inference.errors import ConfigError
from khabar.training.config_data import Data, Section, checked_name
from khabar.training.config_file import read_yaml
from khabar.training.config_heads import BlockConfig, Heads, SectorHead, SectorsHead, StanceConfig, ToneHead
from khabar.training.config_problem import listed, nearest, reworded
from khabar.training.release import release_problems
from khabar.training.spaces import SpaceName


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

    @field_validator("blocks")
    @classmethod
    def _blocks_are_plain(cls, value: dict[str, BlockConfig]) -> dict[str, BlockConfig]:
        for name in value:
            checked_name(name)
        return value

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
            if self.blocks[block].unlabelled and not self.data.unlabelled:
                raise ValueError(f"blocks.{block}.unlabelled: found no data.unlabelled, expected some articles there")
        sector, sectors = self.heads.sector, self.heads.sectors
        for key, share, one, other in (
            ("sector.sectors_share", sector.sectors_share, sector, sectors),
            ("sectors.sector_share", sectors.sector_share, sectors, sector),
        ):
            if share and (missing := set(other.blocks) - set(one.blocks)):
                at = f"heads.{key.partition('.')[0]}.blocks"
                raise ValueError(f"heads.{key}: expected {at} to name {listed(missing)} too")
        if sector.sectors_share == 1:
            # The head has no fit of its own then: its blocks would say nothing, and there is nothing to mix.
            if set(sector.blocks) != set(sectors.blocks):
                raise ValueError(
                    "heads.sector.sectors_share: found 1 with other blocks than those of heads.sectors, expected "
                    f"{listed(sectors.blocks)}"
                )
            if sectors.sector_share:
                raise ValueError(
                    f"heads.sectors.sector_share: found {sectors.sector_share} beside heads.sector.sectors_share 1, "
                    "expected 0"
                )
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
