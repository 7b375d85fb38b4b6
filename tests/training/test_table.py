"""The table's making from camel-tools."""

from khabar.inference.text import COMPOSES
from khabar.training.table import build_table, normalise


def test_the_normaliser_unifies_what_camel_tools_unifies():
    assert normalise("إِلَى الْمَدْرَسَةِ الـكبرى") == "الي المدرسه الكبري"


def test_lower_case_does_not_depend_on_neighbours():
    assert normalise("ΑΣ") == normalise("Α") + normalise("Σ")


def test_marks_that_join_a_letter_before_them_are_flagged():
    table = build_table()
    joining = {"\u0653", "\u0654", "\u0655", "\u0301", "\u3099", "\u1161", "\u11a8"}
    assert all(table.entry(ord(mark)) & COMPOSES for mark in joining)
    assert not any(table.entry(ord(letter)) & COMPOSES for letter in "ابت \u064e\u0651az")
