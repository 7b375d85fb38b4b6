"""Which pairs of shingle sets are worth comparing: those whose MinHash signatures agree in a band of rows.

32 bands of 3 rows: a pair of resemblance .5 is found with probability .986, one of .3 with .58; so a copy cut to less
than a third of its original may be missed.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from khabar.datasets.shingles import Hashes

BANDS, ROWS = 32, 3

_ROW_MIXERS = np.array([[0x9E3779B97F4A7C15], [0xC2B2AE3D27D4EB4F], [0x165667B19E3779F9]], dtype=np.uint64)
_PAIRS_AT_ONCE = 1 << 20

Positions = NDArray[np.intp]


def neighbours(signatures: Hashes) -> Iterator[Positions]:
    """Pair each set with the next one that agrees with it in a band: enough to join the variants of one template.

    Parameters
    ----------
    signatures : ndarray of uint32, shape (BANDS * ROWS, n_sets)

    Yields
    ------
    ndarray of intp, shape (n_pairs, 2)
        Each pair once within an array, the lower position first.
    """
    return _collected(_neighbours(signatures), signatures.shape[1])


def pairs_of_groups(signatures: Hashes, groups: Positions) -> Iterator[Positions]:
    """Pair all sets of different groups that agree in a band; gives what `neighbours` does.

    Thousands of variants of one template are millions of pairs: once they are known to be one group, they cost nothing.
    """
    return _collected(_pairs_of_groups(signatures, groups), signatures.shape[1])


def pairs_between(one: Hashes, two: Hashes) -> Iterator[Positions]:
    """Pair the sets of one collection with those of another that agree in a band: position in one, position in two."""
    return _collected(_pairs_between(one, two), two.shape[1])


def _band_hashes(signatures: Hashes) -> Iterator[NDArray[np.uint64]]:
    """A hash of each set in each band; where two that differ have the same, a pair more is compared."""
    for first_row in range(0, BANDS * ROWS, ROWS):
        yield (signatures[first_row : first_row + ROWS].astype(np.uint64) * _ROW_MIXERS).sum(axis=0)


def _neighbours(signatures: Hashes) -> Iterator[tuple[Positions, Positions]]:
    for hashes in _band_hashes(signatures):
        order = np.argsort(hashes, kind="stable")
        agree = np.diff(hashes[order]) == 0
        yield order[:-1][agree], order[1:][agree]


def _pairs_of_groups(signatures: Hashes, groups: Positions) -> Iterator[tuple[Positions, Positions]]:
    for hashes in _band_hashes(signatures):
        order = np.lexsort((groups, hashes))
        starts = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order[:1]]))
        lengths = np.diff(starts, append=len(order))
        several = groups[order[starts]] != groups[order[starts + lengths - 1]]
        order = order[np.repeat(several, lengths)]
        hashes = hashes[order]
        # Of a run of equal hashes: each with the next, then with the one after that, until the run ends.
        lower, gap = np.arange(len(order)), 1
        while len(lower := lower[: np.searchsorted(lower, len(order) - gap)]):
            lower = lower[hashes[lower] == hashes[lower + gap]]
            one, two = order[lower], order[lower + gap]
            differ = groups[one] != groups[two]
            yield np.minimum(one, two)[differ], np.maximum(one, two)[differ]
            gap += 1


def _pairs_between(one: Hashes, two: Hashes) -> Iterator[tuple[Positions, Positions]]:
    for hashes, others in zip(_band_hashes(one), _band_hashes(two), strict=True):
        order = np.argsort(others, kind="stable")
        first = np.searchsorted(others[order], hashes, side="left")
        counts = np.searchsorted(others[order], hashes, side="right") - first
        within_run = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield np.repeat(np.arange(len(hashes)), counts), order[np.repeat(first, counts) + within_run]


def _collected(pairs: Iterable[tuple[Positions, Positions]], n: int) -> Iterator[Positions]:
    """Pairs of many bands put together, each once; in arrays of some size, lest they fill the memory."""
    found: list[Positions] = []
    n_found = 0
    for one, two in pairs:
        found.append(one * n + two)
        n_found += len(one)
        if n_found >= _PAIRS_AT_ONCE:
            yield np.stack(np.divmod(np.unique(np.concatenate(found)), n), axis=1)
            found, n_found = [], 0
    if n_found:
        yield np.stack(np.divmod(np.unique(np.concatenate(found)), n), axis=1)
