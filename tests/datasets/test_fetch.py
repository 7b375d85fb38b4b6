"""Fetching takes what a server gives, checks it, and leaves nothing behind where it fails."""

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from khabar.datasets.archive import find_archive
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.datasets.fetch import download, fetch, verify
from khabar.inference.errors import CorpusError

Publish = Callable[..., CorpusEntry]


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream(mirror: Path) -> Iterator[str]:
    """The address of a local server that serves the mirror."""
    mirror.mkdir(parents=True, exist_ok=True)
    handler = functools.partial(_QuietHandler, directory=str(mirror))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_fetched_archive_is_whole_and_checked(publish: Publish, upstream: str, tmp_path: Path) -> None:
    corpus = publish("yabiladi", {"yab.json": "[]"}, 0)
    path = download(corpus, f"{upstream}/{corpus.archive}", tmp_path / "cache" / "archive.zip")
    verify(corpus, path)
    assert path.read_bytes() == find_archive(corpus).read_bytes()


def test_an_archive_with_another_content_is_not_kept(publish: Publish, upstream: str, tmp_path: Path) -> None:
    publish("yabiladi", {"yab.json": "[]"}, 0)
    expected = entry("yabiladi")
    with pytest.raises(CorpusError, match=f"expected {expected.digest}"):
        download(expected, f"{upstream}/{expected.archive}", tmp_path / "cache" / "archive.zip")
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_archive_that_is_not_upstream_is_said_so(upstream: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"yabiladi: .* could not be fetched .* check the network"):
        download(entry("yabiladi"), f"{upstream}/nothing.zip", tmp_path / "cache" / "archive.zip")
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_network_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="could not be fetched"):
        download(entry("yabiladi"), "http://127.0.0.1:9/a.zip", tmp_path / "cache" / "archive.zip")


def test_a_cache_that_cannot_be_written_is_said_so(upstream: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    with pytest.raises(CorpusError, match="could not be fetched"):
        download(entry("yabiladi"), f"{upstream}/a.zip", tmp_path / "cache" / "archive.zip")


def test_an_archive_in_the_cache_is_checked_before_it_is_trusted(mirror: Path) -> None:
    cached = mirror.parent / "home" / "corpora" / entry("yabiladi").archive
    cached.parent.mkdir(parents=True)
    cached.write_text("half a download")
    with pytest.raises(CorpusError, match="cannot be read"):
        fetch("yabiladi")
