"""`mlflow run .` trains, as one run of MLflow: in the caller's environment, and in those that MLflow makes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from khabar.experiments.tracking_store import load_mlflow
from khabar.inference.predictor import Predictor

ROOT = Path(__file__).parents[2]
CONFIG = """
name: tiny
version: "1"
folds: 2
smoke: 1
data: {train: [{corpus: sample, part: train}]}
blocks: {words: {kind: word, min_df: 2}}
heads:
  sector: {blocks: [words]}
  sectors: {blocks: [words]}
  tone: {blocks: [words]}
"""


def mlflow_run(project: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a project, with a store in a folder of the test's own and nothing written elsewhere."""
    (folder / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    # The variable that MLflow gives to what it runs is not for this run, if a run of MLflow runs the tests.
    inherited = {name: value for name, value in os.environ.items() if name not in ("MLFLOW_RUN_ID", "VIRTUAL_ENV")}
    environment = inherited | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "MLFLOW_ENV_ROOT": str(folder / "environments"),
    }
    # `jobs` is no parameter of the project: MLflow appends it to the command, as --jobs.
    given = {"config": folder / "tiny.yaml", "output": folder / "tiny.safetensors", "jobs": 1}
    parameters = [part for name, value in given.items() for part in ("-P", f"{name}={value}")]
    return subprocess.run(
        [sys.executable, "-m", "mlflow", "run", str(project), *options, *parameters],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def assert_one_run_that_trained(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    """Check what a run left: the model file, and one run that has MLflow's parameters, khabar's, and the model."""
    assert done.returncode == 0, done.stdout + done.stderr
    assert Predictor.load(folder / "tiny.safetensors").tag("أعلنت الوزارة نتائج المباراة.").error is None
    mlflow = load_mlflow()
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    (run,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert run.data.tags["mlflow.project.entryPoint"] == "main"
    assert run.data.tags["khabar.kind"] == "job"
    assert run.info.status == "FINISHED"
    assert run.data.params["config"] == str(folder / "tiny.yaml")
    assert run.data.params["heads.sector.C"] == "1.0"
    assert client.get_model_version("tiny", "1").run_id == run.info.run_id


@pytest.mark.system
def test_it_trains_in_the_callers_environment(tmp_path):
    assert_one_run_that_trained(tmp_path, mlflow_run(ROOT, tmp_path, "--env-manager", "local"))


@pytest.mark.system
@pytest.mark.parametrize("options", [(), ("--env-manager", "uv")], ids=["pyenv", "uv"])
def test_it_trains_in_an_environment_that_mlflow_makes_without_torch(tmp_path, options):
    if not options and shutil.which("pyenv") is None:
        pytest.skip("MLflow's default environments need pyenv, which is not on PATH")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    project = tmp_path / "clone"
    for name in filter(None, listed.stdout.split("\0")):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    assert_one_run_that_trained(tmp_path, mlflow_run(project, tmp_path, *options))
    (environment,) = (tmp_path / "environments").iterdir()
    packages = {path.name for path in environment.glob("lib/python*/site-packages/*")}
    assert "camel_tools" in packages
    assert "torch" not in packages
    shutil.rmtree(environment)  # pytest keeps what is left, and this is large


@pytest.mark.parametrize(("name", "installs"), [("mlflow-work", False), (f"mlflow-{'0a' * 20}", True)])
def test_khabar_is_installed_in_an_environment_of_mlflows_own_only(tmp_path, name, installs):
    for program in ("uv", "khabar"):
        (tmp_path / program).write_text(f"#!/bin/sh\necho {program} $1", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "VIRTUAL_ENV": f"/home/me/envs/{name}"}
    done = subprocess.run(
        ["bash", ROOT / "mlflow_run.sh", "train", "sample"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [*(["uv pip"] if installs else []), "khabar train"]


def test_without_khabar_it_says_how_to_install_it(tmp_path):
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", ROOT / "mlflow_run.sh", "train", "sample"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "khabar is not installed in this environment. Install it: pip install '.[train]'" in done.stderr
