"""What the blocks of a stance model read of an article, given the target and where it is named.

Every reading is a document that goes through the text path of any other: words of the article, with pseudo-words of
Latin letters where something about a word or about the target is to be known (`before_` a word that stands there, or
`in_title`). So a model of stances is linear over blocks, as every other head.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from khabar.inference.claim_signals import claim_signals
from khabar.inference.plain_words import TATWEEL_AND_VOWEL_MARKS, plain_words
from khabar.inference.sentences import sentence_spans
from khabar.inference.targets import Mention

Document = str | tuple[str | None, str]

# Stands in the place of the target, so that what is said of one target is known of another.
MARKER = "targetmention"
NEAR = 6  # words on either side of a mention
BEGINNING = 100  # characters: how precisely the place of the first mention in the text is told
MOST_MENTIONS = 6  # that are told apart
MOST_PLACES = 8

WORD = re.compile(r"\w+")
UNREAD = re.compile(f"[{''.join(map(chr, TATWEEL_AND_VOWEL_MARKS))}]+")
STUCK = re.compile(rf"(?<=\w)(?={MARKER})|(?<={MARKER})(?=\w)")
QUOTES = re.compile('["«»“”]')


def reading(name: str, title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:
    """Give the document that a reading makes of an article and a target.

    Parameters
    ----------
    name : str
        article
            Title and text.
        target
            The target as it was given.
        window
            The sentences that name the target, the title among them; `MARKER` in the place of the target.
        near
            The words within six of a mention, marked alike: their n-grams tell what the target does and suffers.
        role
            Pseudo-words: the words next to a mention, how often and where the target is named, who speaks.
        shared, text_only, target_only
            The words that article and target both have, that only the article has, that only the target has.
        claim
            Pseudo-words on how a claim and a text differ, see `khabar.inference.claim_signals`.
    title : str or None
    text : str
    target : str
    mentions : sequence of Mention
        Of the target, see `khabar.inference.targets.find_mentions`. Those of `MARKED` look at them.

    Returns
    -------
    str, or a title (or None) and a text

    Raises
    ------
    ValueError
        There is no such reading.

    Examples
    --------
    >>> reading("near", None, "أشاد الخبراء بالميناء الجديد", "الميناء", [Mention("text", 13, 21)])
    (None, 'أشاد الخبراء targetmention الجديد')
    """
    if name not in _READINGS:
        raise ValueError(f"found the reading {name!r}, expected one of {', '.join(READINGS)}")
    return _READINGS[name](title, text, target, mentions)


def _article(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    return title, text


def _target(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    return target


def _window(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    head, body = _marked_fields(title, text, mentions)
    naming = (body[start:end] for start, end in sentence_spans(body) if MARKER in body[start:end])
    return head, "\n".join(naming)


def _near(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    head, body = _marked_fields(title, text, mentions)
    return None if head is None else " ".join(_words_near(head)), " ".join(_words_near(body))


def _role(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:
    head, body = _marked_fields(title, text, mentions)
    told = [f"mentions_{min(len(mentions), MOST_MENTIONS)}", f"words_{len(target.split())}"]
    first = body.find(MARKER)
    told.append("only_in_title" if first < 0 else f"first_at_{min(first // BEGINNING, MOST_PLACES)}")
    told.append("definite" if target.startswith("ال") else "indefinite")
    told += _neighbours(body)
    if title is not None:
        told += [
            sign for sign, holds in (("title_quotes", QUOTES.search(title)), ("title_asks", "؟" in title)) if holds
        ]
    if head is not None:
        told.append("in_title")
        told += ["title_begins"] if head.startswith(MARKER) else []
        told += ["title_speaks"] if re.search(rf"{MARKER}\s*:", head) else []
        told += _neighbours(head)
    return " ".join(told)


def _shared(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    of_target = set(plain_words(target))
    return " ".join(word for word in _article_words(title, text) if word in of_target)


def _text_only(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    of_target = set(plain_words(target))
    return " ".join(word for word in _article_words(title, text) if word not in of_target)


def _target_only(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    of_article = set(_article_words(title, text))
    return " ".join(word for word in plain_words(target) if word not in of_article)


def _claim(title: str | None, text: str, target: str, mentions: Sequence[Mention]) -> Document:  # noqa: ARG001
    return " ".join(claim_signals(target, text if title is None else f"{title}\n{text}"))


_READINGS: dict[str, Callable[[str | None, str, str, Sequence[Mention]], Document]] = {
    "article": _article,
    "target": _target,
    "window": _window,
    "near": _near,
    "role": _role,
    "shared": _shared,
    "text_only": _text_only,
    "target_only": _target_only,
    "claim": _claim,
}
READINGS: tuple[str, ...] = tuple(_READINGS)
MARKED = ("window", "near", "role")
OWN_WORDS = ("article", "text_only", "shared")  # no pseudo-words, and of the target nothing that the article lacks


def _article_words(title: str | None, text: str) -> list[str]:
    return plain_words(f"{title or ''} {text}")


def _marked_fields(title: str | None, text: str, mentions: Sequence[Mention]) -> tuple[str | None, str]:
    """Put the marker in the place of every mention; a title that does not name the target is left out."""
    in_title = [mention for mention in mentions if mention.field == "title"]
    head = _marked(title, in_title) if title and in_title else None
    return head, _marked(text, [mention for mention in mentions if mention.field == "text"])


def _marked(string: str, mentions: Sequence[Mention]) -> str:
    """Put the marker, as a word of its own, in the place of mentions; what no word is told by is left out."""
    parts, done = [], 0
    for mention in mentions:
        parts += [_unmarked(string[done : mention.start]), MARKER]
        done = mention.end
    return STUCK.sub(" ", "".join([*parts, _unmarked(string[done:])]))


def _unmarked(part: str) -> str:
    # Composed first: a hamza that is a character of its own belongs to its letter, vowel marks do not.
    return UNREAD.sub("", unicodedata.normalize("NFC", part)).replace("_", " ")


def _words_near(marked: str) -> Iterator[str]:
    words = WORD.findall(marked)
    places = [at for at, word in enumerate(words) if word == MARKER]
    near = {at for place in places for at in range(place - NEAR, place + NEAR + 1)}
    return (words[at] for at in sorted(near) if 0 <= at < len(words))


def _neighbours(marked: str) -> list[str]:
    """Give the two words before every mention and the one behind it, each with its place."""
    words = WORD.findall(marked)
    places = [at for at, word in enumerate(words) if word == MARKER]
    return [
        f"{side}_{words[place + step]}"
        for place in places
        for side, step in (("earlier", -2), ("before", -1), ("after", 1))
        if 0 <= place + step < len(words)
    ]
