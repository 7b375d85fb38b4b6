"""What is wrong with a config, in the words of its author: the file, the dotted key, what was found and expected."""

from collections.abc import Iterable
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from khabar.inference.nearest import nearest_name

LONGEST = 80  # characters of a value that are shown


def reworded(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Give one line for each problem that pydantic found.

    Parameters
    ----------
    error : ValidationError
    model : type of BaseModel
        What was validated; its fields are the known keys.
    where : str
        The file.
    """
    problems = error.errors()
    places = [problem["loc"] for problem in problems]
    lines = []
    for problem in problems:
        place = problem["loc"]
        # Of a list whose items are wrong, pydantic also says that it is too short.
        if not any(other[: len(place)] == place and other != place for other in places):
            at = [part for part in place if part != "[key]"]
            lines += [f"{where}: {line}" for line in _described(problem, at, model).splitlines()]
    return "\n".join(dict.fromkeys(lines))


def nearest(name: str, known: Iterable[str]) -> str:
    """Give a question that names the most similar known name, or nothing.

    >>> nearest("blocs", ["blocks", "heads"])
    '; did you mean blocks?'
    """
    found = nearest_name(name, known)
    return f"; did you mean {found}?" if found else ""


def listed(names: Iterable[str]) -> str:
    """Name what may be chosen from, sets in alphabetical order."""
    return ", ".join(sorted(names) if isinstance(names, set) else names)


def _described(problem: Any, at: list[int | str], model: type[BaseModel]) -> str:
    key = ".".join(map(str, at)) or "the file"
    kind, found, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys(model, at[:-1])
        return f"{key}: unknown key{nearest(str(at[-1]), known) or '; expected one of ' + ', '.join(known)}"
    if kind == "missing":
        return f"{key}: missing; expected this key"
    if kind == "value_error":
        message = str(context["error"])
        # The cross-checks of the whole config name their own keys.
        return message if not at else f"{key}: {message}"
    expected = problem["msg"].removeprefix("Input should be ")
    if kind == "model_type":
        expected = f"the keys {', '.join(_keys(model, at))}"
    if kind in ("too_short", "string_too_short"):
        expected = f"at least {context['min_length']}"
    hint = ""
    if kind == "literal_error" and isinstance(found, str):
        hint = nearest(found, [part.strip(" '") for part in expected.replace(" or ", ",").split(",")])
    return f"{key}: found {_shown(found)}, expected {expected}{hint}"


def _shown(value: object) -> str:
    shown = "nothing" if value is None else repr(value)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _keys(model: type[BaseModel], at: list[int | str]) -> list[str]:
    """Give the known keys of the section at a place."""
    here: Any = model
    for part in at:
        if isinstance(here, type) and issubclass(here, BaseModel) and part in here.model_fields:
            here = here.model_fields[str(part)].annotation
            if get_origin(here) is UnionType:  # an optional section
                here = get_args(here)[0]
        elif get_origin(here) in (dict, tuple):
            # The values of a mapping, or the items of a tuple of any length.
            here = get_args(here)[1 if get_origin(here) is dict else 0]
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []
