"""Words with errors, and words of dialect: what scanning, typing and speaking make of a text.

Every function takes a text and a source of chance, and gives the text rewritten.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from khabar.training.perturbed_data import perturbation_data

ARABIC_LETTER = re.compile(r"[\u0621-\u063a\u0641-\u064a]")
ARABIC_WORD = re.compile(r"[\u0621-\u063a\u0641-\u064a]+")
MARKS = re.compile(r"[\u064b-\u0652\u0640]")
SPLITTABLE = 4  # letters of a word that may be split
EMPHASISED = 0.05  # share of words with a letter repeated
DIALECTS = ("egyptian", "maghrebi", "gulf")  # in the order of the table's columns
CONJUNCTIONS = ("و", "ف")


def recognition_errors(rate: float) -> Callable[[str, Random], str]:
    """Give a change that confuses letters of one shape, and merges or splits words, each at a rate.

    Parameters
    ----------
    rate : float
        The share of letters confused, of spaces lost and of words split.
    """

    def change(text: str, random: Random) -> str:
        alike = _alike()
        text = ARABIC_WORD.sub(lambda m: _split(m[0], random) if random.random() < rate else m[0], text)
        text = re.sub(" ", lambda _: "" if random.random() < rate else " ", text)
        return ARABIC_LETTER.sub(lambda m: _other(m[0], alike, random) if random.random() < rate else m[0], text)

    return change


def typing_errors(rate: float) -> Callable[[str, Random], str]:
    """Give a change that hits a key nearby, leaves a letter out, doubles it or swaps it with the next, at a rate.

    Parameters
    ----------
    rate : float
        The share of letters.
    """

    def change(text: str, random: Random) -> str:
        near = _neighbours()

        def typed(match: re.Match[str]) -> str:
            letters = list(match[0])
            for at, letter in enumerate(letters):
                if random.random() >= rate:
                    continue
                error = random.randrange(4)
                if error == 0:
                    letters[at] = _other(letter, near, random)
                elif error == 1 and len(letters) > 1:
                    letters[at] = ""
                elif error == 2:
                    letters[at] = letter * 2
                elif at + 1 < len(letters):
                    letters[at], letters[at + 1] = letters[at + 1], letter
            return "".join(letters)

        return ARABIC_WORD.sub(typed, text)

    return change


def repeated_letters(text: str, random: Random) -> str:
    """Draw out a letter of some words, as posts do for emphasis."""

    def drawn_out(match: re.Match[str]) -> str:
        word = match[0]
        if random.random() >= EMPHASISED:
            return word
        at = random.randrange(len(word))
        return word[:at] + word[at] * random.randint(3, 5) + word[at + 1 :]

    return ARABIC_WORD.sub(drawn_out, text)


def dialect(name: str) -> Callable[[str, Random], str]:
    """Give a change that says function words and some common others as a dialect does.

    Parameters
    ----------
    name : {"egyptian", "maghrebi", "gulf"}
    """
    column = DIALECTS.index(name)

    def change(text: str, random: Random) -> str:  # noqa: ARG001
        said = {word: forms[column] for word, forms in perturbation_data()["dialect"].items()}
        return re.sub(r"[\u0621-\u0652]+", lambda m: _said(m[0], said), text)

    return change


def _said(word: str, said: Mapping[str, str]) -> str:
    bare = MARKS.sub("", word)
    if bare in said:
        return said[bare]
    if bare.startswith(CONJUNCTIONS) and bare[1:] in said:
        return bare[0] + said[bare[1:]]
    return word


def _split(word: str, random: Random) -> str:
    if len(word) < SPLITTABLE:
        return word
    at = random.randint(2, len(word) - 2)
    return f"{word[:at]} {word[at:]}"


def _other(letter: str, others: Mapping[str, str], random: Random) -> str:
    return random.choice(others[letter]) if others.get(letter) else letter


@cache
def _alike() -> dict[str, str]:
    """Give the letters that have the shape of each."""
    groups = perturbation_data()["recognition"]["groups"]
    return {letter: group.replace(letter, "") for group in groups for letter in group}


@cache
def _neighbours() -> dict[str, str]:
    """Give the letters on the keys around each letter's key."""
    rows = perturbation_data()["keyboard"]["rows"]
    keys = {(y, x): letter for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != " "}
    near = ((0, -1), (0, 1), (-1, 0), (1, 0))
    return {letter: "".join(keys.get((y + dy, x + dx), "") for dy, dx in near) for (y, x), letter in keys.items()}
