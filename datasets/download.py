"""How what stands at a URL gets into a file, in as many attempts as it takes: each goes on where the last stopped."""

import os
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from khabar.inference.errors import CorpusError

if TYPE_CHECKING:
    from requests import RequestException, Response

# Bytes that are there so far, and of how many; None where the server does not say.
Progress = Callable[[int, int | None], None]

TIMEOUT_SECONDS = 30.0  # to connect, and between two reads
_CHUNK_BYTES = 2**14  # As much of what was sent may be lost when a connection breaks off.


def unwatched(received: int, total: int | None) -> None:
    """Progress that nobody watches."""


class DownloadError(CorpusError):
    """A server has not what was asked for, or fails."""


class NetworkError(CorpusError):
    """The server cannot be reached, so asking it for something else is of no use either."""


def download(url: str, file: BinaryIO, on_progress: Progress = unwatched) -> None:
    """Append to `file` what it lacks of the resource at `url`, http, https or file.

    Bytes that are in the file are kept and only the rest is asked for (RFC 9110, section 14); a server that sends
    everything all the same starts the file anew.  That the bytes of two attempts belong together is for the caller
    to check: a resource may change between them.

    Parameters
    ----------
    url : str
    file : binary file
        Open for reading and writing, unbuffered; may hold what an earlier attempt brought.
    on_progress : callable
        Told of each piece.

    Raises
    ------
    DownloadError
        If the server answers with an error; the file is as it was.
    NetworkError
        If the server cannot be reached or the connection breaks off; what came is in the file.
    OSError
        If the file cannot be written; what fitted is in the file.
    """
    if urlsplit(url).scheme == "file":
        _copy(url, file, on_progress)
    else:
        _download_http(url, file, on_progress)


def _copy(url: str, file: BinaryIO, on_progress: Progress) -> None:
    path = Path(url2pathname(urlsplit(url).path))
    try:
        source = path.open("rb")
    except OSError as error:
        raise DownloadError(f"{url}: found no archive ({error.strerror}: {path}); mend KHABAR_MIRROR") from error
    with source:
        file.truncate(0)
        pieces = iter(lambda: source.read(_CHUNK_BYTES), b"")
        _write(pieces, file, path.stat().st_size, on_progress)


def _download_http(url: str, file: BinaryIO, on_progress: Progress) -> None:
    import requests

    there = file.seek(0, os.SEEK_END)
    # As stored: a range of a response that is compressed on the way is of no use.
    headers = {"Accept-Encoding": "identity", "User-Agent": "khabar"}
    if there:
        headers["Range"] = f"bytes={there}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
            if there and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # There is nothing after what the file holds.
            if not response.ok:
                raise DownloadError(f"{url}: {_refusal(response)}")
            if not _continues(response, there):
                file.truncate(0)
            length = response.headers.get("Content-Length")
            total = None if length is None else file.seek(0, os.SEEK_END) + int(length)
            _write(response.iter_content(_CHUNK_BYTES), file, total, on_progress)
    except requests.RequestException as error:
        raise NetworkError(
            f"{url}: {_trouble(error, urlsplit(url).hostname)}; check the network, then run the command again, which "
            "goes on from what came, or set KHABAR_MIRROR to a directory that holds the archive"
        ) from error


def _continues(response: "Response", there: int) -> bool:
    """Whether the response begins where the file ends, by its Content-Range, such as `bytes 100-199/200`."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return False
    return response.headers.get("Content-Range", "").startswith(f"bytes {there}-")


def _write(pieces: Iterator[bytes], file: BinaryIO, total: int | None, on_progress: Progress) -> None:
    size = file.seek(0, os.SEEK_END)
    on_progress(size, total)
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            # Of a disk that is nearly full, a write takes what fits; the next one fails.
            rest = rest[file.write(rest) :]
        size += len(piece)
        on_progress(size, total)


def _refusal(response: "Response") -> str:
    found = f"found HTTP {response.status_code} ({response.reason}), expected the archive"
    if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return f"{found}; it is not there any more: set KHABAR_MIRROR to a directory or URL that holds it"
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.status_code >= 500:
        return f"{found}; the server cannot serve it now: run the command again later, or set KHABAR_MIRROR"
    return f"{found}; the server does not give it to everyone: set KHABAR_MIRROR to a directory or URL that holds it"


def _trouble(error: "RequestException", host: str | None) -> str:
    """What is wrong with the network, in plain words; the exceptions of requests are long and nested."""
    import requests

    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy that HTTPS_PROXY or HTTP_PROXY names cannot be used ({causes[-1]})"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no trusted connection could be made to {host} ({causes[-1]})"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} could not be resolved: there is no network, or no such host"
    if isinstance(error, requests.Timeout) or any(isinstance(cause, TimeoutError) for cause in causes):
        return f"{host} did not answer within {TIMEOUT_SECONDS:g} seconds"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{host} refused the connection"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection broke off ({causes[-1]})"
    return f"{host} cannot be reached ({causes[-1]})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what led to it, outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
