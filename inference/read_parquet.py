"""How Parquet becomes rows or chunks of articles, a few thousand rows at a time, however large its row groups."""

import io
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, OpenInput
from khabar.inference.records import CHUNK_BYTES, CHUNK_ROWS, Chunk, Columns, Fields, Refusal, Rows, find_columns

# Column chunks are read through a buffer of this size: without one, a whole row group is held in memory.
BUFFER_BYTES = 1 << 20
NO_UTF8 = b"\xff"  # stands for any value that holds a string that is none
JSON_TYPES = (str, int, float, bool, list, dict, type(None))


@contextmanager
def read_parquet(opened: OpenInput, location: Location, fields: Fields) -> Iterator[Iterator[Chunk]]:
    """Read Parquet.

    Raises
    ------
    InputError
        The file is damaged, a column is missing or does not hold strings.
    """
    with _table(opened, location) as (file, size):
        schema = file.schema_arrow
        columns = find_columns(schema.names, fields, location)
        for index in (columns.text, columns.title):
            if index is not None and not _holds_strings(schema.field(index).type):
                raise InputError(
                    f"The column {schema.names[index]!r} of {location} holds {schema.field(index).type}; "
                    "expected strings. Name another column, or write it as strings."
                )
        yield _chunks(file, columns, size)


@contextmanager
def parquet_rows(opened: OpenInput, location: Location) -> Iterator[Rows]:
    """Read Parquet row by row.

    Raises
    ------
    InputError
        The file is damaged.
    """
    with _table(opened, location) as (file, _):

        def read(names: Collection[str]) -> Iterator[tuple[int, dict[str, Any] | Refusal]]:
            wanted = list(names)
            first = 1
            for batch in file.iter_batches(batch_size=_batch_rows(file, wanted), columns=wanted):
                columns = [_values(batch.column(name)) for name in wanted]
                for row, values in enumerate(zip(*columns, strict=True), first):
                    yield row, _undecoded(row) if bytes in map(type, values) else dict(zip(wanted, values, strict=True))
                first += batch.num_rows

        yield Rows(file.schema_arrow.names, read)


@contextmanager
def _table(opened: OpenInput, location: Location) -> Iterator[tuple[Any, int]]:
    """Give the open Parquet file and its size in bytes."""
    with ExitStack() as stack:
        stream = opened.stream
        if not stream.seekable():
            # The schema stands at the end of a Parquet file, so a pipe has to be kept whole: on disk.
            stream = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))
            shutil.copyfileobj(opened.stream, stream)
        size = stream.seek(0, io.SEEK_END)
        try:
            yield stack.enter_context(pq.ParquetFile(stream, buffer_size=BUFFER_BYTES, pre_buffer=False)), size
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{location} cannot be read as Parquet: {error}. It may be cut short; copy it again."
            ) from error


def _chunks(file: Any, columns: Columns, size: int) -> Iterator[Chunk]:
    names = file.schema_arrow.names
    text_name = names[columns.text]
    wanted = list(dict.fromkeys(names[index] for index in columns if index is not None))
    total = file.metadata.num_rows
    done = 0
    for batch in file.iter_batches(batch_size=_batch_rows(file, [text_name]), columns=wanted):
        rows = batch.num_rows
        texts = _strings(batch.column(text_name))
        titles = [None] * rows if columns.title is None else _strings(batch.column(names[columns.title]))
        ids = [None] * rows if columns.id is None else _values(batch.column(names[columns.id]))
        chunk = Chunk(position=int(size * (done + rows) / total), has_ids=columns.id is not None)
        for number, (text, title, id_) in enumerate(zip(texts, titles, ids, strict=True), done + 1):
            if isinstance(text, bytes) or isinstance(title, bytes) or isinstance(id_, bytes):
                chunk.refuse(_undecoded(number), number, None if isinstance(id_, bytes) else id_)
            elif text is None:
                chunk.refuse(Refusal(f"the column {text_name!r} is null", f"row {number}"), number, id_)
            else:
                chunk.add(id_, text, title, number)
        done += rows
        if rows:
            yield chunk


def _undecoded(row: int) -> Refusal:
    return Refusal("not valid UTF-8", f"row {row}")


def _batch_rows(file: Any, names: list[str]) -> int:
    """Choose how many rows hold about `CHUNK_BYTES` of the widest column, by the row group whose rows are largest."""
    largest = 1.0
    for g in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(g)
        for c in range(group.num_columns):
            column = group.column(c)
            if column.path_in_schema in names and group.num_rows:
                largest = max(largest, column.total_uncompressed_size / group.num_rows)
    return max(1, min(CHUNK_ROWS, int(CHUNK_BYTES / largest)))


def _holds_strings(type_: Any) -> bool:
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
        or pa.types.is_null(type_)
    )


def _strings(column: Any) -> list[Any]:
    """Give a column's values; bytes in place of those that are not valid UTF-8."""
    try:
        return cast(list[Any], column.to_pylist())
    except UnicodeDecodeError:
        return [_value(scalar) for scalar in column]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return NO_UTF8


def _values(column: Any) -> list[Any]:
    """Give a column's values as JSON has them, dates and the like as strings; bytes that are no UTF-8 stay."""
    return [value if isinstance(value, JSON_TYPES) else _as_json(value) for value in _strings(column)]


def _as_json(value: Any) -> Any:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
