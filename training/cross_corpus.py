"""How a system trained on one corpus does on every other: the matrix of the classes that two corpora share.

The classes are those of the label maps (`shared` of topics, khabar's own tones and stances). A corpus's classifier is
fitted once, on all of its shared classes. A pair of corpora is tested on the articles of the classes that both have,
and the largest score among these classes tells the class: a question with the same answers on both sides. `world`, the
news of other countries, is a class like any other where both have it, and as no class of sanad-khaleej's or
hespress-2020's, stays out of their pairs. The diagonal is a random tenth of a corpus, by the same classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from khabar.datasets.splits import Part, Split, positions, stratified
from khabar.training.classifier_config import SystemConfig, Task
from khabar.training.outcomes import Result
from khabar.training.protocol_fit import JOBS, Say, Tested, TestSet, fit_and_test, result, silent, told
from khabar.training.protocol_tasks import ANNOTATIONS, Labelled, corpora_of, duplicate_keys, shared_labels
from khabar.training.protocols import SEED, TEST_SHARE

# Corpora whose own labels are of another task, and the annotations.
FURTHER_CORPORA: dict[Task, tuple[str, ...]] = {"topic": (), "tone": ("mawqif", ANNOTATIONS), "stance": ()}


@dataclass(frozen=True, eq=False)
class _Corpus:
    data: Labelled
    keys: list[int]

    def where(self, keep: Sequence[bool]) -> "_Corpus":
        kept = [key for key, is_kept in zip(self.keys, keep, strict=True) if is_kept]
        return _Corpus(self.data.where(keep), kept)


@dataclass(frozen=True, eq=False)
class _Row:
    """What is fitted once, and what it is tested on."""

    train: _Corpus
    tests: list[tuple[_Corpus, tuple[str, ...]]]


def cross_corpus(
    system: SystemConfig,
    task: Task,
    names: Sequence[str] | None = None,
    *,
    jobs: int = JOBS,
    report: Say = silent,
) -> list[Result]:
    """Train on each corpus, test on each other one.

    The annotations are trained on in `train`, without near-duplicates of `dev`, and tested on in `dev`.

    Parameters
    ----------
    system : SystemConfig
    task : {"topic", "tone", "stance"}
    names : sequence of str, optional
        By default all corpora that have labels of the task.
    jobs : int
        Fits at a time.
    report : callable
        Told every outcome, a line each.

    Raises
    ------
    CorpusError
        A corpus cannot be read.
    """
    trains, tests = _corpora(task, names or (*corpora_of(task), *FURTHER_CORPORA[task]))
    rows = []
    for name, corpus in trains.items():
        if tests[name] is corpus:  # the diagonal has a fit of its own
            rows.append(_diagonal(corpus))
        rows.append(_row(corpus, [test for test in tests.values() if test is not corpus]))
    config = system.classifier(task)
    with threadpool_limits(limits=1):
        done = Parallel(jobs, backend="threading", return_as="generator")(
            delayed(fit_and_test)(
                config, row.train.data.articles, row.train.data.labels, row.train.keys, _test_sets(row)
            )
            for row in rows
        )
        return [
            told(report, _result(system, row.train, test, tested))
            for row, found in zip(rows, done, strict=True)
            for (test, _), tested in zip(row.tests, found, strict=True)
        ]


def _corpora(task: Task, names: Sequence[str]) -> tuple[dict[str, _Corpus], dict[str, _Corpus]]:
    """Give what is trained on and what is tested on, by corpus; their keys tell copies across all corpora."""
    sets = [shared_labels(name, task) for name in names]
    if ANNOTATIONS in names:
        sets.append(shared_labels(ANNOTATIONS, task, "dev"))
    keys = duplicate_keys([article for data in sets for article in data.articles])
    found = []
    for data in sets:
        found.append(_Corpus(data, keys[: len(data.articles)]))
        keys = keys[len(data.articles) :]
    trains = dict(zip(names, found, strict=False))
    tests = dict(trains)
    if ANNOTATIONS in names:
        tests[ANNOTATIONS] = found[-1]
        dev = set(found[-1].keys)
        train = trains[ANNOTATIONS]
        trains[ANNOTATIONS] = train.where([key not in dev for key in train.keys])
    return trains, tests


def _diagonal(corpus: _Corpus) -> _Row:
    data = corpus.data
    split = stratified(data.articles, data.labels, test_share=TEST_SHARE, seed=SEED)
    tested = set(positions(data.articles, split.parts[0])[1].tolist())
    inside = [row in tested for row in range(len(data.articles))]
    return _Row(
        corpus.where([not is_tested for is_tested in inside]), [(corpus.where(inside), tuple(sorted(set(data.labels))))]
    )


def _row(train: _Corpus, tests: Sequence[_Corpus]) -> _Row:
    own, chosen = set(train.data.labels), []
    for test in tests:
        both = own.intersection(test.data.labels)
        if len(both) > 1:
            chosen.append((test.where([label in both for label in test.data.labels]), tuple(sorted(both))))
    return _Row(train, chosen)


def _test_sets(row: _Row) -> list[TestSet]:
    return [TestSet(test.data, test.keys, among=classes) for test, classes in row.tests]


def _result(system: SystemConfig, train: _Corpus, test: _Corpus, tested: Tested) -> Result:
    ids = [tuple((a.corpus, a.id) for a in corpus.data.articles) for corpus in (train, test)]
    split = Split("corpus", None, (Part(test.data.corpus, *ids),))
    return result("cross-corpus", system.name, test.data, [tested], split.digest, trained_on=train.data.corpus)
