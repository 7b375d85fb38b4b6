"""How the parts of a split are fitted and tested, several at a time, and become a result of a protocol."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from khabar.datasets.article import Article
from khabar.datasets.splits import Split, positions
from khabar.training.classifier import Goal, fit
from khabar.training.classifier_config import ClassifierConfig
from khabar.training.further import Further
from khabar.training.metrics import Metric
from khabar.training.outcomes import Outcome, Prediction, Result, measure
from khabar.training.protocol_tasks import Labelled, without_copies

JOBS = 2

Say = Callable[[str], None]


def silent(message: str) -> None:
    """Say nothing: what protocols report to by default."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A split of labelled articles, each part of which is to be fitted and tested.

    Attributes
    ----------
    config : ClassifierConfig
    data : Labelled
    keys : sequence of int
        Of the articles, see `khabar.training.protocol_tasks.duplicate_keys`.
    split : Split
    further : Further or None
        What is trained on beside in every part.
    """

    config: ClassifierConfig
    data: Labelled
    keys: Sequence[int]
    split: Split
    further: Further | None = None


@dataclass(frozen=True, eq=False)
class Tested:
    """A part that was fitted and tested."""

    part: str
    n_train: int
    predictions: list[Prediction]
    seconds: float


@dataclass(frozen=True, eq=False)
class TestSet:
    """Articles to test on.

    Attributes
    ----------
    data : Labelled
    keys : sequence of int
    part : str
    among : tuple of str or None
        The classes of the fit that are chosen from; None takes all.
    stand_for : mapping of str to str
        Where the classes of the fit are others than those of the test: what each of `among` stands for.
    """

    data: Labelled
    keys: Sequence[int]
    part: str = ""
    among: tuple[str, ...] | None = None
    stand_for: Mapping[str, str] = field(default_factory=dict)


def run(plans: Sequence[Plan], jobs: int = JOBS) -> Iterator[list[Tested]]:
    """Fit and test every part of every plan.

    Parameters
    ----------
    plans : sequence of Plan
    jobs : int
        Threads: the vectoriser and the solver let each other run. The result does not depend on it.

    Yields
    ------
    list of Tested
        Of each plan in order, its parts in order.
    """
    work = [(plan, at) for plan in plans for at in range(len(plan.split.parts))]
    with threadpool_limits(limits=1):
        done = Parallel(jobs, backend="threading", return_as="generator")(delayed(_run_part)(*one) for one in work)
        for plan in plans:
            yield [next(done) for _ in plan.split.parts]


def fit_and_test(
    config: ClassifierConfig,
    train: Sequence[Article],
    labels: Sequence[str],
    keys: Sequence[int],
    tests: Sequence[TestSet],
    further: Further | None = None,
) -> list[Tested]:
    """Fit once, for the metric of the first test set, and test on several sets."""
    started = perf_counter()
    goal = Goal(tests[0].data.metric, tests[0].data.names)
    classifier = fit(config, train, labels, keys, goal, further)
    n_train = len(train) + (sum(label in classifier.classes for label in further.labels) if further else 0)
    fitting = perf_counter() - started
    found = []
    for test in tests:
        started = perf_counter()
        predicted = classifier.predict(test.data.articles, test.among)
        if test.stand_for:
            predicted = [test.stand_for[label] for label in predicted]
        seconds = fitting + perf_counter() - started
        fresh = without_copies(keys, test.keys)
        rows = zip(test.data.articles, test.data.labels, predicted, fresh, strict=True)
        predictions = [Prediction(a.corpus, a.id, test.part, label, tag, a.target, f) for a, label, tag, f in rows]
        found.append(Tested(test.part, n_train, predictions, seconds))
    return found


def result(
    protocol: str,
    system: str,
    data: Labelled,
    tested: Sequence[Tested],
    split_digest: str,
    *,
    trained_on: str | None = None,
    part: str = "",
    metric: Metric | None = None,
) -> Result:
    """Measure what was tested: pooled, or, of the part `mean`, the mean of its parts."""
    predictions = tuple(prediction for one in tested for prediction in one.predictions)
    metric = metric or data.metric
    figures = measure(metric, predictions, data.names, mean_of_parts=part == "mean")
    outcome = Outcome(
        protocol=protocol,
        task=data.task,
        system=system,
        corpus=data.corpus,
        trained_on=trained_on or data.corpus,
        part=part,
        labels=data.labels_of,
        metric=metric,
        n_train=round(sum(one.n_train for one in tested) / len(tested)),
        n_test=len(predictions),
        n_test_deduplicated=sum(prediction.counts for prediction in predictions),
        n_left_out=data.left_out,
        raw=figures.raw,
        deduplicated=figures.deduplicated,
        f1=figures.f1,
        seconds=sum(one.seconds for one in tested),
        split_digest=split_digest,
    )
    return Result(outcome, predictions, data.names)


def told(report: Say, one: Result) -> Result:
    """Report an outcome, in a line."""
    outcome = one.outcome
    raw, other = outcome.raw, outcome.deduplicated
    source = "" if outcome.trained_on == outcome.corpus else f", trained on {outcome.trained_on}"
    report(
        f"{outcome.protocol}, {outcome.corpus}{outcome.part and f' {outcome.part}'}{source}, {outcome.labels} labels: "
        f"{outcome.metric} {raw.value:.3f} [{raw.low:.3f}, {raw.high:.3f}], deduplicated {other.value:.3f} "
        f"[{other.low:.3f}, {other.high:.3f}], {outcome.n_test} articles, {outcome.seconds:.1f} s"
    )
    return one


def _run_part(plan: Plan, at: int) -> Tested:
    part = plan.split.parts[at]
    train, test = (rows.tolist() for rows in positions(plan.data.articles, part))
    tested = set(test)
    test_set = TestSet(
        plan.data.where([row in tested for row in range(len(plan.keys))]), [plan.keys[row] for row in test], part.name
    )
    articles, labels = plan.data.articles, plan.data.labels
    keys = [plan.keys[row] for row in train]
    chosen = [articles[row] for row in train], [labels[row] for row in train]
    return fit_and_test(plan.config, *chosen, keys, [test_set], plan.further)[0]
