"""A training job from its config to a model file: read, fit, calibrate, assemble, evaluate, save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from khabar.inference.columns import TagColumns, append
from khabar.inference.model import Model, save_model
from khabar.inference.predictor import Predictor
from khabar.training.assemble import assemble, calibrated_heads
from khabar.training.config import TrainConfig
from khabar.training.evaluate import Tagged, measure, tag_labelled
from khabar.training.events import DataRead, StepDone, unheard
from khabar.training.events import Report as Hearer
from khabar.training.figures import Report
from khabar.training.fit import Fitted, fit
from khabar.training.folds import Fold, fold_split, folds_of
from khabar.training.learning_curve import LearningCurve, learning_curve
from khabar.training.sources import read_data
from khabar.training.stance import fit_stance, with_stance

JOBS = 2
OUT_OF_FOLD = "out-of-fold"


@dataclass(frozen=True, eq=False)
class JobResult:
    """What a job gives.

    Attributes
    ----------
    model : Model
        As read back from the file, if one was written.
    path : Path or None
    reports : dict of str to Report
        By the name of each source evaluated on, and `out-of-fold`: the training articles, tagged by the fits that
        did not see them. Calibration was fitted on the latter.
    timings : dict of str to float
        Seconds of each step.
    articles : dict of str to int
        How many were trained and evaluated on, and how many were dropped, see `JobData.counts`.
    data : list of dict
        Facts of each corpus trained on, see `source_facts`.
    tagged : dict of str to Tagged
        What the reports measure, by the same names.
    folds : list of Fold
        Those of the training articles, which stand in `tagged` as `out-of-fold`.
    curve : LearningCurve or None
        If one was asked for.
    """

    model: Model
    path: Path | None
    reports: dict[str, Report]
    timings: dict[str, float]
    articles: dict[str, int]
    data: list[dict[str, Any]]
    tagged: dict[str, Tagged]
    folds: list[Fold]
    curve: LearningCurve | None


def run(
    config: TrainConfig,
    out: Path | None,
    report: Hearer = unheard,
    *,
    jobs: int = JOBS,
    cache: Path | None = None,
    curve: Sequence[float] = (),
    created: str | None = None,
) -> JobResult:
    """Train a model.

    Parameters
    ----------
    config : TrainConfig
    out : Path, optional
        The model file to write; its folder is made. None writes none.
    report : callable
        Told what is done, an event at a time, see `khabar.training.events`.
    jobs : int
        Processes. The model does not depend on it.
    cache : Path, optional
        A folder where vectorised folds are kept between runs.
    curve : sequence of float
        Shares of the labels to fit the heads on as well, for a learning curve.
    created : str, optional
        ISO 8601 time to write into the model; by default, now. All else being equal, files of equal times are equal.

    Raises
    ------
    KhabarError
        The config, its data or the model is not as it should be; nothing is written then.
    """
    timings: dict[str, float] = {}
    started = perf_counter()

    def done(step: str) -> None:
        nonlocal started
        timings[step] = perf_counter() - started
        started = perf_counter()
        report(StepDone(step, timings[step]))

    data = read_data(config.data)
    split = fold_split(config, data.train)
    folds = folds_of(split, data.train)
    report(DataRead(data, split))
    done("read")
    fitted = fit(config, data.train, data.unlabelled, folds=folds, jobs=jobs, cache=cache, report=report)
    done("fit")
    heads = calibrated_heads(config, fitted, data.train)
    created = created or datetime.now(UTC).isoformat(timespec="seconds")
    model = assemble(config, fitted, heads, data.facts, created)
    done("calibrate")
    stances = None
    if config.stance is not None:
        fitted_stance = fit_stance(config, config.stance, data.train, folds=folds, jobs=jobs, report=report)
        model, stances = with_stance(model, config.stance, fitted_stance, data.train)
        done("stance")
    # The weights are already as the file will hold them, so these are the file's figures, and can stand in it.
    predictor = Predictor(model)
    tagged = {name: tag_labelled(predictor, articles) for name, articles in data.evaluate.items()}
    tagged[OUT_OF_FOLD] = Tagged(out_of_fold_tags(model, fitted), data.train, stances)
    reports = {name: measure(one.columns, one.articles, one.stances) for name, one in tagged.items()}
    model = replace(model, metrics={name: figures.metrics() for name, figures in reports.items()})
    done("evaluate")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        model = save_model(model, out)
        done("save")
    learnt = None
    if curve:  # once the model is safe
        learnt = learning_curve(
            config, data.train, data.unlabelled, curve, folds=folds, jobs=jobs, cache=cache, report=report
        )
        done("learning curve")
    return JobResult(model, out, reports, timings, data.counts(), data.facts, tagged, folds, learnt)


def out_of_fold_tags(model: Model, fitted: Fitted) -> TagColumns:
    """Tag the training articles by their out-of-fold scores, with the model's calibration."""
    scores = np.concatenate([fitted.out_of_fold[head.name] for head in model.heads], axis=1)
    columns = TagColumns(model.head("sector").labels, model.head("tone").labels)
    append(columns, model, scores.astype(np.float32), np.ones(len(scores), dtype=np.int32), {})
    return columns
