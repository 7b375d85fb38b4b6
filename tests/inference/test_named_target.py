"""Targets are read as the command line spells them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from khabar.inference.errors import InputError
from khabar.inference.named_target import Target, parse_target, parse_targets


@pytest.mark.parametrize(
    ("spelt", "target"),
    [
        ("روسيا", Target("روسيا")),
        (" الملك محمد السادس ", Target("الملك محمد السادس")),
        ("المغرب=المملكة المغربية,الرباط", Target("المغرب", ("المملكة المغربية", "الرباط"))),
        ("المغرب = المملكة المغربية، الرباط", Target("المغرب", ("المملكة المغربية", "الرباط"))),
        ("إصلاح، بعد حين", Target("إصلاح، بعد حين")),
    ],
)
def test_a_name_stands_alone_or_before_its_synonyms(spelt: str, target: Target) -> None:
    assert parse_target(spelt) == target


@pytest.mark.parametrize("spelt", ["", "=", "=روسيا", "روسيا=", "روسيا=موسكو,,الكرملين", "؟"])
def test_an_empty_name_or_synonym_is_refused(spelt: str) -> None:
    with pytest.raises(InputError, match="has an empty name or synonym; expected a name, or name=synonym,synonym"):
        parse_target(spelt)


def test_a_target_is_given_once() -> None:
    with pytest.raises(InputError, match="'روسيا' is given 2 times"):
        parse_targets(["روسيا", "قطر", "روسيا=موسكو"])


@pytest.mark.parametrize("spelt", ["م", "م و", "مِـ", "روسيا=ر", "م_و", "روسيا=٥"])
def test_a_name_that_can_never_be_found_is_refused(spelt: str) -> None:
    with pytest.raises(InputError, match="in which no word has two letters"):
        parse_target(spelt)


@pytest.mark.parametrize("spelt", ["روسيا\udcff", "روسيا=قط\ud800ر"])
def test_a_lone_surrogate_is_refused(spelt: str) -> None:
    with pytest.raises(InputError, match=r"holds a lone surrogate at character [69]"):
        parse_target(spelt)


@pytest.mark.parametrize("form", [list, tuple, np.array, pd.Series, iter])
def test_targets_come_in_any_order_of_str(form: Any) -> None:
    assert parse_targets(form(["روسيا", "قطر"])) == (Target("روسيا"), Target("قطر"))


@pytest.mark.parametrize("targets", ["روسيا", None, 7])
def test_targets_that_are_no_list_are_refused(targets: Any) -> None:
    with pytest.raises(InputError, match="expected a list of str"):
        parse_targets(targets)


def test_a_target_that_is_no_str_is_named() -> None:
    with pytest.raises(InputError, match="The target 7 is no str"):
        parse_targets(["روسيا", 7])  # type: ignore[list-item]
