"""The same words written otherwise: marks, stretched letters, variants of letters and digits, other code points.

Every function takes a text and a source of chance, and gives the text rewritten.
"""

import re
import unicodedata
from functools import cache
from random import Random

VOWEL_MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
TATWEEL = "\u0640"
ALEFS = "ا\u0623\u0625\u0622\u0671"
LETTER = re.compile(r"[\u0621-\u063a\u0641-\u064a]")
# Letters that join the one after them; between two joined letters a word can be stretched.
STRETCHABLE = re.compile(r"(?<=[بتثجحخسشصضطظعغفقكلمنهيئ])(?=[\u0621-\u063a\u0641-\u064a])")
FINAL_YEH = re.compile(r"[يى]\b")
FINAL_HEH = re.compile(r"(?<=\w)[ةه]\b")
WITHIN_WORD = re.compile(r"(?<=\w)(?=\w)")
WORD = re.compile(r"\S+")
ARABIC_INDIC, PERSIAN = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"
PERSIAN_LETTERS = str.maketrans("يىك", "\u06cc\u06cc\u06a9")
SEATS_ONLY = str.maketrans("ؤئ", "وي", "ء")
DIRECTIONS = ("\u200e", "\u200f", "\u202b", "\u202a", "\u2067", "\u061c")
CLOSINGS = {"\u202b": "\u202c", "\u202a": "\u202c", "\u2067": "\u2069"}
JOINERS = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
SPACES = (" ", "  ", "\u00a0", "\u2003", "\u202f", "\n", "\t", " \u200f")

OF_LETTERS = 0.5  # share of letters that get a mark
STRETCHED = 0.1
BROKEN = 0.05  # share of places within words that get a character without width
MARKED = 0.2  # share of words with a mark of direction


def vowel_marks(text: str, random: Random) -> str:
    """Put a vowel mark behind half of the letters."""
    return LETTER.sub(lambda m: m[0] + (random.choice(VOWEL_MARKS) if random.random() < OF_LETTERS else ""), text)


def tatweel(text: str, random: Random) -> str:
    """Stretch words between letters that join."""
    return STRETCHABLE.sub(lambda _: TATWEEL * random.randint(1, 4) if random.random() < STRETCHED else "", text)


def alef_variants(text: str, random: Random) -> str:
    """Write every alef with another hamza, madda or none."""
    return re.sub(f"[{ALEFS}]", lambda _: random.choice(ALEFS), text)


def yeh_variants(text: str, random: Random) -> str:
    """Write yeh at the end of a word with or without its dots."""
    return FINAL_YEH.sub(lambda _: random.choice("يى"), text)


def teh_marbuta_variants(text: str, random: Random) -> str:
    """Write teh marbuta and heh at the end of a word for one another."""
    return FINAL_HEH.sub(lambda _: random.choice("ةه"), text)


def decomposed(text: str, random: Random) -> str:  # noqa: ARG001
    """Write letters with hamza or madda as two code points."""
    return unicodedata.normalize("NFD", text)


def upper_case(text: str, random: Random) -> str:  # noqa: ARG001
    """Write Latin letters as capitals."""
    return re.sub("[a-z]+", lambda m: m[0].upper(), text)


def spaces(text: str, random: Random) -> str:
    """Put other white space between words."""
    return re.sub(" ", lambda _: random.choice(SPACES), text)


def directional_marks(text: str, random: Random) -> str:
    """Put marks of direction around words."""

    def marked(match: re.Match[str]) -> str:
        if random.random() >= MARKED:
            return match[0]
        mark = random.choice(DIRECTIONS)
        return f"{mark}{match[0]}{CLOSINGS.get(mark, '')}"

    return WORD.sub(marked, text)


def zero_width(text: str, random: Random) -> str:
    """Put joiners, soft hyphens and spaces without width into words."""
    return WITHIN_WORD.sub(lambda _: random.choice(JOINERS) if random.random() < BROKEN else "", text)


def arabic_indic_digits(text: str, random: Random) -> str:  # noqa: ARG001
    """Write numbers in Arabic-Indic digits where they were in Latin ones, and the other way round."""
    return _digits(text, ARABIC_INDIC)


def persian_digits(text: str, random: Random) -> str:  # noqa: ARG001
    """Write numbers in Persian digits, Arabic-Indic ones in Latin."""
    return _digits(text, PERSIAN)


def _digits(text: str, digits: str) -> str:
    latin = "0123456789"
    return text.translate(str.maketrans(latin + ARABIC_INDIC, digits + latin))


def persian_letters(text: str, random: Random) -> str:  # noqa: ARG001
    """Write yeh and kaf with the code points of Persian keyboards."""
    return text.translate(PERSIAN_LETTERS)


def hamza_dropped(text: str, random: Random) -> str:  # noqa: ARG001
    """Leave out hamza on waw and yeh, and by itself."""
    return text.translate(SEATS_ONLY)


def presentation_forms(text: str, random: Random) -> str:  # noqa: ARG001
    """Write every letter by the code point of its form in the word, lam-alef as one, as PDF files give it."""
    forms = _forms()
    written: list[str] = []
    at, joined = 0, False  # whether the letter before joins this one
    while at < len(text):
        letters = text[at : at + 2] if text[at : at + 2] in forms else text[at]
        following = text[at + len(letters) : at + len(letters) + 1]
        shapes = forms.get(letters, {})
        joins = "initial" in shapes and "final" in forms.get(following, {})
        shape = ("medial" if joins else "final") if joined else ("initial" if joins else "isolated")
        written.append(shapes.get(shape, letters))
        at, joined = at + len(letters), joins
    return "".join(written)


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Give the forms of each letter, and of lam-alef, from Unicode's own decompositions."""
    found: dict[str, dict[str, str]] = {}
    for code_point in range(0xFE80, 0xFEFD):
        shape, *letters = unicodedata.decomposition(chr(code_point)).split()
        name = "".join(chr(int(letter, 16)) for letter in letters)
        found.setdefault(name, {})[shape.strip("<>")] = chr(code_point)
    return found
