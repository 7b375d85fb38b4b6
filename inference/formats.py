"""Which format and compression a file has, and how its bytes are opened."""

import fcntl
import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO, cast

from khabar.inference.errors import InputError

STANDARD_STREAM = "-"
FORMATS = ("jsonl", "csv", "tsv", "parquet")
SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "parquet"}
PIPE_BYTES = 1 << 20  # what Linux lets any process ask for
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Location:
    """A file or standard stream, and what is to be read from or written to it.

    Attributes
    ----------
    path : Path or None
        None for standard input or output.
    format : str
        One of `FORMATS`.
    compression : {"gzip", "zstd"} or None
        What the name asks for. Reading goes by the first bytes instead, which also tell it of pipes.
    """

    path: Path | None
    format: str
    compression: str | None = None

    @property
    def is_stream(self) -> bool:
        """Whether it is a standard stream, named pipe or device: read once, and not to be replaced."""
        return self.path is None or (self.path.exists() and not self.path.is_file() and not self.path.is_dir())

    def __str__(self) -> str:
        return "standard input" if self.path is None else str(self.path)


def locate(path: str | PathLike[str], chosen: str | None = None, default: str | None = None) -> Location:
    """Find a file's format and compression by its name.

    Parameters
    ----------
    path : path
        `-` is standard input or output.
    chosen : str, optional
        A format that overrides the name.
    default : str, optional
        The format of a name that does not tell.

    Raises
    ------
    InputError
        Nothing tells the format, or Parquet is to be compressed once more.
    """
    if str(path) == STANDARD_STREAM:
        return Location(None, chosen or default or "jsonl")
    file = Path(path)
    suffixes = [suffix.lower() for suffix in file.suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    told = suffixes[:-1] if compression else suffixes
    format_ = chosen or (SUFFIXES.get(told[-1]) if told else None) or default
    if format_ is None:
        raise InputError(
            f"The name of {file} does not tell its format. Expected {', '.join(SUFFIXES)}, all but "
            f"Parquet's also with {' or '.join(COMPRESSIONS)} after it; or choose with --format "
            f"({', '.join(FORMATS)})."
        )
    if format_ == "parquet" and compression:
        raise InputError(
            f"{file} is Parquet inside {compression}, which khabar does not read or write: "
            f"Parquet compresses itself. Name it {file.with_suffix('').name}."
        )
    return Location(file, format_, compression)


@dataclass(frozen=True)
class OpenInput:
    """An input's bytes, decompressed, and how far its file has been read."""

    stream: BinaryIO
    raw: BinaryIO

    @property
    def is_pipe(self) -> bool:
        """Whether bytes come as another program writes them; not if they are to be decompressed."""
        return self.stream is self.raw and not self.raw.seekable()

    def position(self) -> int | None:
        """Give the bytes of the file read so far (compressed ones, if it is); None for a pipe."""
        return self.raw.tell() if self.raw.seekable() else None


@contextmanager
def open_input(location: Location) -> Iterator[OpenInput]:
    """Open a file or standard input for reading, decompressing what its first bytes say is compressed.

    Raises
    ------
    InputError
        The file is missing, a folder, or its first bytes contradict its format.
    """
    with ExitStack() as stack:
        if location.path is None:
            raw = cast(BinaryIO, sys.stdin.buffer)
        else:
            try:
                raw = stack.enter_context(location.path.open("rb"))
            except FileNotFoundError:
                raise InputError(f"There is no file {location.path}. Check the path.") from None
            except IsADirectoryError:
                raise InputError(f"{location.path} is a folder. Name the files in it.") from None
        if not raw.seekable():
            _widen(raw)
        peekable = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        start = peekable.peek(4)[:4]
        kind = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)
        if (kind == "parquet") != (location.format == "parquet") and start:
            found = "is" if kind == "parquet" else "is not"
            raise InputError(
                f"{location} {found} a Parquet file by its first bytes, but was to be read as "
                f"{location.format}. Choose its format with --format."
            )
        if start.startswith(UTF16_MARKS):
            raise InputError(
                f"{location} is UTF-16 text; expected UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 {location.path or ''}"
            )
        stream: BinaryIO = peekable
        if kind == "gzip":
            stream = stack.enter_context(cast(BinaryIO, gzip.GzipFile(fileobj=peekable)))
        elif kind == "zstd":
            stream = stack.enter_context(_zstd_reader(peekable))
        yield OpenInput(stream, raw)


def _widen(stream: BinaryIO) -> None:
    """Let a pipe hold a chunk, not 64 kB, so that who writes it goes on while a chunk is tagged (Linux only)."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _zstd_reader(stream: BinaryIO) -> BinaryIO:
    # zstandard's own reader ends silently where a truncated file ends; Arrow's raises.
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd"))


@contextmanager
def compressed(stream: BinaryIO, compression: str | None) -> Iterator[BinaryIO]:
    """Write through gzip or zstd into a stream; the stream stays open."""
    if compression == "gzip":
        # No time stamp: the same rows give the same bytes.
        with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0, filename="") as packed:
            yield cast(BinaryIO, packed)
    elif compression == "zstd":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(stream, closefd=False) as packed:
            yield cast(BinaryIO, packed)
    else:
        yield stream
