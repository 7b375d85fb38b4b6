"""The pairs to compare are those that agree in a band: all of them, and no others."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from khabar.datasets import candidates
from khabar.datasets.candidates import BANDS, ROWS, neighbours, pairs_between, pairs_of_groups


def signatures(n: int, seed: int) -> NDArray[np.uint32]:
    """Signatures of so few values that many agree in a band."""
    return np.random.default_rng(seed).integers(0, 12, (BANDS * ROWS, n), dtype=np.uint32)


def agree(one: NDArray[np.uint32], two: NDArray[np.uint32]) -> bool:
    return bool((one == two).reshape(BANDS, ROWS).all(axis=1).any())


def as_set(pairs: Iterator[NDArray[np.intp]]) -> set[tuple[int, int]]:
    return {(one, two) for some in pairs for one, two in some.tolist()}


@pytest.fixture(params=[1, 1 << 20], ids=["many arrays", "one array"])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(candidates, "_PAIRS_AT_ONCE", request.param)
    return int(request.param)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("n_groups", [1, 3, 60])
def test_all_pairs_of_different_groups_that_agree_are_given(n_groups: int) -> None:
    some = signatures(60, seed=0)
    groups = np.arange(60) % n_groups
    expected = {
        (a, b) for a in range(60) for b in range(a + 1, 60) if groups[a] != groups[b] and agree(some[:, a], some[:, b])
    }
    assert as_set(pairs_of_groups(some, groups)) == expected
    assert bool(expected) == (n_groups > 1)


@pytest.mark.usefixtures("at_once")
def test_all_pairs_between_two_collections_that_agree_are_given() -> None:
    one, two = signatures(40, seed=1), signatures(50, seed=2)
    expected = {(a, b) for a in range(40) for b in range(50) if agree(one[:, a], two[:, b])}
    assert as_set(pairs_between(one, two)) == expected
    assert expected


@pytest.mark.usefixtures("at_once")
def test_neighbours_join_what_agrees_in_a_band() -> None:
    some = signatures(60, seed=3)
    pairs = as_set(neighbours(some))
    assert all(a < b and agree(some[:, a], some[:, b]) for a, b in pairs)
    for band in range(BANDS):
        rows = some[band * ROWS : (band + 1) * ROWS]
        for a in range(60):
            later = np.flatnonzero((rows[:, a + 1 :] == rows[:, a : a + 1]).all(axis=0))
            assert not len(later) or (a, a + 1 + later[0]) in pairs


def test_nothing_agrees_with_nothing() -> None:
    none = signatures(0, seed=0)
    assert as_set(neighbours(none)) == as_set(pairs_of_groups(none, np.arange(0))) == set()
    assert as_set(pairs_between(none, signatures(3, seed=0))) == as_set(pairs_between(signatures(3, seed=0), none))
