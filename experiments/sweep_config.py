"""What a sweep is told: the training config it starts from, what it searches, what it aims at, and how long."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from khabar import configs
from khabar.experiments.sweep_values import Searched
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig, load_config, parse_config
from khabar.training.config_data import Section, checked_name
from khabar.training.config_file import read_yaml
from khabar.training.config_heads import Positive
from khabar.training.config_problem import listed, nearest, reworded
from khabar.training.fold_figures import FIGURES

SEARCHED = ("blocks", "heads")
# What is decided after scores are there: it changes no figure of theirs.
AFTER_SCORES = ("abstain_precision", "thresholds")
Objective = Annotated[
    dict[str, Positive],
    BeforeValidator(lambda value: {value: 1.0} if isinstance(value, str) else value),
    Field(min_length=1),
]


class Pruning(Section):
    """When a trial is pruned: its mean over the folds so far is below the median of earlier trials after as many.

    Earlier trials that were pruned themselves do not count: the median is of those that were measured on all folds.

    Attributes
    ----------
    startup_trials : int
        None is pruned before so many were measured on all folds.
    warmup_folds : int
        Every trial is measured on so many folds.
    """

    startup_trials: int = Field(default=5, ge=1)
    warmup_folds: int = Field(default=2, ge=1)


class SweepConfig(Section):
    """A sweep over training configs.

    Attributes
    ----------
    name : str
        Of letters, digits, dash, underscore and dot; its storage and its runs are called by it.
    base : str
        The training config that trials change: a path, from the folder of the sweep's file or else from the working
        directory, or the name of one that ships.
    search : dict of str to Searched
        By dotted key of the training config, such as `heads.tone.C`, the values to search.
    objective : dict of str to float
        By name of a figure, see `khabar.training.fold_figures`, its weight in the mean that trials are compared by;
        one name stands for that figure alone.
    trials : int
        A sweep that is complete goes on if this is raised. If its last batch was cut short by the number of trials,
        that batch stays as it is, and later ones are other than those of one run of as many.
    batch : int
        Trials that are chosen before the results of any of them are known, and fitted side by side. Results depend
        on it; they do not depend on the number of processes.
    """

    name: str = Field(min_length=1)
    base: str = Field(min_length=1)
    search: dict[str, Searched] = Field(min_length=1)
    objective: Objective
    trials: int = Field(ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    batch: int = Field(default=4, ge=1)
    pruning: Pruning = Pruning()

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        return checked_name(value)

    @field_validator("objective")
    @classmethod
    def _are_figures(cls, value: dict[str, float]) -> dict[str, float]:
        for name in value:
            if name not in FIGURES:
                raise ValueError(f"found {name!r}, expected some of {listed(FIGURES)}{nearest(name, FIGURES)}")
        return value

    @field_validator("search")
    @classmethod
    def _change_the_answer_alone(cls, value: dict[str, Searched]) -> dict[str, Searched]:
        for key in value:
            if within := next((other for other in value if other.startswith(f"{key}.")), None):
                raise ValueError(
                    f"found {key} and {within}, which is a part of it; expected keys of which none is a part of "
                    "another: search one of them alone"
                )
            first, *rest = key.split(".")
            if first not in SEARCHED or not rest:
                raise ValueError(
                    f"found {key}, expected keys that begin with {' or '.join(f'{name}.' for name in SEARCHED)}: a "
                    "sweep compares features and heads on the same articles, folds and labels"
                )
            if rest[-1] in AFTER_SCORES:
                raise ValueError(f"found {key}, expected keys that scores depend on: folds are compared by those")
        return value


@dataclass(frozen=True)
class Sweep:
    """A sweep's config, and the values of its base, which every trial changes."""

    config: SweepConfig
    base: dict[str, Any]

    def trial(self, params: Mapping[str, Any], where: str) -> TrainConfig:
        """Give the training config that has these values.

        Raises
        ------
        ConfigError
            The training config refuses them, or does not know a key.
        """
        values = deepcopy(self.base)
        for key, value in params.items():
            _set(values, key, value, where)
        return parse_config(values, where)


def load_sweep(path: Path) -> Sweep:
    """Read a sweep's config and its base, and check that trials can be made of them.

    Raises
    ------
    ConfigError
        A file cannot be read, a key is wrong, the base does not know a key that is searched or refuses one of its
        values, two choices make the same training config, or there are fewer combinations than trials.
    """
    try:
        config = SweepConfig.model_validate(read_yaml(path, "a sweep config"))
    except ValidationError as error:
        raise ConfigError(reworded(error, SweepConfig, str(path))) from error
    sweep = Sweep(config, load_config(_base(path, config.base)).to_dict())
    for key, searched in config.search.items():
        _check_values(sweep, key, searched.examples(), f"{path}: search")
    counts = [searched.count() for searched in config.search.values()]
    combinations = prod(count for count in counts if count is not None)
    if None not in counts and combinations < config.trials:
        raise ConfigError(
            f"{path}: trials: found {config.trials}, expected at most {combinations}: no more combinations are searched"
        )
    return sweep


def _base(path: Path, base: str) -> Path:
    """Give the path of a base: a file beside the sweep's, else what `khabar.configs.find` gives."""
    beside = path.parent / base
    if beside.is_file():
        return beside
    try:
        return configs.find(base)
    except ConfigError as error:
        raise ConfigError(f"{path}: base: {error}; a path is looked up from {path.parent}, then from here") from error


def _check_values(sweep: Sweep, key: str, values: Sequence[Any], where: str) -> None:
    """Check values of a key, each on its own; what the training config refuses of combinations is not drawn.

    No two make the same trial: 1 and 1.0 are one weight, and a list of blocks has no order. As no key is a part of
    another, other combinations are then other trials.
    """
    made: list[TrainConfig] = []
    for value in values:
        trial = sweep.trial({key: value}, where)
        if trial in made:
            same = values[made.index(trial)]
            raise ConfigError(
                f"{where}: {key}: found {same!r} and {value!r}, which make the same training config; expected one of "
                "them alone"
            )
        made.append(trial)


def _set(values: dict[str, Any], key: str, value: object, where: str) -> None:
    """Set a dotted key of nested maps."""
    *path, last = key.split(".")
    at: Any = values
    for depth, part in enumerate(path):
        if not isinstance(at, dict) or part not in at:
            known = list(at) if isinstance(at, dict) else []
            found = ".".join(path[: depth + 1])
            expected = f"one of {listed(known)}{nearest(part, known)}" if known else "no deeper key"
            raise ConfigError(f"{where}: {key}: the training config has no {found}; expected {expected}")
        at = at[part]
    if not isinstance(at, dict):
        raise ConfigError(f"{where}: {key}: {'.'.join(path)} is no map of keys in the training config; expected one")
    at[last] = deepcopy(value)
