"""Figures are written as the field writes them, and between corpora they stand in a matrix."""

from math import nan

import pytest

from khabar.experiments.evaluation import PairedDifference
from khabar.experiments.outcome_tables import NONE, difference, difference_table, figure, interval, list_table, matrices
from khabar.training.bootstrap import Difference, Interval
from khabar.training.outcomes import Outcome


def outcome(**values) -> Outcome:
    known = {
        "protocol": "in-corpus", "task": "topic", "system": "baseline", "corpus": "a", "trained_on": "a", "part": "",
        "labels": "own", "metric": "accuracy", "n_train": 1234, "n_test": 200, "n_test_deduplicated": 190,
        "n_left_out": 0, "raw": Interval(0.9, 0.8, 0.95), "deduplicated": Interval(0.85, 0.75, 0.9), "f1": {},
        "seconds": 1.0,
        "split_digest": "0",
    }  # fmt: skip
    return Outcome(**{**known, **values})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9781, ".978"), (1.0, "1.000"), (0.0, ".000"), (-0.0123, "-.012"), (0.9999, "1.000"), (nan, NONE)],
)
def test_a_figure_is_written_without_the_nought_before_its_point(value, text):
    assert figure(value) == text


def test_an_interval_stands_below_its_figure():
    assert interval(Interval(0.9, 0.8, 1.0)) == ".900\n.800–1.000"
    assert interval(Interval(nan, nan, nan)) == NONE


def test_a_difference_has_a_sign():
    assert difference(Difference(0.02, -0.01, 0.05, 0.2)) == "+.020\n-.010 to .050"


@pytest.mark.parametrize("part", ["", "CNN"])
def test_a_list_has_a_column_of_parts_only_where_there_are_parts(part):
    table = list_table([outcome(part=part)])
    assert ("part" in table.columns) == bool(part)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert table.rows[0][table.names :] == (".900\n.800–.950", ".850\n.750–.900", "1,234", "200\n190")


def test_a_matrix_has_what_was_trained_on_in_rows_and_tested_on_in_columns():
    cells = [("a", "a", 0.9), ("a", "b", 0.7), ("b", "a", 0.6), ("b", "b", 0.8), ("c", "a", 0.5)]
    found = [
        outcome(protocol="cross-corpus", trained_on=row, corpus=column, raw=Interval(value, value, value))
        for row, column, value in cells
    ]
    raw, fresh = matrices(found)
    assert raw.columns[1:] == ("a", "b")
    assert [[cell.split("\n")[0] for cell in row] for row in raw.rows] == [
        ["a", ".900", ".700"],
        ["b", ".600", ".800"],
        ["c", ".500", NONE],
    ]
    assert {cell for row in fresh.rows for cell in row[1:]} == {".850\n.750–.900", NONE}


def test_each_task_and_system_has_matrices_of_its_own():
    found = [outcome(task=task, system=system) for task in ("topic", "tone") for system in ("one", "two")]
    captions = [table.caption.split(":")[0] for table in matrices(found)]
    assert captions == ["topic, one"] * 2 + ["topic, two"] * 2 + ["tone, one"] * 2 + ["tone, two"] * 2


@pytest.mark.parametrize(("p", "text"), [(0.0004, "<.001"), (0.04, ".040"), (1.0, "1.000")])
def test_differences_name_both_systems_and_how_likely_chance_is(p, text):
    found = Difference(0.02, 0.01, 0.03, p)
    table = difference_table([PairedDifference(outcome(), "other", found, found)])
    assert table.rows == [
        ("a", "own", "accuracy", "baseline - other", "+.020\n.010 to .030", text, "+.020\n.010 to .030", text)
    ]


def test_a_difference_between_corpora_says_what_was_trained_on():
    found = Difference(0.02, 0.01, 0.03, 0.1)
    crossed = outcome(protocol="cross-corpus", trained_on="b")
    (row,) = difference_table([PairedDifference(crossed, "other", found, found)]).rows
    assert row[0] == "b → a"
