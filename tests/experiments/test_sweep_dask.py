"""A sweep on a Dask cluster finds what it finds without one; a cluster that is not there is named."""

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import pytest
import yaml
from distributed import LocalCluster
from joblib import Parallel, delayed

from khabar.experiments import sweep_cluster
from khabar.experiments.sweep import TrialResult, best, run_sweep
from khabar.experiments.sweep_cluster import fitting_on, losses_named
from khabar.experiments.sweep_config import load_sweep
from khabar.experiments.sweep_error import SweepError
from khabar.experiments.sweep_folds import SweepFolds
from khabar.experiments.sweep_study import opened_study, sweep_digests
from khabar.inference.errors import MissingExtraError
from khabar.training.config import parse_config
from khabar.training.events import Event
from khabar.training.sources import read_data


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers, each a process of one thread."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def folder(write_base: Callable[[Path, int], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dask")
    write_base(folder / "base.yaml", 2)
    search = {
        "name": "toy",
        "base": str(folder / "base.yaml"),
        "search": {
            "heads.sector.C": {"low": 0.01, "high": 8.0, "log": True},
            "blocks.stems.min_df": {"low": 1, "high": 2},
        },
        "objective": "sector.accuracy",
        "trials": 6,
        "batch": 3,
        "pruning": {"startup_trials": 2, "warmup_folds": 1},
    }
    (folder / "sweep.yaml").write_text(yaml.safe_dump(search), encoding="utf-8")
    return folder


def swept(folder: Path, out: Path, scheduler: str | None) -> list[TrialResult]:
    sweep = load_sweep(folder / "sweep.yaml")
    base = parse_config(sweep.base, "base")
    data = read_data(base.data)
    with opened_study(out / "a.db", sweep, sweep_digests(sweep, data.facts)) as study, fitting_on(scheduler):
        return run_sweep(sweep, study, SweepFolds(base, data, ["sector.accuracy"], out / "cache", 1))


def test_a_cluster_finds_the_same_trials_and_the_same_best_one(folder, scheduler, tmp_path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here, there = swept(folder, tmp_path / "here", None), swept(folder, tmp_path / "there", scheduler)
    assert [(r.params, r.value, r.folds, r.pruned) for r in here] == [
        (r.params, r.value, r.folds, r.pruned) for r in there
    ]
    assert best(here).number == best(there).number


def test_an_address_that_nothing_answers_at_is_named_soon(monkeypatch) -> None:
    monkeypatch.setattr(sweep_cluster, "SECONDS_TO_ANSWER", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with (
            pytest.raises(SweepError, match=f"found no Dask scheduler at {address}.*dask scheduler"),
            fitting_on(address),
        ):
            pass


@pytest.mark.parametrize("address", ["nowhere", "http://127.0.0.1:1", "tls://127.0.0.1:1", "ucx://127.0.0.1:1", ""])
def test_what_is_no_address_is_named(address, monkeypatch) -> None:
    monkeypatch.setattr(sweep_cluster, "SECONDS_TO_ANSWER", 1)
    with pytest.raises(SweepError, match=f"found no Dask scheduler at {address}"), fitting_on(address):
        pass


def test_a_cluster_without_workers_is_named(monkeypatch) -> None:
    monkeypatch.setattr(sweep_cluster, "SECONDS_TO_JOIN", 1)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=logging.ERROR) as cluster,
        pytest.raises(SweepError, match=r"found no worker of the Dask scheduler .* in 1 seconds"),
        fitting_on(cluster.scheduler_address),
    ):
        pass


def test_a_cluster_of_one_thread_says_that_it_is_not_used() -> None:
    said: list[Event] = []
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=logging.ERROR
        ) as cluster,
        fitting_on(cluster.scheduler_address, said.append),
    ):
        assert Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(2)) == [os.getpid()] * 2
    (note,) = map(str, said)
    assert "has one thread, and is not used" in note


def test_workers_that_die_of_a_fit_end_the_sweep() -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as cluster,
        pytest.raises(SweepError, match=r"the Dask cluster was lost while it fitted \(KilledWorker"),
        fitting_on(cluster.scheduler_address),
        losses_named(),
    ):
        Parallel(n_jobs=2)(delayed(os._exit)(1) for _ in range(2))


def test_without_dask_the_error_names_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'khabar\[cluster\]'"), fitting_on("tcp://127.0.0.1:1"):
        pass
