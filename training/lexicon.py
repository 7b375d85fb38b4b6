"""The lexicon of tone: words that praise, harm or only state, grouped by what they are about, as a space of words.

It is khabar's own, written for it (tone_lexicon.toml). What weight a group has is learnt, from the labelled articles;
that its words belong together is told, so a word that no labelled article has counts like its group.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from khabar.inference.features import stem
from khabar.training.table import normalise

ANY_ENDING = "*"
# Before a stem, what light stemming leaves of verbs and of one-letter particles.
PREFIXES = ("", "ي", "ت", "س", "سي", "ست", "ل", "ب", "و", "ف", "ن", "لل", "ال", "وال", "بال", "لي", "لت", "وي", "وت")
LONGEST_BEGINNING, SHORTEST_BEGINNING = 8, 3
LONGEST_ENDING = 3


@dataclass(frozen=True)
class Lexicon:
    """Words and beginnings of words, each with the number of its group; and stems that only look like one of them.

    Attributes
    ----------
    groups : int
    words, beginnings : dict of str to int
    excluded : frozenset of str
    """

    groups: int
    words: dict[str, int]
    beginnings: dict[str, int]
    excluded: frozenset[str]

    def group(self, name: str) -> int | None:
        """Say to which group a stem belongs, if to any: by a whole word, else by the longest beginning."""
        if name in self.excluded:
            return None
        rests = [(prefix, name[len(prefix) :]) for prefix in PREFIXES if name.startswith(prefix)]
        for _, rest in rests:
            if rest in self.words:
                return self.words[rest]
        found, longest = None, 0
        for prefix, rest in rests:
            for length in range(min(len(rest), LONGEST_BEGINNING), longest, -1):
                if rest[:length] in self.beginnings and _may_end(length, len(rest) - length, prefix):
                    found, longest = self.beginnings[rest[:length]], length
                    break
        return found


def _may_end(length: int, ending: int, prefix: str) -> bool:
    # Three letters begin many words: little may stand before and after them.
    if length == SHORTEST_BEGINNING:
        return ending < LONGEST_ENDING and len(prefix) <= 1
    return length > SHORTEST_BEGINNING and ending <= LONGEST_ENDING


@cache
def tone_lexicon() -> Lexicon:
    """The lexicon of tone_lexicon.toml.

    Raises
    ------
    ValueError
        If a beginning could match nothing, or stands twice.
    """
    table = tomllib.loads(files(__package__).joinpath("tone_lexicon.toml").read_text(encoding="utf-8"))
    words: dict[str, int] = {}
    beginnings: dict[str, int] = {}
    for number, group in enumerate(table["group"]):
        for word in group["words"]:
            plain = normalise(word.removesuffix(ANY_ENDING))
            if not word.endswith(ANY_ENDING):
                words.setdefault(stem(plain), number)
                words.setdefault(plain, number)
            elif not SHORTEST_BEGINNING <= len(plain) <= LONGEST_BEGINNING or plain in beginnings:
                raise ValueError(
                    f"tone_lexicon.toml: found {word!r}, expected a beginning of {SHORTEST_BEGINNING} to "
                    f"{LONGEST_BEGINNING} letters that stands once; mend it"
                )
            else:
                beginnings[plain] = number
    return Lexicon(len(table["group"]), words, beginnings, frozenset(map(normalise, table["excluded"])))


def lexicon_space(names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Give the groups of stems as directions: one where a stem belongs to the group, else zero.

    Parameters
    ----------
    names : sequence of str
        The stem of each feature of a block.

    Returns
    -------
    ndarray of float32, shape (n_features, n_groups)
    """
    lexicon = tone_lexicon()
    space = np.zeros((len(names), lexicon.groups), dtype=np.float32)
    for row, name in enumerate(names):
        if (group := lexicon.group(name)) is not None:
            space[row, group] = 1.0
    return space
