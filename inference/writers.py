"""How tags are written: one row an article, in each format."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO

import orjson

from khabar.inference.columns import TagColumns
from khabar.inference.stance_columns import COLUMN as STANCE
from khabar.inference.stance_columns import StanceColumn, StanceRow

COLUMNS = ("id", "sector", "sectors", "sector_scores", "tone", "tone_scores", "abstained", "error")
# Stands between the labels of a CSV cell; no label holds it.
JOIN = "|"
# Rows gathered into one row group, as readers of Parquet pay for each group.
GROUP_ROWS = 1 << 16

Write = Callable[[list[Any], TagColumns, Sequence[StanceRow] | None], None]
Labels = tuple[str, ...]


def open_writer(
    format_: str, stream: BinaryIO, sectors: Labels, tones: Labels, stances: StanceColumn | None = None
) -> AbstractContextManager[Write]:
    """Start an output; what it gives writes the tags of some articles, with their ids and stances, if there are any.

    Rows with an error have nulls for sector, tone, stance and both scores, and no sectors.

    Parameters
    ----------
    format_ : {"jsonl", "csv", "tsv", "parquet"}
    stream : binary file
        Stays open.
    sectors, tones : tuple of str
        The labels that scores are given for.
    stances : StanceColumn, optional
        Adds the column `stance`.
    """
    if format_ == "parquet":
        return _parquet(stream, sectors, tones, stances)
    if format_ == "jsonl":
        return _jsonl(stream, stances)
    return _csv(stream, "excel-tab" if format_ == "tsv" else "excel", stances)


@contextmanager
def _jsonl(stream: BinaryIO, stances: StanceColumn | None) -> Iterator[Write]:
    def write(ids: list[Any], columns: TagColumns, said: Sequence[StanceRow] | None) -> None:
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in _rows(ids, columns)]
        if stances is not None:
            for row, value in zip(rows, stances.values(said or ()), strict=True):
                row[STANCE] = value
        dumps, newline = orjson.dumps, orjson.OPT_APPEND_NEWLINE
        try:
            lines = [dumps(row, None, newline) for row in rows]
        except TypeError:
            # What orjson does not write: an id of more than 64 bits, a lone surrogate in an id or in evidence.
            lines = [_dumps(row) + b"\n" for row in rows]
        stream.write(b"".join(lines))
        # Whoever reads a pipe gets the tags of what was sent so far.
        stream.flush()

    yield write


@contextmanager
def _csv(stream: BinaryIO, dialect: str, stances: StanceColumn | None) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    table = csv.writer(text, dialect, lineterminator="\n")
    table.writerow(COLUMNS if stances is None else (*COLUMNS, STANCE))

    def write(ids: list[Any], columns: TagColumns, said: Sequence[StanceRow] | None) -> None:
        cells: list[tuple[str | None, ...]] = [()] * len(ids)
        if stances is not None:
            values = stances.values(said or ())
            # Evidence may hold what orjson does not write: lone surrogates.
            cells = [(None if value is None else _dumps(value).decode(),) for value in values]
        table.writerows(
            (
                _text(id_),
                sector,
                JOIN.join(sectors),
                _json_or_none(p),
                tone,
                _json_or_none(q),
                JOIN.join(a),
                error,
                *stance,
            )
            for (id_, sector, sectors, p, tone, q, a, error), stance in zip(_rows(ids, columns), cells, strict=True)
        )

    try:
        yield write
    finally:
        # Left to itself, the wrapper would close the stream.
        text.detach()


@contextmanager
def _parquet(stream: BinaryIO, sectors: Labels, tones: Labels, stances: StanceColumn | None) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    string, strings = pa.string(), pa.list_(pa.field("element", pa.string(), nullable=False))
    types = dict.fromkeys(COLUMNS, string) | {
        "sectors": strings,
        "abstained": strings,
        "sector_scores": pa.struct([(label, pa.float64()) for label in sectors]),
        "tone_scores": pa.struct([(label, pa.float64()) for label in tones]),
    }
    schema = pa.schema([(name, types[name]) for name in COLUMNS])
    if stances is not None:
        schema = schema.append(pa.field(STANCE, stances.arrow_type()))
    gathered: list[Any] = []

    def write(ids: list[Any], columns: TagColumns, said: Sequence[StanceRow] | None) -> None:
        values = {name: getattr(columns, name) for name in COLUMNS[1:]}
        values["id"] = [_encodable(_text(id_)) for id_ in ids]
        values["error"] = [_encodable(error) for error in columns.error]
        arrays = [
            _scores(values[name], types[name]) if name.endswith("_scores") else pa.array(values[name], types[name])
            for name in COLUMNS
        ]
        if stances is not None:
            arrays.append(pa.array(_encodable_stances(stances.values(said or ())), schema.field(STANCE).type))
        gathered.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        if sum(batch.num_rows for batch in gathered) >= GROUP_ROWS:
            flush()

    def flush() -> None:
        writer.write_table(pa.Table.from_batches(gathered, schema))
        gathered.clear()

    writer = pq.ParquetWriter(_Counted(stream), schema, compression="zstd")
    try:
        yield write
        if gathered:
            flush()
        writer.close()
    finally:
        # After a failure there is nothing to finish; the writer would try to when it is collected.
        writer.is_open = False


class _Counted:
    """A stream that knows how much was written to it, which Parquet has to and a pipe cannot say."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._written = 0

    def write(self, data: bytes) -> int:
        self._stream.write(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _rows(ids: list[Any], columns: TagColumns) -> Iterator[tuple[Any, ...]]:
    sectors, tones = columns.sector_labels, columns.tone_labels
    return zip(
        ids,
        columns.sector,
        columns.sectors,
        [dict(zip(sectors, p, strict=True)) if p else None for p in columns.sector_scores],
        columns.tone,
        [dict(zip(tones, p, strict=True)) if p else None for p in columns.tone_scores],
        columns.abstained,
        columns.error,
        strict=True,
    )


def _scores(scores: list[list[float]], type_: Any) -> Any:
    """Make a struct array with a field for each label, null where there are no scores."""
    import pyarrow as pa

    none = [float("nan")] * type_.num_fields
    by_label = zip(*[row or none for row in scores], strict=True)
    fields = [pa.array(values, pa.float64()) for values in by_label] or [
        pa.array([], pa.float64()) for _ in range(type_.num_fields)
    ]
    return pa.StructArray.from_arrays(
        fields, fields=list(type_), mask=pa.array([not row for row in scores], pa.bool_())
    )


def _text(id_: Any) -> str | None:
    """Write an id as a string: strings as they are, other values as JSON has them."""
    if id_ is None or type(id_) is str:
        return id_
    return _dumps(id_).decode()


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value, str)
    except TypeError:
        return json.dumps(value, default=str, separators=(",", ":")).encode()


def _json_or_none(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _encodable_stances(values: list[dict[str, Any] | None]) -> list[dict[str, Any] | None]:
    for value in values:
        for stance in (value or {}).values():
            for sentence in stance["evidence"]:
                sentence["text"] = _encodable(sentence["text"])
            # A struct of nulls, as the other scores have it.
            stance["scores"] = stance["scores"] or None
    return values


def _encodable(value: str | None) -> str | None:
    """Write lone surrogates as escapes: Parquet has UTF-8 only."""
    if value is None or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()
