"""How a journal becomes runs of MLflow: entry by entry, and from where it stopped if the store went away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from khabar.experiments.journal import Entry, JournalError, files_of
from khabar.experiments.registering import register_model
from khabar.experiments.tracking_store import DIGEST_CHARS, Store

SENT = "sent.json"
PARENT_TAG = "mlflow.parentRunId"
PARAM_CHARS = 6000  # what MLflow takes of a value; config.yaml has the whole of it
BATCH = 100  # params and tags that MLflow takes at once


class Sender:
    """Sends entries of a journal to a store, and keeps count of them beside the journal.

    Parameters
    ----------
    store : Store
    folder : Path
        The journal's. What has been sent from it to this store already is not sent again.
    experiment_id : str
    join : str, optional
        A run that is there already and is to be the parent, as `mlflow run` makes one.

    Attributes
    ----------
    runs : dict of str to str
        MLflow's ids of the journal's runs.
    models : list of str
        URIs of the versions registered.
    refused : list of str
        What MLflow said of entries that it does not take, such as a name that is too long; they are passed over.
    """

    def __init__(self, store: Store, folder: Path, experiment_id: str, join: str | None = None) -> None:
        self._store, self._folder, self._join = store, folder, join
        self._experiment_id = experiment_id
        self._client = store.mlflow.MlflowClient()
        kept = _kept(folder)
        if kept.get("uri") != store.uri:
            kept = {}
        self.runs: dict[str, str] = kept.get("runs", {})
        self.models: list[str] = kept.get("models", [])
        self.refused: list[str] = []
        self._count: int = kept.get("count", 0)

    def send_rest(self, entries: Sequence[Entry]) -> None:
        """Send what has not been sent yet of a journal's entries."""
        for entry in entries[self._count :]:
            self.send(entry)

    def send(self, entry: Entry) -> None:
        """Send the next entry; MLflow's errors come through, and the entry then counts as not sent."""
        if "what" in entry:
            steps: dict[str, Callable[[Entry], None]] = {
                "start": self._start, "end": self._end, "tags": self._tags, "params": self._params,
                "metrics": self._metrics, "data": self._data, "file": self._file, "model": self._model,
            }  # fmt: skip
            try:
                steps[entry["what"]](entry)
            except self._store.mlflow.MlflowException as error:
                if error.error_code != "INVALID_PARAMETER_VALUE" or entry["what"] in ("start", "end"):
                    raise
                self.refused.append(f"{entry['what']} of {entry['run']}: {error}")
        self._count += 1
        kept = {"uri": self._store.uri, "runs": self.runs, "models": self.models, "count": self._count}
        written = self._folder / f"{SENT}.part"
        with suppress(OSError):  # what is counted in vain is sent twice, which changes nothing
            written.write_bytes(orjson.dumps(kept))
            written.replace(self._folder / SENT)

    def _start(self, entry: Entry) -> None:
        tags = {**entry["tags"], "mlflow.runName": entry["name"]}
        if entry["parent"] is None and self._join is not None:
            self.runs[entry["run"]] = self._join
            self._log_tags(self._join, tags)
            return
        if entry["parent"] is not None:
            tags[PARENT_TAG] = self.runs[entry["parent"]]
        run = self._client.create_run(self._experiment_id, start_time=entry["time"], tags=tags, run_name=entry["name"])
        self.runs[entry["run"]] = run.info.run_id

    def _end(self, entry: Entry) -> None:
        self._client.set_terminated(self.runs[entry["run"]], entry["status"], end_time=entry["time"])

    def _tags(self, entry: Entry) -> None:
        self._log_tags(self.runs[entry["run"]], entry["tags"])

    def _log_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        made = [self._store.mlflow.entities.RunTag(name, value) for name, value in tags.items()]
        for part in _batches(made):
            self._client.log_batch(run_id, tags=part)

    def _params(self, entry: Entry) -> None:
        made = [self._store.mlflow.entities.Param(n, v[:PARAM_CHARS]) for n, v in entry["params"].items()]
        for part in _batches(made):
            self._client.log_batch(self.runs[entry["run"]], params=part)

    def _metrics(self, entry: Entry) -> None:
        metric = self._store.mlflow.entities.Metric
        made = [metric(name, value, entry["time"], entry["step"]) for name, value in entry["metrics"].items()]
        for part in _batches(made):
            self._client.log_batch(self.runs[entry["run"]], metrics=part)

    def _data(self, entry: Entry) -> None:
        data, entities = self._store.mlflow.data, self._store.mlflow.entities
        if entry["url"] is not None:
            source = data.http_dataset_source.HTTPDatasetSource(entry["url"])
        else:  # ships with khabar, or is a file of one's own
            source = data.code_dataset_source.CodeDatasetSource({"name": entry["name"]})
        dataset = data.meta_dataset.MetaDataset(source, entry["name"], entry["digest"][:DIGEST_CHARS])
        tags = {**entry["tags"], "digest": entry["digest"], "mlflow.data.context": entry["context"]}
        made = entities.DatasetInput(
            dataset._to_mlflow_entity(), tags=[entities.InputTag(name, value) for name, value in tags.items()]
        )
        self._client.log_inputs(self.runs[entry["run"]], [made])

    def _file(self, entry: Entry) -> None:
        path, run_id = files_of(self._folder, entry["run"]) / entry["path"], self.runs[entry["run"]]
        if path.is_dir():
            self._client.log_artifacts(run_id, str(path), entry["path"])
        else:
            folder = str(Path(entry["path"]).parent)
            self._client.log_artifact(run_id, str(path), None if folder == "." else folder)

    def _model(self, entry: Entry) -> None:
        path, run_id = files_of(self._folder, entry["run"]) / entry["path"], self.runs[entry["run"]]
        uri = register_model(self._store, run_id, path, entry["name"], entry["version"], entry["digest"])
        self.models.append(uri)
        self._log_tags(run_id, {"khabar.registered": uri})


def _kept(folder: Path) -> dict[str, Any]:
    path = folder / SENT
    try:
        kept: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    except ValueError as error:
        raise JournalError(
            f"{path}: found no JSON that says what was sent of the run ({error}); delete this file to send all of it"
        ) from error
    return kept


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for low in range(0, len(values), BATCH):
        yield values[low : low + BATCH]
