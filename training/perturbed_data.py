"""The tables that perturbations draw on: letters that look alike, keys, words of dialects, what pages leave behind."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def perturbation_data() -> dict[str, Any]:
    """Read `perturbations.toml`."""
    return tomllib.loads(files(__package__).joinpath("perturbations.toml").read_text(encoding="utf-8"))
