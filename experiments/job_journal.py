"""What a journal is told of a training job: its config and data, each fold, figures of all parts, and its model."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from khabar.datasets.article import Article
from khabar.datasets.split_file import save
from khabar.experiments.errors_worth_reading import errors_worth_reading
from khabar.experiments.journal import Data, Journal
from khabar.experiments.predictions import predictions_of, write_predictions
from khabar.experiments.recording import PARENT
from khabar.experiments.tracking_store import mlflow_name
from khabar.inference.predictor import Predictor
from khabar.training.breakdown import by_length, by_outlet, part_of
from khabar.training.config import TrainConfig
from khabar.training.evaluate import Tagged, measure
from khabar.training.events import DataRead, Event, FoldFitted, StepDone
from khabar.training.figures import Report
from khabar.training.fold_figures import fold_figures
from khabar.training.job import OUT_OF_FOLD, JobResult
from khabar.training.learning_curve import LearningCurve
from khabar.training.report import markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADS = ("sector", "sectors", "tone", "stance")
KIND = "khabar.kind"
# Of an outlet, a length and a fold: enough to see where a model is weak, without the hundreds of figures by label.
MAIN = (
    "articles", "sector.accuracy", "sector.macro_f1", "sector.calibration_error", "sector.accuracy_at_80",
    "sectors.micro_f1", "sectors.macro_f1", "tone.accuracy", "tone.macro_f1", "tone.calibration_error",
    "tone.accuracy_at_80", "stance.accuracy", "stance.macro_f1",
)  # fmt: skip


def job_tags(config: TrainConfig, command: str) -> dict[str, str]:
    """Give what is known of a job before it runs."""
    return {
        KIND: "job",
        "khabar.model": config.name,
        "khabar.version": config.version,
        "command": command,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give nested maps as one, with dotted keys; lists become JSON."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = orjson.dumps(value).decode() if isinstance(value, list | Mapping) else value
    return flat


def write_job(journal: Journal, config: TrainConfig) -> None:
    """Write what is known before the job runs, so that a run that fails shows it too."""
    journal.params(PARENT, flatten(config.to_dict()))
    journal.text(PARENT, "config.yaml", yaml.safe_dump(config.to_dict(), allow_unicode=True, sort_keys=False))
    journal.text(PARENT, "environment.txt", _environment())


def write_event(journal: Journal, config: TrainConfig, known: list[Article], event: Event) -> None:
    """Write what a job reports; `known` takes up the articles trained on, which the events of folds refer to."""
    if isinstance(event, DataRead):
        known[:] = event.data.train
        _write_data(journal, event)
    elif isinstance(event, FoldFitted):
        _write_fold(journal, config, known, event)
    elif isinstance(event, StepDone):
        journal.metrics(PARENT, {f"seconds/{event.step}": event.seconds})


def write_result(journal: Journal, result: JobResult) -> None:
    """Write what the job gave, all but its model file."""
    model = result.model
    journal.tags(PARENT, {f"package.{name}": version for name, version in model.packages.items()})
    journal.tags(PARENT, {"khabar.digest": model.digest, "khabar.created": model.created})
    predictor = Predictor(model)
    for name, report in result.reports.items():
        tagged, key = result.tagged[name], mlflow_name(name)
        _write_report(journal, name, report)
        _write_parts(journal, name, tagged)
        # Out of fold, it was not this model that tagged: its words would not be why.
        errors = errors_worth_reading(None if name == OUT_OF_FOLD else predictor, tagged)
        journal.json(PARENT, f"errors/{key}.json", errors)
        write_predictions(
            journal.file(PARENT, f"predictions/{key}.jsonl.gz"), predictions_of(model.digest, name, tagged)
        )
        journal.added(PARENT, f"predictions/{key}.jsonl.gz")
    _write_folds(journal, result)
    if result.curve is not None:
        _write_curve(journal, result.curve)
    for head in HEADS:
        _write_head(journal, model.config, head, result.reports)


def _environment() -> str:
    installed = {(one.metadata["Name"], one.version) for one in distributions()}
    return "\n".join([f"# Python {platform.python_version()}, {platform.platform()}",
                      *(f"{name}=={version}" for name, version in sorted(installed)), ""])  # fmt: skip


def _write_data(journal: Journal, event: DataRead) -> None:
    """Write which corpora are trained on: names, digests, sources, licences; no text."""
    journal.metrics(PARENT, {f"articles/{mlflow_name(what)}": n for what, n in event.data.counts().items()})
    journal.json(PARENT, "data.json", event.data.facts)
    save(event.split, journal.file(PARENT, "splits.json"))
    journal.added(PARENT, "splits.json")
    for fact in event.data.facts:
        tags: dict[str, str] = {
            key: str(fact[key]) for key in ("articles", "labels", "licence", "ships") if key in fact
        }
        journal.data(PARENT, Data(fact["name"], fact["digest"], fact.get("url"), "training", tags))


def _write_fold(journal: Journal, config: TrainConfig, known: Sequence[Article], event: FoldFitted) -> None:
    run, held_out = _fold_run(event.number), [known[at] for at in event.held_out]
    journal.start(run, f"fold {event.number} of {event.of}", {KIND: "fold"}, PARENT)
    outlets = sorted({article.outlet for article in held_out})
    journal.params(run, {"fold": event.number, "held_out": len(held_out), "outlets": ", ".join(outlets)})
    journal.metrics(run, {f"uncalibrated/{k}": v for k, v in fold_figures(config, event.scores, held_out).items()})
    journal.end(run, "FINISHED")


def _write_folds(journal: Journal, result: JobResult) -> None:
    """Add to the runs of the folds what their articles' tags are like, once the scores are calibrated."""
    for number, fold in enumerate(result.folds, 1):
        part = part_of(result.tagged[OUT_OF_FOLD], fold.held_out.tolist())
        report = measure(part.columns, part.articles, part.stances, intervals=False)
        journal.metrics(_fold_run(number), {f"{OUT_OF_FOLD}/{name}": value for name, value in _main(report).items()})


def _fold_run(number: int) -> str:
    return f"fold-{number}"


def _write_report(journal: Journal, name: str, report: Report) -> None:
    from khabar.experiments.plots import report_figures

    key = mlflow_name(name)
    journal.metrics(PARENT, _figures(key, report))
    journal.json(PARENT, f"reports/{key}/report.json", {"name": name, **report.to_dict()})
    journal.text(PARENT, f"reports/{key}/report.md", markdown(report, name))
    _draw(journal, key, report_figures(report))


def _draw(journal: Journal, key: str, figures: Mapping[str, Figure]) -> None:
    for name, figure in figures.items():
        path = f"reports/{key}/{name}.png"
        figure.savefig(journal.file(PARENT, path), bbox_inches="tight")
        journal.added(PARENT, path)


def _write_parts(journal: Journal, name: str, tagged: Tagged) -> None:
    from khabar.experiments.plots import outlet_figures

    key = mlflow_name(name)
    parts = {"outlet": by_outlet(tagged), "length": by_length(tagged)}
    figures = {kind: {part: _main(report) for part, report in found.items()} for kind, found in parts.items()}
    journal.json(PARENT, f"reports/{key}/parts.json", figures)
    _draw(journal, key, outlet_figures(figures["outlet"]))
    journal.metrics(
        PARENT,
        {
            f"{key}/{kind}/{mlflow_name(part) or 'none'}/{figure}": value
            for kind, found in figures.items()
            for part, values in found.items()
            for figure, value in values.items()
        },
    )


def _write_curve(journal: Journal, curve: LearningCurve) -> None:
    """Write the learning curve; its figures stand by the number of articles fitted on."""
    from khabar.experiments.plots import learning_curve

    journal.json(PARENT, "learning_curve.json", curve.to_dict())
    learning_curve(curve.to_dict()).savefig(journal.file(PARENT, "learning_curve.png"), bbox_inches="tight")
    journal.added(PARENT, "learning_curve.png")
    for at, articles in enumerate(curve.articles):
        found = {f"learning_curve/{name}": head.held_out[at] for name, head in curve.heads.items()}
        journal.metrics(PARENT, found, step=articles)


def _write_head(journal: Journal, config: Mapping[str, Any], head: str, reports: Mapping[str, Report]) -> None:
    metrics = {
        name: value
        for source, report in reports.items()
        for name, value in _figures(mlflow_name(source), report).items()
        if name.split("/", 1)[1].startswith(f"{head}.")
    }
    if not metrics:  # no label of it is known, or the job has no such head
        return
    run = f"head-{head}"
    journal.start(run, f"head {head}", {KIND: "head"}, PARENT)
    journal.params(run, flatten(config["stance"]["head"] if head == "stance" else config["heads"][head]))
    journal.metrics(run, metrics)
    journal.end(run, "FINISHED")


def _figures(key: str, report: Report) -> dict[str, float]:
    return {f"{key}/{figure}": value for figure, value in _with_ends(report.metrics(), report).items()}


def _main(report: Report) -> dict[str, float]:
    known = report.metrics()
    return _with_ends({figure: known[figure] for figure in MAIN if figure in known}, report)


def _with_ends(figures: Mapping[str, float], report: Report) -> dict[str, float]:
    """Add the ends of the intervals of figures that have one."""
    found = {**figures}
    for figure in figures.keys() & report.intervals.keys():
        found |= {f"{figure}_low": report.intervals[figure].low, f"{figure}_high": report.intervals[figure].high}
    return found
