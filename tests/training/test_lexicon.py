"""The lexicon of tone knows stems by word or by beginning, with what stands before verbs, and keeps to its groups."""

import numpy as np
import pytest

from khabar.inference.features import stem
from khabar.training.lexicon import Lexicon, lexicon_space, tone_lexicon
from khabar.training.table import normalise

LEXICON = Lexicon(3, {"نجح": 0, "ازم": 1}, {"اعتقل": 2, "نصر": 0, "نصراو": 1}, frozenset({"نصران"}))


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("نجح", 0),
        ("ينجح", 0),
        ("سينجح", 0),
        ("ازم", 1),
        ("ازمن", None),  # a whole word takes no ending
        ("اعتقلته", 2),
        ("اعتقلتموه", None),  # longer endings are another word
        ("نصرت", 0),
        ("بنصر", 0),
        ("سينصر", None),  # before three letters stands one at most
        ("نصراوي", 1),  # the longest beginning
        ("نصران", None),  # excluded
        ("معرض", None),
    ],
)
def test_a_stem_belongs_to_the_group_of_its_word(name: str, group: int | None) -> None:
    assert LEXICON.group(name) == group


def test_the_shipped_lexicon_knows_praise_and_harm_and_no_everyday_word() -> None:
    lexicon = tone_lexicon()
    known = {word: lexicon.group(stem(normalise(word))) for word in ("مقتل", "القتلى", "نجاح", "تتويج", "معرض", "كتاب")}
    assert known["معرض"] is known["كتاب"] is None
    assert None not in (known["مقتل"], known["القتلى"], known["نجاح"], known["تتويج"])
    assert known["مقتل"] == known["القتلى"] != known["نجاح"]


def test_a_space_has_one_direction_a_group() -> None:
    space = lexicon_space(["مقتل", "معرض"])
    assert (space.shape, space.dtype) == ((2, tone_lexicon().groups), np.float32)
    assert (space.sum(axis=1) == [1, 0]).all()
