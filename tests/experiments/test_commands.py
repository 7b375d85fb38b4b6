"""train and bench as they are called: what they print, write and say when something is wrong."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from khabar.experiments.bench import BenchResult
from khabar.inference.cli import main
from khabar.inference.model import load_model


def call(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def config(tracked, tmp_path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(yaml.safe_dump(tracked.config.to_dict()), encoding="utf-8")
    return path


@pytest.fixture
def store(tracked, monkeypatch) -> str:
    """The store of the tracked job: making another one takes seconds."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.run.uri)
    return tracked.run.uri


def test_train_prints_the_figures_and_where_model_and_run_are(config, store, tmp_path, mlflow):
    result = call("train", config, "-o", tmp_path / "m.safetensors", "--jobs", 1, "--experiment", "by command")
    (run,) = mlflow.search_runs(
        experiment_names=["by command"], filter_string="tags.`khabar.kind` = 'job'", output_format="list"
    )
    assert "sample/test" in result.stdout
    assert str(tmp_path / "m.safetensors") in result.stdout
    assert f"{run.info.run_id} of experiment by command, {store}" in result.stdout
    assert "models:/small/" in result.stdout
    assert "MLflow" not in result.stderr


def test_train_writes_the_model_under_its_name_by_default(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("train", config, "--no-track", "--jobs", 1)
    assert load_model(tmp_path / "small.safetensors").name == "small"
    assert {path.name for path in tmp_path.iterdir()} == {"job.yaml", "small.safetensors"}


def test_train_writes_a_card_where_it_is_asked_to(config, tmp_path):
    card = tmp_path / "cards" / "small.md"
    call("train", config, "--no-track", "--jobs", 1, "-o", tmp_path / "m.safetensors", "--card", card)
    assert card.read_text(encoding="utf-8").startswith("# small")


def test_train_finds_a_config_by_name_and_names_those_there_are():
    result = call("train", "sampel", "--no-track", code=1)
    assert "sampel" in result.stderr
    assert "sample" in result.stderr


def test_train_without_tracking_does_not_import_mlflow(config, tmp_path):
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += "main(sys.argv[1:], standalone_mode=False)\nprint(sorted({'mlflow', 'matplotlib'} & set(sys.modules)))"
    command = [sys.executable, "-c", code, "train", str(config), "--no-track", "--jobs", "1", "-o"]
    done = subprocess.run([*command, str(tmp_path / "m.safetensors")], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_train_that_is_ended_by_a_signal_leaves_a_killed_run_and_no_model(config, store, tmp_path):
    output = tmp_path / "m.safetensors"
    code = "from khabar.inference.cli import main\nmain()"
    arguments = ["train", str(config), "-o", str(output), "--jobs", "1", "--experiment", "killed"]
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE)
    database = store.removeprefix("sqlite:///")
    query = "select status from runs join experiments using (experiment_id) where experiments.name = 'killed'"
    query += " and runs.name = 'small 0.0.1'"
    deadline = time.monotonic() + 60
    while (status := _first(database, query)) is None and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert status == "RUNNING"
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert child.returncode == 128 + signal.SIGTERM
    assert _first(database, query) == "KILLED"
    assert not output.exists()
    assert not (tmp_path / "m.run").exists()


@pytest.mark.usefixtures("store")
def test_train_that_is_ended_after_a_fold_leaves_no_run_open_and_no_fold_twice(config, tmp_path, mlflow):
    code = "from khabar.inference.cli import main\nmain()"
    arguments = ["train", str(config), "-o", str(tmp_path / "m.safetensors"), "--jobs", "1", "--experiment", "ended"]
    with subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            if line.startswith("fitted fold 1"):
                child.send_signal(signal.SIGTERM)
    assert child.returncode == 128 + signal.SIGTERM
    runs = mlflow.search_runs(experiment_names=["ended"], output_format="list")
    found = sorted((run.info.run_name, run.info.status) for run in runs)
    assert found[-1] == ("small 0.0.1", "KILLED")
    assert len({name for name, _ in found}) == len(found)
    assert {status for _, status in found} <= {"KILLED", "FINISHED"}


@pytest.mark.usefixtures("store")
def test_a_run_that_is_still_written_is_not_sent(config, tmp_path):
    code = "from khabar.inference.cli import main\nmain()"
    arguments = ["train", str(config), "-o", str(tmp_path / "m.safetensors"), "--jobs", "1", "--experiment", "in use"]
    with subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE, text=True) as child:
        for line in child.stderr:
            if line.startswith("fitted all"):
                refused = call("log", tmp_path / "m.run", code=1)
    assert "m.run is in use: a job is still writing it" in refused.stderr
    assert (child.returncode, load_model(tmp_path / "m.safetensors").name) == (0, "small")


def _first(database: str, query: str) -> str | None:
    connection = sqlite3.connect(database, timeout=30)
    try:
        row = connection.execute(query).fetchone()
    finally:
        connection.close()
    return None if row is None else str(row[0])


def test_train_names_an_unknown_key_and_writes_nothing(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config.write_text(config.read_text() + "fold: 3\n")
    assert "fold: unknown key; did you mean folds?" in call("train", config, code=1).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["job.yaml"]


def test_bench_says_once_what_it_was_taken_on(monkeypatch):
    result = BenchResult(6000, 12.34, "the sample", ())
    monkeypatch.setattr("khabar.experiments.bench.run", lambda *_, **__: result)
    lines = [line for line in call("bench").stdout.splitlines() if "the sample" in line]
    assert lines == ["6,000 articles of the sample, 12.3 MB of UTF-8"]


@pytest.mark.parametrize("command", ["train", "bench"])
def test_help_of_a_command_imports_nothing_of_the_training_side(command):
    heavy = "{'mlflow', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'numpy', 'rich', 'pydantic'}"
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += f"main(['{command}', '--help'], standalone_mode=False)\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines()[-1] == "[]"
