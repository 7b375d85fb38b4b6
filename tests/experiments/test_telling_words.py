"""Words worth showing speak for the label, most first, and none stands within another."""

import pytest

from khabar.experiments.telling_words import telling_words
from khabar.inference.tags import WordShare


@pytest.mark.parametrize(
    ("shares", "chosen"),
    [
        ({"النفط": 0.9, "برميل": 0.5}, ["النفط", "برميل"]),
        ({"النفط": 0.9, "المنتخب": -0.8, "برميل": 0.5}, ["النفط", "برميل"]),
        ({"أسعار النفط": 0.9, "النفط": 0.5, "برميل": 0.4}, ["أسعار النفط", "برميل"]),
        ({"أسعار \n النفط": 0.9}, ["أسعار النفط"]),
        ({"واحد": 0.9, "ثان": 0.8, "ثالث": 0.7}, ["واحد", "ثان"]),
        ({}, []),
    ],
    ids=["two", "one speaks against", "one within another", "over a line's end", "more than asked for", "none"],
)
def test_the_words_of(shares, chosen):
    assert telling_words([WordShare(word, share, ()) for word, share in shares.items()], 2) == chosen
