"""Figures on pages are written as counts or in decimals, and a figure that is not there as a dash."""

from math import inf, nan

import pytest

from khabar.experiments.html_page import number, unbroken


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (1234, "1,234"), (181.0, "181"), (0.5, "0.500"), (1.0, "1.000"), (None, "–"), (nan, "–"), (inf, "–")],
)
def test_a_number_is_written(value, written):
    assert number(value) == written


def test_words_with_a_hyphen_are_kept_in_one_line():
    assert unbroken("نبرة الخبر: macro-F1") == "نبرة الخبر: macro-\N{WORD JOINER}F1"
