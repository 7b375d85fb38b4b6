"""Any columns are read row by row, of every format, with the line of each row or why it cannot be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from khabar.inference.errors import InputError
from khabar.inference.formats import locate
from khabar.inference.records import CHUNK_ROWS, Fields, Refusal, open_rows, read_chunks

ROWS = [{"id": "a", "topic": "رياضة", "body": "نص، أول"}, {"id": "b", "topic": "", "body": "سطر\nثان"}]
NO_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\x02\0\0\0\x03\0\0\0"), pa.py_buffer(b"\xc7\xe1b")]
)


def read(path: Path, *names: str) -> list[tuple[int, dict[str, Any] | str]]:
    """Read rows; refusals as they are said."""
    with open_rows(locate(path)) as rows:
        return [(number, str(row) if isinstance(row, Refusal) else row) for number, row in rows.read(names)]


def content(name: str) -> bytes:
    """Write `ROWS` as the name of a file asks."""
    if ".jsonl" in name:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    else:
        mark = "\t" if ".tsv" in name else ","
        text = "".join(mark.join(f'"{cell}"' for cell in row) + "\n" for row in (ROWS[0], *(r.values() for r in ROWS)))
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(Path(name).suffix, bytes)
    return pack(text.encode())


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", [2, 3]),
        ("a.csv.gz", [2, 3]),
        ("a.tsv", [2, 3]),
        ("a.tsv.zst", [2, 3]),
        ("a.jsonl", [1, 2]),
        ("a.jsonl.zst", [1, 2]),
        ("a.parquet", [1, 2]),
    ],
)
def test_columns_of_any_name_are_read_with_the_place_of_each_row(tmp_path: Path, name: str, lines: list[int]) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    else:
        path.write_bytes(content(name))
    expected = [{"topic": row["topic"], "body": row["body"]} for row in ROWS]
    assert read(path, "topic", "body") == list(zip(lines, expected, strict=True))


def test_tables_say_their_columns_and_json_lines_cannot(tmp_path: Path) -> None:
    for name, names in (("a.csv", ["id", "topic", "body"]), ("a.jsonl", None)):
        (tmp_path / name).write_bytes(content(name))
        with open_rows(locate(tmp_path / name)) as rows:
            assert rows.names == names


def test_a_csv_row_that_cannot_be_read_is_refused_with_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,x\n"1\n2",a\n\n3\n4,\xc7\n\xc7,b\n5,"c\n6,d')
    assert read(path, "x") == [
        (2, {"x": "a"}),
        (5, "line 5: another number of fields than the header (1, not 2)"),
        (6, "line 6: not valid UTF-8"),
        (7, {"x": "b"}),
        (8, "line 8: a quote that is never closed (it takes in the rest of the file)"),
    ]


def test_json_lines_are_counted_across_blocks_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"x": 1}\n\n' * (CHUNK_ROWS + 3) + b'{"x": "' + b"a" * (5 << 20) + b'"}\n[1]\n{"y": [2]}')
    rows = read(path, "x")
    last = 2 * (CHUNK_ROWS + 3)
    assert [number for number, _ in rows[:-3]] == list(range(1, last, 2))
    assert rows[-3][0] == last + 1
    assert rows[-2:] == [(last + 2, f"line {last + 2}: not a JSON object (found an array)"), (last + 3, {"x": None})]


def test_parquet_gives_lists_and_numbers_and_reads_bytes_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {"l": [["a", "b"], None], "n": [1, None], "b": [b"x", b"\xff"], "t": ["p", "q"]}
    pq.write_table(pa.table(columns), path)
    assert read(path, "l", "n", "t") == [
        (1, {"l": ["a", "b"], "n": 1, "t": "p"}),
        (2, {"l": None, "n": None, "t": "q"}),
    ]
    assert read(path, "b") == [(1, {"b": "x"}), (2, "row 2: not valid UTF-8")]


@pytest.mark.parametrize("column", [NO_UTF8, pa.ListArray.from_arrays(pa.array([0, 1, 2]), NO_UTF8)])
def test_a_parquet_value_that_is_not_utf8_refuses_its_row_alone(tmp_path: Path, column: Any) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": column}), path)
    (first, second) = read(path, "x")
    assert first == (1, "row 1: not valid UTF-8")
    assert isinstance(second[1], dict)


def test_a_parquet_id_that_is_not_utf8_refuses_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": NO_UTF8, "text": ["x", "y"]}), path)
    (chunk,) = read_chunks(locate(path), Fields())
    assert (chunk.ids, chunk.texts) == ([None, "b"], [None, "y"])
    assert str(chunk.refused[0]) == "row 1: not valid UTF-8"


def test_rows_are_numbered_across_parquet_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": range(CHUNK_ROWS * 2 + 3)}), path)
    rows = read(path, "n")
    assert rows[-1] == (CHUNK_ROWS * 2 + 3, {"n": CHUNK_ROWS * 2 + 2})
    assert len(rows) == CHUNK_ROWS * 2 + 3


def test_a_file_cut_short_is_refused_while_its_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    packed = gzip.compress("".join(f'{{"x": {i * 7919 % 10007}}}\n' for i in range(20_000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="cut short"):
        read(path, "x")
