"""Which articles a config may name: corpora, and own files or folders with maps of their columns and labels."""

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from khabar.datasets.catalog import CATALOG
from khabar.datasets.sectors import SECTOR_IDS, TONES
from khabar.inference.formats import COMPRESSIONS, SUFFIXES
from khabar.training.config_problem import listed, nearest

NOT_STATED = "not stated"
UNSTATED = ("none stated", NOT_STATED)  # how the catalogue and own data say that there is no licence
LabelKind = Literal["sectors", "tone"]
PARTS = {"annotations": ("train", "dev"), "sample": ("train", "test")}


class Section(BaseModel):
    """A part of a config: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def checked_name(value: str) -> str:
    """Give a name back, or raise ValueError.

    It names files, and experiments and models in MLflow, which takes neither / nor colon.
    """
    if not re.fullmatch(r"[\w.-]+", value):
        raise ValueError(f"found {value!r}, expected letters, digits, dash, underscore and dot only")
    return value


class ColumnMap(Section):
    """Which columns of an own file hold what; None where there is no such column."""

    text: str = "text"
    title: str | None = None
    id: str | None = None
    outlet: str | None = None
    sectors: str | None = None
    tone: str | None = None


class LabelMap(Section):
    """What own labels are called here; null means that a label says nothing.

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
    """Articles: a corpus by name, or own ones by a path.

    Own articles are the rows of a file, or of the files in a folder, if `columns` names a column of labels: JSONL, CSV
    or TSV, plain or compressed, or Parquet. Else they are the files of a folder that holds a folder for each label.

    Attributes
    ----------
    corpus : str
        `annotations` (part `train` or `dev`), `sample` (part `train` or `test`), or a corpus of the catalogue.
    path : str
        An own file or folder; relative to the working directory.
    columns : ColumnMap
        Of rows: what stands where.
    separator : str
        Of rows: between several sectors of one cell.
    folders : {"sectors", "tone"}, optional
        Of a folder for each label: what their names are; by default, sectors.
    encoding : {"utf-8", "windows-1256"}
        Of a folder for each label: how its files are written.
    labels : LabelMap
        Of own articles: what their labels are called here.
    others : {"denied", "unknown"}
        Of own articles: whether a sector that an article does not name is known not to hold.
    licence : str
        Of own articles, as the model's header will state it.
    """

    corpus: str | None = None
    part: str | None = None
    path: str | None = None
    columns: ColumnMap = ColumnMap()
    separator: str = Field(default=";", min_length=1)
    folders: LabelKind | None = None
    encoding: Literal["utf-8", "windows-1256"] = "utf-8"
    labels: LabelMap = LabelMap()
    others: Literal["denied", "unknown"] = "denied"
    licence: str = NOT_STATED

    @property
    def name(self) -> str:
        """How reports call the source."""
        return self.path or (f"{self.corpus}/{self.part}" if self.part else str(self.corpus))

    @property
    def holds_rows(self) -> bool:
        """Whether own articles are rows, not files in a folder for each label."""
        return self.columns.sectors is not None or self.columns.tone is not None

    @property
    def label_kinds(self) -> tuple[LabelKind, ...]:
        """What labels own articles have."""
        if not self.holds_rows:
            return (self.folders or "sectors",)
        kinds: tuple[LabelKind, ...] = ("sectors", "tone")
        return tuple(kind for kind in kinds if getattr(self.columns, kind) is not None)

    def changed(self, *names: str) -> list[str]:
        """Give those of these keys that are not as they are by default."""
        fields = type(self).model_fields
        return [name for name in names if getattr(self, name) != fields[name].default]

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.corpus is None) == (self.path is None):
            raise ValueError(
                "found " + ("neither" if self.path is None else "both") + ", expected either corpus or path"
            )
        if self.path is None:
            self._check_corpus()
        else:
            self._check_own(Path(self.path))
        return self

    def _check_corpus(self) -> None:
        own = self.changed(*(key for key in type(self).model_fields if key not in ("corpus", "part")))
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

    def _check_own(self, path: Path) -> None:
        if self.part is not None:
            raise ValueError("found a part beside a path; expected it beside a corpus only")
        if self.holds_rows and (unread := self.changed("folders", "encoding")):
            raise ValueError(
                f"found {listed(unread)} beside a column of labels; expected it of a folder for each label only. "
                "Rows are read as UTF-8"
            )
        if not self.holds_rows and (self.changed("columns", "separator") or names_rows(path)):
            raise ValueError(
                "found no column of labels, expected columns.sectors, columns.tone or both; "
                "or as path a folder that holds a folder for each label, without columns and separator"
            )
        for kind in ("sectors", "tone"):
            if getattr(self.labels, kind) and kind not in self.label_kinds:
                raise ValueError(
                    f"found labels.{kind}, but nothing to read as {kind}; expected columns.{kind}, or folders: {kind}"
                )


def names_rows(path: Path) -> bool:
    """Say whether a path's name is that of a file of rows."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        del suffixes[-1]
    return bool(suffixes) and suffixes[-1] in SUFFIXES


class Data(Section):
    """Where articles come from: to train on, to keep away from training, to evaluate on.

    Attributes
    ----------
    unlabelled : tuple of Source
        Articles that vocabularies and spaces are fitted on beside those trained on. Their labels are nobody's
        targets; publishers' sections are read by the space `sections`.
    """

    train: tuple[Source, ...] = Field(min_length=1)
    unlabelled: tuple[Source, ...] = ()
    without_near_duplicates_of: tuple[Source, ...] = ()
    evaluate: tuple[Source, ...] = ()

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        for key, sources in (("train", self.train), ("unlabelled", self.unlabelled)):
            for source in sources:
                if (source.corpus, source.part) == ("annotations", "dev"):
                    raise ValueError(f"{key} names annotations/dev, which is for tuning; expected annotations/train")
                if source in self.evaluate:
                    raise ValueError(f"{source.name} stands in both {key} and evaluate; expected it in one of them")
        return self
