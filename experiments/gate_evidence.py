"""What gates judge a model by: its tracked predictions, its speed and its robustness, beside the champion's."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from khabar.datasets import sample
from khabar.experiments.gates import Measured
from khabar.experiments.matched_articles import ComparisonError, matched_articles
from khabar.experiments.predictions import Predictions
from khabar.experiments.registered_version import Registered
from khabar.experiments.registry import fetch
from khabar.experiments.stopwatch import Stopwatch
from khabar.experiments.tracked_runs import FoundRun, fetch_predictions
from khabar.experiments.tracking_store import Store, mlflow_name
from khabar.inference.predictor import Predictor
from khabar.training.evaluate import measure
from khabar.training.job import OUT_OF_FOLD
from khabar.training.robustness import Movement, robustness

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
    read = fetch_predictions(store, run.run_id)
    return Contender(version, run, predictor, {mlflow_name(found.source): found for found in read})


def measured(candidate: Contender, champion: Contender | None, alone: str) -> Measured:
    """Measure what both runs predicted, on all articles and on those that both have; `alone` says why it is only one.

    Runs whose labels differ are not compared: a difference of figures would come from the labels.
    """
    own = {name: _figures(found) for name, found in candidate.predictions.items()}
    if champion is None:
        return Measured(own, alone=alone)
    pairs, lacking, apart = {}, {}, {}
    folds = [[one.run.params.get(key) for key in FOLDS] for one in (candidate, champion)]
    for name, ours in candidate.predictions.items():
        theirs = champion.predictions.get(name)
        if theirs is None:
            apart[name] = "as the champion was not measured on it"
        elif name == OUT_OF_FOLD and folds[0] != folds[1]:
            made = (f"{key} {one}, the champion's {other}" for key, one, other in zip(FOLDS, *folds, strict=True))
            apart[name] = f"as folds were made otherwise: {'; '.join(made)}"
        else:
            try:
                pairs[name] = _pair(name, ours, theirs)
            except ComparisonError as error:
                found = str(error).removeprefix(f"{name}: ")
                lacking[name] = f"not comparable with the champion, the second run: {found}; without it: --as-first"
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


def _pair(source: str, ours: Predictions, theirs: Predictions) -> tuple[dict[str, float], dict[str, float]]:
    matched = matched_articles(source, ours, theirs)
    if not matched.articles:
        raise ComparisonError("found no article that both were measured on; expected some: train the champion again")
    if ours.tagged.stances is None and theirs.tagged.stances is not None:
        raise ComparisonError(
            "found stances of the second run alone, expected both to say some: they would go unjudged"
        )
    first, second = (
        measure(columns, matched.articles, stances, intervals=False).metrics()
        for columns, stances in zip((matched.first, matched.second), matched.stances, strict=True)
    )
    return first, second
