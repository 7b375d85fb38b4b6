"""What is read of a file: articles by column, in chunks of bounded size, or rows; and why a row cannot be read."""

import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, OpenInput, open_input
from khabar.inference.nearest import nearest_name

# A chunk ends at whichever comes first: small enough to bound memory, large enough that what is paid once a
# chunk does not count.
CHUNK_ROWS = 2048
CHUNK_BYTES = 4 << 20

DEFAULT_TITLE = "title"
DEFAULT_ID = "id"


@dataclass(frozen=True)
class Fields:
    """The names of an input's fields or columns.

    Attributes
    ----------
    text : str
        Must be there.
    title, id : str or None
        Must be there if named. None: `title` and `id`, where they are there.
    """

    text: str = "text"
    title: str | None = None
    id: str | None = None

    @property
    def title_name(self) -> str:
        """The title's name, named or by default."""
        return self.title or DEFAULT_TITLE

    @property
    def id_name(self) -> str:
        """The id's name, named or by default."""
        return self.id or DEFAULT_ID

    @property
    def required(self) -> tuple[str, ...]:
        """The names without which a row cannot be read."""
        return tuple(name for name in (self.text, self.title, self.id) if name)


class Refusal(NamedTuple):
    """Why a row is refused: `reason` can be common to many, `detail` is this row's, `where` its place."""

    reason: str
    where: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


@dataclass(slots=True)
class Chunk:
    """Some consecutive rows of an input, by column; all columns are of the same length.

    Attributes
    ----------
    ids : list
        As read, of any JSON type; None where there is none.
    texts, titles : list of str or None
        None in refused rows; titles also where there is none.
    where : list of int
        The line of each row (its first, if it has several), counted from 1; for Parquet, the row.
    refused : dict
        Refusals by position in the chunk.
    position : int or None
        Bytes of the file read once this chunk has been; None where that cannot be known.
    has_ids : bool or None
        Whether the input has ids; None where rows need not be alike and none has had one so far.
    """

    ids: list[Any] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)
    titles: list[str | None] = field(default_factory=list)
    where: list[int] = field(default_factory=list)
    refused: dict[int, Refusal] = field(default_factory=dict)
    position: int | None = None
    has_ids: bool | None = None

    def add(self, id_: object, text: str | None, title: str | None, where: int) -> None:
        """Append a row."""
        self.ids.append(id_)
        self.texts.append(text)
        self.titles.append(title)
        self.where.append(where)

    def refuse(self, refusal: Refusal, where: int, id_: object = None) -> None:
        """Append a row that cannot be read."""
        self.refused[len(self.ids)] = refusal
        self.add(id_, None, None, where)


@dataclass(frozen=True)
class Rows:
    """The rows of an input, whatever its columns are called.

    Attributes
    ----------
    names : list of str or None
        The columns; None where rows need not be alike.
    read : callable
        Given the names of columns, gives of each row its line (of Parquet its row, counted from 1) and its values by
        name, None where it has none; or why it cannot be read.
    """

    names: list[str] | None
    read: Callable[[Collection[str]], Iterator[tuple[int, dict[str, Any] | Refusal]]]


class Readers(NamedTuple):
    """How a format is read; both find out when they are entered whether it can be.

    `chunks` checks the columns then, too.
    """

    chunks: Callable[[OpenInput, Location, Fields], AbstractContextManager[Iterator[Chunk]]]
    rows: Callable[[OpenInput, Location], AbstractContextManager[Rows]]


class Columns(NamedTuple):
    """Where the fields stand among a table's columns."""

    text: int
    title: int | None
    id: int | None


def find_columns(names: list[str], fields: Fields, location: Location) -> Columns:
    """Find the fields among a table's columns.

    Raises
    ------
    InputError
        A column is missing that must be there: says which there are, and which is nearest. Or one that is to
        be read is there more than once.
    """
    for option, name in (
        ("--text-field", fields.text),
        ("--title-field", fields.title),
        ("--id-field", fields.id),
    ):
        if name is None or name in names:
            continue
        near = nearest_name(name, names)
        hint = f"Did you mean {option} {near}?" if near else f"Name the right one with {option}."
        if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
            hint = "Its columns seem to be separated by something else than " + (
                "commas; expected commas (or tabs with --format tsv)." if location.format == "csv" else "tabs."
            )
        raise InputError(f"{location} has no column {name!r}. Its columns are: {', '.join(names)}. {hint}")
    for name in (fields.text, fields.title_name, fields.id_name):
        if names.count(name) > 1:
            raise InputError(f"{location} has {names.count(name)} columns {name!r}; expected one. Rename the others.")
    return Columns(
        names.index(fields.text),
        names.index(fields.title_name) if fields.title_name in names else None,
        names.index(fields.id_name) if fields.id_name in names else None,
    )


def read_chunks(location: Location, fields: Fields) -> Iterator[Chunk]:
    """Read an input as chunks.

    Raises
    ------
    InputError
        The input cannot be read at all, or from some point on; single rows that cannot are in
        `Chunk.refused`.
    """
    with (
        _readable(location),
        open_input(location) as opened,
        _readers(location).chunks(opened, location, fields) as chunks,
    ):
        yield from chunks


def check_columns(location: Location, fields: Fields) -> None:
    """Raise what `read_chunks` would raise before the first row."""
    with (
        _readable(location),
        open_input(location) as opened,
        _readers(location).chunks(opened, location, fields),
    ):
        pass


@contextmanager
def open_rows(location: Location) -> Iterator[Rows]:
    """Open an input to read it row by row.

    Raises
    ------
    InputError
        The input cannot be read at all; or, while rows are read, from some point on.
    """
    with (
        _readable(location),
        open_input(location) as opened,
        _readers(location).rows(opened, location) as rows,
    ):
        yield rows


@contextmanager
def _readable(location: Location) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, OSError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        hint = "Check its permissions." if isinstance(error, PermissionError) else "It may be cut short: copy it again."
        raise InputError(f"{location} cannot be read: {problem}. {hint}") from error


def _readers(location: Location) -> Readers:
    """Give the readers of a format, imported only now, as pyarrow takes longer to import than all else."""
    if location.format == "parquet":
        from khabar.inference.read_parquet import parquet_rows, read_parquet

        return Readers(read_parquet, parquet_rows)
    if location.format == "jsonl":
        from khabar.inference.read_jsonl import jsonl_rows, read_jsonl

        return Readers(read_jsonl, jsonl_rows)
    from khabar.inference.read_csv import csv_rows, read_csv

    return Readers(read_csv, csv_rows)
