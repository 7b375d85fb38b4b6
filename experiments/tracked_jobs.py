"""The tracked jobs with what MLflow keeps of them beside their runs: the data they read, their models' aliases."""

from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from khabar.experiments.artifact_files import read_list
from khabar.experiments.registry import answering
from khabar.experiments.runs_board import Job
from khabar.experiments.tracked_runs import FoundRun, fetch_artifacts, find_runs
from khabar.experiments.tracking_store import Store

DATA = "data.json"


def tracked_jobs(store: Store) -> list[Job]:
    """Give all jobs of a store, the newest first.

    Raises
    ------
    TrackingError
        The store cannot be read.
    """
    runs = find_runs(store)
    aliases = _aliases(store) if runs else {}
    return [Job(run, _trained_on(store, run), aliases.get(run.tags.get("khabar.registered", ""), ())) for run in runs]


def _aliases(store: Store) -> dict[str, tuple[str, ...]]:
    """Give the aliases of each registered version, by its URI."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    with answering(store):
        for model in store.mlflow.MlflowClient().search_registered_models():
            for alias, version in sorted(model.aliases.items()):
                found[f"models:/{model.name}/{version}"].append(alias)
    return {uri: tuple(names) for uri, names in found.items()}


def _trained_on(store: Store, run: FoundRun) -> str:
    """Hash the digests of all that a job read to train; nothing of one that did not come to read it or to say so."""
    client = store.mlflow.MlflowClient()
    with answering(store):
        if not any(one.path == DATA for one in client.list_artifacts(run.run_id)):
            return ""
    with TemporaryDirectory() as folder:
        facts = read_list(fetch_artifacts(store, run.run_id, DATA, Path(folder)))
    if facts is None:
        return ""
    read = sorted(f"{fact['name']} {fact['digest']} {fact['labels']}" for fact in facts)
    return sha256("\n".join(read).encode()).hexdigest()
