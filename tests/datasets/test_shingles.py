"""Shingles are three words long whatever the batch, and their signatures are those of datasketch."""

import re

import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from khabar.datasets import sample, shingles
from khabar.datasets.shingles import SIGNATURE_LENGTH, shingle_sets

TEXTS = [article.text for article in sample.load("test")]
WORD = re.compile(r"[^\W\d_]+")


def triples(text: str) -> set[tuple[str, ...]]:
    """The shingles by the book: windows of three words."""
    folded = re.sub("[\u0640\u064b-\u065f\u0670]", "", text).translate(str.maketrans("أإآٱىة", "اااايه"))
    words = WORD.findall("".join(letter.lower()[0] for letter in folded))
    return {tuple(words[n : n + 3]) for n in range(max(len(words) - 2, 1))} if words else set()


letters = st.text(st.sampled_from("ابتأةىَـ 12_.,aAß\n\ud800\U0001f600\U00010400"), max_size=60)


@given(st.lists(letters, max_size=8))
def test_shingles_are_runs_of_three_words(texts: list[str]) -> None:
    sets = shingle_sets(texts)
    assert [len(sets[n]) for n in range(len(sets))] == [len(triples(text)) for text in texts]


@given(letters, letters)
def test_texts_share_the_shingles_that_they_share_by_the_book(one: str, two: str) -> None:
    sets = shingle_sets([one, two])
    assert len(np.intersect1d(sets[0], sets[1])) == len(triples(one) & triples(two))


@pytest.mark.parametrize("characters", [1, 1000, 1 << 20])
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch, characters: int) -> None:
    expected = shingle_sets([*TEXTS, "", "كلمة"])
    monkeypatch.setattr(shingles, "_BATCH_CHARACTERS", characters)
    batched = shingle_sets([*TEXTS, "", "كلمة"])
    assert np.array_equal(batched.hashes, expected.hashes)
    assert np.array_equal(batched.starts, expected.starts)
    assert np.array_equal(batched.signatures, expected.signatures)


def test_signatures_are_those_of_datasketch() -> None:
    sets = shingle_sets([*TEXTS, "", "كلمة"])
    for n in range(len(sets)):
        expected = MinHash(num_perm=SIGNATURE_LENGTH, seed=1, hashfunc=int)
        expected.update_batch(sets[n].tolist())
        assert np.array_equal(sets.signatures[:, n], expected.hashvalues)


def test_hashes_are_the_same_on_any_machine() -> None:
    sets = shingle_sets(["أعلنت الوزارة اليوم افتتاح الجسر"])
    assert sets[0].tolist() == [612161861, 891047261, 2806004085]


@pytest.mark.parametrize(
    "post",
    [
        "RT @someone: هذا خبر قصير عن الجسر https://t.co/AbC1",
        "@some_one @other هذا خبر قصير عن الجسر www.example.org/a?b=1",
        "هذا خبر قصير عن الجسر URL pic.twitter.com/xYz",
        "هذا خبر قصير عن #الجسر http://example.org",
    ],
)
def test_links_and_accounts_are_no_words(post: str) -> None:
    sets = shingle_sets([post, "هذا خبر قصير عن الجسر"])
    assert sets[0].tolist() == sets[1].tolist()


def test_no_texts_have_no_sets() -> None:
    assert len(shingle_sets([])) == 0
    assert len(shingle_sets(["", "12"]).hashes) == 0
