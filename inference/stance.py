"""The stance of articles towards targets: found, scored, and the sentences that speak for it."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from khabar.inference.columns import CHUNK, DECIMALS, UNKNOWN, readable
from khabar.inference.heads import Head, abstains, probabilities
from khabar.inference.inputs import Column, synonym_list, unreadable
from khabar.inference.model import Model
from khabar.inference.sentences import sentence_spans
from khabar.inference.stance_model import StanceModel, Subject, subject_of
from khabar.inference.tags import Field, SentenceShare, Stance
from khabar.inference.targets import Mention, can_be_found

NOT_NAMED = "the article does not name the target"
NEVER_NAMED = "target has no word of two letters"
SENTENCES = 3  # of evidence
# Code points into the text, from which on a target that is named once only is named in passing. Models are trained on
# targets that articles are about, and far too sure of others: there, they take a side in four articles of five.
PASSING_FROM = 400
LEAST = 1e-9  # probability that log odds are given of
WEIGHED = 12  # sentences of an article that are scored alone: the first that name the target


def stances(
    model: Model,
    texts: list[Any],
    titles: list[Any] | None,
    targets: Sequence[Any],
    synonyms: Column = (),
    threads: int = 1,
) -> list[Stance]:
    """Give the stance of each article towards its target.

    Parameters
    ----------
    model : Model
    texts, titles : list
        Of the same length; what is no text gets no stance, with the reason.
    targets : sequence
        One for each text.
    synonyms : list, Series or array of str, or None
        Other names, of all targets.
    threads : int

    Returns
    -------
    list of Stance
        In order, one an article.

    Raises
    ------
    InputError
        The synonyms are no list of str.
    """
    others = synonym_list(synonyms)
    if model.stance is None:
        return [no_stance(f"the model {model.name!r} has no stance head")] * len(texts)
    texts, titles, errors = readable(texts, titles)
    found = [no_stance(NOT_NAMED)] * len(texts)
    for low in range(0, len(texts), CHUNK):
        rows = range(low, min(low + CHUNK, len(texts)))
        subjects: dict[int, Subject] = {}
        for row in rows:
            reason = errors.get(row) or unreadable(targets[row], "target")
            if reason is not None:
                found[row] = no_stance(reason)
                continue
            title = None if titles is None else titles[row]
            subject = subject_of(model.table, title, texts[row], str(targets[row]), others)
            if subject.mentions:
                subjects[row] = subject
            elif not can_be_found(model.table, subject.target, others):
                found[row] = no_stance(NEVER_NAMED)
        if subjects:
            for row, stance in zip(subjects, _scored(model.stance, list(subjects.values()), threads), strict=True):
                found[row] = stance
    return found


def no_stance(reason: str) -> Stance:
    """Say why there is no stance."""
    return Stance(None, None, {}, error=reason)


def decided(head: Head, scores: npt.ArrayLike, subjects: Sequence[Subject]) -> list[Stance]:
    """Turn the scores of articles into stances, without evidence."""
    probability = probabilities(head, scores).round(DECIMALS)
    labels = head.labels
    doubted = abstains(head, probability) | np.array([in_passing(subject) for subject in subjects], dtype=bool)
    return [
        Stance(labels[at], p[at], dict(zip(labels, p, strict=True)), abstained=unsure)
        for at, p, unsure in zip(
            probability.argmax(axis=1).tolist(), probability.tolist(), doubted.tolist(), strict=True
        )
    ]


def in_passing(subject: Subject) -> bool:
    """Say whether an article names its target once only, and neither in the title nor at the beginning."""
    first, *others = subject.mentions
    return not others and first.field == "text" and first.start >= PASSING_FROM


def _scored(model: StanceModel, subjects: list[Subject], threads: int) -> list[Stance]:
    scores, known = model.score(subjects, threads)
    found = decided(model.head, scores, subjects)
    evidence = _evidence(model, subjects, [model.head.labels.index(str(s.label)) for s in found], threads)
    return [
        replace(stance, evidence=shown) if n else no_stance(UNKNOWN)
        for stance, shown, n in zip(found, evidence, known.tolist(), strict=True)
    ]


def _evidence(
    model: StanceModel, subjects: list[Subject], best: list[int], threads: int
) -> list[tuple[SentenceShare, ...]]:
    """Score the sentences that name the target, each as if it were the article, all of them in one call."""
    sentences = [list(islice(naming_sentences(subject), WEIGHED)) for subject in subjects]
    scores, _ = model.score([alone for found in sentences for _, _, alone in found], threads)
    log_p = np.log(np.maximum(probabilities(model.head, scores), LEAST))
    evidence, low = [], 0
    for label, found in zip(best, sentences, strict=True):
        part = log_p[low : low + len(found)]
        low += len(found)
        shares = (part[:, label] - np.delete(part, label, axis=1).max(axis=1)).tolist()
        weighed = [
            SentenceShare(field, start, start + len(alone.text), alone.text, share)
            for (field, start, alone), share in zip(found, shares, strict=True)
        ]
        weighed.sort(key=lambda sentence: -sentence.share)
        evidence.append(tuple(weighed[:SENTENCES]))
    return evidence


def naming_sentences(subject: Subject) -> Iterator[tuple[Field, int, Subject]]:
    """Give the sentences that name the target, with their field and start, each as an article of its own.

    A title is one sentence; a sentence names a target that begins in it.
    """
    fields: tuple[tuple[Field, str | None], ...] = (("title", subject.title), ("text", subject.text))
    for field, string in fields:
        mentions = deque(mention for mention in subject.mentions if mention.field == field)
        if string is None or not mentions:
            continue
        spans = [(0, len(string))] if field == "title" else sentence_spans(string)
        for start, end in spans:
            inside = []
            while mentions and mentions[0].start < end:
                mention = mentions.popleft()
                inside.append(Mention("text", mention.start - start, min(mention.end, end) - start))
            if inside:
                yield field, start, Subject(None, string[start:end], subject.target, tuple(inside))
