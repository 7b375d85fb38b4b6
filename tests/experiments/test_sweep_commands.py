"""sweep as it is called: what it prints, writes and says when something is wrong."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from khabar.inference.cli import main
from khabar.training.config import load_config


@pytest.fixture(scope="module")
def folder(write_base: Callable[[Path, int], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of four trials over a small job on the shipped sample, sweep.yaml; all tests go on with its trials."""
    folder = tmp_path_factory.mktemp("sweep")
    write_base(folder / "base.yaml", 2)
    search = {
        "name": "toy",
        "base": str(folder / "base.yaml"),
        "search": {"heads.tone.C": {"low": 0.01, "high": 8.0, "log": True}},
        "objective": "tone.macro_f1",
        "trials": 4,
        "batch": 2,
    }
    (folder / "sweep.yaml").write_text(yaml.safe_dump(search), encoding="utf-8")
    return folder


def call(folder: Path, *arguments: object, code: int = 0):
    command = ["sweep", str(folder / "sweep.yaml"), "--storage", str(folder / "toy.db"), "--jobs", "1"]
    result = CliRunner().invoke(main, [*command, *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_sweep_prints_trials_and_writes_a_config_that_can_be_trained(folder, tmp_path):
    result = call(folder, "--no-track", "-o", tmp_path / "made" / "best.yaml")
    lines = result.stdout.splitlines()
    top = next(line.split() for line in lines if " best " in line)
    assert f"best    trial {top[0]}, " in result.stdout
    best = load_config(tmp_path / "made" / "best.yaml")
    assert abs(best.heads.tone.C - float(top[2])) < 1e-3
    base = load_config(folder / "base.yaml").to_dict()
    base["heads"]["tone"]["C"] = best.heads.tone.C
    assert best.to_dict() == base
    assert [line for line in result.stderr.splitlines() if line.startswith("trial 3: ")]


def test_sweep_that_is_complete_prints_the_same_and_fits_nothing(folder):
    first, second = call(folder, "--no-track"), call(folder, "--no-track")
    assert first.stdout == second.stdout
    assert "4 of 4 trials are in" in second.stderr
    assert "vectorising" not in second.stderr


def test_sweep_names_the_run_of_mlflow(folder, store, mlflow):
    result = call(folder, "--tracking-uri", store, "--experiment", "swept")
    runs = mlflow.search_runs(experiment_names=["swept"], output_format="list")
    kinds = sorted(run.data.tags["khabar.kind"] for run in runs)
    assert kinds == ["sweep", "trial", "trial", "trial", "trial"]
    parent = next(run for run in runs if run.data.tags["khabar.kind"] == "sweep")
    assert f"run     {parent.info.run_id} of experiment swept, {store}" in result.stdout


def test_sweep_names_the_experiment_that_its_run_is_in(folder, store, mlflow):
    first, other = (call(folder, "--tracking-uri", store, "--experiment", name) for name in ("one", "other"))
    for name, result in (("one", first), ("other", other)):
        runs = mlflow.search_runs(experiment_names=[name], output_format="list")
        (run_id,) = (run.info.run_id for run in runs if run.data.tags["khabar.kind"] == "sweep")
        assert f"run     {run_id} of experiment {name}, {store}" in result.stdout


def test_sweep_names_a_wrong_store_before_articles_are_read(folder, tmp_path):
    result = call(folder, "--tracking-uri", f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}", code=1)
    (line,) = result.stderr.splitlines()
    assert f"mkdir -p {tmp_path / 'none'}" in line


@pytest.fixture
def store(tracked) -> str:
    """The store of the tracked job: making another one takes seconds."""
    return tracked.run.uri


def test_sweep_names_an_unknown_key_and_writes_nothing(folder, tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text((folder / "sweep.yaml").read_text() + "trails: 3\n")
    result = CliRunner().invoke(main, ["sweep", str(path), "--storage", str(tmp_path / "a.db"), "--no-track"])
    assert result.exit_code == 1
    assert "trails: unknown key; did you mean trials?" in result.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_sweep_that_is_ended_by_a_signal_says_how_to_go_on(folder, tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text((folder / "sweep.yaml").read_text().replace("trials: 4", "trials: 5000"))
    code = "from khabar.inference.cli import main\nmain()"
    arguments = ["sweep", str(path), "--storage", str(tmp_path / "a.db"), "--jobs", "1", "--no-track"]
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    for line in child.stderr:
        if line.startswith("trial 1:") or time.monotonic() > deadline:
            break
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGTERM
    assert f"of 5000 trials are in {tmp_path / 'a.db'}; the same command goes on" in said


def test_help_imports_nothing_of_the_training_side():
    heavy = "{'mlflow', 'optuna', 'sklearn', 'scipy', 'numpy', 'rich', 'pydantic', 'distributed'}"
    code = "import sys\nfrom khabar.inference.cli import main\n"
    code += f"main(['sweep', '--help'], standalone_mode=False)\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
