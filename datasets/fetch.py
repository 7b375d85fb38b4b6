"""How a corpus gets onto this machine, whole and checked or not at all; nothing else here calls for a download."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from khabar.datasets.archive import ArchiveError, archive_url, places, read_members
from khabar.datasets.catalog import CorpusEntry, entry
from khabar.datasets.download import Progress, download, unwatched
from khabar.inference.errors import CorpusError, MissingExtraError


class CacheError(CorpusError):
    """The cache cannot be written, so fetching something else is of no use either."""


@dataclass(frozen=True)
class Fetched:
    """A corpus that is ready on this machine: its content is the catalogue's.

    Attributes
    ----------
    name : str
    path : Path
        The archive.
    origin : {"mirror", "cache", "download"}
        Whether it lay in the mirror directory, where it stays, or in the cache, or was downloaded into the cache.
    """

    name: str
    path: Path
    origin: Literal["mirror", "cache", "download"]


def fetch(name: str, on_progress: Progress = unwatched) -> Fetched:
    """Make sure that a corpus is on this machine and its content is the catalogue's.

    An archive that is in the mirror directory is checked where it lies.  One in the cache is checked; if it is
    damaged, or there is none, it is downloaded.  What an earlier, interrupted download brought is kept.

    Raises
    ------
    CorpusError
        If the name is unknown, or the content is not the catalogue's.
    DownloadError, NetworkError
        If the server has not the archive, or cannot be reached.
    CacheError
        If the archive cannot be written: no permission, no space.
    MissingExtraError
        If pooch is not installed.
    """
    corpus = entry(name)
    candidates = places(corpus)
    if "mirror" in candidates and candidates["mirror"].is_file():
        verify(corpus, candidates["mirror"])
        return Fetched(name, candidates["mirror"], "mirror")
    path = candidates["cache"]
    if path.is_file():
        try:
            verify(corpus, path)
        except ArchiveError:
            path.unlink()
        else:
            return Fetched(name, path, "cache")
    fetch_from(corpus, archive_url(corpus), path, on_progress)
    return Fetched(name, path, "download")


def verify(corpus: CorpusEntry, path: Path) -> None:
    """Raise CorpusError if the archive's content is not the catalogue's."""
    for _ in read_members(corpus, path):
        pass


def fetch_from(corpus: CorpusEntry, url: str, path: Path, on_progress: Progress = unwatched) -> None:
    """Download `url` to `path`; the archive takes its name only when its content is checked.

    Until then it is `<path>.part`, which remains when the download is interrupted and is continued by the next.
    """
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            "downloading a corpus needs pooch, which is not installed; run: pip install 'khabar[train]'"
        ) from error
    # At its default level pooch tells the user to pin a hash that would not hold tomorrow.
    pooch.get_logger().setLevel("WARNING")
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(part) as file:

            def checked(_: str, output_file: str, __: object) -> None:
                _download_and_check(corpus, url, file, part, on_progress)
                os.fsync(file.fileno())
                part.replace(output_file)

            # No known_hash: the bytes of GitHub's archives change, the content does not.
            pooch.retrieve(url, known_hash=None, fname=path.name, path=path.parent, downloader=checked)
    except OSError as error:
        raise _cache_error(corpus, path, error) from error


def _download_and_check(corpus: CorpusEntry, url: str, file: BinaryIO, part: Path, on_progress: Progress) -> None:
    while True:
        kept = file.seek(0, os.SEEK_END)
        download(url, file, on_progress)
        try:
            return verify(corpus, part)
        except ArchiveError as error:
            file.truncate(0)
            # What an earlier attempt brought may be of another version: the next round downloads everything.
            if not kept:
                raise CorpusError(
                    f"{url}: {error.problem}; nothing of it was kept. Run the command again, or set KHABAR_MIRROR to "
                    f"a directory or URL that holds {corpus.archive} as it was"
                ) from error


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """Open the unfinished archive for this process alone; it is removed where nothing came."""
    with part.open("a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, another process may have finished it and given it its name.
            is_ours = os.path.samestat(os.fstat(file.fileno()), part.stat())
        except (BlockingIOError, FileNotFoundError):
            is_ours = False
        if not is_ours:
            raise CorpusError(f"{part} is being downloaded by another process; wait for it, then run the command again")
        try:
            yield file
        finally:
            if part.is_file() and part.stat().st_size == 0:
                part.unlink()


def _cache_error(corpus: CorpusEntry, path: Path, error: OSError) -> CacheError:
    found = error.strerror or str(error)
    if error.filename is not None and error.filename != str(path):
        found = f"{found}: {error.filename}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "make room, then run the command again, which goes on from what came"
    elif error.errno == errno.EFBIG:
        advice = "raise the limit on the size of files (ulimit -f)"
    else:
        advice = "make it writable"
    return CacheError(
        f"corpus {corpus.name}: {path} cannot be written ({found}); {advice}, or set KHABAR_HOME to another directory"
    )
