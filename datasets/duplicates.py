"""Which articles are near-duplicates, so that no copy of one article stands on both sides of a split.

Agency copy runs in many outlets with another headline, a line more or a word changed.  Articles are compared
by the sets of three-word shingles of their letters (A. Broder, On the resemblance and containment of
documents, 1997): MinHash finds candidates, their exact overlap decides.
"""

import re
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from khabar.datasets.article import Article

SHINGLE_WORDS = 3
# Of two articles' shingles, the shared ones over all (Jaccard).
RESEMBLANCE = 0.5
# Of the shorter article's shingles, those that the longer one has too: a cut or extended copy.
CONTAINMENT = 0.8

# 32 bands of 3 rows: a pair of resemblance .5 is found with probability .986, one of .3 with .58; so
# a copy cut to less than a third of its original may be missed.
_BANDS, _ROWS = 32, 3

_WORD = re.compile(r"[^\W\d_]+")
_VOWEL_MARKS_AND_TATWEEL = re.compile("[\u0640\u064b-\u065f\u0670]+")
_FOLDED_LETTERS = tuple(zip("أإآٱىة", "اااايه", strict=True))

_MIXERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)

Shingles = NDArray[np.uint32]


def near_duplicate_keys(articles: Sequence[Article]) -> list[int]:
    """A key for each article; near-duplicates, also by way of a third article, have the same key.

    The key is the position of the group's first article, so `keys[i] != i` says that an earlier one is like
    it.  An article without words is like no other.

    Examples
    --------
    >>> text = "أعلنت الوزارة اليوم الثلاثاء افتتاح الجسر الجديد أمام حركة السير"
    >>> first = Article(corpus="a", id="1", outlet="x", text=text)
    >>> copy = Article(corpus="b", id="2", outlet="y", text=text + " بالمدينة")
    >>> other = Article(corpus="b", id="3", outlet="y", text="فاز الفريق المحلي بكأس البطولة مساء الأحد")
    >>> near_duplicate_keys([first, copy, other])
    [0, 0, 2]
    """
    shingles = [_shingles(article.text) for article in articles]
    first_of = list(range(len(articles)))

    def root(position: int) -> int:
        while first_of[position] != position:
            first_of[position] = first_of[first_of[position]]
            position = first_of[position]
        return position

    index = _Index()
    for position, own in enumerate(shingles):
        for earlier in index.like(own, shingles):
            one, two = root(earlier), root(position)
            first_of[max(one, two)] = min(one, two)
        index.add(position, own)
    return [root(position) for position in range(len(articles))]


def drop_near_duplicates(articles: Iterable[Article], of: Sequence[Article]) -> tuple[list[Article], list[Article]]:
    """Articles that are near-duplicates of none in `of`, and those that are.

    Parameters
    ----------
    articles : iterable of Article
        Usually what is to be trained on.
    of : sequence of Article
        Usually what is held out.

    Returns
    -------
    kept, dropped : list of Article
        In their order; together all of `articles`.
    """
    held_out = [_shingles(article.text) for article in of]
    index = _Index()
    for position, shingles in enumerate(held_out):
        index.add(position, shingles)
    kept: list[Article] = []
    dropped: list[Article] = []
    for article in articles:
        (dropped if index.like(_shingles(article.text), held_out) else kept).append(article)
    return kept, dropped


class _Index:
    """An index of shingle sets that finds those like a given one; keeps the last signature it computed."""

    def __init__(self) -> None:
        self._lsh = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
        # Copied for each signature: a new MinHash draws its permutations anew, which is slower than hashing.
        self._empty = MinHash(num_perm=_BANDS * _ROWS, seed=1, hashfunc=_is_hashed)
        self._last: tuple[Shingles, MinHash] | None = None

    def add(self, position: int, shingles: Shingles) -> None:
        if len(shingles):
            self._lsh.insert(position, self._signature(shingles), check_duplication=False)

    def like(self, shingles: Shingles, indexed: Sequence[Shingles]) -> list[int]:
        """Positions of the sets like this one."""
        if not len(shingles):
            return []
        candidates = self._lsh.query(self._signature(shingles))
        return sorted(position for position in candidates if _are_alike(shingles, indexed[position]))

    def _signature(self, shingles: Shingles) -> MinHash:
        if self._last is None or self._last[0] is not shingles:
            signature = self._empty.copy()
            signature.update_batch(shingles.tolist())
            self._last = (shingles, signature)
        return self._last[1]


def _is_hashed(shingle: int) -> int:
    return shingle


def _are_alike(one: Shingles, two: Shingles) -> bool:
    """Whether two sorted sets overlap enough to be one article in two versions."""
    shared = len(np.intersect1d(one, two, assume_unique=True))
    resemblance = shared / (len(one) + len(two) - shared)
    containment = shared / min(len(one), len(two))
    return resemblance >= RESEMBLANCE or containment >= CONTAINMENT


def _shingles(text: str) -> Shingles:
    """The hashes of the text's three-word shingles, sorted, each once; a shorter text is one shingle.

    The hash is the same in every process and on every machine, which Python's own is not.
    """
    letters = _VOWEL_MARKS_AND_TATWEEL.sub("", text).lower()
    for letter, folded in _FOLDED_LETTERS:
        letters = letters.replace(letter, folded)
    words = _WORD.findall(letters)
    if not words:
        return np.empty(0, dtype=np.uint32)
    hashes = np.array([zlib.crc32(word.encode("utf-8")) for word in words], dtype=np.uint64)
    if len(hashes) < SHINGLE_WORDS:
        hashes = np.pad(hashes, (0, SHINGLE_WORDS - len(hashes)))
    starts = len(hashes) - SHINGLE_WORDS + 1
    mixed = np.zeros(starts, dtype=np.uint64)
    for offset, mixer in enumerate(_MIXERS):
        mixed = mixed * np.uint64(0x100000001B3) + hashes[offset : offset + starts] * np.uint64(mixer)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))
