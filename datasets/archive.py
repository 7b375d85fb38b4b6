"""Where a corpus's archive lies, and its members, read in memory and checked against the catalogue.

An archive is the zip that GitHub gives for a commit.  It is looked for in `KHABAR_MIRROR`, if that is a directory
(it holds <owner>/<repo>/<commit>.zip), then in the cache, `KHABAR_HOME` or ~/.cache/khabar.  Nothing is extracted
and no member name is used as a path.  The bytes of GitHub's zips change, so the check is by content: the
digest is the SHA-256 of a line "<member sha256>  <member name>" for each file read, by sorted name below the
top folder.
"""

import hashlib
import io
import mmap
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from khabar.datasets.catalog import CorpusEntry
from khabar.inference.errors import CorpusError

# The largest file of any corpus unpacks to 16 MB, the largest corpus to 190 MB: what claims much more than that is
# a decompression bomb.
MAX_MEMBER_BYTES = 256 * 2**20
MAX_TOTAL_BYTES = 2**30

MIRROR_SCHEMES = ("http", "https", "file")

_ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
_DRIVE = re.compile("[A-Za-z]:")
# Signature, flags, method, and the lengths of the name and the extra field that stand before the content.
_LOCAL_HEADER = struct.Struct("<4s2xHH16xHH")
_ENCRYPTED = 1


class ArchiveError(CorpusError):
    """An archive is damaged, altered, or holds what no archive of a corpus should.

    Attributes
    ----------
    problem : str
        What was found and what was expected; the message also says where, and what to do with that copy.
    """

    def __init__(self, corpus: CorpusEntry, where: str, problem: str) -> None:
        directory = mirror_directory()
        if directory is not None and (directory / corpus.archive).is_file():
            advice = "put the right one into the mirror, or unset KHABAR_MIRROR and run: khabar data fetch"
        else:
            advice = "replace it by running: khabar data fetch"
        super().__init__(f"{where}: {problem}; {advice} {corpus.name}")
        self.problem = problem


def cache_directory() -> Path:
    """Where fetched archives are kept: `KHABAR_HOME`, or ~/.cache/khabar."""
    return _home_expanded("KHABAR_HOME", os.environ.get("KHABAR_HOME") or "~/.cache/khabar")


def mirror_directory() -> Path | None:
    """`KHABAR_MIRROR`, if it is a directory: archives are read where they lie.  None if it is unset or a URL."""
    mirror = os.environ.get("KHABAR_MIRROR")
    return _home_expanded("KHABAR_MIRROR", mirror) if mirror and "://" not in mirror else None


def _home_expanded(variable: str, path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise CorpusError(
            f"found no home directory for {path}, expected one; set {variable} to a directory without ~"
        ) from error


def archive_url(corpus: CorpusEntry) -> str:
    """Where the archive is downloaded from: below `KHABAR_MIRROR`, if that is a URL, else upstream.

    Raises
    ------
    CorpusError
        If `KHABAR_MIRROR` is a URL of a kind that nothing is fetched from, or none at all.
    """
    mirror = os.environ.get("KHABAR_MIRROR", "")
    scheme, separator, _ = mirror.partition("://")
    if not separator:
        return corpus.url
    try:
        urlsplit(mirror)
    except ValueError as error:
        raise CorpusError(f"KHABAR_MIRROR is {mirror!r}, which is no URL ({error}); mend it, or unset it") from error
    if scheme not in MIRROR_SCHEMES:
        raise CorpusError(
            f"KHABAR_MIRROR is {mirror!r}, expected a directory or a URL that begins with "
            f"{', '.join(f'{scheme}://' for scheme in MIRROR_SCHEMES)}; set it to one of these, or unset it"
        )
    return f"{mirror.rstrip('/')}/{corpus.archive}"


def places(corpus: CorpusEntry) -> dict[str, Path]:
    """Where the archive may lie on this machine, in the order of looking: "mirror" and "cache"."""
    directory = mirror_directory()
    mirror = {} if directory is None else {"mirror": directory / corpus.archive}
    return mirror | {"cache": cache_directory() / "corpora" / corpus.archive}


def found_in(corpus: CorpusEntry) -> str | None:
    """In which of its `places` the archive is, unchecked; None if in none."""
    return next((name for name, path in places(corpus).items() if path.is_file()), None)


def find_archive(corpus: CorpusEntry) -> Path:
    """The archive of a corpus on this machine.

    Raises
    ------
    CorpusError
        If it is neither in the mirror nor in the cache.
    """
    place = found_in(corpus)
    if place is not None:
        return places(corpus)[place]
    raise CorpusError(
        f"corpus {corpus.name} is not on this machine: found no {' and no '.join(map(str, places(corpus).values()))}; "
        f"run: khabar data fetch {corpus.name}, which downloads {archive_url(corpus)}, "
        "or set KHABAR_MIRROR to a directory that holds it"
    )


def read_members(corpus: CorpusEntry, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """The files that the corpus's reader reads, as (name below the top folder, content), by sorted name.

    The digest is computed on the way; the mismatch is raised after the last member, so use nothing of what
    was read before the iterator is exhausted.

    Raises
    ------
    CorpusError
        If the archive is missing, damaged, not the catalogue's content, holds an unsafe member name, or unpacks to
        more than any corpus does.
    """
    path = path or find_archive(corpus)
    digest = hashlib.sha256()
    for name, content in _members(corpus, path):
        digest.update(_digest_line(name, content))
        yield name, content
    if digest.hexdigest() != corpus.digest:
        raise ArchiveError(
            corpus,
            str(path),
            f"the content of corpus {corpus.name} has digest {digest.hexdigest()}, expected {corpus.digest}: "
            "it is another version or was altered",
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
            infos = [info for info in inner.infolist() if not info.is_dir()]
            _check_claims(infos, MAX_MEMBER_BYTES)
            for info in sorted(infos, key=lambda info: info.filename):
                yield info.filename, inner.read(info)
    except _ZIP_FAULTS as error:
        raise _damaged(corpus, name, error) from error


def _digest_line(name: str, content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def _members(corpus: CorpusEntry, path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _wanted(corpus, path, archive.infolist())
        _check_claims(wanted.values(), MAX_TOTAL_BYTES)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as packed:
            for name in sorted(wanted):
                yield name, _unpacked(packed, wanted[name])
    except _ZIP_FAULTS as error:
        raise _damaged(corpus, str(path), error) from error
    except OSError as error:  # says nothing of the archive: no other copy would help
        raise CorpusError(
            f"{path}: cannot be read ({error.strerror or error}), expected an archive of corpus {corpus.name}; "
            "check its permissions, the disk and the memory, then try again"
        ) from error


def _unpacked(packed: mmap.mmap, info: zipfile.ZipInfo) -> bytes:
    """A member's content; zipfile's own reading takes as long again, for a corpus of 45,500 small files."""
    signature, flags, method, name_length, extra_length = _LOCAL_HEADER.unpack_from(packed, info.header_offset)
    if signature != b"PK\3\4" or flags & _ENCRYPTED or method != info.compress_type:
        raise zipfile.BadZipFile(f"member {info.filename!r} has another header where it lies than in the directory")
    start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    content = packed[start : start + info.compress_size]
    if method == zipfile.ZIP_DEFLATED:
        # One byte more than is claimed, so that too much is seen and not unpacked.
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, info.file_size + 1)
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
    return content


def _wanted(corpus: CorpusEntry, path: Path, infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Of all members the files that the reader reads; ArchiveError if any member is not what it should be."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _name_below_top(corpus, path, info)
        if name in members:
            raise ArchiveError(corpus, str(path), f"found two members named {info.filename!r}, expected each name once")
        members[name] = info
    wanted = {name: info for name, info in members.items() if not info.is_dir() and _is_wanted(name, corpus.files)}
    if not wanted:
        raise ArchiveError(
            corpus,
            str(path),
            f"found no file like {', '.join(corpus.files)}, expected by the reader of {corpus.name} below "
            f"{corpus.top_folder}/",
        )
    for info in wanted.values():
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveError(corpus, str(path), f"found the symbolic link {info.filename!r}, expected a plain file")
    return wanted


def _name_below_top(corpus: CorpusEntry, path: Path, info: zipfile.ZipInfo) -> str:
    top, _, name = info.filename.partition("/")
    segments = name.removesuffix("/").split("/") if name else []
    leads_elsewhere = any(segment in ("", ".", "..") or _DRIVE.match(segment) for segment in segments)
    if top != corpus.top_folder or "\\" in name or leads_elsewhere:
        raise ArchiveError(
            corpus,
            str(path),
            f"found a member named {info.filename!r}, expected only plain names below {corpus.top_folder}/: "
            "do not unpack this archive",
        )
    return name


def _is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    segments = name.split("/")
    for pattern in patterns:
        expected = pattern.split("/")
        if len(expected) == len(segments) and all(map(fnmatchcase, segments, expected)):
            return True
    return False


def _check_claims(infos: Iterable[zipfile.ZipInfo], most: int) -> None:
    # zipfile never unpacks more of a member than its header claims.
    total = 0
    for info in infos:
        total += info.file_size
        if info.file_size > MAX_MEMBER_BYTES:
            raise zipfile.BadZipFile(
                f"member {info.filename!r} unpacks to {info.file_size} bytes, more than {MAX_MEMBER_BYTES}"
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"member {info.filename!r} is neither stored nor deflated")
    if total > most:
        raise zipfile.BadZipFile(f"its files unpack to {total} bytes, more than {most}")


def _damaged(corpus: CorpusEntry, where: str, error: Exception) -> ArchiveError:
    return ArchiveError(
        corpus, where, f"the archive of corpus {corpus.name} cannot be read ({error}), expected a whole zip"
    )
