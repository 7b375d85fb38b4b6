"""Rows of own files become articles by their maps; what is wrong is named by file and line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from khabar.inference.errors import InputError
from khabar.training.config_data import Source
from khabar.training.own_data import read_own

MAPS: dict[str, Any] = {
    "columns": {"text": "body", "title": "headline", "id": "url", "sectors": "topic", "tone": "mood"},
    "labels": {"sectors": {"Business": "economy", "Misc": None}, "tone": {"good": "positive"}},
}
ROWS = [
    {"url": "a", "headline": "عنوان", "body": "نص أول", "topic": "Business;sport", "mood": "good"},
    {"url": "b", "headline": "", "body": "نص ثان", "topic": "Misc", "mood": ""},
]


def write(path: Path, rows: list[Any]) -> Path:
    """Write rows as the name of the file asks."""
    kind = path.name.split(".")[1]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    if kind == "jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        mark = "\t" if kind == "tsv" else ","
        lines = [mark.join(rows[0]), *(mark.join(f'"{value}"' for value in row.values()) for row in rows)]
        text = "\ufeff" + "\n".join(lines) + "\n"
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(text.encode()))
    return path


def read(path: Path, **keys: Any) -> Any:
    return read_own(Source(path=str(path), **{**MAPS, **keys}))


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.csv", "a.tsv", "a.parquet", "a.jsonl.gz", "a.csv.zst", "a.tsv.gz", "folder"]
)
def test_rows_become_articles_by_the_maps(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        write(path / "1.parquet", ROWS[:1])
        write(path / "2.csv", ROWS[1:])
    else:
        write(path, ROWS)
    one, two = read(path)
    assert (one.id, one.title, one.text, one.sectors, one.main, one.tone) == (
        "a", "عنوان", "نص أول", ("economy", "sport"), "economy", "positive",
    )  # fmt: skip
    assert "health" in one.denied
    assert (two.title, two.sectors, two.denied, two.tone) == (None, (), frozenset(), None)


def test_rows_without_an_id_are_named_by_their_place(tmp_path: Path) -> None:
    rows = [{"body": row["body"], "topic": "sport"} for row in ROWS]
    columns = {"text": "body", "sectors": "topic"}
    for name, ids in (("a.csv", ["a.csv#2", "a.csv#3"]), ("a.parquet", ["a.parquet#1", "a.parquet#2"])):
        path = write(tmp_path / name, rows)
        assert [article.id for article in read_own(Source(path=str(path), columns=columns))] == ids


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_list_of_sectors_is_read(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [{**ROWS[0], "topic": ["health", "Business"]}])
    assert read(path)[0].sectors == ("health", "economy")


def test_sectors_that_labels_do_not_name_can_stay_unknown(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.jsonl", ROWS), others="unknown")[0].denied == frozenset()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"body": "x", "topic": "Bussiness"}', "line 2: found the sector 'Bussiness'.*did you mean Business"),
        ('{"body": "x", "topic": "misc"}', "line 2: found the sector 'misc'.*did you mean Misc"),
        ('{"body": "x", "mood": "bad"}', "line 2: found the tone 'bad', expected one of good, negative"),
        ('{"body": "  "}', "line 2: found no text in 'body'"),
        ('{"body": ["x"]}', "line 2: found list in 'body', expected a string"),
        ('{"body": "x"', "line 2: not valid JSON"),
        ("[1]", "line 2: not a JSON object .found an array"),
        ('{"url": "a", "body": "x"}', "line 2: found the id 'a' again, expected it once .own.jsonl line 1"),
    ],
)
def test_a_wrong_line_of_json_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "own.jsonl", ROWS[:1])
    path.write_text(path.read_text("utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"1 rows are not as expected(.|\n)*own\.jsonl {message}"):
        read(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'e,"f\ng"', r"line 4: another number of fields than the header \(2, not 5\)"),
        (b"e,f,\xc7,sport,good", "line 4: not valid UTF-8"),
        (b'e,f,"g,sport,good', "line 4: a quote that is never closed"),
        (b"e,f,,sport,good", "line 4: found no text in 'body'"),
        (b"a,f,g,sport,good", "line 4: found the id 'a' again"),
    ],
)
def test_a_wrong_row_of_a_table_is_named_by_the_line_it_starts_on(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b'url,headline,body,topic,mood\na,"b\nc",d,sport,good\n' + line + b"\n")
    with pytest.raises(InputError, match=rf"own\.csv {message}"):
        read(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"body": 3.5}, "found float in 'body', expected a string"),
        ({"body": None}, "found no text in 'body'"),
        ({"topic": ["sprot"]}, "found the sector 'sprot'.*did you mean sport"),
        ({"url": True}, "found bool in 'url', expected a string"),
    ],
)
def test_a_wrong_row_of_parquet_is_named_by_its_number(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    folder = tmp_path / "both"
    folder.mkdir()
    write(folder / "1.parquet", ROWS[1:])
    write(folder / "2.parquet", [{**ROWS[0], **changed}])
    with pytest.raises(InputError, match=rf"1 rows are not as expected(.|\n)*2\.parquet row 1: {message}"):
        read(folder)


def test_all_wrong_rows_are_counted_and_the_first_ten_named(tmp_path: Path) -> None:
    path = write(tmp_path / "own.jsonl", [{"body": "x", "topic": "?"}] * 25)
    with pytest.raises(InputError, match="25 rows are not as expected") as error:
        read(path)
    assert str(error.value).count("own.jsonl line") == 10
    assert "and 15 more" in str(error.value)


@pytest.mark.parametrize("name", ["own.csv", "own.parquet"])
def test_a_missing_column_names_those_there_are_and_the_nearest(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [{"url": "a", "headline": "b", "Body": "c", "topic": "d", "mood": "e"}])
    with pytest.raises(InputError, match=r"no column 'body' .columns.text., .* url, headline, Body.*did you mean Body"):
        read(path)


def test_a_column_that_stands_twice_is_refused_if_it_is_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("url,headline,body,topic,mood,body\n")
    with pytest.raises(InputError, match=r"found 2 columns 'body' .columns\.text., expected one"):
        read(path)


@pytest.mark.parametrize("name", ["missing.csv", "own.xlsx", "empty"])
def test_a_path_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.xlsx").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)


def test_hidden_files_and_links_in_a_folder_of_files_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    write(folder / "a.jsonl", ROWS)
    (folder / "._a.jsonl").write_bytes(b"\0\5\x16\7")
    (folder / "again.jsonl").symlink_to(folder / "a.jsonl")
    assert len(read(folder)) == 2


def test_a_folder_of_label_folders_read_as_rows_is_told_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "sport").mkdir()
    with pytest.raises(InputError, match="it holds folders: if their names are the labels, leave out columns"):
        read(tmp_path)
