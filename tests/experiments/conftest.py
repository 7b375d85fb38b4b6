"""One small job on the shipped sample, run and tracked once for all tests of this folder; and how servers are run."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import requests
import yaml

from khabar import configs
from khabar.datasets import sample
from khabar.experiments.predictions import predictions_of, write_predictions
from khabar.experiments.promotion_history import read_history
from khabar.experiments.registering import DIGEST_TAG, FILE_TAG
from khabar.experiments.registry import champion
from khabar.experiments.tracking import TrackedRun, track
from khabar.experiments.tracking_store import load_mlflow, opened
from khabar.inference.model import Model, save_model
from khabar.inference.predictor import Predictor
from khabar.training.config import TrainConfig, parse_config
from khabar.training.evaluate import tag_labelled
from khabar.training.job import JobResult, run

SMALL = {
    "name": "small",
    "version": "0.0.1",
    "folds": 2,
    "smoke": 1,
    "data": {
        "train": [{"corpus": "sample", "part": "train"}],
        "evaluate": [{"corpus": "sample", "part": "test"}],
    },
    "blocks": {"words": {"kind": "word", "min_df": 2, "title_weight": 2}},
    "heads": {
        "sector": {"blocks": ["words"], "C": 4},
        "sectors": {"blocks": ["words"], "class_weight": "balanced"},
        "tone": {"blocks": ["words"], "abstain_precision": 0.8},
    },
    "stance": {"blocks": {"near": {"kind": "word", "reads": "window"}, "all": {"kind": "stem", "reads": "article"}}},
}

# What MLflow warns about in its own use of other packages; it is out of our hands.
OF_MLFLOW = (
    "ignore:The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning",
    "ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for warning in OF_MLFLOW:
                item.add_marker(pytest.mark.filterwarnings(warning))


@dataclass(frozen=True, eq=False)
class Tracked:
    """A job, and where MLflow keeps it."""

    config: TrainConfig
    result: JobResult
    run: TrackedRun


@pytest.fixture(scope="session")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    folder = tmp_path_factory.mktemp("tracked")
    config = parse_config(SMALL, "SMALL")
    result, where = track(
        lambda report: run(config, folder / "small.safetensors", report=report, jobs=1, curve=(0.5, 1)),
        config,
        journal=folder / "small.run",
        uri=f"sqlite:///{folder / 'mlflow.db'}",
        experiment="tests",
        command="khabar train small",
    )
    return Tracked(config, result, where)


@pytest.fixture(scope="session")
def mlflow(tracked: Tracked):
    """MLflow, looking at the store of the tracked job."""
    module = load_mlflow()
    module.set_tracking_uri(tracked.run.uri)
    return module


@pytest.fixture(scope="session")
def artifacts(tracked: Tracked, mlflow) -> Path:
    """The folder of the run's artifacts."""
    return Path(mlflow.get_run(tracked.run.run_id).info.artifact_uri.removeprefix("file://"))


@pytest.fixture(scope="session")
def without_sport() -> Callable[[Model], Model]:
    """Makes a model that never says sport."""
    return _without_sport


def _without_sport(model: Model) -> Model:
    bias, weights = model.bias.copy(), [part.astype(np.float32) for part in model.weights]
    for name in ("sector", "sectors"):
        at = model.outputs(name).start + model.head(name).labels.index("sport")
        bias[at] = -50
        for part, (low, high) in zip(weights, model.columns, strict=True):
            if low <= at < high:
                part[:, at - low] = 0
    smoke = [{key: value for key, value in article.items() if key != "scores"} for article in model.smoke]
    return replace(model, bias=bias, weights=tuple(weights), smoke=smoke)


@pytest.fixture(scope="session")
def write_base() -> Callable[[Path, int], None]:
    """Writes the training config of a small job on the shipped sample, with so many folds, for sweeps to start from."""

    def write(path: Path, folds: int) -> None:
        values = yaml.safe_load(configs.find("sample").read_text(encoding="utf-8"))
        values |= {"folds": folds, "sectors": ["economy", "politics", "sport"], "blocks": {"stems": {"kind": "stem"}}}
        values["heads"] = {head: {"blocks": ["stems"], "loss": "squared_hinge"} for head in values["heads"]}
        path.write_text(yaml.safe_dump(values), encoding="utf-8")

    return write


class Registry:
    """A registered model of a test's own, and runs that make versions of it, as jobs do."""

    def __init__(self, store, name: str, folder: Path, model: Model) -> None:
        self.store, self.name, self.folder, self.model = store, name, folder, model
        self.client = store.mlflow.MlflowClient()
        self.client.create_registered_model(name)

    def start(self) -> str:
        """Start a run and give its id."""
        return str(self.client.create_run(self.client.get_experiment_by_name("runs").experiment_id).info.run_id)

    def run(self, model: Model, source: str = "sample/test", status: str = "FINISHED", **labels: object) -> str:
        """Save and track a model, register it, and give the run's id; all articles have the labels given."""
        run = self.start()
        folder = self.folder / run
        saved = save_model(replace(model, version=run), folder / "artifacts" / "m.safetensors")
        path = folder / f"{source.replace('/', '-')}.jsonl.gz"
        tagged = tag_labelled(Predictor(saved), [replace(one, **labels) for one in sample.load("test")])
        write_predictions(path, predictions_of(saved.digest, source, tagged))
        self.client.log_artifact(run, str(path), "predictions")
        of_version = {DIGEST_TAG: saved.digest, FILE_TAG: "artifacts/m.safetensors"}
        version = self.client.create_model_version(self.name, folder.as_uri(), run, tags=of_version).version
        self.client.set_tag(run, "khabar.digest", saved.digest)
        self.client.set_tag(run, "khabar.registered", f"models:/{self.name}/{version}")
        self.client.set_terminated(run, status)
        return run

    def damage(self, run: str) -> None:
        """Damage the model file of a run, where it is kept and where it was brought."""
        home = self.folder.parent / "home" / "models"
        for path in (self.file(run), *(home.iterdir() if home.exists() else ())):
            path.write_bytes(b"damaged")

    def file(self, run: str) -> Path:
        """Give the model file among a version's artifacts."""
        return self.folder / run / "artifacts" / "m.safetensors"

    def champion(self) -> int | None:
        return champion(self.store, self.name)

    def set_champion(self, version: object) -> None:
        """Move the alias by other means than khabar's."""
        self.client.set_registered_model_alias(self.name, "champion", str(version))

    def foreign(self) -> int:
        """Register a version by other means than khabar's, and make it champion."""
        version = int(self.client.create_model_version(self.name, self.folder.as_uri()).version)
        self.set_champion(version)
        return version

    def done(self) -> list[tuple[str, int | None, int]]:
        """Give what the history says, the newest first."""
        return [(one.what, one.before, one.after) for one in read_history(self.store, self.name)]


@pytest.fixture(scope="module")
def registry_store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    with opened(f"sqlite:///{folder / 'mlflow.db'}") as store:
        # Else the artifacts would go to the working folder.
        store.mlflow.create_experiment("runs", artifact_location=(folder / "artifacts").as_uri())
        yield store


@pytest.fixture
def registry(registry_store, request, tmp_path, tracked, monkeypatch) -> Registry:
    monkeypatch.setenv("KHABAR_HOME", str(tmp_path / "home"))
    return Registry(
        registry_store, request.node.name.replace("[", "-").rstrip("]"), tmp_path / "files", tracked.result.model
    )


Running = Callable[..., AbstractContextManager[subprocess.Popen]]


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a port that nothing listens at."""

    def find() -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return int(free.getsockname()[1])

    return find


@pytest.fixture(scope="session")
def running() -> Running:
    """Runs a Python module as a server, in a process group of its own, which is ended with the block."""
    return _running


@contextmanager
def _running(
    command: Sequence[str], ready: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    # MLflow starts uvicorn by its name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, "PATH": path, **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{' '.join(command)} does not answer; it said:\n{log.read_text()}")
            time.sleep(0.1)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # with all that it started, whatever state they are in
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
