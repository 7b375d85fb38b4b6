"""A sweep finds the same whatever happens to it: more processes, a kill at any point, more trials later."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import optuna
import pytest
import yaml
from optuna.trial import TrialState, create_trial

from khabar.experiments.sweep import TrialResult, best, finished, objective, run_sweep
from khabar.experiments.sweep_config import Sweep, load_sweep
from khabar.experiments.sweep_folds import SweepFolds
from khabar.experiments.sweep_study import opened_study, sweep_digests
from khabar.training.config import TrainConfig, parse_config
from khabar.training.sources import JobData, read_data

TRIALS = 8


@pytest.fixture(scope="module")
def folder(write_base: Callable[[Path, int], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep over a small job on the shipped sample: sweep.yaml."""
    folder = tmp_path_factory.mktemp("sweep")
    write_base(folder / "base.yaml", 3)
    search = {
        "name": "toy",
        "base": str(folder / "base.yaml"),
        "search": {
            "heads.sector.C": {"low": 0.01, "high": 64.0, "log": True},
            "heads.tone.class_weight": {"choices": ["balanced", None]},
            "heads.tone.C": {"low": 0.001, "high": 16.0, "log": True},
        },
        "objective": {"sector.accuracy": 2, "tone.macro_f1": 1},
        "trials": TRIALS,
        "batch": 3,
        "pruning": {"startup_trials": 2, "warmup_folds": 1},
    }
    (folder / "sweep.yaml").write_text(yaml.safe_dump(search), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def sweep(folder: Path) -> Sweep:
    return load_sweep(folder / "sweep.yaml")


@pytest.fixture(scope="module")
def data(sweep: Sweep) -> JobData:
    return read_data(parse_config(sweep.base, "base").data)


class Folds(SweepFolds):
    """Folds that end the process, as far as the sweep can tell, when they are asked once too often."""

    def __init__(self, sweep: Sweep, data: JobData, cache: Path, jobs: int = 1, asked: int = 1000) -> None:
        super().__init__(parse_config(sweep.base, "base"), data, list(sweep.config.objective), cache, jobs)
        self.left = asked

    def measure(self, configs: Sequence[TrainConfig], at: int) -> list[dict[str, float]]:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().measure(configs, at)


def study_of(path: Path, sweep: Sweep, data: JobData):
    return opened_study(path, sweep, sweep_digests(sweep, data.facts))


@pytest.fixture(scope="module")
def results(sweep: Sweep, data: JobData, folder: Path) -> list[TrialResult]:
    """What the sweep finds if nothing happens to it."""
    with study_of(folder / "whole.db", sweep, data) as study:
        return run_sweep(sweep, study, Folds(sweep, data, folder / "cache"))


def found(results: Sequence[TrialResult]) -> list[tuple]:
    """All but when it was."""
    return [(r.number, r.params, r.value, r.folds, r.pruned, r.seed) for r in results]


def test_trials_differ_and_some_are_pruned(results: list[TrialResult]) -> None:
    assert [result.number for result in results] == list(range(TRIALS))
    assert len({str(result.params) for result in results}) == TRIALS
    assert {len(result.folds) for result in results if not result.pruned} == {3}
    pruned = [result for result in results if result.pruned]
    assert pruned
    assert all(len(result.folds) < 3 for result in pruned)


def test_a_trial_is_pruned_if_its_mean_so_far_is_below_the_median_of_earlier_batches(
    sweep: Sweep, results: list[TrialResult]
) -> None:
    for result in results:
        earlier = [r for r in results if r.number < result.number // 3 * 3 and not r.pruned]
        for n in range(1, 3):
            if n > len(result.folds) or len(earlier) < 2:
                break
            means = sorted(objective(sweep, r.folds[:n]) for r in earlier)
            median = (means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2
            behind = objective(sweep, result.folds[:n]) < median
            assert behind == (result.pruned and n == len(result.folds))


def test_the_value_is_the_weighted_mean_of_figures_over_folds(results: list[TrialResult]) -> None:
    top = best(results)
    means = [(2 * fold["sector.accuracy"] + fold["tone.macro_f1"]) / 3 for fold in top.folds]
    assert top.value == pytest.approx(sum(means) / 3)
    assert top.value == max(result.value for result in results if not result.pruned)


def test_what_is_found_does_not_depend_on_the_processes(sweep, data, folder, tmp_path, results) -> None:
    with study_of(tmp_path / "a.db", sweep, data) as study:
        assert found(run_sweep(sweep, study, Folds(sweep, data, folder / "cache", jobs=2))) == found(results)


@pytest.mark.parametrize("asked", [0, 1, 4])
def test_a_sweep_that_ends_between_folds_goes_on(sweep, data, folder, tmp_path, results, asked) -> None:
    with study_of(tmp_path / "a.db", sweep, data) as study, pytest.raises(KeyboardInterrupt):
        run_sweep(sweep, study, Folds(sweep, data, folder / "cache", asked=asked))
    folds = Folds(sweep, data, folder / "cache")
    with study_of(tmp_path / "a.db", sweep, data) as study:
        assert found(run_sweep(sweep, study, folds)) == found(results)
        assert len(study.trials) == TRIALS
    # Folds that were measured before are not measured again.
    rounds = sum(max(len(result.folds) for result in results[low : low + 3]) for low in range(0, TRIALS, 3))
    assert 1000 - folds.left == rounds - asked


@pytest.mark.parametrize("told", [1, 3, 5, 7])
def test_a_sweep_that_ends_while_trials_are_told_goes_on(sweep, data, folder, tmp_path, results, told) -> None:
    batch = range(told // 3 * 3, min(told // 3 * 3 + 3, TRIALS))
    with study_of(folder / "whole.db", sweep, data) as whole:
        trials = whole.trials[: batch.stop]
    with study_of(tmp_path / "a.db", sweep, data) as study:
        for trial in trials:
            study.add_trial(trial if trial.number < told else untold(trial))
        folds = Folds(sweep, data, folder / "cache", asked=1000 if told == batch.start else 0)
        if told > batch.start and batch.stop < TRIALS:
            with pytest.raises(KeyboardInterrupt):  # of the next batch: this one is there
                run_sweep(sweep, study, folds)
            assert found(finished(sweep, study)) == found(results)[: batch.stop]
        else:
            assert found(run_sweep(sweep, study, folds)) == found(results)


def untold(trial: optuna.trial.FrozenTrial) -> optuna.trial.FrozenTrial:
    """Give a trial as it was before its result was told."""
    return create_trial(
        state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions,
        user_attrs=trial.user_attrs, intermediate_values=trial.intermediate_values,
    )  # fmt: skip


def test_a_killed_process_leaves_a_study_that_goes_on(folder, tmp_path, sweep, data, results) -> None:
    path = tmp_path / "a.db"
    child = subprocess.Popen(command(folder, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while ended(path) < 4 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -signal.SIGKILL
    done = subprocess.run(command(folder, path), capture_output=True, text=True, check=True)
    assert "of 8 trials are in" in done.stderr
    with study_of(path, sweep, data) as study:
        assert found(finished(sweep, study)) == found(results)
        assert len(study.trials) == TRIALS


def command(folder: Path, path: Path) -> list[str]:
    code = "from khabar.inference.cli import main\nmain()"
    arguments = ["sweep", str(folder / "sweep.yaml"), "--storage", str(path), "--cache", str(folder / "cache")]
    return [sys.executable, "-c", code, *arguments, "--jobs", "1", "--no-track"]


def ended(path: Path) -> int:
    """Count the trials that have ended."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=30)
    try:
        (count,) = connection.execute("select count(*) from trials where state in ('COMPLETE', 'PRUNED')").fetchone()
    except sqlite3.OperationalError:  # no such table yet
        return 0
    finally:
        connection.close()
    return int(count)


def test_more_trials_go_on_from_those_there_are(sweep, data, folder, tmp_path, results) -> None:
    fewer = Sweep(sweep.config.model_copy(update={"trials": 5}), sweep.base)
    with study_of(tmp_path / "a.db", fewer, data) as study:
        five = run_sweep(fewer, study, Folds(sweep, data, folder / "cache"))
        assert found(five) == found(results)[:5]
    with study_of(tmp_path / "a.db", sweep, data) as study:
        eight = run_sweep(sweep, study, Folds(sweep, data, folder / "cache"))
    assert found(eight)[:5] == found(five)
    assert len({str(result.params) for result in eight}) == TRIALS
