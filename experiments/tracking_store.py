"""Where MLflow keeps runs: which store, and which experiment in it."""

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from khabar.inference.errors import KhabarError, MissingExtraError

RUN_ID, URI = "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"
SQLITE = "sqlite:///"
DEFAULT_URI = f"{SQLITE}mlflow.db"
NAME_CHARS = 80  # of one of the two or three names that a metric's name is made of, which has 250 at most
DIGEST_CHARS = 36  # what MLflow keeps of a data set's digest; the whole of it is in a tag
# Read by MLflow when it is imported. What is set already stands.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    # A store that has gone away holds a job up for seconds, one that hangs for a minute.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


class TrackingError(KhabarError):
    """MLflow cannot keep a run where it was told to, or not give what it kept."""


@dataclass(frozen=True)
class Store:
    """MLflow, looking at the tracking store `uri`."""

    mlflow: ModuleType
    uri: str

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What is raised where a store cannot be used: by MLflow, by its database, by files and connections."""
        from sqlalchemy.exc import SQLAlchemyError  # which MLflow brings

        return (self.mlflow.MlflowException, SQLAlchemyError, OSError)


def load_mlflow() -> ModuleType:
    """Import MLflow: silent, without telemetry, and without the warnings it gives about itself.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # that it tries again; failures are raised
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlflow
            import mlflow.artifacts
            import mlflow.data.code_dataset_source
            import mlflow.data.http_dataset_source
            import mlflow.data.meta_dataset
            import mlflow.entities
            import mlflow.pyfunc
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Tracking needs the module {error.name}, which is not installed. Install it with: "
            "pip install 'khabar[train]', or go without: --no-track."
        ) from error
    module: ModuleType = mlflow
    return module


def store_uri(uri: str | None = None) -> str:
    """Give the store to use: the one named, else what MLFLOW_TRACKING_URI says, else a file in the working folder."""
    chosen = uri or os.environ.get(URI) or DEFAULT_URI
    file = database(chosen)
    return chosen if file is None else f"{SQLITE}{file}"  # whole, so that it is the same from another folder


def is_there(uri: str) -> bool:
    """Say whether a store is there, as far as that can be told: a file of SQLite that is not, MLflow would make."""
    file = database(uri)
    return file is None or file.exists()


@contextmanager
def opened(uri: str | None = None) -> Iterator[Store]:
    """Let MLflow look at a store, and at the one it looked at before once the block ends."""
    mlflow = load_mlflow()
    store = store_uri(uri)
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    said = os.environ.get(URI)
    try:
        mlflow.set_tracking_uri(store)
        yield Store(mlflow, store)
    finally:
        mlflow.set_tracking_uri(before)
        # MLflow writes there what it is told to look at.
        os.environ.pop(URI, None)
        if said is not None:
            os.environ[URI] = said


def run_to_join() -> str | None:
    """Take the id of the run that `mlflow run` has made for this process: what is started is that run.

    It is taken out of the environment, so that what this process starts in turn is not taken for that run.
    """
    return os.environ.pop(RUN_ID, None)


def mlflow_name(name: str) -> str:
    """Bring a name, such as the path of an own file, to characters and a length that MLflow and file systems take."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    if len(plain) <= NAME_CHARS:
        return plain
    digest = sha256(name.encode("utf-8", "replace")).hexdigest()[:8]  # two long names stay two
    return f"{plain[: NAME_CHARS - len(digest) - 1]}-{digest}"


def database(uri: str) -> Path | None:
    """Give the file of a store that is a SQLite database; None of a store of another kind."""
    return Path(uri.removeprefix(SQLITE)).absolute() if uri.startswith(SQLITE) else None


def experiment_id(store: Store, name: str) -> str:
    """Give the id of an experiment, which is made if need be.

    Raises
    ------
    TrackingError
        The store is a file in a folder that does not exist.
    """
    location, file = None, database(store.uri)
    if file is not None:
        if not file.parent.is_dir():  # MLflow would try again for minutes
            raise TrackingError(f"{store.uri} is in a folder that does not exist; make it: mkdir -p {file.parent}")
        # MLflow itself would put the artifacts into the working directory, wherever the database is.
        location = (file.parent / "mlartifacts").as_uri()
    known = store.mlflow.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    return str(store.mlflow.create_experiment(name, artifact_location=location))
