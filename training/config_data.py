"""Which articles a config may name: corpora, own files with maps of their columns and labels."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from khabar.datasets.catalog import CATALOG
from khabar.datasets.sectors import SECTOR_IDS, TONES
from khabar.training.config_problem import listed, nearest

PARTS = {"annotations": ("train", "dev"), "sample": ("train", "test")}


class Section(BaseModel):
    """A part of a config: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnMap(Section):
    """Which columns of an own file hold what; None where there is no such column."""

    text: str = "text"
    title: str | None = None
    id: str | None = None
    outlet: str | None = None
    sectors: str | None = None
    tone: str | None = None


class LabelMap(Section):
    """What an own file's labels are called here; null means that a label says nothing.

    A label that is not in the map must be one of khabar's own.
    """

    sectors: dict[str, str | None] = {}
    tone: dict[str, str | None] = {}

    @field_validator("sectors", "tone")
    @classmethod
    def _are_ours(cls, value: dict[str, str | None], info: Any) -> dict[str, str | None]:
        known = SECTOR_IDS if info.field_name == "sectors" else TONES
        for theirs, ours in value.items():
            if ours is not None and ours not in known:
                raise ValueError(
                    f"{theirs!r} stands for {ours!r}; expected one of {listed(known)}{nearest(ours, known)}"
                )
        return value


class Source(Section):
    """Articles: a corpus by name, or an own JSONL, CSV or TSV file or a folder of them.

    Attributes
    ----------
    corpus : str
        `annotations` (part `train` or `dev`), `sample` (part `train` or `test`), or a corpus of the catalogue.
    path : str
        An own file or folder; relative to the working directory.
    columns, labels : ColumnMap, LabelMap
        How an own file is read.
    separator : str
        Between several sectors of one cell.
    others : {"denied", "unknown"}
        Of an own file: whether a sector that an article does not name is known not to hold.
    licence : str
        Of an own file, as the model's header will state it.
    """

    corpus: str | None = None
    part: str | None = None
    path: str | None = None
    columns: ColumnMap = ColumnMap()
    labels: LabelMap = LabelMap()
    separator: str = Field(default=";", min_length=1)
    others: Literal["denied", "unknown"] = "denied"
    licence: str = "not stated"

    @property
    def name(self) -> str:
        """How reports call the source."""
        return self.path or (f"{self.corpus}/{self.part}" if self.part else str(self.corpus))

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.corpus is None) == (self.path is None):
            raise ValueError(
                "found " + ("neither" if self.path is None else "both") + ", expected either corpus or path"
            )
        if self.path is not None:
            if self.part is not None:
                raise ValueError("found a part beside a path; expected it beside a corpus only")
            if self.columns.sectors is None and self.columns.tone is None:
                raise ValueError("found no column of labels, expected columns.sectors, columns.tone or both")
            return self
        fields = type(self).model_fields
        own = {key for key in fields if key not in ("corpus", "part") and getattr(self, key) != fields[key].default}
        if own:
            raise ValueError(f"found {listed(sorted(own))} beside a corpus; expected it beside a path only")
        parts = PARTS.get(str(self.corpus), ())
        known = (*PARTS, *CATALOG)
        if self.corpus not in known:
            raise ValueError(
                f"found the corpus {self.corpus!r}, expected one of {listed(known)}{nearest(str(self.corpus), known)}"
            )
        if parts and self.part not in parts:
            raise ValueError(f"found the part {self.part!r} of {self.corpus}, expected {' or '.join(parts)}")
        if self.part is not None and not parts:
            raise ValueError(f"found the part {self.part!r}; {self.corpus} has no parts")
        return self


class Data(Section):
    """Where articles come from: to train on, to keep away from training, to evaluate on."""

    train: tuple[Source, ...] = Field(min_length=1)
    without_near_duplicates_of: tuple[Source, ...] = ()
    evaluate: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        for source in self.train:
            if (source.corpus, source.part) == ("annotations", "dev"):
                raise ValueError("train names annotations/dev, which is for tuning; expected annotations/train")
            if source in self.evaluate:
                raise ValueError(f"{source.name} stands in both train and evaluate; expected it in one of them")
        return self
