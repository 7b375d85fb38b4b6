"""Which values trials take: the same whenever they are drawn, none twice, none that the training config refuses."""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from khabar import configs
from khabar.experiments.sweep_config import Sweep, SweepConfig
from khabar.experiments.sweep_draws import _combinations, draw, trial_config
from khabar.inference.errors import ConfigError
from khabar.training.config import load_config

WIDE = {
    "heads.sector.C": {"low": 0.1, "high": 64.0, "log": True},
    "heads.tone.class_weight": {"choices": ["balanced", None]},
}
NARROW = {"heads.tone.class_weight": {"choices": ["balanced", None]}, "blocks.stems.min_df": {"low": 1, "high": 3}}


@pytest.fixture(autouse=True)
def _quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


def sweep(search, **values):
    config = {"name": "toy", "base": "sample", "search": search, "objective": "tone.macro_f1", "trials": 20} | values
    return Sweep(SweepConfig.model_validate(config), load_config(configs.find("sample")).to_dict())


def told(trial, number, value):
    """Give a trial as it is once it has ended."""
    made = create_trial(
        state=TrialState.COMPLETE, params=trial.params, distributions=trial.distributions, value=value,
        user_attrs=trial.user_attrs,
    )  # fmt: skip
    made.number = number
    return made


def drawn(plan, n, batch=4):
    """Draw trials a batch at a time, each of which gets a value by its number."""
    trials = []
    for number in range(n):
        start = number // batch * batch
        trials.append(told(draw(plan, trials, range(start, start + batch)), number, -abs(number - 7)))
    return trials


def test_draws_depend_on_the_seed_and_earlier_trials_alone():
    one, same, other = drawn(sweep(WIDE), 14), drawn(sweep(WIDE), 14), drawn(sweep(WIDE, seed=1), 14)
    assert [t.params for t in one] == [t.params for t in same]
    assert [t.user_attrs["seed"] for t in one] == [t.user_attrs["seed"] for t in same]
    assert [t.params for t in one] != [t.params for t in other]


@pytest.mark.parametrize("changed", [10, 13])
def test_what_a_trial_of_the_same_batch_gave_is_not_looked_at(changed):
    plan, batch = sweep(WIDE), range(12, 16)
    trials = drawn(plan, 14)
    before = draw(plan, trials, batch).params
    trials[changed] = told(trials[changed], changed, 100.0)
    assert (draw(plan, trials, batch).params == before) == (changed in batch)


def test_no_combination_is_drawn_twice_down_to_the_last():
    trials = drawn(sweep(NARROW), 6)
    assert len({tuple(sorted(t.params.items())) for t in trials}) == 6
    with pytest.raises(ConfigError, match="no combination for trial 6 that no trial has had"):
        draw(sweep(NARROW), trials, range(4, 8))


def test_steps_are_drawn_down_to_the_last():
    steps = {"low": 0.0, "high": 0.3, "step": 0.1}
    plan = sweep({"heads.tone.rarity": steps, "heads.sector.rarity": steps})
    trials = drawn(plan, 16)
    values = [trial_config(plan, trial.params, "trial") for trial in trials]
    assert all(one not in values[:at] for at, one in enumerate(values))


def test_the_first_of_billions_of_combinations_is_found_at_once():
    billions = {"low": 1, "high": 10**9}
    plan = sweep({"blocks.stems.max_features": billions, "heads.tone.C": billions})
    assert next(_combinations(plan)) == {"blocks.stems.max_features": 1, "heads.tone.C": 1}


def test_combinations_that_the_training_config_refuses_are_not_drawn():
    search = {
        "heads.sector.sectors_share": {"choices": [0.5, 1.0]},  # 1 asks for the same blocks in both heads
        "heads.sector.blocks": {
            "choices": [["stems", "characters"], {"stems": 2, "characters": 1}, {"stems": 1, "characters": 2}]
        },
        "heads.sectors.sector_share": {"choices": [0.0, 0.5]},  # which has to be 0 then
    }
    plan = sweep(search)
    trials = drawn(plan, 9)
    configs_ = [trial_config(plan, trial.params, "trial") for trial in trials]
    assert sum(config.heads.sector.sectors_share == 1 for config in configs_) == 3
    with pytest.raises(ConfigError, match=r"The last was refused: trial 9: heads.sectors.sector_share: found 0.5"):
        draw(plan, trials, range(8, 12))
