"""Targets are read as the command line spells them."""

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
