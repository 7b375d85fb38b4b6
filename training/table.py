"""The code-point table of `khabar.inference.text`, made from camel-tools' own functions."""

import unicodedata
from functools import cache

import numpy as np
from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

from khabar.inference.text import CODE_POINT, CODE_POINTS, COMPOSES, DELETE, EXPANDS, PAGE, WORD, TextTable

TATWEEL = "ـ"
BETWEEN = "\ue000"
HANGUL_VOWELS_AND_FINALS = [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]


def normalise(text: str) -> str:
    """Normalise a string with camel-tools: the definition that the table must equal.

    Lower-casing goes code point by code point, so that a Greek sigma does not depend on its neighbours.
    """
    text = "".join(c.lower() for c in normalize_unicode(text, compatibility=True))
    text = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(dediac_ar(text))))
    return text.replace(TATWEEL, "")


@cache
def build_table() -> TextTable:
    """Run the normaliser over every code point.

    Returns
    -------
    TextTable
        Pages that are alike are stored once.
    """
    joining = _joining_code_points()
    # One call for all: a private-use character between them, which nothing joins and nothing changes.
    results = normalise(BETWEEN.join(map(chr, range(CODE_POINTS)))).split(BETWEEN)
    results[ord(BETWEEN) : ord(BETWEEN) + 2] = [BETWEEN]  # it stood there itself, and was split as well
    expansions: list[int] = []
    expansion_at: dict[str, int] = {}
    entries = np.empty(CODE_POINTS, dtype=np.uint32)
    for code_point, result in enumerate(results):
        if len(result) == 1:
            entry = _entry(result) & ~CODE_POINT if ord(result) == code_point else _entry(result)
        elif not result:
            entry = DELETE
        else:
            if result not in expansion_at:
                expansion_at[result] = len(expansions)
                expansions += [len(result), *map(_entry, result)]
            entry = EXPANDS | expansion_at[result]
        entries[code_point] = entry | (COMPOSES if code_point in joining else 0)
    pages, stage1 = np.unique(entries.reshape(-1, PAGE), axis=0, return_inverse=True)
    return TextTable(
        stage1=stage1.reshape(-1).astype(np.uint16),
        stage2=np.ascontiguousarray(pages).reshape(-1),
        expansions=np.array(expansions, dtype=np.uint32),
    )


def _entry(character: str) -> int:
    # The same test that `\w` makes in Python's re, and so in scikit-learn's token pattern.
    is_word = character.isalnum() or character == "_"
    return ord(character) | (WORD if is_word else 0)


def _joining_code_points() -> frozenset[int]:
    """Find the code points that canonical composition may merge into what stands before them."""
    seconds = set(HANGUL_VOWELS_AND_FINALS)
    for code_point in range(CODE_POINTS):
        canonical = unicodedata.decomposition(chr(code_point))
        if canonical and not canonical.startswith("<") and " " in canonical:
            seconds.add(int(canonical.split()[1], 16))
    return frozenset(
        code_point
        for code_point in range(CODE_POINTS)
        if ord(unicodedata.normalize("NFKD", chr(code_point))[0]) in seconds
    )
