"""What gates judge a model by: its tracked predictions, its speed and its robustness, beside the champion's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from khabar.datasets import sample
from khabar.experiments.gates import Measured
from khabar.experiments.predictions import Predictions, read_predictions
from khabar.experiments.registry import Registered, fetch
from khabar.experiments.stopwatch import Stopwatch
from khabar.experiments.tracked_runs import FoundRun, fetch_artifacts
from khabar.experiments.tracking_store import Store, mlflow_name
from khabar.inference.predictor import Predictor
from khabar.training.breakdown import rows_of
from khabar.training.evaluate import measure
from khabar.training.job import OUT_OF_FOLD
from khabar.training.robustness import Movement, robustness

PREDICTIONS = "predictions"
# How folds were made; figures out of fold of runs that differ in it are not of the same kind.
FOLDS = ("folds", "fold_by")
TIMES = 10  # that the sample is tagged in one round, so that a round is long enough to be timed


@dataclass(frozen=True, eq=False)
class Contender:
    """A version that is, or is to be, champion: the loaded model, the run that trained it, what that run kept.

    Attributes
    ----------
    version : Registered
    run : FoundRun
    predictor : Predictor
    predictions : dict of str to Predictions
        By source, as MLflow names it.
    """

    version: Registered
    run: FoundRun
    predictor: Predictor
    predictions: Mapping[str, Predictions]


def contender(store: Store, version: Registered, run: FoundRun) -> Contender:
    """Fetch a version's model, with all checks, and what the run that trained it predicted.

    Raises
    ------
    ModelError
        The file cannot be had, or fails a check.
    TrackingError
        The run has no predictions, or the store cannot be used.
    """
    predictor = Predictor.load(fetch(store, version))
    with TemporaryDirectory() as folder:
        kept = fetch_artifacts(store, run.run_id, PREDICTIONS, Path(folder))
        read = [read_predictions(path) for path in sorted(kept.glob("*.jsonl.gz"))]
    return Contender(version, run, predictor, {mlflow_name(found.source): found for found in read})


def measured(candidate: Contender, champion: Contender | None) -> Measured:
    """Measure what both runs predicted, on all articles and on those that both have."""
    own = {name: _figures(found) for name, found in candidate.predictions.items()}
    if champion is None:
        return Measured(own, first=True)
    pairs, lacking, apart = {}, {}, {}
    folds = [[one.run.params.get(key) for key in FOLDS] for one in (candidate, champion)]
    for name in dict.fromkeys((*champion.predictions, *candidate.predictions)):
        ours, theirs = candidate.predictions.get(name), champion.predictions.get(name)
        if ours is None:
            lacking[name] = "the champion was measured on it, this run was not; add it to data.evaluate of its config"
        elif theirs is None:
            apart[name] = "as the champion was not measured on it"
        elif name == OUT_OF_FOLD and folds[0] != folds[1]:
            made = (f"{key} {one}, the champion's {other}" for key, one, other in zip(FOLDS, *folds, strict=True))
            apart[name] = f"as folds were made otherwise: {'; '.join(made)}"
        elif (pair := _pair(ours, theirs)) is None:
            lacking[name] = "the champion was measured on other articles, and on none of these"
        else:
            pairs[name] = pair
    return Measured(own, pairs, lacking, apart)


def speed_share(candidate: Predictor, champion: Predictor, rounds: int) -> float:
    """Tag the shipped sample by both in turn, one round after the other; give the median share of the speed."""
    articles = [article for part in ("train", "test", "demo") for article in sample.load(part)] * TIMES
    texts, titles = [article.text for article in articles], [article.title for article in articles]
    ours, theirs = Stopwatch(rounds).seconds(
        lambda: candidate.tag_columns(texts, titles, threads=1), lambda: champion.tag_columns(texts, titles, threads=1)
    )
    return float(median(theirs / ours))


def sample_movements(predictor: Predictor) -> list[Movement]:
    """Perturb the articles of the shipped sample that have labels."""
    return robustness(predictor, [*sample.load("train"), *sample.load("test")])


def _figures(found: Predictions) -> dict[str, float]:
    tagged = found.tagged
    return measure(tagged.columns, tagged.articles, tagged.stances, intervals=False).metrics()


def _pair(ours: Predictions, theirs: Predictions) -> tuple[dict[str, float], dict[str, float]] | None:
    """Measure both on the articles that both have; what is true of an article is what the newer run says is."""
    places = {(article.corpus, article.id): row for row, article in enumerate(theirs.tagged.articles)}
    rows = [row for row, article in enumerate(ours.tagged.articles) if (article.corpus, article.id) in places]
    if not rows:
        return None
    articles = [ours.tagged.articles[row] for row in rows]
    others = [places[article.corpus, article.id] for article in articles]
    found = []
    for tagged, of_both in ((ours.tagged, rows), (theirs.tagged, others)):
        stances = None if tagged.stances is None else [tagged.stances[row] for row in of_both]
        found.append(measure(rows_of(tagged.columns, of_both), articles, stances, intervals=False).metrics())
    return found[0], found[1]
