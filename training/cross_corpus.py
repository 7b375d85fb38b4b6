"""How a system trained on one corpus does on every other: the matrix of the classes that two corpora share.

The classes are those of the label maps (`shared` of topics, khabar's own tones and stances). A corpus's classifier is
fitted once, on all of its shared classes. A pair of corpora is tested on the articles of the classes that both have,
and the largest score among these classes tells the class: a question with the same answers on both sides. `world`, the
news of other countries, is a class like any other where both have it, and as no class of sanad-khaleej's or
hespress-2020's, stays out of their pairs. The diagonal is a random tenth of a corpus, by the same classes.

Of topics the annotations are a row too. What is fitted is their main sectors, for each corpus on the articles of all
outlets but its own; a sector stands for its class. The sectors know classes that few publishers have a section for, so
a second row has only those that the sections of other corpora have.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from khabar.datasets.catalog import CATALOG
from khabar.datasets.label_maps import LABEL_MAPS
from khabar.datasets.splits import Part, Split, positions, stratified
from khabar.training.classifier_config import SystemConfig, Task
from khabar.training.outcomes import Result
from khabar.training.protocol_fit import JOBS, Say, Tested, TestSet, fit_and_test, result, silent, told
from khabar.training.protocol_tasks import (
    ANNOTATIONS,
    Labelled,
    annotations,
    corpora_of,
    duplicate_keys,
    shared_labels,
)
from khabar.training.protocols import SEED, TEST_SHARE

# Corpora whose own labels are of another task, and the annotations.
FURTHER_CORPORA: dict[Task, tuple[str, ...]] = {
    "topic": (ANNOTATIONS,), "tone": ("mawqif", ANNOTATIONS), "stance": ()
}  # fmt: skip
OF_SECTIONS = f"{ANNOTATIONS}, classes of sections"


@dataclass(frozen=True, eq=False)
class _Corpus:
    data: Labelled
    keys: list[int]

    def where(self, keep: Sequence[bool]) -> "_Corpus":
        kept = [key for key, is_kept in zip(self.keys, keep, strict=True) if is_kept]
        return _Corpus(self.data.where(keep), kept)


@dataclass(frozen=True, eq=False)
class _Test:
    """What is tested on, by which labels of the fit, and the classes these stand for where they are others."""

    corpus: _Corpus
    among: tuple[str, ...]
    trained_on: str
    stand_for: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Row:
    """What is fitted once, and what it is tested on; of the diagonal, that is the corpus itself."""

    train: _Corpus
    tests: list[_Test]
    is_diagonal: bool = False


def cross_corpus(
    system: SystemConfig,
    task: Task,
    names: Sequence[str] | None = None,
    *,
    jobs: int = JOBS,
    report: Say = silent,
) -> list[Result]:
    """Train on each corpus, test on each other one.

    The tones of the annotations are trained on in `train`, without near-duplicates of `dev`, and tested on in `dev`.
    Their sectors are trained on only.

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
        if name not in tests:
            rows += [_by_sectors(corpus, test) for test in tests.values()]
            continue
        if tests[name] is corpus:  # the diagonal has a fit of its own
            rows.append(_diagonal(corpus))
        rows.append(_row(corpus, [test for test in tests.values() if test is not corpus]))
    rows = [row for row in rows if row.tests]
    config = system.classifier(task)
    with threadpool_limits(limits=1):
        done = Parallel(jobs, backend="threading", return_as="generator")(
            delayed(fit_and_test)(
                config if row.is_diagonal else config.for_elsewhere(),
                row.train.data.articles,
                row.train.data.labels,
                row.train.keys,
                _test_sets(row),
            )
            for row in rows
        )
        return [
            told(report, _result(system, row.train, test, tested))
            for row, found in zip(rows, done, strict=True)
            for test, tested in zip(row.tests, found, strict=True)
        ]


def _corpora(task: Task, names: Sequence[str]) -> tuple[dict[str, _Corpus], dict[str, _Corpus]]:
    """Give what is trained on and what is tested on, by corpus; their keys tell copies across all corpora."""
    by_sectors = task == "topic"
    sets = [annotations(task) if name == ANNOTATIONS and by_sectors else shared_labels(name, task) for name in names]
    if ANNOTATIONS in names and not by_sectors:
        sets.append(shared_labels(ANNOTATIONS, task, "dev"))
    keys = duplicate_keys([article for data in sets for article in data.articles])
    found = []
    for data in sets:
        found.append(_Corpus(data, keys[: len(data.articles)]))
        keys = keys[len(data.articles) :]
    trains = dict(zip(names, found, strict=False))
    tests = dict(trains)
    if by_sectors:
        tests.pop(ANNOTATIONS, None)
    elif ANNOTATIONS in names:
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
    test = _Test(corpus.where(inside), tuple(sorted(set(data.labels))), data.corpus)
    return _Row(corpus.where([not is_tested for is_tested in inside]), [test], is_diagonal=True)


def _row(train: _Corpus, tests: Sequence[_Corpus]) -> _Row:
    own, chosen = set(train.data.labels), []
    for test in tests:
        both = own.intersection(test.data.labels)
        if len(both) > 1:
            chosen.append(_Test(_of_classes(test, both), tuple(sorted(both)), train.data.corpus))
    return _Row(train, chosen)


def _by_sectors(sectors: _Corpus, test: _Corpus) -> _Row:
    """Train on the sectors of other outlets than the test's; test by all classes, and by those of other sections."""
    outlets = {article.outlet for article in test.data.articles}
    train = sectors.where([article.outlet not in outlets for article in sectors.data.articles])
    class_of = {label: meaning.shared for label, meaning in LABEL_MAPS[ANNOTATIONS].items() if meaning.shared}
    of_sections = {
        meaning.shared
        for name in corpora_of("topic")
        if CATALOG[name].ships and name != test.data.corpus
        for meaning in LABEL_MAPS[name].values()
    }
    both, chosen = set(class_of.values()).intersection(test.data.labels), []
    for trained_on, classes in ((ANNOTATIONS, both), (OF_SECTIONS, both.intersection(of_sections))):
        if len(classes) > 1:
            stand_for = {label: name for label, name in class_of.items() if name in classes}
            among = tuple(label for label in stand_for if label in train.data.labels)
            chosen.append(_Test(_of_classes(test, classes), among, trained_on, stand_for))
    return _Row(train, chosen)


def _of_classes(corpus: _Corpus, classes: Set[str]) -> _Corpus:
    return corpus.where([label in classes for label in corpus.data.labels])


def _test_sets(row: _Row) -> list[TestSet]:
    return [TestSet(test.corpus.data, test.corpus.keys, "", test.among, test.stand_for) for test in row.tests]


def _result(system: SystemConfig, train: _Corpus, test: _Test, tested: Tested) -> Result:
    data = test.corpus.data
    ids = [tuple((a.corpus, a.id) for a in some.articles) for some in (train.data, data)]
    split = Split("corpus", None, (Part(data.corpus, *ids),))
    return result("cross-corpus", system.name, data, [tested], split.digest, trained_on=test.trained_on)
