"""Fetching takes what a server gives, goes on where it stopped, checks it, and leaves nothing half-written."""

import fcntl
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from khabar.datasets.archive import places
from khabar.datasets.catalog import CATALOG, CorpusEntry, entry
from khabar.datasets.download import DownloadError, NetworkError
from khabar.datasets.fetch import CacheError, fetch
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]

NAME = "yabiladi"
# Does not compress, so that a part of the archive is a part of its content.
LETTERS = bytes(random.Random(0).choices(b"0123456789abcdef", k=200_000))

FETCH = f"from khabar.datasets.fetch import fetch\nprint(fetch({NAME!r}))"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def offer(publish: Publish, mirror: Path, upstream, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CorpusEntry]:
    """Put an archive on the server and its digest into the catalogue; gives the entry."""

    def put(files=None) -> CorpusEntry:
        corpus = publish(NAME, files or {"yab.json": LETTERS}, 0)
        monkeypatch.setitem(CATALOG, NAME, corpus)
        upstream.body = (mirror / corpus.archive).read_bytes()
        shutil.rmtree(mirror)
        monkeypatch.setenv("KHABAR_MIRROR", upstream.address)
        return corpus

    return put


@pytest.fixture
def corpus(offer: Callable[..., CorpusEntry]) -> CorpusEntry:
    return offer()


def cached(corpus: CorpusEntry) -> Path:
    return places(corpus)["cache"]


def files_beside(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()} if path.parent.is_dir() else {}


def test_a_fetched_archive_is_whole_and_alone(corpus: CorpusEntry, upstream) -> None:
    fetched = fetch(NAME)
    assert (fetched.path, fetched.origin) == (cached(corpus), "download")
    assert files_beside(fetched.path) == {fetched.path.name: upstream.body}
    assert stat.S_IMODE(fetched.path.stat().st_mode) & 0o444  # for others too, where the cache is shared


def test_an_interrupted_download_is_continued(corpus: CorpusEntry, upstream) -> None:
    upstream.breaks_after = 60_000
    with pytest.raises(NetworkError):
        fetch(NAME)
    ((name, kept),) = files_beside(cached(corpus)).items()
    assert (name, upstream.body.startswith(kept)) == (f"{cached(corpus).name}.part", True)
    upstream.breaks_after = None
    told: list[tuple[int, int | None]] = []
    fetch(NAME, lambda *progress: told.append(progress))
    assert told[0] == (len(kept), len(upstream.body))
    assert upstream.ranges == [None, f"bytes={len(kept)}-"]
    assert files_beside(cached(corpus)) == {cached(corpus).name: upstream.body}


@pytest.mark.parametrize("ignores_ranges", [False, True])
@pytest.mark.parametrize("part", [LETTERS[:60_000], LETTERS * 2], ids=["shorter", "longer"])
def test_a_part_of_something_else_costs_a_download_and_no_more(
    corpus: CorpusEntry, upstream, part: bytes, ignores_ranges: bool
) -> None:
    cached(corpus).parent.mkdir(parents=True)
    cached(corpus).with_name(f"{cached(corpus).name}.part").write_bytes(part)
    upstream.ignores_ranges = ignores_ranges
    fetch(NAME)
    assert files_beside(cached(corpus)) == {cached(corpus).name: upstream.body}


def test_a_part_that_is_whole_is_not_downloaded_again(corpus: CorpusEntry, upstream) -> None:
    cached(corpus).parent.mkdir(parents=True)
    cached(corpus).with_name(f"{cached(corpus).name}.part").write_bytes(upstream.body)
    fetch(NAME)
    assert upstream.ranges == [f"bytes={len(upstream.body)}-"]
    assert files_beside(cached(corpus)) == {cached(corpus).name: upstream.body}


def test_a_range_that_begins_elsewhere_is_not_trusted(corpus: CorpusEntry, upstream) -> None:
    cached(corpus).parent.mkdir(parents=True)
    cached(corpus).with_name(f"{cached(corpus).name}.part").write_bytes(upstream.body[:1000])
    upstream.shift = 1
    fetch(NAME)
    assert files_beside(cached(corpus)) == {cached(corpus).name: upstream.body}


def test_a_process_that_is_killed_leaves_nothing_under_the_archives_name(corpus: CorpusEntry, upstream) -> None:
    upstream.breaks_after = 100_000
    upstream.silent = threading.Event()
    child = subprocess.Popen([sys.executable, "-c", FETCH])
    part = cached(corpus).with_name(f"{cached(corpus).name}.part")
    deadline = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size > 50_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not cached(corpus).exists()
    upstream.silent.set()
    upstream.breaks_after = upstream.silent = None
    fetch(NAME)
    assert upstream.ranges[-1] is not None
    assert cached(corpus).read_bytes() == upstream.body


def test_two_processes_do_not_write_one_part(corpus: CorpusEntry) -> None:
    cached(corpus).parent.mkdir(parents=True)
    part = cached(corpus).with_name(f"{cached(corpus).name}.part")
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CorpusError, match="is being downloaded by another process; wait for it"):
            fetch(NAME)
    fetch(NAME)


def test_a_download_with_a_wrong_digest_is_not_kept(corpus: CorpusEntry, offer, upstream, monkeypatch) -> None:
    offer({"yab.json": "[]"})
    monkeypatch.setitem(CATALOG, NAME, corpus)
    with pytest.raises(CorpusError, match=f"{upstream.address}.* has digest [0-9a-f]+, expected {corpus.digest}.*kept"):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in to the network</html>", LETTERS], ids=["nothing", "html", "noise"]
)
def test_a_download_that_is_no_zip_is_not_kept(corpus: CorpusEntry, upstream, body: bytes) -> None:
    upstream.body = body
    with pytest.raises(CorpusError, match=r"cannot be read .* expected a whole zip; nothing of it was kept. Run the"):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/outside.txt", "{top}/../../outside.txt", "{top}/a\\..\\b", "C:/x"]
)
def test_a_download_whose_names_lead_elsewhere_is_not_kept(corpus: CorpusEntry, upstream, tmp_path, name: str) -> None:
    hostile = tmp_path / "hostile.zip"
    hostile.write_bytes(upstream.body)
    with zipfile.ZipFile(hostile, "a") as zipped:
        zipped.writestr(name.format(top=corpus.top_folder), "x")
    upstream.body = hostile.read_bytes()
    with pytest.raises(
        CorpusError, match=r"found a member named .* do not unpack this archive; nothing of it was kept"
    ):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}
    assert not list(tmp_path.rglob("*outside*"))


def test_a_decompression_bomb_is_not_unpacked(corpus: CorpusEntry, upstream, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped,
        zipped.open(f"{corpus.top_folder}/yab.json", "w") as member,
    ):
        for _ in range(257):
            member.write(bytes(2**20))
    upstream.body = bomb.read_bytes()
    with pytest.raises(CorpusError, match=r"unpacks to 269484032 bytes, more than 268435456.*nothing of it was kept"):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}


@pytest.mark.parametrize("status", [404, 503])
def test_an_archive_that_the_server_does_not_give_is_said_and_leaves_nothing(
    corpus: CorpusEntry, upstream, status: int
) -> None:
    upstream.status = status
    with pytest.raises(DownloadError, match=f"{corpus.archive}: found HTTP {status}"):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}


def test_no_network_is_said_and_leaves_nothing(corpus: CorpusEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_MIRROR", "http://khabar.invalid")
    with pytest.raises(NetworkError, match="there is no network, or no such host; check the network"):
        fetch(NAME)
    assert files_beside(cached(corpus)) == {}


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache on a file system of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system takes the rights of root")
    monkeypatch.setenv("KHABAR_HOME", str(disk))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_and_the_download_goes_on_when_there_is_room(
    corpus: CorpusEntry, upstream, small_disk: Path
) -> None:
    with pytest.raises(
        CacheError, match=r"No space left on device\); make room, then run the command again.* KHABAR_HO"
    ):
        fetch(NAME)
    assert not cached(corpus).exists()
    subprocess.run(["mount", "-o", "remount,size=1m", str(small_disk)], check=True)
    fetch(NAME)
    assert upstream.ranges[-1] is not None
    assert files_beside(cached(corpus)) == {cached(corpus).name: upstream.body}


def test_a_limit_on_the_size_of_files_is_said(corpus: CorpusEntry) -> None:
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n{FETCH}"
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=False)
    assert "CacheError: corpus yabiladi" in done.stderr
    assert "(File too large); raise the limit on the size of files (ulimit -f)" in done.stderr
    assert not cached(corpus).exists()


@pytest.mark.usefixtures("corpus")
def test_a_cache_that_may_not_be_written_is_said(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(CacheError, match=r"Read-only file system: .*make it writable, or set KHABAR_HOME to another"):
        fetch(NAME)


def test_a_file_where_the_cache_should_be_is_said(corpus: CorpusEntry, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(CacheError, match=rf"{cached(corpus)} cannot be written \(Not a directory"):
        fetch(NAME)


@pytest.mark.usefixtures("corpus")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o500)
    with pytest.raises(CacheError, match=r"Permission denied: .*make it writable"):
        fetch(NAME)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(CorpusError, match=r"found no corpus 'yabiladdi'.*did you mean 'yabiladi'"):
        fetch("yabiladdi")


@pytest.mark.usefixtures("corpus")
def test_an_archive_in_the_cache_is_checked_and_not_downloaded_again(upstream) -> None:
    fetch(NAME)
    assert fetch(NAME).origin == "cache"
    assert len(upstream.ranges) == 1


def test_a_damaged_archive_in_the_cache_is_replaced(corpus: CorpusEntry, upstream) -> None:
    cached(corpus).parent.mkdir(parents=True)
    cached(corpus).write_text("half a download")
    assert fetch(NAME).origin == "download"
    assert cached(corpus).read_bytes() == upstream.body


def test_an_archive_in_a_mirror_directory_is_checked_where_it_lies(publish: Publish, mirror: Path, monkeypatch) -> None:
    corpus = publish(NAME, {"yab.json": "[]"}, 0)
    monkeypatch.setitem(CATALOG, NAME, corpus)
    fetched = fetch(NAME)
    assert (fetched.path, fetched.origin) == (mirror / corpus.archive, "mirror")
    assert not cached(corpus).exists()


def test_a_wrong_archive_in_a_mirror_directory_is_refused_and_left_alone(publish: Publish, mirror: Path) -> None:
    publish(NAME, {"yab.json": "[]"}, 0)
    before = (mirror / entry(NAME).archive).read_bytes()
    with pytest.raises(CorpusError, match=r"has digest .*put the right one into the mirror"):
        fetch(NAME)
    assert (mirror / entry(NAME).archive).read_bytes() == before


def test_a_mirror_may_be_a_file_url(publish: Publish, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = publish(NAME, {"yab.json": LETTERS}, 0)
    monkeypatch.setitem(CATALOG, NAME, corpus)
    monkeypatch.setenv("KHABAR_MIRROR", mirror.as_uri())
    fetched = fetch(NAME)
    assert (fetched.path, fetched.origin) == (cached(corpus), "download")
    assert fetched.path.read_bytes() == (mirror / corpus.archive).read_bytes()
