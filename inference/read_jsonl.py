"""How JSON Lines become rows or chunks of articles: one object a line."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from select import select
from typing import Any, BinaryIO, cast

import orjson

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, OpenInput
from khabar.inference.records import CHUNK_BYTES, CHUNK_ROWS, Chunk, Fields, Refusal, Rows

# Memory is bounded by the longest line, so there has to be a longest line.
LINE_LIMIT = 256 << 20
KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


@contextmanager
def read_jsonl(opened: OpenInput, location: Location, fields: Fields) -> Iterator[Iterator[Chunk]]:
    """Read JSON Lines; blank lines are skipped.

    Raises
    ------
    InputError
        A line is longer than 256 MB.
    """
    yield _chunks(opened, location, fields)


@contextmanager
def jsonl_rows(opened: OpenInput, location: Location) -> Iterator[Rows]:
    """Read JSON Lines row by row; blank lines are skipped.

    Raises
    ------
    InputError
        A line is longer than 256 MB.
    """

    def read(names: Collection[str]) -> Iterator[tuple[int, dict[str, Any] | Refusal]]:
        first = 1
        for lines in _line_blocks(opened, location):
            for number, line in enumerate(lines, first):
                if line and not line.isspace():
                    record = _record(line, number)
                    yield number, record if isinstance(record, Refusal) else {name: record.get(name) for name in names}
            first += len(lines)

    yield Rows(None, read)


def _chunks(opened: OpenInput, location: Location, fields: Fields) -> Iterator[Chunk]:
    number = 1
    has_ids = None
    for lines in _line_blocks(opened, location):
        for start in range(0, len(lines), CHUNK_ROWS):
            part = lines[start : start + CHUNK_ROWS]
            chunk = _parse(part, number, fields)
            chunk.position = opened.position()
            # From the first chunk with an id on, no row without one is numbered.
            has_ids = has_ids or any(id_ is not None for id_ in chunk.ids) or None
            chunk.has_ids = has_ids
            number += len(part)
            if chunk.ids:
                yield chunk


def _line_blocks(opened: OpenInput, location: Location) -> Iterator[list[bytes]]:
    """Split into lists of whole lines, of about `CHUNK_BYTES` together or one longer line."""
    # A pipe gives what it has, so that `tail -f feed.jsonl | khabar tag -` answers line by line.
    read = partial(_available, opened.stream) if opened.is_pipe else opened.stream.read
    pending: list[bytes] = []
    held = 0
    while block := read(CHUNK_BYTES):
        cut = block.rfind(b"\n")
        if cut >= 0:
            pending.append(block[:cut])
            lines = b"".join(pending).split(b"\n")
            pending, held, block = [], 0, block[cut + 1 :]
            yield lines
        pending.append(block)
        held += len(block)
        if held > LINE_LIMIT:
            raise InputError(
                f"{location} has a line longer than {LINE_LIMIT >> 20} MB; expected JSON Lines, one object a "
                "line. If it is one JSON array, convert it: jq -c '.[]' in.json > out.jsonl"
            )
    if held:
        yield [b"".join(pending)]


def _available(stream: BinaryIO, size: int) -> bytes:
    """Wait for bytes, then take all that have arrived, up to `size`."""
    pipe = cast(BufferedReader, stream)
    parts = [pipe.read1(size)]
    held = len(parts[0])
    while parts[-1] and held < size and select([pipe], [], [], 0)[0]:
        parts.append(pipe.read1(size - held))
        held += len(parts[-1])
    return b"".join(parts)


def _parse(lines: list[bytes], first: int, fields: Fields) -> Chunk:
    """Parse lines; the common case of a good row is kept short, as it is what a batch waits for."""
    chunk = Chunk()
    ids, texts, titles, where = chunk.ids, chunk.texts, chunk.titles, chunk.where
    loads, malformed = orjson.loads, orjson.JSONDecodeError
    text_name, title_name, id_name = fields.text, fields.title_name, fields.id_name
    named = fields.title is not None or fields.id is not None
    for number, line in enumerate(lines, first):
        try:
            record = loads(line)
        except malformed:
            record = None
        if type(record) is dict and not named:
            text, title, id_ = record.get(text_name), record.get(title_name), record.get(id_name)
            if type(text) is str and (title is None or type(title) is str) and type(id_) is not float:
                ids.append(id_)
                texts.append(text)
                titles.append(title)
                where.append(number)
                continue
        if line and not line.isspace():
            _add_with_care(chunk, line, number, fields)
    return chunk


def _add_with_care(chunk: Chunk, line: bytes, number: int, fields: Fields) -> None:
    """Add a row that needs a second look: not what orjson reads, fields named, or a fault."""
    place = f"line {number}"
    record = _record(line, number)
    if isinstance(record, Refusal):
        chunk.refuse(record, number)
        return
    id_ = record.get(fields.id_name)
    for name in fields.required:
        if name not in record:
            chunk.refuse(Refusal(f"no field {name!r}", place), number, id_)
            return
    text, title = record[fields.text], record.get(fields.title_name)
    for name, value, allowed in ((fields.text, text, (str,)), (fields.title_name, title, (str, type(None)))):
        if type(value) not in allowed:
            reason = f"the field {name!r} is not a string"
            chunk.refuse(Refusal(reason, place, f"found {KINDS[type(value)]}"), number, id_)
            return
    chunk.add(id_, text, title, number)


def _record(line: bytes, number: int) -> dict[str, Any] | Refusal:
    """Parse a line that is not blank."""
    place = f"line {number}"
    try:
        record = _loads(line, first=number == 1)
    except UnicodeDecodeError as error:
        return Refusal("not valid UTF-8", place, f"byte {error.start + 1} of the line")
    except (ValueError, RecursionError) as error:
        return Refusal("not valid JSON", place, str(error))
    if type(record) is not dict:
        return Refusal("not a JSON object", place, f"found {KINDS[type(record)]}")
    return record


def _loads(line: bytes, first: bool) -> Any:
    """Parse as the standard library does.

    It reads what orjson refuses or changes: lone surrogates, NaN, numbers of more than 64 bits as they are.
    """
    try:
        record = orjson.loads(line)
        # Only a float can be a whole number that orjson has rounded.
        if not (type(record) is dict and any(type(value) is float for value in record.values())):
            return record
    except orjson.JSONDecodeError:
        pass
    return json.loads(line.decode("utf-8-sig" if first else "utf-8"))
