"""A download brings what the file lacks, whatever the server makes of that, and says what went wrong."""

import socket
import threading

import pytest

from khabar.datasets import download as module
from khabar.datasets.download import DownloadError, NetworkError, download

BODY = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def file(tmp_path):
    with (tmp_path / "file").open("a+b", buffering=0) as opened:
        yield opened


def content(file) -> bytes:
    file.seek(0)
    return file.read()


def test_an_empty_file_gets_everything_and_no_range_is_asked_for(upstream, file):
    upstream.body = BODY
    download(upstream.address, file)
    assert (content(file), upstream.ranges) == (BODY, [None])


def test_a_file_that_holds_the_beginning_gets_the_rest(upstream, file):
    upstream.body = BODY
    file.write(BODY[:1000])
    download(upstream.address, file)
    assert (content(file), upstream.ranges) == (BODY, ["bytes=1000-"])


def test_a_server_that_ignores_ranges_starts_the_file_anew(upstream, file):
    upstream.body = BODY
    upstream.ignores_ranges = True
    file.write(BODY[:1000])
    download(upstream.address, file)
    assert content(file) == BODY


def test_a_range_that_begins_elsewhere_is_not_put_behind_what_is_there(upstream, file):
    upstream.body = BODY
    upstream.shift = 7
    file.write(BODY[:1000])
    download(upstream.address, file)
    assert content(file) == BODY[1007:]


def test_a_file_that_holds_everything_stays_as_it_is(upstream, file):
    upstream.body = BODY
    file.write(BODY)
    download(upstream.address, file)
    assert content(file) == BODY


def test_what_came_before_the_connection_broke_off_is_kept_and_continued(upstream, file):
    upstream.body = BODY
    upstream.breaks_after = 300_000
    with pytest.raises(NetworkError, match=r"the connection broke off .*run the command again, which goes on"):
        download(upstream.address, file)
    kept = content(file)
    assert BODY.startswith(kept)
    assert 300_000 - 2**14 < len(kept) <= 300_000
    upstream.breaks_after = None
    download(upstream.address, file)
    assert (content(file), upstream.ranges) == (BODY, [None, f"bytes={len(kept)}-"])


def test_progress_begins_where_the_file_ends_and_arrives_at_the_total(upstream, file):
    upstream.body = BODY
    file.write(BODY[:1000])
    told = []
    download(upstream.address, file, lambda *progress: told.append(progress))
    assert told[0] == (1000, len(BODY))
    assert told[-1] == (len(BODY), len(BODY))
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, r"found HTTP 404 \(Not Found\), expected the archive; it is not there any more: set KHABAR_MIRROR"),
        (410, "it is not there any more"),
        (403, "found HTTP 403 .* does not give it to everyone: set KHABAR_MIRROR"),
        (429, "found HTTP 429 .* run the command again later"),
        (500, "found HTTP 500 .* run the command again later"),
        (503, "found HTTP 503 .* run the command again later"),
    ],
)
def test_an_answer_that_is_an_error_is_said_and_the_file_stays(upstream, file, status, message):
    upstream.status = status
    file.write(b"what came")
    with pytest.raises(DownloadError, match=f"{upstream.address}.*{message}"):
        download(upstream.address, file)
    assert content(file) == b"what came"


def closed_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_refused_connection_is_said(file):
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 refused the connection; check the network"):
        download(f"http://127.0.0.1:{closed_port()}/a.zip", file)


def test_a_name_that_is_not_resolved_is_said(file):
    # RFC 6761 reserves .invalid: no resolver knows it, and none asks another machine for it.
    with pytest.raises(NetworkError, match=r"the name khabar\.invalid could not be resolved: there is no network"):
        download("http://khabar.invalid/a.zip", file)


def test_a_proxy_that_cannot_be_used_is_said(file, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(NetworkError, match="the proxy that HTTPS_PROXY or HTTP_PROXY names cannot be used"):
        download("http://khabar.invalid/a.zip", file)


def test_a_certificate_that_cannot_be_trusted_is_said(upstream, file):
    with pytest.raises(NetworkError, match=r"no trusted connection .*127\.0\.0\.1"):
        download(upstream.address.replace("http://", "https://"), file)


@pytest.mark.parametrize("breaks_after", [0, 2**14], ids=["before the first byte", "after some"])
def test_a_server_that_falls_silent_is_not_waited_for_without_end(upstream, file, monkeypatch, breaks_after):
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    upstream.body = BODY
    upstream.breaks_after = breaks_after
    upstream.silent = threading.Event()
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 did not answer within 0\.2 seconds"):
        download(upstream.address, file)
    assert content(file) == BODY[:breaks_after]


def test_a_file_is_copied(tmp_path, file):
    source = tmp_path / "an archive.zip"
    source.write_bytes(BODY)
    file.write(b"of another version")
    download(source.as_uri(), file)
    assert content(file) == BODY


def test_a_file_that_is_not_there_is_said(tmp_path, file):
    with pytest.raises(DownloadError, match=r"found no archive \(No such file or directory: .*mend KHABAR_MIRROR"):
        download((tmp_path / "a.zip").as_uri(), file)
