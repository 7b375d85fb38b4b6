"""A run that is written to a journal and sent to MLflow as it grows; if the store goes away, the journal stays."""

import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from khabar.experiments.code_state import user_name
from khabar.experiments.journal import Entry, Journal, Lock, read_journal
from khabar.experiments.sending import Sender
from khabar.experiments.tracking_store import Store, TrackingError, experiment_id, opened, run_to_join

PARENT = "run"  # the journal's name of the run that all others are children of


@dataclass
class Sent:
    """Where MLflow has a run.

    Attributes
    ----------
    uri, experiment : str
        The tracking store, and the experiment in it.
    runs : dict of str to str
        MLflow's ids of the journal's runs, as far as they were sent; `PARENT` is the run itself.
    models : list of str
        URIs of the versions registered so far.
    kept : Path or None
        The journal, if not all of it could be sent.
    """

    uri: str
    experiment: str
    runs: dict[str, str]
    models: list[str]
    kept: Path | None = None


class _Forwarder:
    """Sends entries in order; once one cannot be sent, keeps them for the end."""

    def __init__(self, store: Store, sender: Sender) -> None:
        self._failures = store.failures
        self._sender = sender
        self._waiting: list[Entry] = []
        self.problem: str | None = None
        self.warn: Callable[[str], None] = lambda _: None

    def __call__(self, entry: Entry) -> None:
        self._waiting.append(entry)
        if self.problem is None:
            self.send_waiting()
            if self.problem is not None:
                self.warn(f"MLflow cannot be used any more, the job goes on without it: {self.problem}")

    def send_waiting(self) -> None:
        """Send what waits."""
        try:
            while self._waiting:
                self._sender.send(self._waiting[0])
                del self._waiting[0]
            self.problem = None
        except self._failures as error:
            self.problem = str(error)


@contextmanager
def recorded(
    folder: Path,
    name: str,
    tags: Mapping[str, str],
    *,
    experiment: str,
    what: str,
    uri: str | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[Journal, Sent]]:
    """Record a run. It ends as FINISHED, as KILLED by Ctrl-C or a signal, else as FAILED, with all that it had.

    Parameters
    ----------
    folder : Path
        The journal's; deleted at the end if all of it was sent.
    name : str
        Of the run.
    tags : mapping
        Of the run.
    experiment : str
        Where there is a run that `mlflow run` has made for this process, it is that run, in the experiment of that.
    what : str
        What cannot be tracked if the store cannot be used: "the job".
    uri : str, optional
        The tracking store; by default what MLFLOW_TRACKING_URI says, else `mlflow.db` in the working directory.
    warn : callable
        Told if the store goes away.

    Raises
    ------
    TrackingError
        The store cannot be used from the start.
    JournalError
        The folder holds something.
    """
    with opened(uri) as store:
        join = run_to_join()
        # A run that `mlflow run` made says already who started it and from what.
        tags = dict(tags) if join else {"mlflow.user": user_name(), "mlflow.source.type": "LOCAL", **tags}
        try:
            sender, experiment = _sender(store, folder, experiment, join)
        except store.failures as error:
            raise _unusable(what, store.uri, error) from error
        forwarder = _Forwarder(store, sender)
        journal = Journal(folder, experiment, forwarder, store.uri)
        journal.start(PARENT, name, tags)
        if forwarder.problem is not None:
            journal.delete()
            raise _unusable(what, store.uri, forwarder.problem)
        forwarder.warn = warn
        sent = Sent(store.uri, experiment, sender.runs, sender.models)
        status = "FAILED"
        try:
            yield journal, sent
            status = "FINISHED"
        except (KeyboardInterrupt, SystemExit):
            status = "KILLED"
            raise
        finally:
            journal.end_all(status)
            if forwarder.problem is not None:  # it may be back
                forwarder.send_waiting()
            for refused in sender.refused:
                warn(f"MLflow does not take the {refused}")
            if journal.problem is not None:
                warn(f"{folder} cannot hold all of the run: {journal.problem}")
            if forwarder.problem is None:
                journal.delete()
            else:
                journal.close()
                sent.kept = folder
                warn(f"The run is kept in {folder}. Once MLflow is back, send it: {log_command(folder)}")


def log_command(folder: Path) -> str:
    """Write the command that sends a kept run, to the store that it was meant for."""
    return shlex.join(["khabar", "log", str(folder)])


def send_kept(folder: Path, uri: str | None = None) -> Sent:
    """Send a run that was kept because its store went away, or what is left of it.

    A run whose process was killed before it could end it ends as KILLED. The folder is deleted once all of it is sent.

    Parameters
    ----------
    folder : Path
    uri : str, optional
        By default, the store that the run was meant for.

    Raises
    ------
    JournalError
        The folder is no journal, or its job still runs.
    TrackingError
        The store cannot be used; the journal stays.
    """
    lock = Lock(folder)
    try:
        return _send_kept(folder, read_journal(folder), uri)
    finally:
        lock.close()


def _send_kept(folder: Path, entries: list[Entry], uri: str | None) -> Sent:
    experiment = entries[0]["experiment"]
    ended = {entry["run"] for entry in entries[1:] if entry["what"] == "end"}
    # The parent stands first, and is to end last.
    open_runs = [entry["run"] for entry in entries[1:] if entry["what"] == "start" and entry["run"] not in ended]
    with opened(uri or entries[0]["uri"] or None) as store:
        try:
            sender, _ = _sender(store, folder, experiment, None)
            sender.send_rest(entries)
            for run in reversed(open_runs):
                sender.send({"what": "end", "run": run, "status": "KILLED", "time": entries[-1].get("time")})
        except store.failures as error:
            raise TrackingError(
                f"MLflow could not take the run in {folder} into {store.uri}: {error}. It is still there: send it "
                "again once the store can be reached, or to another one with --tracking-uri."
            ) from error
        shutil.rmtree(folder)
        return Sent(store.uri, experiment, sender.runs, sender.models)


def _sender(store: Store, folder: Path, experiment: str, join: str | None) -> tuple[Sender, str]:
    if join is None:
        return Sender(store, folder, experiment_id(store, experiment)), experiment
    client = store.mlflow.MlflowClient()
    of_run = client.get_run(join).info.experiment_id
    return Sender(store, folder, of_run, join), str(client.get_experiment(of_run).name)


def _unusable(what: str, uri: str, why: object) -> TrackingError:
    return TrackingError(
        f"MLflow could not track {what} in {uri}: {why}. Check the store (--tracking-uri) and the names in it, or go "
        "without: --no-track."
    )
