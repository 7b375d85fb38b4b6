"""What a system's figures on corpora are: within a corpus, on outlets left out, by official splits, from bylines.

Every protocol fits a system's classifier of the task anew for each part, and gives raw and de-duplicated figures of
the same predictions. Within a corpus, a system may train on further corpora too, which its config names. Articles that
stand under several sections, or none, are neither trained nor tested on, but in official splits. Between corpora:
`khabar.training.cross_corpus`.
"""

from collections.abc import Sequence
from dataclasses import replace

from khabar.datasets.article import Article
from khabar.datasets.cleaning import taken_off
from khabar.datasets.corpora import read
from khabar.datasets.splits import Split, by_outlet, stratified
from khabar.datasets.splits import official as official_split
from khabar.inference.errors import InputError
from khabar.training.classifier_config import ClassifierConfig, SystemConfig
from khabar.training.further import further_articles
from khabar.training.metrics import Metric
from khabar.training.outcomes import Result
from khabar.training.protocol_fit import JOBS, Plan, Say, result, run, silent, told
from khabar.training.protocol_tasks import (
    ANNOTATIONS,
    Labelled,
    annotations,
    corpora_of,
    duplicate_keys,
    own_labels,
    shared_labels,
)

SEED = 0
TEST_SHARE = 0.1

OUTLET_CORPORA = ("ant-multisource", "saudinewsnet", ANNOTATIONS)
OFFICIAL_CORPORA = (
    "asnd", "fassila", "arsas", "arsarcasm-v2", "astd", "afrisenti-ary", "afrisenti-arq",
    "ans", "mawqif", "unified-fc", "austr",
)  # fmt: skip
# Accuracy is what its paper reports first (Baly et al., NAACL 2018).
FURTHER_METRICS: dict[str, tuple[Metric, ...]] = {"unified-fc": ("accuracy",)}

BYLINE_CORPORA = ("sanad-khaleej", "ant-multisource")
BYLINE_CHARACTERS = 80
BYLINE_SYSTEM = f"first-{BYLINE_CHARACTERS}-characters"
BYLINE = ClassifierConfig.model_validate(
    {
        "blocks": {
            "words": {"kind": "word", "ngrams": [1, 2], "min_df": 2},
            "characters": {"kind": "char_wb", "ngrams": [2, 5], "min_df": 2},
        },
        "head": {"C": 0.3},
    }
)


def in_corpus(
    system: SystemConfig, names: Sequence[str] | None = None, *, jobs: int = JOBS, report: Say = silent
) -> list[Result]:
    """Test on a random tenth of each corpus, stratified by its own labels, and train on the rest.

    Parameters
    ----------
    system : SystemConfig
    names : sequence of str, optional
        By default every corpus of the catalogue that has labels.
    jobs : int
        Fits at a time.
    report : callable
        Told every outcome, a line each.

    Raises
    ------
    CorpusError
        A corpus cannot be read.
    """
    if names is None:
        names = [name for task in ("topic", "tone", "stance") for name in corpora_of(task)]
    plans = []
    for name in names:
        data = own_labels(name)
        split = stratified(data.articles, data.labels, test_share=TEST_SHARE, seed=SEED)
        plans.append(_plan(system, data, split))
    return [
        told(report, result("in-corpus", system.name, plan.data, tested, plan.split.digest, trained_on=_sources(plan)))
        for plan, tested in zip(plans, run(plans, jobs), strict=True)
    ]


def outlets(
    system: SystemConfig, names: Sequence[str] = OUTLET_CORPORA, *, jobs: int = JOBS, report: Say = silent
) -> list[Result]:
    """Test on each outlet, and train on all others; the mean over outlets is the outcome of the part `mean`.

    Corpora are tested with their own labels and with their shared classes, where those differ: in ant-multisource
    internationalNews and middleEast are places, and together the class `world`. The annotations are tested with main
    sectors and tones. An outlet that has but one class is trained on only.

    Parameters
    ----------
    system, jobs, report : as for `in_corpus`
    names : sequence of str
        Corpora of several outlets, and `annotations`.
    """
    sets: list[Labelled] = []
    for name in names:
        if name == ANNOTATIONS:
            sets += [annotations("topic"), annotations("tone")]
        else:
            own = own_labels(name)
            sets += [own] if own.labels_of == "shared" else [own, shared_labels(name, own.task)]
    plans = [
        Plan(
            system.classifier(data.task).for_elsewhere(),
            data,
            duplicate_keys(data.articles),
            _outlets_with_classes(data),
        )
        for data in sets
    ]
    return [
        told(report, result("outlets", system.name, plan.data, some, plan.split.digest, trained_on=source, part=part))
        for plan, tested in zip(plans, run(plans, jobs), strict=True)
        for some, source, part in (
            *(([one], f"all but {one.part}", one.part) for one in tested),
            (tested, "all but one outlet", "mean"),
        )
    ]


def official(
    system: SystemConfig, names: Sequence[str] = OFFICIAL_CORPORA, *, jobs: int = JOBS, report: Say = silent
) -> list[Result]:
    """Test on each corpus as it is published: its own split, labels and metric; folds are pooled.

    The ANT corpora, hespress-2020 and sanad-khaleej have no split of their own: `in_corpus` tests them.

    Parameters
    ----------
    system, jobs, report : as for `in_corpus`
    names : sequence of str
        Corpora with an official split.
    """
    plans = []
    for name in names:
        data = own_labels(name, merged=False)
        plans.append(_plan(system, data, official_split(data.articles)))
    return [
        told(
            report,
            result(
                "official", system.name, plan.data, tested, plan.split.digest, metric=metric, trained_on=_sources(plan)
            ),
        )
        for plan, tested in zip(plans, run(plans, jobs), strict=True)
        for metric in (plan.data.metric, *FURTHER_METRICS.get(plan.data.corpus, ()))
    ]


def byline(names: Sequence[str] = BYLINE_CORPORA, *, jobs: int = JOBS, report: Say = silent) -> list[Result]:
    """Test what the first 80 characters of a text tell of its section and its outlet, before and after cleaning.

    The split is that of `in_corpus`. What the first words of the news itself tell remains. A third part reads nothing
    but what cleaning takes off, of the whole text: after cleaning, that tells no more than the most frequent class.

    Parameters
    ----------
    names : sequence of str
        Topic corpora. The outlet is told of those that have several.
    jobs, report : as for `in_corpus`
    """
    plans, parts = [], []
    for name in names:
        data = own_labels(name)
        published = {article.id: article for article in read(name, clean=False)}
        before = [published[article.id] for article in data.articles]
        off = [replace(article, title=None, text=taken_off(article)) for article in before]
        keys = duplicate_keys(data.articles)
        by_outlet_ = [article.outlet for article in data.articles]
        for labels_of, labels in (("own", data.labels), ("outlet", by_outlet_)):
            if len(set(labels)) < 2:
                continue
            split = stratified(data.articles, labels, test_share=TEST_SHARE, seed=SEED)
            reading = {"before cleaning": _openings(before), "after cleaning": _openings(data.articles)}
            if any(article.text for article in off):
                reading["what cleaning takes off"] = off
            for part, articles in reading.items():
                read_only = replace(
                    data, articles=articles, labels=labels, labels_of=labels_of, metric="accuracy", names={}
                )
                plans.append(Plan(BYLINE, read_only, keys, split))
                parts.append(part)
    return [
        told(report, result("byline", BYLINE_SYSTEM, plan.data, tested, plan.split.digest, part=part))
        for plan, tested, part in zip(plans, run(plans, jobs), parts, strict=True)
    ]


def _plan(system: SystemConfig, data: Labelled, split: Split) -> Plan:
    """Plan a split of a corpus, beside which the system may train on others."""
    config = system.classifier(data.task)
    return Plan(config, data, duplicate_keys(data.articles), split, further_articles(config, data))


def _sources(plan: Plan) -> str:
    return " + ".join([plan.data.corpus, *(plan.further.corpora if plan.further else ())])


def _outlets_with_classes(data: Labelled) -> Split:
    classes: dict[str, set[str]] = {}
    for article, label in zip(data.articles, data.labels, strict=True):
        classes.setdefault(article.outlet, set()).add(label)
    split = by_outlet(data.articles)
    parts = tuple(part for part in split.parts if len(classes[part.name]) > 1)
    if not parts:
        raise InputError(f"{data.corpus}: found no outlet with articles of two classes, expected one to test on")
    return Split(split.kind, split.seed, parts)


def _openings(articles: Sequence[Article]) -> list[Article]:
    return [replace(article, title=None, text=article.text[:BYLINE_CHARACTERS]) for article in articles]
