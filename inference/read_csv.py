"""How CSV and TSV become chunks of articles: a header, then one row a record, newlines allowed in quotes."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, OpenInput
from khabar.inference.records import CHUNK_BYTES, CHUNK_ROWS, Chunk, Columns, Fields, Refusal, find_columns

if TYPE_CHECKING:
    import _csv

# Characters of one field. The csv module's own limit is 131,072; without any, one stray quote reads the rest
# of the file into memory.
FIELD_LIMIT = 128 << 20
DIALECTS = {"csv": "excel", "tsv": "excel-tab"}
# What the decoder makes of bytes that are not UTF-8.
UNDECODED = re.compile("[\udc80-\udcff]")
# Fed to the csv module after the last line: if it does not come back as a row of its own, a quote is open.
END = "\0end of file\0"


@contextmanager
def read_csv(opened: OpenInput, location: Location, fields: Fields) -> Iterator[Iterator[Chunk]]:
    """Read CSV or TSV; blank lines are skipped.

    Raises
    ------
    InputError
        There is no header, a column is missing, or a field is longer than 134 million characters.
    """
    lines = io.TextIOWrapper(opened.stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(chain(lines, [END]), DIALECTS[location.format])
    try:
        with _field_limit():
            header = next(filter(None, rows))
        if header[-1].endswith(END):
            what = "is empty" if header == [END] else "opens a quote in its first row and never closes it"
            raise InputError(f"{location} {what}; expected a header with the names of the columns.")
        columns = find_columns(header, fields, location)
        yield _chunks(rows, len(header), columns, opened, location)
    except csv.Error as error:
        raise _unreadable(location, rows.line_num, error) from error
    finally:
        # Left to itself, the wrapper would close the stream, which is not ours.
        lines.detach()


def _chunks(
    rows: "_csv.Reader",
    width: int,
    columns: Columns,
    opened: OpenInput,
    location: Location,
) -> Iterator[Chunk]:
    has_ids = columns.id is not None
    chunk = Chunk(has_ids=has_ids)
    size = 0
    last = rows.line_num
    with _field_limit():
        try:
            for row in rows:
                line, last = last + 1, rows.line_num
                if row == [END]:
                    break
                if row:
                    size += _add(chunk, row, line, width, columns)
                if len(chunk.ids) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                    chunk.position = opened.position()
                    yield chunk
                    chunk, size = Chunk(has_ids=has_ids), 0
        except csv.Error as error:
            raise _unreadable(location, last + 1, error) from error
    chunk.position = opened.position()
    if chunk.ids:
        yield chunk


def _add(chunk: Chunk, row: list[str], line: int, width: int, columns: Columns) -> int:
    """Add a row to the chunk and give the bytes its text takes in memory."""
    place = f"line {line}"
    if row[-1].endswith(END):
        chunk.refuse(Refusal("a quote that is never closed", place, "it takes in the rest of the file"), line)
        return 0
    written = row[columns.id] if columns.id is not None and columns.id < len(row) else None
    id_ = None if _is_undecoded(written) else written
    if len(row) != width:
        chunk.refuse(Refusal("another number of fields than the header", place, f"{len(row)}, not {width}"), line, id_)
        return 0
    text = row[columns.text]
    title = row[columns.title] or None if columns.title is not None else None
    if id_ != written or _is_undecoded(text) or _is_undecoded(title):
        chunk.refuse(Refusal("not valid UTF-8", place), line, id_)
        return 0
    chunk.add(id_, text, title, line)
    return len(text) * 2


def _is_undecoded(value: str | None) -> bool:
    return bool(value and not value.isascii() and UNDECODED.search(value))


def _unreadable(location: Location, line: int, error: csv.Error) -> InputError:
    return InputError(
        f"{location} cannot be read from line {line} on: {error}. Look there for a quote that is never closed."
    )


@contextmanager
def _field_limit() -> Iterator[None]:
    """Lift the csv module's limit, which is one for the whole process, while rows are read."""
    before = csv.field_size_limit(FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
