"""What a protocol found: figures with intervals, raw and de-duplicated, and the predictions behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from khabar.inference.errors import InputError
from khabar.training.bootstrap import Difference, Interval, mean_interval, paired
from khabar.training.metrics import OFFICIAL_PAIRS, Counts, IntArray, Metric, confusion, f1, score


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system took a test article for.

    Attributes
    ----------
    part : str
        The fold or the outlet left out; empty where there is but one part.
    counts : bool
        Whether it counts when near-duplicates do not: it has none in training, and is the first of its kind in test.
    """

    corpus: str
    id: str
    part: str
    truth: str
    predicted: str
    target: str | None
    counts: bool


@dataclass(frozen=True)
class Outcome:
    """Figures of one system on one test set.

    Attributes
    ----------
    protocol : str
        in-corpus, outlets, cross-corpus, official or byline.
    task : str
        topic, tone or stance.
    system : str
    corpus : str
        What it was tested on.
    trained_on : str
        A corpus, or `all but X`.
    part : str
        The outlet left out, `mean`, or what was read; empty where all folds are pooled, or there is but one part.
    labels : str
        What was told: the corpus's `own` labels, the `shared` classes, `sector`, `tone` or `outlet`.
    metric : str
    n_train : int
        Of several folds, their mean.
    n_test, n_test_deduplicated : int
    n_left_out : int
        Articles of the corpus with several labels or none, neither trained nor tested on.
    raw, deduplicated : Interval
        On all test articles; and on those without near-duplicate in training, the first of each kind.
    f1 : dict of str to float
        By class, raw; of a mean, over the pooled articles.
    seconds : float
        Of fitting and predicting.
    split_digest : str
    """

    protocol: str
    task: str
    system: str
    corpus: str
    trained_on: str
    part: str
    labels: str
    metric: Metric
    n_train: int
    n_test: int
    n_test_deduplicated: int
    n_left_out: int
    raw: Interval
    deduplicated: Interval
    f1: dict[str, float]
    seconds: float
    split_digest: str


@dataclass(frozen=True, eq=False)
class Result:
    """An outcome and its predictions.

    Attributes
    ----------
    outcome : Outcome
    predictions : tuple of Prediction
    names : dict of str to str
        What the metric calls a label: `positive` what ArSarcasm-v2 calls POS.
    """

    outcome: Outcome
    predictions: tuple[Prediction, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Figures:
    """The figures of some predictions, as in `Outcome`."""

    raw: Interval
    deduplicated: Interval
    f1: dict[str, float]


def measure(
    metric: Metric, predictions: Sequence[Prediction], names: Mapping[str, str], *, mean_of_parts: bool = False
) -> Figures:
    """Measure predictions, pooled or as the mean over their parts."""
    labels = _labels(metric, names, [label for p in predictions for label in (p.truth, p.predicted)])
    measured = partial(score, metric, labels=[names.get(label, label) for label in labels])

    def interval(chosen: Sequence[Prediction]) -> Interval:
        groups: dict[str, list[Prediction]] = {}
        for prediction in chosen:
            groups.setdefault(prediction.part if mean_of_parts else "", []).append(prediction)
        parts = [_counts(metric, group, labels) for group in groups.values()]
        return mean_interval(parts, measured) if parts else Interval(np.nan, np.nan, np.nan)

    by_class = f1(_counts(metric, predictions, labels).sum(axis=0))
    return Figures(
        raw=interval(predictions),
        deduplicated=interval([p for p in predictions if p.counts]),
        f1=dict(zip(labels, by_class.tolist(), strict=True)),
    )


def compare(one: Result, two: Result, *, deduplicated: bool = False) -> Difference:
    """Compare two systems that were tested on the same articles, the first less the second; nan where none is left.

    Raises
    ------
    InputError
        They were tested on other articles, or by another metric.
    """
    if one.outcome.metric != two.outcome.metric or one.outcome.part == "mean":
        raise InputError(
            f"found outcomes by {one.outcome.metric} and {two.outcome.metric}, {one.outcome.part or 'pooled'}; "
            "expected one metric, and figures that are no mean"
        )
    others = {(p.corpus, p.id, p.part): p for p in two.predictions}
    pairs = [(p, others.get((p.corpus, p.id, p.part))) for p in one.predictions]
    if len(others) != len(pairs) or any(b is None or a.truth != b.truth for a, b in pairs):
        raise InputError(
            f"{one.outcome.system} and {two.outcome.system} were tested on {len(pairs)} and {len(others)} articles of "
            f"{one.outcome.corpus} that are not the same with the same labels; run both by the same protocol"
        )
    both = [(a, b) for a, b in pairs if b is not None and (a.counts or not deduplicated)]
    if not both:
        return Difference(np.nan, np.nan, np.nan, np.nan)
    labels = _labels(one.outcome.metric, one.names, [x for a, b in both for x in (a.truth, a.predicted, b.predicted)])
    k, at = len(labels), {label: position for position, label in enumerate(labels)}
    predicted = np.array([at[a.predicted] * k + at[b.predicted] for a, b in both], dtype=np.intp)
    truth = np.array([at[a.truth] for a, _ in both], dtype=np.intp)
    targets = _targets(one.outcome.metric, [a for a, _ in both])
    cells = (targets * k + truth) * k * k + predicted
    joint = np.bincount(cells, minlength=(int(targets.max(initial=0)) + 1) * k**3).reshape(-1, k, k, k)
    metric_names = [one.names.get(label, label) for label in labels]
    return paired(joint.astype(np.int64), partial(score, one.outcome.metric, labels=metric_names))


def _labels(metric: Metric, names: Mapping[str, str], found: Sequence[str]) -> list[str]:
    """Give the labels that occur, and those that the metric looks at though none of the articles has them."""
    looked_at = OFFICIAL_PAIRS.get(metric, ())
    return sorted({*found, *(label for label, name in names.items() if name in looked_at)})


def _counts(metric: Metric, predictions: Sequence[Prediction], labels: Sequence[str]) -> Counts:
    at = {label: position for position, label in enumerate(labels)}
    truth = np.array([at[p.truth] for p in predictions], dtype=np.intp)
    predicted = np.array([at[p.predicted] for p in predictions], dtype=np.intp)
    return confusion(truth, predicted, len(labels), _targets(metric, predictions))


def _targets(metric: Metric, predictions: Sequence[Prediction]) -> IntArray:
    """Number the targets where the metric looks at them: claims are many, and their matrices would fill the memory."""
    at: dict[str | None, int] = {}
    return np.array([at.setdefault(p.target if metric == "favg2" else None, len(at)) for p in predictions], np.intp)
