"""Where a corpus's archive lies, and its members, read in memory and checked against the catalogue.

An archive is the zip that GitHub gives for a commit.  It is looked for in `KHABAR_MIRROR` (a directory that
holds <owner>/<repo>/<commit>.zip), then in the cache, `KHABAR_HOME` or ~/.cache/khabar.  Nothing is extracted
and no member name is used as a path.  The bytes of GitHub's zips change, so the check is by content: the
digest is the SHA-256 of a line "<member sha256>  <member name>" for each file read, by sorted name below the
top folder.
"""

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from khabar.datasets.catalog import CorpusEntry
from khabar.inference.errors import CorpusError

# The largest file of any corpus unpacks to 16 MB: a member that claims much more is a decompression bomb.
MAX_MEMBER_BYTES = 256 * 2**20

_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def cache_directory() -> Path:
    """Where fetched archives are kept: `KHABAR_HOME`, or ~/.cache/khabar."""
    home = os.environ.get("KHABAR_HOME")
    return Path(home) if home else Path.home() / ".cache" / "khabar"


def find_archive(corpus: CorpusEntry) -> Path:
    """The archive of a corpus on this machine.

    Raises
    ------
    CorpusError
        If it is neither in the mirror nor in the cache.
    """
    places = [cache_directory() / "corpora" / corpus.archive]
    if mirror := os.environ.get("KHABAR_MIRROR"):
        places.insert(0, Path(mirror) / corpus.archive)
    for place in places:
        if place.is_file():
            return place
    raise CorpusError(
        f"corpus {corpus.name} is not on this machine: found no {' and no '.join(map(str, places))}; "
        f"fetch it with khabar.datasets.fetch.fetch({corpus.name!r}), which downloads {corpus.url}, "
        "or set KHABAR_MIRROR to a directory that holds it"
    )


def read_members(corpus: CorpusEntry, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """The files that the corpus's reader reads, as (name below the top folder, content), by sorted name.

    The digest is computed on the way; the mismatch is raised after the last member, so use nothing of what
    was read before the iterator is exhausted.

    Raises
    ------
    CorpusError
        If the archive is missing, damaged, not the catalogue's content, or holds an unsafe member name.
    """
    path = path or find_archive(corpus)
    digest = hashlib.sha256()
    for name, content in _members(corpus, path):
        digest.update(_digest_line(name, content))
        yield name, content
    if digest.hexdigest() != corpus.digest:
        raise CorpusError(
            f"{path}: the content of corpus {corpus.name} has digest {digest.hexdigest()}, "
            f"expected {corpus.digest}; it is another version or was altered: delete it and fetch it again"
        )


def content_digest(corpus: CorpusEntry, path: Path) -> str:
    """The digest of an archive's content, to be written into the catalogue."""
    digest = hashlib.sha256()
    for name, content in _members(corpus, path):
        digest.update(_digest_line(name, content))
    return digest.hexdigest()


def read_inner_zip(corpus: CorpusEntry, name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of a zip that is itself a member, as (name, content), by sorted name."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            for info in sorted(inner.infolist(), key=lambda info: info.filename):
                if not info.is_dir():
                    yield info.filename, _content(inner, info)
    except _ZIP_FAULTS as error:
        raise _damaged(corpus, name, error) from error


def _digest_line(name: str, content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def _members(corpus: CorpusEntry, path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = {}
            for info in archive.infolist():
                name = _name_below_top(corpus, path, info)
                if not info.is_dir() and _is_wanted(name, corpus.files):
                    wanted[name] = info
            if not wanted:
                raise CorpusError(
                    f"{path}: found no file like {', '.join(corpus.files)}, expected by the reader of "
                    f"{corpus.name} below {corpus.top_folder}/; fetch the archive again from {corpus.url}"
                )
            for name in sorted(wanted):
                yield name, _content(archive, wanted[name])
    except _ZIP_FAULTS as error:
        raise _damaged(corpus, str(path), error) from error


def _name_below_top(corpus: CorpusEntry, path: Path, info: zipfile.ZipInfo) -> str:
    top, _, name = info.filename.partition("/")
    if top != corpus.top_folder or "\\" in name or name.startswith("/") or ".." in name.split("/"):
        raise CorpusError(
            f"{path}: found a member named {info.filename!r}, expected only plain names below "
            f"{corpus.top_folder}/; do not unpack this archive, delete it and fetch {corpus.name} again"
        )
    return name


def _is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    segments = name.split("/")
    for pattern in patterns:
        expected = pattern.split("/")
        if len(expected) == len(segments) and all(map(fnmatchcase, segments, expected)):
            return True
    return False


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MAX_MEMBER_BYTES:
        raise zipfile.BadZipFile(
            f"member {info.filename!r} unpacks to {info.file_size} bytes, more than {MAX_MEMBER_BYTES}"
        )
    return archive.read(info)


def _damaged(corpus: CorpusEntry, where: str, error: Exception) -> CorpusError:
    return CorpusError(
        f"{where}: the archive of corpus {corpus.name} cannot be read ({error}), expected a whole zip; "
        "delete it and fetch it again"
    )
