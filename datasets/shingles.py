"""What near-duplicates are told by: the set of a text's three-word shingles, and its MinHash signature.

Everything is computed for batches of texts at once, in numpy: 100,000 articles take seconds on one core.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

SHINGLE_WORDS = 3
SIGNATURE_LENGTH = 96

# What differs between two copies of one post: who passed it on, and the link of the day.
_MARKS_OF_POSTS = ("@", "http", "www.", "pic.", "URL")
_NOT_THE_POST = re.compile(r"(?:RT\s*)?@\w+|(?:https?:|www\.|pic\.twitter\.com/|\bURL\b)\S*")

_FOLDED_LETTERS = dict(zip("أإآٱىة", "اااايه", strict=True))
_VOWEL_MARKS_AND_TATWEEL = (0x640, *range(0x64B, 0x660), 0x670)
_REMOVED, _SEPARATOR = 0, 1

_WORD_BASE = np.uint64(0x9E3779B97F4A7C15)
_SHINGLE_BASE = np.uint64(0x100000001B3)
_MIXERS = tuple(np.uint64(mixer) for mixer in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
# As many characters as the processor's cache holds the intermediate arrays of.
_BATCH_CHARACTERS = 1 << 18

Hashes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class ShingleSets:
    """The shingle sets of some texts.

    Attributes
    ----------
    hashes : ndarray of uint32
        Those of the first text, sorted, each once; then those of the second; and so on.
    starts : ndarray of intp, shape (n_texts + 1,)
        Where each text's hashes start; the last is their number.
    signatures : ndarray of uint32, shape (SIGNATURE_LENGTH, n_texts)
        The MinHash of each set, value by value what datasketch gives.
    """

    hashes: Hashes
    starts: NDArray[np.intp]
    signatures: Hashes

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, text: int) -> Hashes:
        return self.hashes[self.starts[text] : self.starts[text + 1]]


def shingle_sets(texts: Iterable[str]) -> ShingleSets:
    """Hash the three-word shingles of texts; a shorter text is one shingle, one without words is an empty set.

    Words are runs of letters, without case, vowel marks, tatweel and the differences of hamza, alef maksura and teh
    marbuta.  Links and the accounts that a post names are no words.  The hashes are the same in every process and on
    every machine, which Python's own are not.
    """
    hashes, counts, signatures = [], [], []
    for batch in _batches(texts):
        batch_hashes, batch_counts = _hash_batch(batch)
        hashes.append(batch_hashes)
        counts.append(batch_counts)
        signatures.append(_signatures(batch_hashes, batch_counts))
    if not hashes:
        return ShingleSets(np.empty(0, np.uint32), np.zeros(1, np.intp), np.empty((SIGNATURE_LENGTH, 0), np.uint32))
    return ShingleSets(
        np.concatenate(hashes),
        np.concatenate([[0], np.cumsum(np.concatenate(counts))]),
        np.concatenate(signatures, axis=1),
    )


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts with a separator after each, in batches of some size."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        post = _NOT_THE_POST.sub(" ", text) if any(mark in text for mark in _MARKS_OF_POSTS) else text
        batch.append(post + "\n")
        characters += len(batch[-1])
        if characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _hash_batch(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.intp]]:
    """Give the hashes of the texts' shingles, text after text, and how many each text has."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    letters = _letters()[codes]
    kept = letters != _REMOVED
    lengths = np.array([len(text) for text in texts])
    ends = np.cumsum(np.add.reduceat(kept, np.cumsum(lengths) - lengths, dtype=np.intp))
    words, word_starts = _hash_words(letters[kept])
    n_words = np.diff(np.searchsorted(word_starts, ends), prepend=0)

    # Texts of one or two words are filled up with empty ones to a shingle.
    missing = np.where((n_words > 0) & (n_words < SHINGLE_WORDS), SHINGLE_WORDS - n_words, 0)
    words = np.insert(words, np.repeat(np.cumsum(n_words), missing), 0)
    text_of = np.repeat(np.arange(len(texts), dtype=np.uint64), n_words + missing)

    n = max(len(words) - SHINGLE_WORDS + 1, 0)
    shingles = np.zeros(n, dtype=np.uint64)
    for offset, mixer in enumerate(_MIXERS):
        shingles = shingles * _SHINGLE_BASE + words[offset : offset + n] * mixer
    in_one_text = text_of[:n] == text_of[SHINGLE_WORDS - 1 :]
    # The text's number before the hash: one sort for all texts.  (np.unique takes three times as long.)
    numbered = np.sort(text_of[:n][in_one_text] << np.uint64(32) | shingles[in_one_text] >> np.uint64(32))
    numbered = numbered[np.diff(numbered, prepend=~numbered[:1]) != 0]
    counts = np.bincount((numbered >> np.uint64(32)).astype(np.intp), minlength=len(texts))
    return numbered.astype(np.uint32), counts


def _hash_words(letters: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Give the hash of each run of letters, and where it starts."""
    is_letter = letters != _SEPARATOR
    is_start = is_letter.copy()
    is_start[1:] &= ~is_letter[:-1]
    letters = letters[is_letter]
    firsts = np.flatnonzero(is_start[is_letter])
    if not len(firsts):
        return np.empty(0, np.uint64), np.empty(0, np.intp)
    lengths = np.diff(firsts, append=len(letters))
    powers = np.cumprod(np.full(lengths.max(), _WORD_BASE))
    place = np.arange(len(letters)) - np.repeat(firsts, lengths)
    return np.add.reduceat(letters * powers[place], firsts), np.flatnonzero(is_start)


def _signatures(hashes: Hashes, counts: NDArray[np.intp]) -> Hashes:
    """Give the MinHash of each set, as datasketch defines it; of an empty set, the greatest values."""
    signatures = np.full((SIGNATURE_LENGTH, len(counts)), np.iinfo(np.uint32).max, dtype=np.uint32)
    not_empty = counts > 0
    starts = (np.cumsum(counts) - counts)[not_empty]
    mixed = _murmur_finalizer(hashes)
    for row, (factor, summand) in enumerate(zip(*_permutations(), strict=True)):
        signatures[row, not_empty] = np.minimum.reduceat(mixed * factor + summand, starts)
    return signatures


def _murmur_finalizer(hashes: Hashes) -> Hashes:
    """Spread hashes before they are permuted (MurmurHash3's last step), as datasketch does."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        hashes = (hashes ^ (hashes >> np.uint32(shift))) * np.uint32(factor)
    return hashes ^ (hashes >> np.uint32(16))


@cache
def _permutations() -> NDArray[np.uint32]:
    return np.asarray(MinHash(num_perm=SIGNATURE_LENGTH, seed=1).permutations, dtype=np.uint32)


@cache
def _letters() -> NDArray[np.uint64]:
    """For each code point: a number of the letter that it counts as, or that it separates words, or is nothing."""
    numbers = np.full(0x110000, _SEPARATOR, dtype=np.uint64)
    for code in range(len(numbers)):
        character = chr(code)
        if character.isalnum() and not character.isdecimal():
            letter = _FOLDED_LETTERS.get(character, character.lower())
            # Spread, so that two letters of a word do not make up for each other.
            numbers[code] = (ord(letter[0]) + 1) * 0xFF51AFD7ED558CCD % (1 << 64)
    numbers[list(_VOWEL_MARKS_AND_TATWEEL)] = _REMOVED
    return numbers
