"""Archives are found, read in memory and checked; whatever is wrong with one is said."""

import random
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from khabar.datasets import archive
from khabar.datasets.archive import (
    ArchiveError,
    archive_url,
    content_digest,
    find_archive,
    found_in,
    places,
    read_inner_zip,
    read_members,
)
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]

SPORTS = "Khaleej/Sports/0001.txt"
TECH = "Khaleej/Tech/0000.txt"


def test_members_come_by_name_and_only_those_that_the_reader_reads(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {TECH: "تقنية", SPORTS: "رياضة", "Khaleej/list.txt": "", "a/b/c/d.txt": ""}, 2)
    assert list(read_members(corpus)) == [(SPORTS, "رياضة".encode()), (TECH, "تقنية".encode())]


def test_a_missing_corpus_names_command_url_and_mirror(mirror: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        find_archive(entry("yabiladi"))
    message = str(caught.value)
    assert "khabar data fetch yabiladi, which downloads" in message
    assert entry("yabiladi").url in message
    assert "set KHABAR_MIRROR to a directory" in message
    assert str(mirror) in message


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_mirror_that_is_a_url_is_downloaded_from_and_not_looked_into(
    publish: Publish, monkeypatch: pytest.MonkeyPatch, slash: str
) -> None:
    corpus = publish("yabiladi", {"yab.json": "[]"}, 0)
    monkeypatch.setenv("KHABAR_MIRROR", f"https://mirror.example/khabar{slash}")
    monkeypatch.chdir("/")
    with pytest.raises(CorpusError) as caught:
        find_archive(corpus)
    found, _, then = str(caught.value).partition("; run: khabar data fetch yabiladi, which downloads ")
    assert found.endswith(f"found no {archive.cache_directory()}/corpora/{corpus.archive}")
    assert then.startswith(f"https://mirror.example/khabar/{corpus.archive}, or set")


def test_a_mirror_of_an_unknown_kind_is_refused(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not mirror.exists()
    monkeypatch.setenv("KHABAR_MIRROR", "s3://khabar/corpora")
    with pytest.raises(CorpusError, match=r"is 's3://khabar/corpora', expected a directory or a URL .* https://"):
        archive_url(entry("yabiladi"))


def test_the_mirror_is_looked_into_before_the_cache(publish: Publish, mirror: Path) -> None:
    corpus = publish("yabiladi", {"yab.json": "[]"}, 0)
    assert found_in(corpus) == "mirror"
    cached = places(corpus)["cache"]
    cached.parent.mkdir(parents=True)
    (mirror / corpus.archive).rename(cached)
    assert found_in(corpus) == "cache"
    cached.unlink()
    assert found_in(corpus) is None


def test_a_home_may_begin_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_HOME", "~/corpora")
    assert archive.cache_directory() == Path.home() / "corpora"


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
    with pytest.raises(CorpusError, match=f"expected {expected.digest}.*it is another version or was altered"):
        list(read_members(expected))


def test_what_to_do_with_a_wrong_archive_depends_on_where_it_is(publish: Publish, mirror: Path) -> None:
    publish("yabiladi", {"yab.json": "[]"}, 0)
    corpus = entry("yabiladi")
    with pytest.raises(CorpusError, match="into the mirror, or unset KHABAR_MIRROR and run: khabar data fetch yabi"):
        list(read_members(corpus))
    cached = places(corpus)["cache"]
    cached.parent.mkdir(parents=True)
    (mirror / corpus.archive).rename(cached)
    with pytest.raises(CorpusError, match=r"; replace it by running: khabar data fetch yabiladi$"):
        list(read_members(corpus))


def test_a_truncated_archive_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة" * 1000}, 1)
    path = find_archive(corpus)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorpusError, match=r"cannot be read.*expected a whole zip.*khabar data fetch sanad"):
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
        "{top}/Khaleej/./0002.txt",
        "{top}/Khaleej//0002.txt",
        "{top}/C:/outside.txt",
        "C:/outside.txt",
        "\\\\server\\outside.txt",
        "elsewhere/Khaleej/Sports/0002.txt",
    ],
)
def test_a_member_name_that_leads_elsewhere_is_refused(publish: Publish, name: str) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    with zipfile.ZipFile(find_archive(corpus), "a") as zipped:
        zipped.writestr(name.format(top=corpus.top_folder), "x")
    with pytest.raises(CorpusError, match=r"found a member named.*do not unpack"):
        list(read_members(corpus))


def test_a_member_that_is_a_symbolic_link_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    link = zipfile.ZipInfo(f"{corpus.top_folder}/Khaleej/Sports/0002.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(find_archive(corpus), "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
    with pytest.raises(CorpusError, match=r"found the symbolic link .*0002\.txt', expected a plain file"):
        list(read_members(corpus))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_that_two_members_have_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    with zipfile.ZipFile(find_archive(corpus), "a") as zipped:
        zipped.writestr(f"{corpus.top_folder}/{SPORTS}", "another")
    with pytest.raises(CorpusError, match=r"found two members named .*0001\.txt', expected each name once"):
        list(read_members(corpus))


def test_a_member_that_unpacks_to_more_than_it_claims_is_not_unpacked_further(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: bytes(10**7)}, 1)
    path = find_archive(corpus)
    claimed = path.read_bytes().replace((10**7).to_bytes(4, "little"), (10**3).to_bytes(4, "little"))
    path.write_bytes(claimed)
    with pytest.raises(CorpusError, match="Bad CRC-32"):
        list(read_members(corpus))


def test_files_that_together_unpack_to_too_much_are_refused(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "ر" * 1000, TECH: "ت" * 1000}, 2)
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 3999)
    with pytest.raises(CorpusError, match="its files unpack to 4000 bytes, more than 3999"):
        list(read_members(corpus))


def test_a_member_packed_in_a_way_that_no_upstream_uses_is_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة"}, 1)
    with zipfile.ZipFile(find_archive(corpus), "a", zipfile.ZIP_LZMA) as zipped:
        zipped.writestr(f"{corpus.top_folder}/{TECH}", "تقنية")
    with pytest.raises(CorpusError, match="is neither stored nor deflated"):
        list(read_members(corpus))


def test_whatever_byte_is_damaged_the_content_is_right_or_refused(publish: Publish) -> None:
    corpus = publish("sanad-khaleej", {SPORTS: "رياضة " * 20, TECH: "تقنية"}, 2)
    path = find_archive(corpus)
    whole, right = path.read_bytes(), list(read_members(corpus))
    draw = random.Random(0)
    refused = 0
    for position in range(0, len(whole), 3):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ draw.randrange(1, 256)]) + whole[position + 1 :])
        try:
            assert list(read_members(corpus)) == right
        except CorpusError:
            refused += 1
    assert refused > len(whole) // 8


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


def test_an_archive_that_the_system_cannot_read_is_not_called_damaged(publish: Publish, mirror: Path) -> None:
    corpus = publish("yabiladi", {"yab.json": "[]"}, 0)
    path = mirror / corpus.archive
    path.unlink()
    path.mkdir()
    with pytest.raises(CorpusError, match=r"cannot be read .Is a directory.*check its permissions") as caught:
        list(read_members(corpus, path))
    assert not isinstance(caught.value, ArchiveError)


@pytest.mark.parametrize("variable", ["KHABAR_HOME", "KHABAR_MIRROR"])
def test_a_home_directory_that_is_not_there_is_an_error(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "~nobody-of-this-name/corpora")
    with pytest.raises(CorpusError, match=f"found no home directory.*set {variable} to a directory without ~"):
        find_archive(entry("yabiladi"))


def test_a_mirror_that_is_no_url_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_MIRROR", "http://[bad")
    with pytest.raises(CorpusError, match=r"KHABAR_MIRROR is 'http://.bad', which is no URL"):
        archive_url(entry("yabiladi"))
