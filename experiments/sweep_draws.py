"""Which values the next trial of a sweep takes: drawn by Optuna from what earlier trials gave, none of them twice.

A draw depends on the seed, the trial's number, and the trials before it, and on nothing that a kill could lose.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import optuna
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from khabar.experiments.sweep_config import Sweep
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig

# Draws for one trial before, in a space that has an end, the first combination is taken that no trial has had.
DRAWS = 20
DIGITS = 12  # by which numbers are told apart
# What the study keeps of a draw: the first and the end of the trial's batch, and the seed.
BATCH, SEED = "batch", "seed"

Params = dict[str, Any]


def draw(sweep: Sweep, earlier: Sequence[FrozenTrial], batch: range) -> FrozenTrial:
    """Draw a trial that is still to run.

    Parameters
    ----------
    sweep : Sweep
    earlier : sequence of FrozenTrial
        All trials before this one. What those of its own batch gave is not looked at.
    batch : range
        The numbers of the trials of its batch.

    Raises
    ------
    ConfigError
        The training config refuses every combination that no trial has had.
    """
    known = [_still_running(trial) if trial.number in batch else trial for trial in earlier]
    had = {_key(trial.params) for trial in earlier}
    refused: ConfigError | None = None
    for params, seed in _candidates(sweep, known):
        if _key(params) in had:
            continue
        try:
            trial_config(sweep, params, f"trial {len(earlier)}")
        except ConfigError as error:
            refused = error
            continue
        return create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions=distributions(sweep),
            user_attrs={BATCH: [batch.start, batch.stop], SEED: seed},
        )
    last = f". The last was refused: {refused}" if refused else ""
    raise ConfigError(
        f"{sweep.config.name}: found no combination for trial {len(earlier)} that no trial has had and the training "
        f"config takes; lower trials to {len(earlier)}, or widen search{last}"
    )


def trial_config(sweep: Sweep, params: Mapping[str, Any], where: str) -> TrainConfig:
    """Give the training config of drawn values."""
    search = sweep.config.search
    return sweep.trial({key: search[key].value(drawn) for key, drawn in params.items()}, where)


def distributions(sweep: Sweep) -> dict[str, optuna.distributions.BaseDistribution]:
    """Give what the values of each key are drawn from."""
    return {key: searched.distribution() for key, searched in sweep.config.search.items()}


def _candidates(sweep: Sweep, known: Sequence[FrozenTrial]) -> Iterator[tuple[Params, int]]:
    """Give draws with their seeds; then, of a space that has an end, every combination."""
    for attempt in range(DRAWS):
        seed = int(np.random.SeedSequence([sweep.config.seed, len(known), attempt]).generate_state(1)[0])
        study = optuna.create_study(direction="maximize", sampler=TPESampler(seed=seed))
        study.add_trials(known)
        yield study.ask(distributions(sweep)).params, seed
    for combination in _combinations(sweep):
        yield combination, sweep.config.seed


def _combinations(sweep: Sweep) -> Iterator[Params]:
    """Give every combination of a space that has an end, one at a time: there may be billions."""
    search = sweep.config.search
    counts = [(key, searched.count() or 0) for key, searched in search.items()]
    for number in range(prod(count for _, count in counts)):
        params, rest = {}, number
        for key, count in reversed(counts):  # the last key changes first
            rest, position = divmod(rest, count)
            params[key] = search[key].at(position)
        yield {key: params[key] for key in search}


def _still_running(trial: FrozenTrial) -> FrozenTrial:
    return create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)


def _key(params: Params) -> tuple[tuple[str, str], ...]:
    """Give what tells combinations apart: two ways to the same number may differ in its last digit."""
    return tuple(
        (key, f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value))
        for key, value in sorted(params.items())
    )
