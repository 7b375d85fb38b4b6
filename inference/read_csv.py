"""How CSV and TSV become rows or chunks of articles: a header, then one row a record, newlines allowed in quotes."""

import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, OpenInput
from khabar.inference.records import CHUNK_BYTES, CHUNK_ROWS, Chunk, Columns, Fields, Refusal, Rows, find_columns

if TYPE_CHECKING:
    import _csv

# Rows with the lines that they start on.
Records = Iterator[tuple[int, list[str] | Refusal]]

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
    with _table(opened, location) as (header, records):
        columns = find_columns(header, fields, location)
        yield _chunks(records, len(header), columns, opened)


@contextmanager
def csv_rows(opened: OpenInput, location: Location) -> Iterator[Rows]:
    """Read CSV or TSV row by row; blank lines are skipped.

    Raises
    ------
    InputError
        There is no header, or a field is longer than 134 million characters.
    """
    with _table(opened, location) as (header, records):

        def read(names: Collection[str]) -> Iterator[tuple[int, dict[str, Any] | Refusal]]:
            columns = {name: header.index(name) for name in names}
            for line, row in records:
                if isinstance(row, Refusal):
                    yield line, row
                elif len(row) != len(header):
                    yield line, _other_width(row, line, len(header))
                else:
                    values = {name: row[index] for name, index in columns.items()}
                    bad = any(map(_is_undecoded, values.values()))
                    yield line, _undecoded(line) if bad else values

        yield Rows(header, read)


@contextmanager
def _table(opened: OpenInput, location: Location) -> Iterator[tuple[list[str], Records]]:
    """Give the header and the records below it."""
    lines = io.TextIOWrapper(opened.stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(chain(lines, [END]), DIALECTS[location.format])
    try:
        with _field_limit():
            header = next(filter(None, rows))
        if header[-1].endswith(END):
            what = "is empty" if header == [END] else "opens a quote in its first row and never closes it"
            raise InputError(f"{location} {what}; expected a header with the names of the columns.")
        yield header, _records(rows, location)
    except csv.Error as error:
        raise _unreadable(location, rows.line_num, error) from error
    finally:
        # Left to itself, the wrapper would close the stream, which is not ours.
        lines.detach()


def _records(rows: "_csv.Reader", location: Location) -> Records:
    """Give each row that is not blank with its first line; a last one that never ends is refused."""
    last = rows.line_num
    with _field_limit():
        try:
            for row in rows:
                line, last = last + 1, rows.line_num
                if not row:
                    continue
                if row[-1].endswith(END):
                    if row != [END]:
                        detail = "it takes in the rest of the file"
                        yield line, Refusal("a quote that is never closed", f"line {line}", detail)
                    return
                yield line, row
        except csv.Error as error:
            raise _unreadable(location, last + 1, error) from error


def _chunks(records: Records, width: int, columns: Columns, opened: OpenInput) -> Iterator[Chunk]:
    has_ids = columns.id is not None
    chunk = Chunk(has_ids=has_ids)
    size = 0
    for line, row in records:
        if isinstance(row, Refusal):
            chunk.refuse(row, line)
        else:
            size += _add(chunk, row, line, width, columns)
        if len(chunk.ids) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            chunk.position = opened.position()
            yield chunk
            chunk, size = Chunk(has_ids=has_ids), 0
    chunk.position = opened.position()
    if chunk.ids:
        yield chunk


def _add(chunk: Chunk, row: list[str], line: int, width: int, columns: Columns) -> int:
    """Add a row to the chunk and give the bytes its text takes in memory."""
    written = row[columns.id] if columns.id is not None and columns.id < len(row) else None
    id_ = None if _is_undecoded(written) else written
    if len(row) != width:
        chunk.refuse(_other_width(row, line, width), line, id_)
        return 0
    text = row[columns.text]
    title = row[columns.title] or None if columns.title is not None else None
    if id_ != written or _is_undecoded(text) or _is_undecoded(title):
        chunk.refuse(_undecoded(line), line, id_)
        return 0
    chunk.add(id_, text, title, line)
    return len(text) * 2


def _other_width(row: list[str], line: int, width: int) -> Refusal:
    return Refusal("another number of fields than the header", f"line {line}", f"{len(row)}, not {width}")


def _undecoded(line: int) -> Refusal:
    return Refusal("not valid UTF-8", f"line {line}")


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
