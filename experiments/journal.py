"""A run, kept in a folder as it grows: what happened line by line, and its files. It is what is sent to MLflow."""

import fcntl
import os
import shutil
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from khabar.experiments.tracking_store import mlflow_name
from khabar.inference.errors import KhabarError
from khabar.inference.signals import held_back

FORMAT = "khabar journal 1"
EVENTS, FILES, LOCK = "journal.jsonl", "files", "lock"

Entry = dict[str, Any]
Reader = Callable[[Entry], None]


class JournalError(KhabarError):
    """A folder is no journal of a run, or stands in the way of one."""


@dataclass(frozen=True)
class Data:
    """A data set that a run reads: name, digest, source (None: it ships with khabar, or is a file of one's own)."""

    name: str
    digest: str
    url: str | None
    context: str
    tags: dict[str, str]


class Journal:
    """Writes down what runs do, and tells it on.

    Runs have names of the journal's own: the first one started is the parent of all others.

    Parameters
    ----------
    folder : Path
        Made, if need be; it must not hold a journal yet.
    experiment : str
        In which the runs are.
    read : callable
        Told each entry once it is on disk, or once it is known that it cannot be.
    uri : str
        Of the store that the runs are sent to.

    Attributes
    ----------
    problem : OSError or None
        Why the folder does not hold all of the runs: a full disk, for one.

    Raises
    ------
    JournalError
        The folder holds something, or another process writes or sends it.
    """

    problem: OSError | None = None

    def __init__(self, folder: Path, experiment: str, read: Reader = lambda _: None, uri: str = "") -> None:
        if folder.exists() and not folder.is_dir():
            raise JournalError(f"{folder} is a file; expected a free name for the folder of this run. Move the file.")
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        self._lock = Lock(folder) if not there or LOCK in there else None
        if there - {LOCK}:
            self.close()
            raise JournalError(
                f"{folder} holds a run that has not been sent to MLflow, or something else; expected it to be free for "
                f"this one. Send it (khabar log {folder}), or delete the folder."
            )
        self.folder, self._read = folder, read
        self._open: list[str] = []
        self._write({"format": FORMAT, "experiment": experiment, "uri": uri})

    def start(self, run: str, name: str, tags: Mapping[str, str], parent: str | None = None) -> None:
        """Start a run; `name` is what a reader of MLflow is shown."""
        self._open.append(run)
        self._tell("start", run, name=_plain(name), tags=_all_plain(tags), parent=parent)

    def end(self, run: str, status: str) -> None:
        """End a run as FINISHED, FAILED or KILLED."""
        self._open.remove(run)
        self._tell("end", run, status=status)

    def end_all(self, status: str) -> None:
        """End all runs that have not ended, the parent last."""
        while self._open:
            self.end(self._open[-1], status)

    def tags(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run."""
        self._tell("tags", run, tags=_all_plain(tags))

    def params(self, run: str, params: Mapping[str, Any]) -> None:
        """Set parameters of a run, once each."""
        self._tell("params", run, params=_all_plain(params))

    def metrics(self, run: str, metrics: Mapping[str, float], step: int = 0) -> None:
        """Add figures of a run; those that are not known are left out."""
        known = {name: float(value) for name, value in metrics.items() if isfinite(value)}
        self._tell("metrics", run, metrics=known, step=step)

    def data(self, run: str, data: Data) -> None:
        """Name a data set that a run reads."""
        self._tell("data", run, **vars(data))

    def file(self, run: str, path: str) -> Path:
        """Give where to write a file of a run; `added` tells of it once it is written."""
        target = self.files(run) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def added(self, run: str, path: str) -> None:
        """Tell of a file, or of a folder of files, that has been written."""
        self._tell("file", run, path=path)

    def text(self, run: str, path: str, content: str) -> None:
        """Add a file of text."""
        self.file(run, path).write_text(content, encoding="utf-8")
        self.added(run, path)

    def json(self, run: str, path: str, values: Any) -> None:
        """Add a file of JSON; figures that are not known are null."""
        options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
        self.text(run, path, orjson.dumps(values, option=options).decode())

    def model(self, run: str, path: Path, name: str, version: str, digest: str) -> None:
        """Add a model file: it is kept as an artifact, and registered under the model's name."""
        kept = f"model_file/{mlflow_name(path.stem)}{path.suffix}"
        shutil.copyfile(path, self.file(run, kept))
        self.added(run, kept)
        self._tell("model", run, path=kept, name=name, version=version, digest=digest)

    def files(self, run: str) -> Path:
        """Give the folder of a run's files."""
        return files_of(self.folder, run)

    def delete(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let others send the journal."""
        if self._lock is not None:
            self._lock.close()

    def _tell(self, what: str, run: str, **values: Any) -> None:
        self._write({"what": what, "run": run, "time": time.time_ns() // 1_000_000, **values})

    def _write(self, entry: Entry) -> None:
        with held_back():
            try:
                with (self.folder / EVENTS).open("ab") as file:
                    file.write(orjson.dumps(entry) + b"\n")
            except OSError as error:
                self.problem = error
            self._read(entry)


class Lock:
    """Keeps others off a journal until it is closed or let go of, at most until the process ends.

    Raises
    ------
    JournalError
        Another process writes or sends the journal.
    """

    def __init__(self, folder: Path) -> None:
        file = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
        self.close = weakref.finalize(self, os.close, file)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise JournalError(
                f"{folder} is in use: a job is still writing it, or it is being sent. Wait for that to end; for "
                "another job at the same time, name another model file by -o."
            ) from error


def files_of(folder: Path, run: str) -> Path:
    """Give the folder of the files of a journal's run."""
    return folder / FILES / run


def read_journal(folder: Path) -> list[Entry]:
    """Read what a journal holds: a first entry that names the experiment, then what happened, in order.

    A last line that was cut off as the process was killed is left out.

    Raises
    ------
    JournalError
        The folder is no journal.
    """
    try:
        *lines, cut = (folder / EVENTS).read_bytes().split(b"\n")
        entries = [orjson.loads(line) for line in lines]
        if not entries or entries[0].get("format") != FORMAT:
            raise ValueError(f"it ends at once: {cut[:60]!r}" if not entries else f"it begins with {lines[0][:60]!r}")
        if len(entries) < 2:
            raise ValueError("it was cut off before its run began; there is nothing to send, so delete the folder")
    except (OSError, ValueError, AttributeError) as error:
        raise JournalError(
            f"{folder}: found no journal in the format {FORMAT!r} ({type(error).__name__}: {error}), expected the "
            "folder that khabar train named when tracking failed"
        ) from error
    return entries


def _plain(value: object) -> str:
    """Give a value as text that has bytes: names of files may not."""
    return str(value).encode("utf-8", "replace").decode()


def _all_plain(values: Mapping[str, Any]) -> dict[str, str]:
    return {_plain(name): _plain(value) for name, value in values.items()}
