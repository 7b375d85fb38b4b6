"""A sweep that is killed while processes fit leaves none of them, and goes on to the end as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest
import yaml
from optuna.trial import TrialState

from khabar import configs
from khabar.experiments.tracking_store import opened

SECONDS_TO_END = 30
SWEEP = {
    "name": "toy",
    "base": "base.yaml",
    "search": {"heads.tone.C": {"low": 0.01, "high": 8.0, "log": True}},
    "objective": "tone.macro_f1",
    "trials": 5000,
    "batch": 2,
}


def test_a_killed_sweep_leaves_no_process_that_fits(tmp_path) -> None:
    base = yaml.safe_load(configs.find("sample").read_text(encoding="utf-8")) | {"folds": 2}
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(base), encoding="utf-8")
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(SWEEP), encoding="utf-8")
    processes = killed(sweep(tmp_path / "sweep.yaml", tmp_path, "--no-track"), "trial 1:")
    assert len(processes) >= 2
    assert left_of(processes) == []


@pytest.mark.corpora
def test_the_sweep_that_ships_goes_on_after_a_kill(tmp_path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    command = sweep("sweep", tmp_path, "--tracking-uri", store)
    assert left_of(killed(command, "trial 7:")) == []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as again:
        processes = processes_after(again, "trial 8:")
        said = again.communicate()
        assert again.returncode == 0, said
    assert left_of(processes) == []
    study = optuna.load_study(study_name="annotations", storage=f"sqlite:///{tmp_path / 'a.db'}")
    assert len(study.trials) == len({str(sorted(trial.params.items())) for trial in study.trials}) == 20
    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    with opened(store) as found:
        runs = found.mlflow.search_runs(experiment_names=["annotations"], output_format="list")
    assert sorted(run.data.tags["khabar.kind"] for run in runs) == ["sweep", *["trial"] * 20]
    assert {run.info.status for run in runs} == {"FINISHED"}


def sweep(config: str | Path, folder: Path, *arguments: str) -> list[str]:
    code = "from khabar.inference.cli import main\nmain()"
    where = ["--storage", str(folder / "a.db"), "--cache", str(folder / "cache"), "--jobs", "2"]
    return [sys.executable, "-c", code, "sweep", str(config), *where, *arguments]


def killed(command: Sequence[str], line: str) -> list[int]:
    """Run a command, kill it once it says a line on stderr, and give the processes it had started."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        processes = processes_after(process, line)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    return processes


def processes_after(process: subprocess.Popen, line: str) -> list[int]:
    """Wait until a process says a line on stderr, and give those that it has started."""
    said = []
    for one in process.stderr:
        said.append(one)
        if one.startswith(line):
            break
    else:
        pytest.fail("".join(said))
    children = ["ps", "-o", "pid=", "--ppid", str(process.pid)]
    listed = subprocess.run(children, capture_output=True, text=True, check=True)
    return [int(pid) for pid in listed.stdout.split()]


def left_of(processes: Sequence[int]) -> list[int]:
    """Give those of some processes that do not end."""
    deadline = time.monotonic() + SECONDS_TO_END
    while (left := [pid for pid in processes if runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
