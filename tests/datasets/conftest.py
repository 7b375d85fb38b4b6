"""Small archives in the upstream layout, a server of them, and articles with only what a test speaks of."""

import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from khabar.datasets.archive import content_digest
from khabar.datasets.article import Article
from khabar.datasets.catalog import CorpusEntry, entry

Publish = Callable[[str, Mapping[str, str | bytes], int], CorpusEntry]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty mirror and an empty cache, in place of whatever this machine has."""
    monkeypatch.setenv("KHABAR_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return tmp_path / "mirror"


@pytest.fixture
def publish(mirror: Path) -> Publish:
    """Write an archive of a corpus into the mirror; gives the entry that this content fulfils."""

    def write(name: str, files: Mapping[str, str | bytes], documents: int) -> CorpusEntry:
        corpus = entry(name)
        path = mirror / corpus.archive
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{corpus.top_folder}/", "")
            archive.writestr(f"{corpus.top_folder}/README.md", "not read")
            for member, content in files.items():
                archive.writestr(f"{corpus.top_folder}/{member}", content)
        return replace(corpus, documents=documents, digest=content_digest(corpus, path))

    return write


class Upstream(ThreadingHTTPServer):
    """A server on this machine that gives one archive, in the way that a test sets.

    Attributes
    ----------
    body : bytes
        The archive.
    ranges : list
        The header Range of each request, None where it had none.
    status : int
        What every request is answered with, if not 200 or 206.
    ignores_ranges : bool
    shift : int
        By how much a range begins later than it was asked for.
    breaks_after : int or None
        So many bytes come, then the connection ends.
    silent : threading.Event or None
        Until it is set nothing comes; after `breaks_after`, if that is set.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = b""
        self.ranges: list[str | None] = []
        self.status = 200
        self.ignores_ranges = False
        self.shift = 0
        self.breaks_after: int | None = None
        self.silent: threading.Event | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        body, status = self.server.body, self.server.status
        start = 0
        if asked and not self.server.ignores_ranges and status == 200:
            start = int(asked.removeprefix("bytes=").removesuffix("-")) + self.server.shift
            status = 206 if start < len(body) else 416
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        rest = body[start:] if status in (200, 206) else b""
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_after])
        self.wfile.flush()
        if self.server.silent is not None:
            self.server.silent.wait()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server with no archive yet."""
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        if server.silent is not None:
            server.silent.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def article() -> Callable[..., Article]:
    """An article of no particular corpus."""

    def make(text: str = "نص", **rest: object) -> Article:
        given = {"corpus": "mine", "id": "1", "outlet": "mine", "text": text, **rest}
        return Article(**given)  # type: ignore[arg-type]

    return make
