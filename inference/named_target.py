"""What a stance is about, and how the command line spells it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from khabar.inference.errors import InputError


@dataclass(frozen=True, slots=True)
class Target:
    """What a stance is about.

    Attributes
    ----------
    name : str
    synonyms : tuple of str
        Other names that articles give it.
    """

    name: str
    synonyms: tuple[str, ...] = ()


def parse_targets(spelt: Iterable[str]) -> tuple[Target, ...]:
    """Read targets as the command line spells them, see `parse_target`.

    Raises
    ------
    InputError
        A target has no name, or two have the same.
    """
    targets = tuple(map(parse_target, spelt))
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"The target {name!r} is given {names.count(name)} times; expected it once.")
    return targets


def parse_target(spelt: str) -> Target:
    """Read a target as the command line spells it: its name, or `name=synonym,synonym`; the comma may be Arabic.

    Raises
    ------
    InputError
        The name or a synonym has no letter or digit.

    Examples
    --------
    >>> parse_target("المغرب=المملكة المغربية, الرباط").synonyms
    ('المملكة المغربية', 'الرباط')
    """
    name, equals, others = spelt.partition("=")
    target = Target(name.strip(), tuple(other.strip() for other in re.split("[,،]", others)) if equals else ())
    for part in (target.name, *target.synonyms):
        if not re.search(r"\w", part):
            raise InputError(
                f"The target {spelt!r} has an empty name or synonym; expected a name, or name=synonym,synonym."
            )
    return target
