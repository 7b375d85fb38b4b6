"""Reading articles by column: good rows, refused rows, and inputs that cannot be read at all."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from khabar.inference import read_csv, read_jsonl
from khabar.inference.errors import InputError
from khabar.inference.formats import locate
from khabar.inference.records import CHUNK_BYTES, CHUNK_ROWS, Chunk, Fields, check_columns, read_chunks

Rows = list[tuple[Any, str | None, str | None]]


def read(path: Path, content: bytes | None = None, fields: Fields | None = None) -> list[Chunk]:
    if content is not None:
        path.write_bytes(content)
    return list(read_chunks(locate(path), fields or Fields()))


def rows(chunks: list[Chunk]) -> Rows:
    return [row for c in chunks for row in zip(c.ids, c.texts, c.titles, strict=True)]


def refusals(chunks: list[Chunk]) -> list[str]:
    return [str(refusal) for chunk in chunks for refusal in chunk.refused.values()]


def write_parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


# JSON Lines


def test_jsonl_rows_keep_id_text_and_title(tmp_path: Path) -> None:
    content = '{"id": "a", "title": "عنوان", "text": "نص", "x": 1}\n{"id": 7, "text": "آخر"}'.encode()
    assert rows(read(tmp_path / "a.jsonl", content)) == [("a", "نص", "عنوان"), (7, "آخر", None)]


def test_blank_lines_of_jsonl_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    chunks = read(tmp_path / "a.jsonl", b'\n{"text": "a"}\r\n  \n\n{"text": "b"\n\n')
    assert rows(chunks) == [(None, "a", None), (None, None, None)]
    assert refusals(chunks)[0].startswith("line 5: not valid JSON")


def test_a_byte_order_mark_is_not_part_of_the_first_row(tmp_path: Path) -> None:
    assert rows(read(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text": "a"}')) == [(None, "a", None)]
    assert rows(read(tmp_path / "a.csv", b"\xef\xbb\xbftext\na\n")) == [(None, "a", None)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "line 2: not valid JSON (Expecting ',' delimiter: line 1 column 13 (char 12))"),
        (b"[1]", "line 2: not a JSON object (found an array)"),
        (b'"text"', "line 2: not a JSON object (found a string)"),
        (b"{}", "line 2: no field 'text'"),
        (b'{"text": null}', "line 2: the field 'text' is not a string (found null)"),
        (b'{"text": 3.5}', "line 2: the field 'text' is not a string (found a number)"),
        (b'{"text": "a", "title": ["b"]}', "line 2: the field 'title' is not a string (found an array)"),
        (b'{"text": "a\xff"}', "line 2: not valid UTF-8 (byte 12 of the line)"),
    ],
)
def test_a_broken_line_is_refused_and_the_rest_goes_on(tmp_path: Path, line: bytes, reason: str) -> None:
    chunks = read(tmp_path / "a.jsonl", b'{"text": "a"}\n' + line + b'\n{"text": "c"}\n')
    assert [text for _, text, _ in rows(chunks)] == ["a", None, "c"]
    assert refusals(chunks) == [reason]


def test_deeply_nested_json_is_refused_not_fatal(tmp_path: Path) -> None:
    deep = b"[" * 200_000
    assert refusals(read(tmp_path / "a.jsonl", deep + b'\n{"text": "b"}'))[0].startswith("line 1: not valid JSON")


def test_a_refused_row_keeps_the_id_it_has(tmp_path: Path) -> None:
    assert rows(read(tmp_path / "a.jsonl", b'{"id": "x", "text": null}')) == [("x", None, None)]


@pytest.mark.parametrize("id_", [2**64 - 1, 10**30, -1.5, True, None, "x", [1, "a"], {"k": None}])
def test_ids_of_any_json_type_are_kept_as_they_are(tmp_path: Path, id_: Any) -> None:
    content = json.dumps({"id": id_, "text": "a"}).encode()
    ((read_id, _, _),) = rows(read(tmp_path / "a.jsonl", content))
    assert read_id == id_
    assert type(read_id) is type(id_)


def test_lone_surrogates_and_nan_are_read_as_the_standard_library_does(tmp_path: Path) -> None:
    content = b'{"text": "a\\ud800b", "score": NaN}'
    assert rows(read(tmp_path / "a.jsonl", content)) == [(None, "a\ud800b", None)]


def test_a_named_field_must_be_in_every_jsonl_row(tmp_path: Path) -> None:
    content = b'{"doc": 1, "head": null, "body": "a"}\n{"doc": 2, "body": "b"}\n{"head": "t", "body": "c"}'
    chunks = read(tmp_path / "a.jsonl", content, Fields("body", "head", "doc"))
    assert rows(chunks) == [(1, "a", None), (2, None, None), (None, None, None)]
    assert refusals(chunks) == ["line 2: no field 'head'", "line 3: no field 'doc'"]


def test_a_line_of_fifty_megabytes_is_one_row(tmp_path: Path) -> None:
    text = "ا" * (25 << 20)
    content = b'{"text": "first"}\n' + json.dumps({"text": text}, ensure_ascii=False).encode() + b'\n{"text": "last"}'
    assert [len(t or "") for _, t, _ in rows(read(tmp_path / "a.jsonl", content))] == [5, 25 << 20, 4]


def test_a_line_without_end_is_refused_with_what_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_jsonl, "LINE_LIMIT", 1000)
    with pytest.raises(InputError, match=r"one JSON array, convert it: jq"):
        read(tmp_path / "a.jsonl", b"[" + b'{"text": "a"},' * 100)


def test_chunks_are_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    many = read(tmp_path / "many.jsonl", b'{"text": "a"}\n' * (CHUNK_ROWS * 2 + 5))
    assert max(len(c.ids) for c in many) == CHUNK_ROWS
    assert sum(len(c.ids) for c in many) == CHUNK_ROWS * 2 + 5
    large = read(tmp_path / "large.jsonl", (b'{"text": "' + b"a" * (1 << 20) + b'"}\n') * 9)
    assert all(sum(map(len, c.texts)) <= CHUNK_BYTES for c in large)  # type: ignore[arg-type]
    assert sum(len(c.ids) for c in large) == 9


# CSV and TSV


def test_csv_reads_newlines_quotes_and_commas_in_quotes(tmp_path: Path) -> None:
    content = 'id,text,title\r\n1,"سطر\r\nثان، ""هنا"", نعم",\r\n2,b,t\r\n'.encode()
    chunks = read(tmp_path / "a.csv", content)
    assert rows(chunks) == [("1", 'سطر\r\nثان، "هنا", نعم', None), ("2", "b", "t")]
    assert chunks[0].where == [2, 4]


def test_tsv_is_separated_by_tabs(tmp_path: Path) -> None:
    assert rows(read(tmp_path / "a.tsv", b"text\tid\na, b\t1\n")) == [("1", "a, b", None)]


def test_a_csv_row_of_another_width_is_refused_with_its_first_line(tmp_path: Path) -> None:
    chunks = read(tmp_path / "a.csv", b'id,text\n1,"a\nb"\n2,a,b\n3\n\n4,d')
    assert rows(chunks) == [("1", "a\nb", None), ("2", None, None), ("3", None, None), ("4", "d", None)]
    assert refusals(chunks) == [
        "line 4: another number of fields than the header (3, not 2)",
        "line 5: another number of fields than the header (1, not 2)",
    ]


def test_a_csv_row_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    chunks = read(tmp_path / "a.csv", b"id,text\n1,\xc7\xe1\n2,b\n\xc7,c\n\xc7,d,e\n")
    assert rows(chunks) == [("1", None, None), ("2", "b", None), (None, None, None), (None, None, None)]
    assert refusals(chunks) == [
        "line 2: not valid UTF-8",
        "line 4: not valid UTF-8",
        "line 5: another number of fields than the header (3, not 2)",
    ]


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quote_that_is_never_closed_does_not_swallow_rows_in_silence(tmp_path: Path, end: str) -> None:
    chunks = read(tmp_path / "a.csv", f'id,text\n1,a\n2,"b\n3,c\n4,d{end}'.encode())
    assert [text for _, text, _ in rows(chunks)] == ["a", None]
    assert refusals(chunks)[0].startswith("line 3: a quote that is never closed")


def test_a_field_beyond_all_measure_stops_with_the_line_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_csv, "FIELD_LIMIT", 1000)
    with pytest.raises(InputError, match=r"from line 3 on: field larger than field limit"):
        read(tmp_path / "a.csv", b'text\na\n"' + b"b\n" * 2000)


def test_a_csv_field_larger_than_the_modules_limit_is_read_and_the_limit_put_back(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    chunks = read(tmp_path / "a.csv", b"text\n" + b"a" * (before + 1))
    assert len(chunks[0].texts[0] or "") == before + 1
    assert csv.field_size_limit() == before


def test_a_header_with_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="opens a quote in its first row"):
        read(tmp_path / "a.csv", b'id,"text\n1,a\n')


def test_an_empty_csv_is_refused_and_an_empty_jsonl_has_no_rows(tmp_path: Path) -> None:
    for content in (b"", b"\n\n"):
        with pytest.raises(InputError, match="is empty; expected a header"):
            read(tmp_path / "a.csv", content)
    assert read(tmp_path / "a.jsonl", b"") == []
    assert read(tmp_path / "b.csv", b"id,text\n") == []


# Tables without the column


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_missing_column_names_those_there_are_and_the_nearest(tmp_path: Path, name: str) -> None:
    if name == "a.csv":
        (tmp_path / name).write_text("id,texte,date\n1,a,b\n")
    else:
        write_parquet(tmp_path / name, {"id": ["1"], "texte": ["a"], "date": ["b"]})
    location = locate(tmp_path / name)
    with pytest.raises(InputError, match=r"no column 'text'.*id, texte, date\. Did you mean --text-field texte"):
        check_columns(location, Fields())
    with pytest.raises(InputError, match=r"no column 'doc'.*Name the right one with --id-field"):
        check_columns(location, Fields("texte", id="doc"))
    with pytest.raises(InputError, match=r"no column 'dat'.*Did you mean --title-field date"):
        check_columns(location, Fields("texte", title="dat"))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("twice", ["text", "title", "id", "x"])
def test_a_column_that_stands_twice_is_refused_if_it_is_to_be_read(tmp_path: Path, name: str, twice: str) -> None:
    names = ["text", "title", "id", "x", twice]
    if name == "a.csv":
        (tmp_path / name).write_text(",".join(names) + "\na,b,c,d,e\n")
    else:
        pq.write_table(pa.Table.from_arrays([pa.array([value]) for value in "abcde"], names), tmp_path / name)
    if twice == "x":
        assert rows(read(tmp_path / name)) == [("c", "a", "b")]
    else:
        with pytest.raises(InputError, match=f"has 2 columns '{twice}'; expected one"):
            check_columns(locate(tmp_path / name), Fields())


def test_a_csv_with_semicolons_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;text\n1;a\n")
    with pytest.raises(InputError, match="separated by something else"):
        check_columns(locate(tmp_path / "a.csv"), Fields())


# Parquet


@pytest.mark.parametrize(
    "type_", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_parquet_text_may_be_of_any_string_type(tmp_path: Path, type_: Any) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": pa.array(["خبر", None], type_), "id": [1, 2]})
    chunks = read(path)
    assert rows(chunks) == [(1, "خبر", None), (2, None, None)]
    assert refusals(chunks) == ["row 2: the column 'text' is null"]


def test_a_parquet_column_that_holds_no_strings_is_refused_by_its_type(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": [1, 2]})
    with pytest.raises(InputError, match=r"'text' of .* holds int64; expected strings"):
        check_columns(locate(path), Fields())


def test_parquet_ids_that_json_does_not_have_become_strings(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": ["a", "b"], "id": [Decimal("1.50"), Decimal("2.00")]})
    assert [id_ for id_, _, _ in rows(read(path))] == ["1.50", "2.00"]


def test_a_parquet_row_that_is_not_utf8_is_refused_alone(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\x02\0\0\0\x03\0\0\0"), pa.py_buffer(b"\xc7\xe1b")]
    )
    chunks = read(write_parquet(tmp_path / "a.parquet", {"text": bad}))
    assert [text for _, text, _ in rows(chunks)] == [None, "b"]
    assert refusals(chunks) == ["row 1: not valid UTF-8"]


def test_one_large_row_group_is_read_in_small_chunks(tmp_path: Path) -> None:
    texts = [chr(97 + i % 26) * (1 << 20) for i in range(12)]
    path = write_parquet(tmp_path / "a.parquet", {"text": texts}, row_group_size=12, use_dictionary=False)
    chunks = read(path)
    assert max(len(c.ids) for c in chunks) <= CHUNK_BYTES >> 20
    assert [t for _, t, _ in rows(chunks)] == texts
    assert chunks[-1].position == path.stat().st_size


# Damage


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_compressed_file_cut_short_is_refused_not_taken_as_its_end(tmp_path: Path, pack: Any, name: str) -> None:
    lines = "".join(f"{i * 7919 % 10007}\n" for i in range(20_000))
    content = pack(f"text\n{lines}".encode())
    with pytest.raises(InputError, match="cut short"):
        read(tmp_path / name, content[: len(content) // 2])


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"text": ["a"] * 1000})
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read(path, path.read_bytes()[:-20])
