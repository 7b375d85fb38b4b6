"""A sweep's study is opened by that sweep alone, one process at a time."""

import os
from pathlib import Path

import optuna
import pytest

from khabar import configs
from khabar.experiments.sweep_config import Sweep, SweepConfig
from khabar.experiments.sweep_error import SweepError
from khabar.experiments.sweep_study import opened_study, sweep_digests
from khabar.training.config import load_config

CONFIG = {
    "name": "toy",
    "base": "sample",
    "search": {"heads.tone.C": {"low": 0.1, "high": 8.0}},
    "objective": "tone.macro_f1",
    "trials": 4,
}
SWEEP = Sweep(SweepConfig.model_validate(CONFIG), load_config(configs.find("sample")).to_dict())
FACTS = [{"digest": "0" * 64}]


def study_of(path: Path):
    return opened_study(path, SWEEP, sweep_digests(SWEEP, FACTS))


@pytest.mark.parametrize("part", ["sweep config", "base config", "articles"])
def test_a_study_of_another_sweep_is_refused(tmp_path, part) -> None:
    digests = sweep_digests(SWEEP, FACTS)
    with opened_study(tmp_path / "a.db", SWEEP, digests):
        pass
    with (
        pytest.raises(SweepError, match=f"0 trials of the sweep 'toy' with another {part}. Trials of both cannot"),
        opened_study(tmp_path / "a.db", SWEEP, digests | {part: "other"}),
    ):
        pass


def test_a_digest_depends_on_all_but_the_number_of_trials_and_the_path_of_the_base() -> None:
    digests = sweep_digests(SWEEP, FACTS)
    elsewhere = Sweep(SWEEP.config.model_copy(update={"base": "./base.yaml"}), SWEEP.base)
    assert sweep_digests(elsewhere, FACTS) == digests
    more = Sweep(SWEEP.config.model_copy(update={"trials": 99}), SWEEP.base)
    assert sweep_digests(more, FACTS) == digests
    seeded = Sweep(SWEEP.config.model_copy(update={"seed": 9}), SWEEP.base)
    assert sweep_digests(seeded, FACTS)["sweep config"] != digests["sweep config"]
    assert sweep_digests(Sweep(SWEEP.config, SWEEP.base | {"seed": 9}), FACTS)["base config"] != digests["base config"]
    assert sweep_digests(SWEEP, [{"digest": "other"}])["articles"] != digests["articles"]


def test_two_sweeps_on_one_storage_are_refused(tmp_path) -> None:
    with (
        study_of(tmp_path / "a.db"),
        pytest.raises(SweepError, match=f"process {os.getpid()} runs a sweep on it"),
        study_of(tmp_path / "a.db"),
    ):
        pass
    with study_of(tmp_path / "a.db") as study:
        assert study.trials == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none/a.db", "there is no folder"),
        ("text.db", "cannot be opened as a sweep's storage"),
        ("other.db", "no sweep of"),
    ],
)
def test_a_file_that_cannot_be_a_storage_is_refused(tmp_path, path, message) -> None:
    (tmp_path / "text.db").write_text("text" * 1000)
    if path == "other.db":
        storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / path}")
        other = optuna.create_study(study_name="toy", storage=storage, direction="maximize")
        other.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
        storage.engine.dispose()
    with pytest.raises(SweepError, match=message), study_of(tmp_path / path):
        pass
