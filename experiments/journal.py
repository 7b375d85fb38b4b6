"""A run, kept in a folder as it grows: what happened line by line, and its files. It is what is sent to MLflow."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from khabar.inference.errors import KhabarError

FORMAT = "khabar journal 1"
EVENTS, FILES = "journal.jsonl", "files"

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
        Told each entry once it is on disk.

    Raises
    ------
    JournalError
        The folder holds something.
    """

    def __init__(self, folder: Path, experiment: str, read: Reader = lambda _: None) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise JournalError(
                f"{folder} holds a run that has not been sent to MLflow, or something else; expected it to be free for "
                f"this one. Send it (khabar log {folder}), or delete the folder."
            )
        self.folder, self._read = folder, read
        folder.mkdir(parents=True, exist_ok=True)
        self._write({"format": FORMAT, "experiment": experiment})

    def start(self, run: str, name: str, tags: Mapping[str, str], parent: str | None = None) -> None:
        """Start a run; `name` is what a reader of MLflow is shown."""
        self._tell("start", run, name=name, tags=dict(tags), parent=parent)

    def end(self, run: str, status: str) -> None:
        """End a run as FINISHED, FAILED or KILLED."""
        self._tell("end", run, status=status)

    def tags(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run."""
        self._tell("tags", run, tags=dict(tags))

    def params(self, run: str, params: Mapping[str, Any]) -> None:
        """Set parameters of a run, once each."""
        self._tell("params", run, params={name: str(value) for name, value in params.items()})

    def metrics(self, run: str, metrics: Mapping[str, float], step: int = 0) -> None:
        """Add figures of a run."""
        self._tell("metrics", run, metrics={name: float(value) for name, value in metrics.items()}, step=step)

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
        kept = f"model_file/{path.name}"
        shutil.copyfile(path, self.file(run, kept))
        self.added(run, kept)
        self._tell("model", run, path=kept, name=name, version=version, digest=digest)

    def files(self, run: str) -> Path:
        """Give the folder of a run's files."""
        return files_of(self.folder, run)

    def delete(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder)

    def _tell(self, what: str, run: str, **values: Any) -> None:
        self._write({"what": what, "run": run, "time": time.time_ns() // 1_000_000, **values})

    def _write(self, entry: Entry) -> None:
        with (self.folder / EVENTS).open("ab") as file:
            file.write(orjson.dumps(entry) + b"\n")
        self._read(entry)


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
    except (OSError, ValueError, AttributeError) as error:
        raise JournalError(
            f"{folder}: found no journal in the format {FORMAT!r} ({type(error).__name__}: {error}), expected the "
            "folder that khabar train named when tracking failed"
        ) from error
    return entries
