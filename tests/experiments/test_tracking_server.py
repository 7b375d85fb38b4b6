"""The same job against a real tracking server; what goes down in mid-job loses nothing."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from khabar.experiments.tracking import track
from khabar.inference.cli import main
from khabar.inference.model import load_model
from khabar.training.events import FoldFitted
from khabar.training.job import run as run_job

pytestmark = pytest.mark.system
POSTGRES = "postgres"  # Debian's user of its database server, which will not run as root


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def backend(request, tmp_path_factory, free_port) -> Iterator[str]:
    """The URI of what the tracking server keeps runs in."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'server.db'}"
    else:
        with postgresql(folder, free_port()) as uri:
            yield uri


@contextmanager
def postgresql(folder: Path, port: int) -> Iterator[str]:
    """Make a cluster of Debian's PostgreSQL in a folder, run it, and stop it with the block."""
    (binaries,) = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    user = POSTGRES if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    cluster = Path("/tmp") / f"khabar-{folder.name}-{port}"  # not below a folder that only root may enter
    cluster.mkdir()
    shutil.chown(cluster, user)

    def call(program: str, *arguments: str) -> None:
        subprocess.run([binaries / program, *arguments], user=user, cwd="/tmp", check=True, capture_output=True)

    try:
        call("initdb", "-D", str(cluster), "--auth=trust", "--username", user)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={cluster} -c fsync=off"
        call("pg_ctl", "-D", str(cluster), "-l", str(cluster / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql://{user}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(cluster)


@pytest.fixture(scope="module")
def server(backend, tmp_path_factory, free_port, running):
    """A function that runs the tracking server at a port of the module's, for as long as its block."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    url = f"http://127.0.0.1:{port}"

    @contextmanager
    def run() -> Iterator[str]:
        command = ["mlflow", "server", "--backend-store-uri", backend, "--host", "127.0.0.1", "--port", str(port)]
        command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
        with running(command, f"{url}/health", folder / "server.log") as process:
            run.stop = lambda: os.killpg(process.pid, signal.SIGKILL)
            run.hang = lambda: os.killpg(process.pid, signal.SIGSTOP)
            yield url

    return run


def test_a_server_keeps_of_a_job_what_a_file_does(server, tracked, mlflow, tmp_path):
    with server() as url:
        result, where = track(
            lambda report: run_job(tracked.config, tmp_path / "small.safetensors", report, jobs=1, curve=(0.5, 1)),
            tracked.config,
            journal=tmp_path / "small.run",
            uri=url,
        )
        assert where.kept is None
        assert contents(mlflow, url, where.run_id) == contents(mlflow, tracked.run.uri, tracked.run.run_id)
        client = mlflow.MlflowClient(url)
        fetched = client.download_artifacts(where.run_id, "model_file/small.safetensors", str(tmp_path))
        assert load_model(fetched).digest == result.model.digest
        assert client.get_run(where.run_id).info.status == "FINISHED"


def test_a_server_that_goes_down_in_mid_job_gets_the_run_later(server, tracked, mlflow, tmp_path):
    path, journal, said = tmp_path / "small.safetensors", tmp_path / "small.run", []
    with server() as url:

        def train(report):
            def hear(event):
                report(event)
                if isinstance(event, FoldFitted) and event.number == 1:
                    server.stop()

            return run_job(tracked.config, path, hear, jobs=1, curve=(0.5, 1))

        result, where = track(
            train, tracked.config, journal=journal, uri=url, experiment="goes down",
            report=lambda event: said.append(str(event)),
        )  # fmt: skip
    assert load_model(path).digest == result.model.digest
    assert (where.kept, where.model_uri) == (journal, None)
    assert any(line.startswith("MLflow cannot be used any more") for line in said)
    assert said[-1] == f"The run is kept in {journal}. Once MLflow is back, send it: khabar log {journal}"

    down = CliRunner().invoke(main, ["log", str(journal)])
    assert (down.exit_code, journal.exists()) == (1, True), down.output
    assert "It is still there: send it again once the store can be reached" in down.output

    with server() as url:
        sent = CliRunner().invoke(main, ["log", str(journal)])
        assert sent.exit_code == 0, sent.output
        assert f"run    {where.run_id} of experiment goes down" in sent.output
        assert not journal.exists()
        assert contents(mlflow, url, where.run_id) == contents(mlflow, tracked.run.uri, tracked.run.run_id)
        assert mlflow.MlflowClient(url).get_run(where.run_id).info.status == "FINISHED"


def test_a_server_that_hangs_holds_a_job_up_for_a_moment_only(server, tracked, mlflow, tmp_path, monkeypatch):
    assert mlflow.environment_variables.MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 20
    with server() as url:

        def train(_):
            monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
            monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
            server.hang()
            return replace(tracked.result, folds=[])

        started = time.monotonic()
        _, where = track(train, tracked.config, journal=tmp_path / "a.run", uri=url, experiment="hangs")
        assert where.kept == tmp_path / "a.run"
        assert time.monotonic() - started < 60


def contents(mlflow, uri: str, run_id: str) -> dict:
    """What a run and those within it hold, but for times, ids and how long steps took."""
    client = mlflow.MlflowClient(uri)
    run = client.get_run(run_id)
    within = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{run_id}'")
    return {
        "params": run.data.params,
        "metrics": {name: value for name, value in run.data.metrics.items() if not name.startswith("seconds/")},
        "inputs": [data.dataset.name for data in run.inputs.dataset_inputs],
        "artifacts": sorted(paths(client, run_id)),
        "models": len(run.outputs.model_outputs),
        "within": {one.info.run_name: (one.info.status, one.data.params, one.data.metrics) for one in within},
    }


def paths(client, run_id: str, folder: str | None = None) -> Iterator[str]:
    for found in client.list_artifacts(run_id, folder):
        if found.is_dir:
            yield from paths(client, run_id, found.path)
        else:
            yield found.path
