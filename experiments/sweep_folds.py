"""How trials are fitted on a fold: side by side, on articles that are vectorised once and memory-mapped."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from joblib.memory import MemorizedResult
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.sectors import TONES
from khabar.experiments.sweep_cluster import losses_named, on_this_machine
from khabar.experiments.sweep_error import SweepError
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig
from khabar.training.events import Note, Report, unheard
from khabar.training.fit import check_folds, fit_heads
from khabar.training.fold_figures import fold_figures
from khabar.training.folds import Fold, make_folds
from khabar.training.sources import JobData
from khabar.training.targets import check_labels
from khabar.training.vectorised import shelve_folds, vectorisation


class SweepFolds:
    """The folds of a sweep, on which every trial is fitted and measured.

    Parameters
    ----------
    base : TrainConfig
        Its folds are those of all trials.
    data : JobData
    figures : sequence of str
        What trials are compared by, see `khabar.training.fold_figures`.
    cache : Path
        Keeps vectorised folds; every process that fits has to see it.
    jobs : int
        Processes; figures do not depend on it.
    report : callable
        Told when folds are vectorised.

    Attributes
    ----------
    labels : list of Article
        The articles without their texts: what processes that fit are sent.

    Raises
    ------
    ConfigError
        A label has no example, there are fewer groups of articles than folds, or a fold leaves a head no example or a
        figure no label.
    """

    def __init__(
        self,
        base: TrainConfig,
        data: JobData,
        figures: Sequence[str],
        cache: Path,
        jobs: int,
        report: Report = unheard,
    ) -> None:
        check_labels(base, data.train)
        self._data = data
        self._folds = make_folds(base, data.train)
        check_folds(base, data.train, self._folds)
        self.labels = [replace(article, title=None, text="") for article in data.train]
        for number, fold in enumerate(self._folds, 1):
            _check_figures(base, figures, [self.labels[at] for at in fold.held_out], number)
        self._cache = cache.resolve()
        self._jobs = jobs
        self._report = report
        self._shelved: dict[str, list[MemorizedResult]] = {}

    def __len__(self) -> int:
        """Give the number of folds."""
        return len(self._folds)

    def measure(self, configs: Sequence[TrainConfig], at: int) -> list[dict[str, float]]:
        """Fit training configs without a fold, and measure what they score of it.

        Parameters
        ----------
        configs : sequence of TrainConfig
        at : int
            Position of the fold.

        Returns
        -------
        list of dict of str to float
            One a config, see `khabar.training.fold_figures`.

        Raises
        ------
        SweepError
            A process that fits, or the cluster, was lost.
        """
        with losses_named():
            shelved = [self.vectorised(config)[at] for config in configs]
            fitted: list[dict[str, float]] = Parallel(n_jobs=self._jobs)(
                delayed(fold_outcome)(config, rows, self._folds[at], self.labels)
                for config, rows in zip(configs, shelved, strict=True)
            )
        return fitted

    def vectorised(self, config: TrainConfig) -> list[MemorizedResult]:
        """Give the folds as a config vectorises them, once for all configs that do it alike."""
        key = repr(vectorisation(config))
        if key not in self._shelved:
            self._report(Note(f"vectorising {len(self._folds)} folds, kept in {self._cache}"))
            data = self._data
            # Here, also if a cluster fits: its workers are sent no texts.
            with on_this_machine():
                self._shelved[key] = shelve_folds(
                    config, data.train, data.unlabelled, self._folds, self._cache, self._jobs
                )
        return self._shelved[key]


def _check_figures(config: TrainConfig, figures: Sequence[str], held_out: Sequence[Article], number: int) -> None:
    """Refuse figures that no held-out article has a label for."""
    scores = {"sector": len(config.sectors), "sectors": len(config.sectors), "tone": len(TONES)}
    measured = fold_figures(config, {head: np.zeros((len(held_out), k)) for head, k in scores.items()}, held_out)
    for figure in figures:
        if figure not in measured:
            raise ConfigError(
                f"objective: {figure}: found no label for it in the {len(held_out)} articles of fold {number}, "
                "expected one or more in every fold; set fold_by: group in the base config, or aim at another figure"
            )


def fold_outcome(
    config: TrainConfig, shelved: MemorizedResult, fold: Fold, labels: Sequence[Article]
) -> dict[str, float]:
    """Fit a training config without a fold, and measure what it scores of it.

    Parameters
    ----------
    config : TrainConfig
    shelved : MemorizedResult
        Of `FoldRows`.
    fold : Fold
    labels : sequence of Article
        All articles; their texts are not read.

    Raises
    ------
    SweepError
        The process does not see the folder of the vectorised fold.
    """
    try:
        kept = shelved.get()
    except KeyError as error:
        raise SweepError(
            f"a process that fits cannot read the vectorised articles in {shelved.store_backend.location}; name "
            "a folder by --cache that all workers of the cluster see"
        ) from error
    with threadpool_limits(limits=1):
        heads = fit_heads(config, kept.rows, [labels[at] for at in fold.fit], kept.spaces)
        scores = {name: head.scores(kept.held_out_rows) for name, head in heads.items()}
    return fold_figures(config, scores, [labels[at] for at in fold.held_out])
