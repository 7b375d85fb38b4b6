"""What a searched key takes: ranges and lists as they are written, or a sentence that says what is wrong."""

from datetime import date

import optuna
import pytest
from pydantic import ValidationError

from khabar.experiments.sweep_values import Searched


def searched(**keys):
    return Searched.model_validate(keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "expected low and high, or choices"),
        ({"low": 1}, "expected low and high, or choices"),
        ({"low": 2, "high": 1}, "found low 2 and high 1"),
        ({"low": "1e-3", "high": 1}, "found '1e-3', expected a number, such as 1.0e-3"),
        ({"low": True, "high": 2}, "found True, expected a number"),
        ({"low": 0.0, "high": 1.0, "log": True}, "expected low above 0 and no step"),
        ({"low": 0.1, "high": 1.0, "log": True, "step": 0.1}, "expected low above 0 and no step"),
        ({"low": 0.0, "high": 1.0, "step": 0.3}, "found the step 0.3, expected one that leads from 0.0 to 1.0"),
        ({"low": 0, "high": 4, "step": 0}, "found the step 0"),
        ({"choices": [1]}, "at least 2"),
        ({"choices": [1, 1]}, "found 1 twice"),
        ({"choices": ["null", None]}, "found null twice"),
        ({"choices": [1, 2], "low": 1}, "expected either"),
        # What could not be kept, or not be told apart.
        ({"choices": [{1: 2}, 1]}, "found {1: 2}, expected text, numbers below"),
        ({"choices": [10**20, 1]}, "found 100000000000000000000, expected text, numbers below"),
        ({"choices": [["a", {"b"}], 1]}, "expected text, numbers below"),
        ({"choices": [date(2026, 1, 1), 1]}, "found datetime.date"),
        ({"low": 1, "high": 10**400}, "expected one up to 9007199254740992"),
        ({"low": 0.5, "high": 1e25, "step": 1e-5}, "found the step 1e-05 from 0.5 to 1e"),
        ({"low": 0.1, "high": 1.0, "step": 1e-9}, "at least a millionth of the larger end; leave step out"),
    ],
)
def test_what_is_no_range_and_no_list_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        searched(**keys)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"low": 1, "high": 5}, [1, 2, 3, 4, 5]),
        ({"low": 1, "high": 5, "step": 2}, [1, 3, 5]),
        ({"low": 0.1, "high": 0.4, "step": 0.1}, [0.1, 0.2, 0.3, 0.4]),
        ({"low": 0.0, "high": 0.3, "step": 0.1}, [0.0, 0.1, 0.2, 0.3]),  # in floats, 3 * 0.1 is more than 0.3
        ({"low": 0, "high": 2, "step": 0.5}, [0.0, 0.5, 1.0, 1.5, 2.0]),
        ({"low": -0.3, "high": 0.3, "step": 0.3}, [-0.3, 0.0, 0.3]),
        ({"low": 1, "high": 3, "log": True}, [1, 2, 3]),
        ({"choices": ["balanced", None, [1, 2], True]}, ["balanced", "null", "[1,2]", "true"]),
    ],
)
def test_all_values_are_given_where_they_can_be_counted(keys, expected):
    values = searched(**keys)
    every = [values.at(position) for position in range(values.count())]
    assert (every, list(map(type, every))) == (expected, list(map(type, expected)))


def test_numbers_between_two_ends_have_no_count():
    assert searched(low=0.1, high=0.4).count() is None


@pytest.mark.parametrize(
    "keys",
    [
        {"low": 0.0, "high": 0.3, "step": 0.1},
        {"low": 0.0, "high": 1.0, "step": 1e-3},
        {"low": -7.7, "high": 7.7, "step": 0.1},
        {"low": 1000.0, "high": 1000.02, "step": 0.002},
        {"low": 1e-7, "high": 1e-5, "step": 1e-8},
        {"low": 3, "high": 30, "step": 3},
        {"choices": ["balanced", None, [1, 2]]},
    ],
)
def test_every_value_is_one_that_optuna_takes(keys):
    values = searched(**keys)
    distribution = values.distribution()
    for position in range(values.count()):
        assert distribution._contains(distribution.to_internal_repr(values.at(position)))


def test_billions_of_values_are_counted_without_making_them():
    values = searched(low=1000, high=10**9)
    assert (values.count(), values.at(10**9 - 1000)) == (10**9 - 999, 10**9)


@pytest.mark.parametrize(
    "keys", [{"low": 0.0, "high": 1.0}, {"low": 1, "high": 3}, {"low": 0.5, "high": 3, "step": 0.5}]
)
def test_examples_are_both_ends_and_a_value_that_can_be_drawn(keys):
    low, between, high = searched(**keys).examples()
    assert (low, high) == (keys["low"], keys["high"])
    distribution = searched(**keys).distribution()
    assert low < between < high
    assert distribution._contains(distribution.to_internal_repr(between))


def test_whole_ends_are_searched_in_whole_numbers():
    assert isinstance(searched(low=1, high=9).distribution(), optuna.distributions.IntDistribution)
    assert isinstance(searched(low=1, high=9.0).distribution(), optuna.distributions.FloatDistribution)


@pytest.mark.parametrize("choice", ["balanced", None, 1, 1.0, True, [1, 2], {"words": 0.5}])
def test_a_choice_comes_back_from_a_file_as_it_was_written(choice):
    values = searched(choices=[choice, "other"])
    written = optuna.distributions.distribution_to_json(values.distribution())
    drawn = optuna.distributions.json_to_distribution(written).choices[0]
    back = values.value(drawn)
    assert (back, type(back)) == (choice, type(choice))
