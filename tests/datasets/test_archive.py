"""Archives are found, read in memory and checked; whatever is wrong with one is said."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from khabar.datasets import archive
from khabar.datasets.archive import content_digest, find_archive, read_inner_zip, read_members
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]

SPORTS = "Khaleej/Sports/0001.txt"
TECH = "Khaleej/Tech/0000.txt"


def test_members_come_by_name_and_only_those_that_the_reader_reads(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {TECH: "تقنية", SPORTS: "رياضة", "Khaleej/list.txt": "", "a/b/c/d.txt": ""}, 2)
    assert list(read_members(corpus)) == [(SPORTS, "رياضة".encode()), (TECH, "تقنية".encode())]


def test_a_missing_corpus_names_function_url_and_mirror(mirror: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        find_archive(entry("yabiladi"))
    message = str(caught.value)
    assert "khabar.datasets.fetch.fetch('yabiladi')" in message
    assert entry("yabiladi").url in message
    assert "KHABAR_MIRROR" in message
    assert str(mirror) in message


def test_the_cache_is_used_where_there_is_no_mirror(
    publish: Publish, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    monkeypatch.delenv("KHABAR_MIRROR")
    mirror.rename(mirror.parent / "cached")
    (mirror.parent / "home").mkdir()
    (mirror.parent / "cached").rename(mirror.parent / "home" / "corpora")
    assert find_archive(corpus) == mirror.parent / "home" / "corpora" / corpus.archive


def test_the_digest_does_not_depend_on_the_bytes_of_the_zip(publish: Publish, mirror: Path) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة", TECH: "تقنية"}, 2)
    repacked = mirror / "repacked.zip"
    with zipfile.ZipFile(repacked, "w", zipfile.ZIP_STORED) as other:
        for name, text in ((TECH, "تقنية"), (SPORTS, "رياضة")):
            other.writestr(f"{corpus.top_folder}/{name}", text)
    assert content_digest(corpus, repacked) == corpus.digest


@pytest.mark.parametrize(
    "changed", [{SPORTS: "رياضه"}, {SPORTS: "رياضة", TECH: ""}, {"Khaleej/Sports/0002.txt": "رياضة"}]
)
def test_a_wrong_digest_is_refused_after_the_last_member(publish: Publish, changed: dict[str, str]) -> None:
    expected = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    publish("sanad-khaleej", changed, 1)
    with pytest.raises(CorpusError, match=f"expected {expected.digest}.*fetch it again"):
        list(read_members(expected))


def test_a_truncated_archive_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة" * 1000}, 1)
    path = find_archive(corpus)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorpusError, match=r"cannot be read.*expected a whole zip.*fetch it again"):
        list(read_members(corpus))


def test_a_member_with_a_flipped_byte_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة" * 1000}, 1)
    path = find_archive(corpus)
    with zipfile.ZipFile(path) as zipped:
        start = zipped.getinfo(f"{corpus.top_folder}/{SPORTS}").header_offset
    damaged = bytearray(path.read_bytes())
    damaged[start + 30 + len(f"{corpus.top_folder}/{SPORTS}") + 5] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(CorpusError, match="cannot be read"):
        list(read_members(corpus))


def test_a_file_that_is_no_zip_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    find_archive(corpus).write_text("<html>Not found</html>")
    with pytest.raises(CorpusError, match="cannot be read"):
        list(read_members(corpus))


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/outside.txt",
        "{top}/../../outside.txt",
        "{top}/Khaleej/../../outside.txt",
        "{top}//etc/outside.txt",
        "{top}/Khaleej\\..\\outside.txt",
        "elsewhere/Khaleej/Sports/0002.txt",
    ],
)
def test_a_member_name_that_leads_elsewhere_is_refused(publish: Publish, name: str) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    with zipfile.ZipFile(find_archive(corpus), "a") as zipped:
        zipped.writestr(name.format(top=corpus.top_folder), "x")
    with pytest.raises(CorpusError, match=r"found a member named.*do not unpack"):
        list(read_members(corpus))


def test_a_member_that_unpacks_to_too_much_is_refused(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "ر" * 1000}, 1)
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 999)
    with pytest.raises(CorpusError, match="unpacks to 2000 bytes"):
        list(read_members(corpus))


def test_an_archive_of_something_else_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    with pytest.raises(CorpusError, match=r"found no file like data/\*\.csv"):
        list(read_members(replace(corpus, files=("data/*.csv",))))


def test_a_damaged_zip_within_the_archive_is_named() -> None:
    with pytest.raises(CorpusError, match=r"dataset/2015-07-21\.zip.*saudinewsnet cannot be read"):
        list(read_inner_zip(entry("saudinewsnet"), "dataset/2015-07-21.zip", b"PK no zip"))
