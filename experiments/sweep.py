"""How a sweep runs: trials are drawn a batch at a time, fitted fold by fold, pruned early, and told to the study.

Only this process draws, judges and writes to the study, in the order of the trials' numbers; others fit, and hand back
figures. All of a batch is drawn before any of it is fitted, and judged before any of it is told, so a trial depends
on earlier batches alone: neither the number of processes nor a kill in between changes what a sweep finds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from khabar.experiments.sweep_config import Sweep
from khabar.experiments.sweep_draws import BATCH, SEED, draw, trial_config
from khabar.experiments.sweep_folds import SweepFolds
from khabar.training.events import Note, Report, unheard

# What the study keeps of a trial beside its values: the figures of each fold, and that it fell behind.
FIGURES, PRUNED = "figures", "pruned"


@dataclass(frozen=True)
class TrialResult:
    """What a sweep found of one trial.

    Attributes
    ----------
    number : int
        From 0.
    params : dict
        By dotted key, the values of the training config.
    value : float
        The objective, a mean over the folds measured.
    folds : tuple of dict of str to float
        The figures of each fold measured.
    pruned : bool
        Whether folds were left out, since the trial fell behind.
    seed : int
        Of its draw.
    started, ended : float
        In seconds since 1970.
    """

    number: int
    params: dict[str, Any]
    value: float
    folds: tuple[dict[str, float], ...]
    pruned: bool
    seed: int
    started: float
    ended: float

    def __str__(self) -> str:
        left = f", pruned after fold {len(self.folds)}" if self.pruned else ""
        return f"trial {self.number}: {self.value:.4f}{left}"


def run_sweep(
    sweep: Sweep,
    study: optuna.Study,
    folds: SweepFolds,
    report: Report = unheard,
    batch_done: Callable[[list[TrialResult]], None] = lambda _: None,
) -> list[TrialResult]:
    """Run a sweep to its end, from where its study stands.

    Parameters
    ----------
    sweep : Sweep
    study : optuna.Study
        See `khabar.experiments.sweep_study`.
    folds : SweepFolds
    report : callable
        Told of each trial.
    batch_done : callable
        Given all results so far after each batch.

    Returns
    -------
    list of TrialResult
        In the order of numbers.

    Raises
    ------
    ConfigError
        The training config refuses every combination that is left.
    SweepError
        A process that fits, or the cluster, was lost; the study has the trials that ended.
    """
    while (batch := next_batch(sweep, study)) is not None:
        while len(earlier := study.get_trials()) < batch.stop:
            study.add_trial(draw(sweep, earlier, batch))
        trials = _unfinished(study, batch)
        if len(trials) == len(batch):
            _measure(sweep, study, folds, trials)
        # Else some are told, so all are judged; to do it again would be to judge some by others of their batch.
        for trial in _unfinished(study, batch):
            if PRUNED in trial.user_attrs:
                study.tell(trial.number, state=TrialState.PRUNED)  # its value is the last that was reported
            else:
                study.tell(trial.number, objective(sweep, trial.user_attrs[FIGURES]))
        results = finished(sweep, study)
        for result in results[batch.start : batch.stop]:
            report(Note(f"{result}{', the best so far' if result is best(results) else ''}"))
        batch_done(results)
    return finished(sweep, study)


def next_batch(sweep: Sweep, study: optuna.Study) -> range | None:
    """Give the numbers of the trials to run next: of a batch that did not end, or a new one; None if all are there."""
    trials = study.get_trials(deepcopy=False)
    if trials:
        last = range(*trials[-1].user_attrs[BATCH])
        if len(trials) < last.stop or _unfinished(study, last):
            return last
    n, wanted = len(trials), sweep.config.trials
    return range(n, min(n + sweep.config.batch, wanted)) if n < wanted else None


def finished(sweep: Sweep, study: optuna.Study) -> list[TrialResult]:
    """Give the results of a study's finished trials, in the order of numbers."""
    search = sweep.config.search
    return [
        TrialResult(
            number=trial.number,
            params={key: search[key].value(trial.params[key]) for key in search},
            value=objective(sweep, trial.user_attrs[FIGURES]),
            folds=tuple(trial.user_attrs[FIGURES]),
            pruned=trial.state == TrialState.PRUNED,
            seed=trial.user_attrs[SEED],
            started=trial.datetime_start.timestamp() if trial.datetime_start else 0.0,
            ended=trial.datetime_complete.timestamp() if trial.datetime_complete else 0.0,
        )
        for trial in study.get_trials(deepcopy=False)
        if trial.state.is_finished()
    ]


def best(results: Sequence[TrialResult]) -> TrialResult:
    """Give the trial of the highest value among those measured on all folds; of equals, the first."""
    return max((result for result in results if not result.pruned), key=lambda result: result.value)


def objective(sweep: Sweep, folds: Sequence[Mapping[str, float]]) -> float:
    """Give the mean over folds of the weighted mean of figures that trials are compared by."""
    weights = sweep.config.objective
    figures = [[fold[name] for name in weights] for fold in folds]
    return float(np.average(figures, axis=1, weights=list(weights.values())).mean())


def _unfinished(study: optuna.Study, batch: range) -> list[FrozenTrial]:
    trials = study.get_trials()[batch.start : batch.stop]
    return [trial for trial in trials if not trial.state.is_finished()]


def _measure(sweep: Sweep, study: optuna.Study, folds: SweepFolds, trials: Sequence[FrozenTrial]) -> None:
    """Fit the trials of a batch on one fold after the other, but those that fall behind; folds that are there stay."""
    configs = [trial_config(sweep, trial.params, f"trial {trial.number}") for trial in trials]
    running = [Trial(study, trial._trial_id) for trial in trials]
    for at in range(len(folds)):
        alive = [n for n, trial in enumerate(running) if PRUNED not in trial.user_attrs]
        lacking = [n for n in alive if len(running[n].user_attrs.get(FIGURES, ())) == at]
        measured = folds.measure([configs[n] for n in lacking], at) if lacking else []
        for n, figures in zip(lacking, measured, strict=True):
            running[n].set_user_attr(FIGURES, [*running[n].user_attrs.get(FIGURES, ()), figures])
        for n in alive:
            value = objective(sweep, running[n].user_attrs[FIGURES][: at + 1])
            if at not in trials[n].intermediate_values:
                running[n].report(value, at)
            if at < len(folds) - 1 and _fell_behind(study, trials[n].number, at, value):
                running[n].set_user_attr(PRUNED, True)


def _fell_behind(study: optuna.Study, number: int, at: int, value: float) -> bool:
    """Say whether the mean of a trial's folds so far is below the median after as many of earlier trials' that were
    measured on all folds.

    Optuna compares the best mean that the trial has had, which an easy first fold would decide for good.
    """
    trial = study.get_trials()[number]
    trial.intermediate_values = {at: value}
    return study.pruner.prune(study, trial)
