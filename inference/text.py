"""From code points to tokens: the normaliser as a table that travels in the model, and the tokens with their offsets.

The table is made once, from camel-tools' own functions, by `khabar.training.table`. It gives for every code
point the code points that replace it, and whether each is part of a word. What a table alone gets wrong is
composition across code points (alef followed by a combining hamza is one letter, أ); the code points that can
compose with what stands before them are flagged, and only the clusters around them go through Unicode's NFKC.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

# An entry of the table: the low 21 bits are the replacement code point, the bits above say what it is.
# Zero stands for the code point itself, so that most pages of the table are alike and stored once.
CODE_POINT = 0x1FFFFF
WORD = 1 << 31  # the replacement is a letter, digit or underscore: part of a token
COMPOSES = 1 << 30  # may join the letter before it: the cluster is normalised as a whole
EXPANDS = 1 << 29  # the low bits index `expansions`: [length, entry, entry, ...]
DELETE = CODE_POINT  # no such code point exists: the character vanishes and does not end a token

MIN_TOKEN_LENGTH = 2
CODE_POINTS = 0x110000
PAGE = 256


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word and where it stands in the original string.

    Attributes
    ----------
    text : str
        Normalised characters, at least two.
    start, end : int
        Half-open span in code points of the string the token was read from.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class TextTable:
    """The normaliser of one model.

    Attributes
    ----------
    stage1 : ndarray of uint16, shape (4352,)
        Page number of each block of 256 code points.
    stage2 : ndarray of uint32, shape (n_pages * 256,)
        The entry of each code point, see the constants of this module.
    expansions : ndarray of uint32
        For entries flagged `EXPANDS`: the number of entries, then the entries.
    """

    stage1: npt.NDArray[np.uint16]
    stage2: npt.NDArray[np.uint32]
    expansions: npt.NDArray[np.uint32]

    def entry(self, code_point: int) -> int:
        """Give the table's entry of a code point."""
        page = int(self.stage1[code_point // PAGE])
        return int(self.stage2[page * PAGE + code_point % PAGE])

    def replacement(self, code_point: int) -> list[tuple[str, bool]]:
        """Give the characters that replace a code point, each with whether it is part of a word."""
        entry = self.entry(code_point)
        if entry & EXPANDS:
            at = entry & CODE_POINT
            entries = self.expansions[at + 1 : at + 1 + int(self.expansions[at])].tolist()
            return [(chr(e & CODE_POINT), bool(e & WORD)) for e in entries]
        if entry & CODE_POINT == DELETE:
            return []
        return [(chr(entry & CODE_POINT or code_point), bool(entry & WORD))]

    @cached_property
    def _replacements(self) -> "_Replacements":
        return _Replacements(self)

    def compose(self, text: str) -> str:
        """Replace each cluster that the table cannot settle by its NFKC form.

        Everything else is left alone, so `normalise(text) == normalise(compose(text))`.
        """
        return "".join(part for part, _, _ in self._composed(text))

    def normalise(self, text: str) -> str:
        """Normalise a string exactly as camel-tools' functions do.

        NFKC, lower case code point by code point, diacritics and tatweel removed, alef, alef maksura and
        teh marbuta unified. Accepts any str, lone surrogates included.
        """
        pieces = self._replacements
        return "".join(letter for c in self.compose(text) for letter, _ in pieces[c])

    def tokens(self, text: str) -> list[Token]:
        """Cut a string into tokens: runs of two or more word characters after normalisation."""
        found: list[Token] = []
        letters: list[str] = []
        first = last = 0
        for letter, is_word, start, end in self._letters(text):
            if is_word:
                if not letters:
                    first = start
                letters.append(letter)
                last = end
            else:
                if len(letters) >= MIN_TOKEN_LENGTH:
                    found.append(Token("".join(letters), first, last))
                letters = []
        if len(letters) >= MIN_TOKEN_LENGTH:
            found.append(Token("".join(letters), first, last))
        return found

    def _letters(self, text: str) -> Iterator[tuple[str, bool, int, int]]:
        """Give each character of the normalised text with the original span it comes from."""
        pieces = self._replacements
        for part, start, end in self._composed(text):
            untouched = end - start == len(part) and text.startswith(part, start)
            for at, c in enumerate(part, start):
                for letter, is_word in pieces[c]:
                    yield (letter, is_word, at, at + 1) if untouched else (letter, is_word, start, end)

    def _composed(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Give the text in parts, clusters that compose replaced, each with its original span."""
        pieces = self._replacements
        if not any(pieces.continues(c) for c in set(text)):
            yield text, 0, len(text)
            return
        done = at = 0
        while at < len(text):
            end = at + 1
            while end < len(text) and pieces.continues(text[end]) and not pieces.departs(text[at]):
                end += 1
            if end > at + 1:
                cluster = text[at:end]
                composed = unicodedata.normalize("NFKC", cluster)
                # Marks that merely stand after a letter stay as they are: the table deals with each alone.
                if composed != "".join(unicodedata.normalize("NFKC", c) for c in cluster):
                    if done < at:
                        yield text[done:at], done, at
                    yield composed, at, end
                    done = end
            at = end
        if done < len(text):
            yield text[done:], done, len(text)


class _Replacements(dict[str, list[tuple[str, bool]]]):
    """What each character becomes, looked up once."""

    def __init__(self, table: TextTable) -> None:
        super().__init__()
        self._table = table
        self._continues: dict[str, bool] = {}

    def __missing__(self, character: str) -> list[tuple[str, bool]]:
        self[character] = letters = self._table.replacement(ord(character))
        return letters

    def continues(self, character: str) -> bool:
        """Say whether the character belongs to the cluster of the one before it."""
        known = self._continues.get(character)
        if known is None:
            joins = bool(self._table.entry(ord(character)) & COMPOSES)
            known = self._continues[character] = joins or unicodedata.combining(character) != 0
        return known

    def departs(self, character: str) -> bool:
        """Say whether the table spells the character otherwise than NFKC does.

        camel-tools has spellings of its own for the rial sign and the basmala; nothing composes with them.
        """
        entry = self._table.entry(ord(character))
        if not entry & EXPANDS:
            return False
        nfkc = unicodedata.normalize("NFKC", character)
        return [letter for c in nfkc for letter in self[c]] != self[character]
