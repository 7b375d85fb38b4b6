"""Tag files: articles in, one row of tags an article out, in order and in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from khabar.inference.columns import TagColumns
from khabar.inference.destination import open_output
from khabar.inference.errors import InputError, ModelError
from khabar.inference.formats import Location, locate
from khabar.inference.named_target import Target
from khabar.inference.predictor import Predictor
from khabar.inference.records import Chunk, Fields, Refusal, check_columns, read_chunks
from khabar.inference.stance_columns import StanceColumn, StanceRow
from khabar.inference.writers import open_writer


class Progress(NamedTuple):
    """How far a batch is: rows written, and bytes read of the total; None where a pipe hides them."""

    rows: int
    bytes_read: int | None
    bytes_total: int | None


class RefusedRows(NamedTuple):
    """Rows refused for one reason: how many, and where the first of them stands."""

    reason: str
    rows: int
    first: str


@dataclass(frozen=True)
class Summary:
    """What a batch did.

    Attributes
    ----------
    rows : int
        Rows read, and written.
    refused : int
        Those of them without tags, with the reason in their column `error`.
    reasons : tuple of RefusedRows
        Most frequent first.
    """

    rows: int
    refused: int
    reasons: tuple[RefusedRows, ...]


def tag_files(
    predictor: Predictor,
    inputs: Sequence[str | PathLike[str]],
    output: str | PathLike[str],
    *,
    fields: Fields | None = None,
    targets: Sequence[Target] = (),
    threads: int | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Tag the articles of files.

    Parameters
    ----------
    predictor : Predictor
    inputs : sequence of path
        JSONL, CSV, TSV or Parquet by their names; `-` is standard input.
    output : path
        Its format goes by its name as well; `-` is standard output. A file is replaced once all is written,
        and left as it was if anything fails.
    fields : Fields, optional
        The names of text, title and id.
    targets : sequence of Target
        Those that the stance is tagged towards; with any, the output has the column `stance`.
    threads : int, optional
        By default, as many as there are processors to use.
    input_format : str, optional
        Overrides what the names of inputs say.
    output_format : str, optional
        Overrides what the name of the output says; a name that does not tell is written in the input format,
        by default JSONL.
    on_progress : callable, optional
        Called with a `Progress` after each chunk.

    Returns
    -------
    Summary

    Raises
    ------
    InputError
        An input cannot be read, lacks a column, or is the output as well. Single rows that cannot be read do
        not raise.
    ModelError
        There are targets, and the model has no stance head.
    """
    fields = fields or Fields()
    locations = [locate(path, chosen=input_format) for path in inputs]
    if targets and not predictor.stances:
        heads = ", ".join(head.name for head in predictor.model.heads)
        raise ModelError(
            f"The model {predictor.model.name} has no stance head (its heads: {heads}), so it cannot say the "
            f"stance towards {targets[0].name!r}. Ask for no stance, or train it with a section stance."
        )
    destination = _destination(output, output_format, input_format, locations)
    for location in locations:
        if not location.is_stream:
            check_columns(location, fields)
    total = _total_bytes(locations)
    stances = StanceColumn(tuple(target.name for target in targets), predictor.stances) if targets else None
    rows, tally = 0, _Tally()
    with (
        open_output(destination) as stream,
        open_writer(destination.format, stream, predictor.sectors, predictor.tones, stances) as write,
    ):
        for location, chunk, read in _chunks(locations, fields):
            columns = predictor.tag_columns(chunk.texts, chunk.titles, threads)
            _name_errors(columns, chunk, location, tally)
            write(_ids(chunk, rows, fields), columns, _stances(predictor, chunk, columns, targets, threads))
            rows += len(columns)
            if on_progress is not None:
                on_progress(Progress(rows, read, total))
    return tally.summary(rows)


def _destination(
    output: str | PathLike[str], chosen: str | None, default: str | None, inputs: list[Location]
) -> Location:
    destination = locate(output, chosen=chosen, default=default or "jsonl")
    if destination.path is not None and destination.path.is_file():
        for location in inputs:
            if location.path is not None and location.path.exists() and location.path.samefile(destination.path):
                raise InputError(
                    f"{destination} is an input and the output as well. Choose another name for the output."
                )
    return destination


def _total_bytes(locations: list[Location]) -> int | None:
    if any(location.is_stream for location in locations):
        return None
    return sum(Path(location.path).stat().st_size for location in locations if location.path is not None)


def _chunks(locations: list[Location], fields: Fields) -> Iterator[tuple[Location, Chunk, int | None]]:
    """Give the chunks of all inputs, with the bytes read up to the end of each."""
    before = 0
    for location in locations:
        for chunk in read_chunks(location, fields):
            yield location, chunk, None if chunk.position is None else before + chunk.position
        if location.path is not None:
            before += location.path.stat().st_size


def _stances(
    predictor: Predictor, chunk: Chunk, columns: TagColumns, targets: Sequence[Target], threads: int | None
) -> list[StanceRow] | None:
    """Give each row's stances towards all targets; None where the row has no tags, or where there are no targets."""
    if not targets:
        return None
    by_target = [
        predictor.stance_many(chunk.texts, target.name, chunk.titles, target.synonyms, threads) for target in targets
    ]
    rows = zip(columns.error, *by_target, strict=True)
    return [stances if error is None else None for error, *stances in rows]


def _ids(chunk: Chunk, rows: int, fields: Fields) -> list[Any]:
    """Give the ids as read; where the input has none and none was asked for, the row's number in the run."""
    if fields.id is not None or chunk.has_ids:
        return chunk.ids
    # A refused line may have had an id, even if no other line has: its number could be another row's id.
    unknown = chunk.refused if chunk.has_ids is None else {}
    return [
        rows + row + 1 if id_ is None and row not in unknown else id_  # counted from 1
        for row, id_ in enumerate(chunk.ids)
    ]


def _name_errors(columns: TagColumns, chunk: Chunk, location: Location, tally: "_Tally") -> None:
    """Complete the errors by what the reader found and by where the row stands."""
    if not any(columns.error):
        return
    unit = "row" if location.format == "parquet" else "line"
    for row, reason in enumerate(columns.error):
        if reason is not None:
            refusal = chunk.refused.get(row) or Refusal(reason, f"{unit} {chunk.where[row]}")
            columns.error[row] = str(refusal)
            tally.add(refusal, location)


class _Tally:
    """Counts refused rows by reason."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, refusal: Refusal, location: Location) -> None:
        self._counts[refusal.reason] = self._counts.get(refusal.reason, 0) + 1
        self._first.setdefault(refusal.reason, f"{location}, {refusal.where}")

    def summary(self, rows: int) -> Summary:
        ordered = sorted(self._counts.items(), key=lambda item: -item[1])
        reasons = tuple(RefusedRows(reason, count, self._first[reason]) for reason, count in ordered)
        return Summary(rows, sum(self._counts.values()), reasons)
