"""A file's format and compression: by name, by choice, by first bytes."""

import gzip
from pathlib import Path

import pytest
import zstandard

from khabar.inference.errors import InputError
from khabar.inference.formats import Location, compressed, locate, open_input


@pytest.mark.parametrize(
    ("name", "format_", "compression"),
    [
        ("a.jsonl", "jsonl", None),
        ("a.ndjson.gz", "jsonl", "gzip"),
        ("a.b.CSV.ZST", "csv", "zstd"),
        ("2024.01.tsv", "tsv", None),
        ("a.parquet", "parquet", None),
    ],
)
def test_a_name_tells_format_and_compression(name: str, format_: str, compression: str | None) -> None:
    assert locate(name) == Location(Path(name), format_, compression)


def test_a_chosen_format_overrides_the_name() -> None:
    assert locate("a.csv.gz", chosen="tsv") == Location(Path("a.csv.gz"), "tsv", "gzip")


def test_a_standard_stream_is_jsonl_unless_chosen_otherwise() -> None:
    assert locate("-") == Location(None, "jsonl")
    assert locate("-", chosen="csv") == Location(None, "csv")


@pytest.mark.parametrize("name", ["articles", "articles.json", "articles.gz", "folder.jsonl/articles"])
def test_a_name_that_does_not_tell_is_refused_with_the_names_that_do(name: str) -> None:
    with pytest.raises(InputError, match=r"does not tell its format.*\.jsonl.*--format"):
        locate(name)


def test_parquet_inside_gzip_is_refused_with_the_name_to_use() -> None:
    with pytest.raises(InputError, match=r"Parquet compresses itself\. Name it a\.parquet"):
        locate("a.parquet.gz")


@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
def test_what_was_compressed_is_read_back_whatever_its_name(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "plain.jsonl"
    with path.open("wb") as file, compressed(file, compression) as stream:
        stream.write("خبر\n".encode())
    with open_input(locate(path)) as opened:
        assert opened.stream.read().decode() == "خبر\n"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_files_compressed_and_then_joined_are_read_to_the_end(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "joined.jsonl"
    path.write_bytes(pack(b"one\n") + pack(b"two\n"))  # type: ignore[operator]
    with open_input(locate(path)) as opened:
        assert opened.stream.read() == b"one\ntwo\n"


def test_equal_rows_compress_to_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file, compressed(file, "gzip") as stream:
            stream.write(b"row\n")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"PAR1....PAR1", "a.csv", "is a Parquet file by its first bytes"),
        (b"id,text\n", "a.parquet", "is not a Parquet file by its first bytes"),
        ("id,text\n".encode("utf-16"), "a.csv", "iconv -f UTF-16 -t UTF-8"),
    ],
)
def test_first_bytes_that_contradict_the_format_are_refused(
    tmp_path: Path, content: bytes, name: str, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message), open_input(locate(tmp_path / name)):
        pass


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*a\.csv"), open_input(locate(tmp_path / "a.csv")):
        pass
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"), open_input(locate(tmp_path / "b.csv")):
        pass
