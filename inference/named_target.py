"""What a stance is about, and how the command line spells it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from khabar.inference.errors import InputError
from khabar.inference.plain_words import plain_words


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

    Parameters
    ----------
    spelt : list, array or other iterable of str

    Raises
    ------
    InputError
        The targets are no list of str, one cannot be read, or two have the same name.
    """
    if isinstance(spelt, str) or not isinstance(spelt, Iterable):
        raise InputError(f"The targets are {spelt!r}; expected a list of str, such as ['روسيا'].")
    listed = list(spelt)
    for one in listed:
        if not isinstance(one, str):
            raise InputError(f"The target {one!r} is no str; expected a name, or name=synonym,synonym.")
    targets = tuple(map(parse_target, listed))
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
        The name or a synonym has no word of two letters or digits, by which alone articles are searched; or it holds a
        lone surrogate, which no file could.

    Examples
    --------
    >>> parse_target("المغرب=المملكة المغربية, الرباط").synonyms
    ('المملكة المغربية', 'الرباط')
    """
    try:
        spelt.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"The target {spelt!r} holds a lone surrogate at character {error.start + 1}; expected valid Unicode, "
            "which every output can hold. Give it in the encoding of the terminal, such as UTF-8."
        ) from error
    name, equals, others = spelt.partition("=")
    target = Target(name.strip(), tuple(other.strip() for other in re.split("[,،]", others)) if equals else ())
    for part in (target.name, *target.synonyms):
        if not re.search(r"\w", part):
            raise InputError(
                f"The target {spelt!r} has an empty name or synonym; expected a name, or name=synonym,synonym."
            )
        if not any(len(word) > 1 for word in plain_words(part.replace("_", " "))):
            raise InputError(
                f"The target {spelt!r} has the name or synonym {part!r}, in which no word has two letters; articles "
                "are searched for such words only. Give a longer name."
            )
    return target
