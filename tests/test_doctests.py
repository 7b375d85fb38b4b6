"""The examples in docstrings give what they say."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

MODULES = [
    f"{package}.{module.name}"
    for package in ("khabar.inference", "khabar.datasets", "khabar.training")
    for module in iter_modules(import_module(package).__path__)
    if module.name not in ("__main__", "_kernel")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name):
    assert doctest.testmod(import_module(name)).failed == 0
