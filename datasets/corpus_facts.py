"""What can be counted of a corpus without showing any of its text: classes, lengths, copies, what we annotated."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from khabar.datasets.annotated import PARTS, label_rows
from khabar.datasets.article import Article
from khabar.datasets.duplicates import DuplicateReport, duplicate_report, near_duplicate_keys

Counts = tuple[tuple[str, int], ...]

# What a part of an official split is measured against; of folds, all others.
TRAINED_ON = {"train": (), "dev": ("train",), "test": ("train", "dev")}


@dataclass(frozen=True)
class Quartiles:
    """Lowest, lower quartile, median, upper quartile, highest."""

    lowest: int
    lower: int
    median: int
    upper: int
    highest: int


@dataclass(frozen=True)
class PartFacts:
    """A part of the official split, and what of it stands in what systems are trained on as well.

    Attributes
    ----------
    name : str
    documents : int
    labels : tuple of (str, int)
    same_text : int or None
        Documents whose text stands there letter by letter; None for the part that is trained on.
    same_pair : int or None
        Those of them that have the same target as well; the same as `same_text` where there are no targets.
    near : int or None
        Documents that are near-duplicates of one there, those with the same text among them.
    """

    name: str
    documents: int
    labels: Counts
    same_text: int | None
    same_pair: int | None
    near: int | None


@dataclass(frozen=True)
class CorpusFacts:
    """What can be counted of a corpus.

    Attributes
    ----------
    documents, empty, titled, dated : int
        How many there are, have no text, have a title of their own, have a date.
    first, last : str or None
        The first and the last date.
    labels : tuple of (str, int)
        The corpus's own labels with the documents that have them, most first.
    unlabelled : int
        Documents without a label.
    with_sectors : int
        Documents of which the label map asserts or denies at least one sector.
    tones, stances : tuple of (str, int)
        The tones and stances that the label map gives, with the documents that have them.
    outlets : tuple of (str, int)
    targets, repeated_pairs : int
        Different targets of a stance; documents whose text stands before with the same target.
    characters, words : Quartiles or None
        Of the texts that are not empty; None if all are.
    duplicates : DuplicateReport
    conflicts : tuple of (str, str, int)
        Pairs of labels with the number of groups of near-duplicates that have both, most first.
    parts : tuple of PartFacts
        Of the official split; none if there is none.
    annotated : tuple of (str, int)
        For each part of our annotations, how many articles of this corpus it labels.
    """

    documents: int
    empty: int
    titled: int
    dated: int
    first: str | None
    last: str | None
    labels: Counts
    unlabelled: int
    with_sectors: int
    tones: Counts
    stances: Counts
    outlets: Counts
    targets: int
    repeated_pairs: int
    characters: Quartiles | None
    words: Quartiles | None
    duplicates: DuplicateReport
    conflicts: tuple[tuple[str, str, int], ...]
    parts: tuple[PartFacts, ...]
    annotated: Counts


def facts(articles: Sequence[Article]) -> CorpusFacts:
    """Count what there is to count of the articles of one corpus."""
    keys = near_duplicate_keys(articles)
    duplicates = duplicate_report(articles, keys)
    dates = sorted(article.date for article in articles if article.date is not None)
    texts = [article.text for article in articles if article.text.strip()]
    corpora = {article.corpus for article in articles}
    return CorpusFacts(
        documents=len(articles),
        empty=len(articles) - len(texts),
        titled=sum(article.title is not None for article in articles),
        dated=len(dates),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        labels=_labels(articles),
        unlabelled=sum(not article.labels for article in articles),
        with_sectors=sum(bool(article.sectors or article.denied) for article in articles),
        tones=_most_first(article.tone for article in articles if article.tone),
        stances=_most_first(article.stance for article in articles if article.stance),
        outlets=_most_first(article.outlet for article in articles),
        targets=len({article.target for article in articles} - {None}),
        repeated_pairs=len(texts)
        - len({(article.text, article.target) for article in articles if article.text.strip()}),
        characters=_quartiles([len(text) for text in texts]),
        words=_quartiles([len(text.split()) for text in texts]),
        duplicates=duplicates,
        conflicts=_conflicts(duplicates.conflicts),
        parts=_parts(articles, keys),
        annotated=tuple((part, sum(row["corpus"] in corpora for row in label_rows(part))) for part in PARTS),
    )


def _parts(articles: Sequence[Article], keys: Sequence[int]) -> tuple[PartFacts, ...]:
    """The parts of the official split in their order, each against what systems that are tested on it train on."""
    positions: dict[str, list[int]] = {}
    for position, article in enumerate(articles):
        if article.split is not None:
            positions.setdefault(article.split, []).append(position)
    names = sorted(positions, key=lambda name: (list(TRAINED_ON).index(name) if name in TRAINED_ON else 0, name))
    parts = []
    for name in names:
        others = TRAINED_ON.get(name, tuple(other for other in names if other != name))
        train = [position for other in others for position in positions.get(other, ())]
        parts.append(_part(name, articles, keys, positions[name], train))
    return tuple(parts)


def _part(
    name: str, articles: Sequence[Article], keys: Sequence[int], positions: Sequence[int], train: Sequence[int]
) -> PartFacts:
    own = [articles[position] for position in positions]
    labels = _labels(own)
    if not train:
        return PartFacts(name, len(own), labels, None, None, None)
    texts = {articles[position].text for position in train}
    pairs = {(articles[position].text, articles[position].target) for position in train}
    near = {keys[position] for position in train}
    full = [article for article in own if article.text.strip()]
    return PartFacts(
        name,
        len(own),
        labels,
        same_text=sum(article.text in texts for article in full),
        same_pair=sum((article.text, article.target) in pairs for article in full),
        near=sum(keys[position] in near for position in positions),
    )


def _conflicts(groups: Iterable[Sequence[Article]]) -> tuple[tuple[str, str, int], ...]:
    counts: Counter[tuple[str, str]] = Counter()
    for group in groups:
        said: dict[str | None, set[str]] = {}
        for article in group:
            if article.labels:
                said.setdefault(article.target, set()).add(" + ".join(article.labels))
        counts.update({pair for labels in said.values() for pair in combinations(sorted(labels), 2)})
    return tuple((*pair, n) for pair, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _labels(articles: Iterable[Article]) -> Counts:
    return _most_first(label for article in articles for label in article.labels)


def _most_first(names: Iterable[str]) -> Counts:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _quartiles(lengths: Sequence[int]) -> Quartiles | None:
    if not lengths:
        return None
    return Quartiles(*(int(length) for length in np.quantile(lengths, (0, 0.25, 0.5, 0.75, 1)).round()))
