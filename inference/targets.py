"""Where an article names a target: the words of its name as Arabic writes them, clitics, article and endings included.

A target has one name or several (synonyms), each a run of words. A word of the article is a word of the name if,
normalised, it is that word

- behind the conjunctions و ف, the prepositions ب ل ك, the future س of a verb, and the article ال or لل;
- with or without the article, whichever of the two has it;
- with the ending of a case, a sound plural or an owner (الحكومة, حكومتنا), if at least four letters remain: what three
  letters and an ending make is most often another word (قطر, قطرة; ملك, ملكة).

The adjective of a place is another word than its name: مصر is found in بمصر, neither in مصرف nor in المصريين. Whoever
wants adjectives, abbreviations, last names or other spellings found gives them as synonyms.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from khabar.inference.tags import Field
from khabar.inference.text import CODE_POINT, CODE_POINTS, COMPOSES, DELETE, EXPANDS, PAGE, WORD, TextTable

LONG = 4  # letters that must remain before an ending
SHORT = 3  # letters that must remain behind the article or a clitic
ARTICLES = ("وال", "بال", "كال", "فال", "ولل", "ال", "لل")
PLURALS = ("ون", "ين", "ات")
PRESENT = "ايتن"  # how verbs in the present begin
OWNERS = ("ه", "ها", "هما", "هم", "هن", "نا", "كم")
NOTHING = frozenset({""})
HEH = frozenset("هة")
ENDINGS = frozenset(("", "ا", *PLURALS, *OWNERS))
ENDINGS_OF_FEMININE = HEH | {"ات"} | {f"ت{ending}" for ending in ("ان", "ين", *OWNERS)}
CLITICS_OF_SHORT = frozenset(("", "و", *(c + a for c in ("", "و", "ف") for a in ("ال", "بال", "كال", "لل"))))
CLITICS = CLITICS_OF_SHORT | {c + p for c in ("", "و", "ف") for p in ("", "ب", "ل", "ك")}
CLITICS_OF_VERB = CLITICS | {"س", "وس", "فس"}
TOKEN = re.compile("[^ ]{2,}")
# Stands for teh marbuta where a whole table normalises, which would make it heh: a letter that no table touches.
KEPT = "\ua66e"
GONE = "\ue000"  # stands for what vanishes; a table makes a space of it, so that no text has it once normalised
# Digits are compared by their value, words of a hashtag one by one; every character still stands where it stood.
SAME = {ord(a): b for a, b in zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹_", "01234567890123456789 ", strict=True)}
NAMES = 1024  # kept: more targets than one run asks for


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where an article names a target.

    Attributes
    ----------
    field : {"title", "text"}
    start, end : int
        Half-open span in code points of the original title or text: whole words, clitics included.
    """

    field: Field
    start: int
    end: int


def find_mentions(
    table: TextTable, title: str | None, text: str, target: str, synonyms: Sequence[str] = ()
) -> list[Mention]:
    """Find where an article names a target.

    Words are compared as `table` normalises them: vowel marks, tatweel and the forms of alef do not matter.

    Parameters
    ----------
    table : TextTable
    title : str or None
    text : str
    target : str
    synonyms : sequence of str
        Other names of the target.

    Returns
    -------
    list of Mention
        Those of the title first, then by their place; where two names overlap, that which begins first, and of these
        the longer. Empty if no name has a word of two letters.

    Examples
    --------
    >>> from khabar.training.table import build_table
    >>> find_mentions(build_table(), None, "فازت مصر، وبجوار المصرف #منتخب_مِصر", "مصر")
    [Mention(field='text', start=5, end=8), Mention(field='text', start=31, end=35)]
    """
    names = _names(table, (target, *synonyms))
    found = [Mention("title", *span) for span in _spans(table, names, title)] if title else []
    return found + [Mention("text", *span) for span in _spans(table, names, text)]


def can_be_found(table: TextTable, target: str, synonyms: Sequence[str] = ()) -> bool:
    """Say whether a target has a name that an article could have: one with a word of two letters."""
    return bool(_names(table, (target, *synonyms)))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a target's name: what all its forms have, and what may stand before and behind it."""

    core: str
    clitics: frozenset[str]
    endings: frozenset[str]

    def is_form(self, written: str, at: int) -> bool:
        """Say whether a word that has the core at a place is this word."""
        return written[:at] in self.clitics and written[at + len(self.core) :] in self.endings

    def matches(self, written: str) -> bool:
        """Say whether a word is this word."""
        at = written.find(self.core)
        while at >= 0:
            if self.is_form(written, at):
                return True
            at = written.find(self.core, at + 1)
        return False


@lru_cache(maxsize=NAMES)
def _names(table: TextTable, names: tuple[str, ...]) -> tuple[tuple[_Word, ...], ...]:
    spelt = dict.fromkeys(tuple(token.text for token in table.tokens(name.translate(SAME))) for name in names)
    return tuple(tuple(map(_word, words)) for words in spelt if words)


def _word(word: str) -> _Word:
    for article in ARTICLES:
        # A compound article could be letters of the word itself: والدين has no article.
        least = SHORT if article in ("ال", "لل") else LONG
        if word.startswith(article) and len(word) >= len(article) + least:
            word = word[len(article) :]
            break
    if word.isascii():
        return _Word(word, NOTHING, NOTHING)
    clitics = CLITICS
    if len(word) < SHORT:
        clitics = CLITICS_OF_SHORT
    elif len(word) >= LONG and word[0] in PRESENT:
        clitics = CLITICS_OF_VERB
    if len(word) < LONG or word == "الله":
        return _Word(word[:-1], clitics, HEH) if word[-1] == "ه" and len(word) > 1 else _Word(word, clitics, NOTHING)
    if word.endswith("ه"):
        return _Word(word[:-1], clitics, ENDINGS_OF_FEMININE)
    if word.endswith(PLURALS) and len(word) >= LONG + 2:
        word = word[:-2]
    return _Word(word, clitics, ENDINGS)


def _spans(table: TextTable, names: tuple[tuple[_Word, ...], ...], string: str) -> list[tuple[int, int]]:
    """Give the places of names in a string as it was written."""
    speller = _speller(table)
    codes = np.frombuffer(string.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if speller.is_slow[codes].any():
        tokens = table.tokens(string.translate(SAME).replace("ة", KEPT))
        spelt = " ".join(token.text for token in tokens).replace(KEPT, "ة")
        ends = [*accumulate(len(token.text) + 1 for token in tokens)]
        return [
            (tokens[bisect_right(ends, start)].start, tokens[bisect_right(ends, end - 1)].end)
            for start, end in _spelt_spans(names, spelt)
        ]
    letters = speller.spelt[codes]
    spelt = letters.tobytes().decode("utf-32-le")
    if GONE not in spelt:
        return _spelt_spans(names, spelt)
    # Of every character that is gone, the place where it would stand in what was spelt.
    gone = np.flatnonzero(letters == ord(GONE))
    gone -= np.arange(len(gone))
    return [
        (start + int(np.searchsorted(gone, start, "right")), end + int(np.searchsorted(gone, end - 1, "right")))
        for start, end in _spelt_spans(names, spelt.replace(GONE, ""))
    ]


def _spelt_spans(names: tuple[tuple[_Word, ...], ...], spelt: str) -> list[tuple[int, int]]:
    """Give the places of names in normalised words between spaces."""
    spans = sorted({span for name in names for span in _spans_of_name(name, spelt)}, key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _spans_of_name(name: tuple[_Word, ...], spelt: str) -> Iterator[tuple[int, int]]:
    first, *others = name
    at = spelt.find(first.core)
    while at >= 0:
        start = spelt.rfind(" ", 0, at) + 1
        end = spelt.find(" ", at)
        end = len(spelt) if end < 0 else end
        if first.is_form(spelt[start:end], at - start):
            last = _end_of(others, spelt, end)
            if last is not None:
                yield start, last
        at = spelt.find(first.core, at + 1)


def _end_of(others: list[_Word], spelt: str, end: int) -> int | None:
    """Give where the last of some words ends that follow a place; None if others stand there."""
    for word in others:
        following = TOKEN.search(spelt, end)
        if following is None or not word.matches(following.group()):
            return None
        end = following.end()
    return end


class _Speller:
    """What each code point becomes, and of which code points that depends on more than themselves.

    What is no part of a word becomes a space. Teh marbuta stays apart from heh, which is an owner where it is no letter
    of the word.
    """

    def __init__(self, table: TextTable) -> None:
        entries = table.stage2.reshape(-1, PAGE)[table.stage1].reshape(-1)
        replacement = entries & np.uint32(CODE_POINT)
        spelt = np.where(replacement == 0, np.arange(CODE_POINTS, dtype=np.uint32), replacement)
        spelt[entries & np.uint32(WORD) == 0] = ord(" ")
        spelt[replacement == DELETE] = ord(GONE)
        for code_point, same in SAME.items():
            spelt[code_point] = ord(same)
        spelt[ord("ة")] = ord("ة")
        self.spelt = spelt
        self.is_slow = (entries & np.uint32(COMPOSES | EXPANDS)) != 0


@lru_cache(maxsize=8)
def _speller(table: TextTable) -> _Speller:
    return _Speller(table)
