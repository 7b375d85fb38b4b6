"""What tagging gives: the tags of an article, its stance, and the evidence for a label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Field = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one article.

    Attributes
    ----------
    sector : str or None
        The main sector; None if the article could not be read, with the reason in `error`.
    sectors : list of str
        All sectors that apply, the main one first, the others by falling probability; at most four.
    sector_scores : dict of str to float
        Calibrated probability that each sector is the main one, rounded to six decimals.
    tone : str or None
        `negative`, `neutral` or `positive`.
    tone_scores : dict of str to float
        Calibrated probability of each tone.
    abstained : tuple of str
        Which of `sector` and `tone` is not sure enough to use.
    error : str or None
        Why there are no tags.
    """

    sector: str | None
    sectors: list[str]
    sector_scores: dict[str, float]
    tone: str | None
    tone_scores: dict[str, float]
    abstained: tuple[str, ...] = ()
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the tags as JSON values."""
        return {
            "sector": self.sector,
            "sectors": list(self.sectors),
            "sector_scores": dict(self.sector_scores),
            "tone": self.tone,
            "tone_scores": dict(self.tone_scores),
            "abstained": list(self.abstained),
            "error": self.error,
        }


class Span(NamedTuple):
    """A place in an article: `start` and `end` count code points of the original title or text, half-open."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WordShare:
    """What a word, or an n-gram of words, adds to a score.

    Attributes
    ----------
    word : str
        As written where it first occurs.
    share : float
        Sum over all its occurrences, its stem and character n-grams included. Negative if it speaks against.
    spans : tuple of Span
        Every occurrence in the original title and text, title first.
    """

    word: str
    share: float
    spans: tuple[Span, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the share as JSON values."""
        return {"word": self.word, "share": self.share, "spans": [span._asdict() for span in self.spans]}


@dataclass(frozen=True, slots=True)
class SentenceShare:
    """What a sentence says for a label; the title counts as one sentence.

    Attributes
    ----------
    field : {"title", "text"}
    start, end : int
        Half-open span in code points of the original title or text.
    text : str
        The sentence as written.
    share : float
        In an `Explanation`, the sum over its words; an n-gram that crosses sentences is divided over its words. In the
        evidence of a `Stance`, the log odds of the label that the sentence alone would have.
    """

    field: Field
    start: int
    end: int
    text: str
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Give the share as JSON values."""
        return {
            "field": self.field,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an article got a label: the score of that label, divided over the article.

    The score is linear in the features, so `intercept` plus the shares of all words is the score, and so is
    `intercept` plus the shares of all sentences.

    Attributes
    ----------
    head : str
        The question: `sector` (the main one), `sectors` (one more that applies) or `tone`.
    label : str
    score : float
        The margin of the label, before calibration.
    probability : float
        Calibrated.
    intercept : float
        The score of an article without a known word.
    words : tuple of WordShare
        Those that weigh most, by falling absolute share.
    other_words : float
        The shares of all words that are not in `words`, together.
    sentences : tuple of SentenceShare
        All sentences with a word that counts, by falling share.
    """

    head: str
    label: str
    score: float
    probability: float
    intercept: float
    words: tuple[WordShare, ...]
    other_words: float
    sentences: tuple[SentenceShare, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the explanation as JSON values."""
        return {
            "head": self.head,
            "label": self.label,
            "score": self.score,
            "probability": self.probability,
            "intercept": self.intercept,
            "words": [word.to_dict() for word in self.words],
            "other_words": self.other_words,
            "sentences": [sentence.to_dict() for sentence in self.sentences],
        }


@dataclass(frozen=True, slots=True)
class Stance:
    """The stance of an article towards a target.

    Attributes
    ----------
    label : str or None
        `against`, `neutral` or `favor`; None if there is none, with the reason in `error`.
    score : float or None
        Calibrated probability of the label.
    scores : dict of str to float
        Calibrated probability of each stance, rounded to six decimals.
    evidence : tuple of SentenceShare
        The sentences naming the target that speak most for the label, at most three. Their share is what the
        sentence says alone: the log odds of the label against the likeliest other one, negative if the sentence alone
        would get another label.
    abstained : bool
        Whether it is not sure enough to use: by its probability, or because the target is named in passing only, once
        and neither in the title nor in the first 400 characters.
    error : str or None
        Why there is no stance.
    """

    label: str | None
    score: float | None
    scores: Mapping[str, float]
    evidence: tuple[SentenceShare, ...] = ()
    error: str | None = None
    abstained: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the stance as JSON values."""
        return {
            "label": self.label,
            "score": self.score,
            "scores": dict(self.scores),
            "abstained": self.abstained,
            "evidence": [sentence.to_dict() for sentence in self.evidence],
            "error": self.error,
        }
