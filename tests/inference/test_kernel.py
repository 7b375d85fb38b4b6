"""The compiled kernel against the plain analyser and numpy, and its safety on any string."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.inference._kernel import Counts, Scorer, ngram_ids
from khabar.inference.features import Block, ngrams
from khabar.training.table import build_table
from khabar.training.vectorizer import join_words

TABLE = build_table()
BLOCKS = [
    Block("words", "word", 1, 2, title_weight=2),
    Block("trigrams", "word", 3, 3),
    Block("chars", "char_wb", 3, 5, max_chars=40),
    Block("stems", "stem", title_weight=0),
    Block("prefixes", "stem_prefix", sublinear=False, scale=0.5),
]
TITLES = ["افتتاح معرض الكتاب", None, "", "ﷺ ﻻ", "ا\u0654خبار"]
TEXTS = [
    "افتتح وزير الثقافة معرض الكتاب، وقال الوزير إن المعرض يستقبل ٣٠٠ ناشر من بلدان عربية.",
    "وزير وزير وزير المالية: الميزانية الجديدة #ميزانية_2030",
    "",
    "الـمُدَرِّسُونَ في المدرسة 𝒜𐍈 BBC",
    "س\u0648\u0654ال عن ا\u0654خبار اليوم \U0001f600",
]
any_text = st.text(st.one_of(st.sampled_from("ابتو هـَّ\u0654\u0653\0 .ﷲﷺ𝒜"), st.characters(codec=None)), max_size=60)


def reference_counts(block, title, text):
    body = [t for t in TABLE.tokens(text) if not block.max_chars or t.start < block.max_chars]
    counts = Counter(ngram.name for ngram in ngrams(block, [t.text for t in body]))
    for ngram in ngrams(block, [t.text for t in TABLE.tokens(title or "")]):
        counts[ngram.name] += block.title_weight
    return +counts


def counted(block, title, text):
    counts = Counts(TABLE, block, [text], [title])
    names = join_words(*counts.spell(counts.indices))
    return dict(zip(names, counts.data.tolist(), strict=True))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.name)
@pytest.mark.parametrize("at", range(len(TEXTS)))
def test_counts_are_those_of_the_plain_analyser(block, at):
    assert counted(block, TITLES[at], TEXTS[at]) == reference_counts(block, TITLES[at], TEXTS[at])


@given(any_text, any_text)
@settings(max_examples=200)
def test_counts_of_any_string_are_those_of_the_plain_analyser(title, text):
    block = Block("b", "word", 1, 2, title_weight=3)
    assert counted(block, title, text) == reference_counts(block, title, text)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.name)
def test_ids_of_counted_features_are_those_of_their_names(block):
    counts = Counts(TABLE, block, TEXTS, TITLES)
    names = join_words(*counts.spell(range(len(counts.ids))))
    assert len(set(names)) == len(names)
    np.testing.assert_array_equal(ngram_ids(block.kind, names), counts.ids)


@pytest.mark.parametrize("min_count", [2, 3, 300])
def test_no_feature_that_occurs_often_enough_is_left_out(min_count):
    # More word pairs than cells that their occurrences are counted in, at any number of them.
    rng = np.random.default_rng(0)
    texts = [" ".join(f"كلمه{i}" for i in rng.zipf(1.3, 400) % 3000) for _ in range(200)]
    block = Block("b", "word", 1, 2)

    def total(counts):
        names = join_words(*counts.spell(range(len(counts.ids))))
        return dict(zip(names, np.bincount(counts.indices, counts.data, len(names)).tolist(), strict=True))

    every, some = total(Counts(TABLE, block, texts)), total(Counts(TABLE, block, texts, None, min_count))
    often = {name: n for name, n in every.items() if n >= min_count or " " not in name}
    assert len(often) < len(some) < len(every)  # cells are shared, so some rare ones stay
    assert often == {name: n for name, n in some.items() if name in often}


def test_the_number_of_different_tokens_is_told():
    assert Counts(TABLE, Block("b", "word", 2, 2), ["وزير وزير", "ا", "معرض"]).n_tokens == 2


def fitted(seed=0):
    """Blocks over the documents above with random weights for 12 outputs, two ranges of them."""
    rng = np.random.default_rng(seed)
    ids = [Counts(TABLE, block, TEXTS, TITLES).ids[::2] for block in BLOCKS]  # half is unknown to the model
    idf = [rng.uniform(1, 9, len(i)).astype(np.float32) for i in ids]
    columns = [(0, 12), (0, 9), (9, 12), (0, 12), (3, 3)]
    weights = [rng.normal(size=(len(i), hi - lo)).astype(np.float32) for i, (lo, hi) in zip(ids, columns, strict=True)]
    bias = rng.normal(size=12).astype(np.float32)
    return (TABLE, BLOCKS, ids, idf, weights, columns, bias)


def reference_score(parts, title, text):
    _, blocks, ids, idf, weights, columns, bias = parts
    total = bias.astype(float)
    known = 0
    for block, id_, f, w, (lo, hi) in zip(blocks, ids, idf, weights, columns, strict=True):
        counts = reference_counts(block, title, text)
        at = {int(i): n for n, i in enumerate(id_)}
        vector = np.zeros(len(id_))
        for name, count in counts.items():
            feature = at.get(int(ngram_ids(block.kind, [name])[0]))
            if feature is not None:
                vector[feature] = (1 + np.log(count) if block.sublinear else count) * f[feature]
        known += np.count_nonzero(vector)
        if vector.any():
            total[lo:hi] += block.scale * (vector / np.linalg.norm(vector)) @ w.astype(float)
    return total, known


def test_scores_are_the_sum_of_the_blocks_rows_times_their_weights():
    parts = fitted()
    scores, known = Scorer(*parts).score(TEXTS, TITLES)
    expected = [reference_score(parts, title, text) for title, text in zip(TITLES, TEXTS, strict=True)]
    np.testing.assert_allclose(scores, [e[0] for e in expected], atol=1e-5)
    assert known.tolist() == [e[1] for e in expected]


def test_a_document_with_no_known_feature_scores_the_bias():
    parts = fitted()
    scores, known = Scorer(*parts).score(["xyzzy plugh"])
    np.testing.assert_array_equal(scores[0], parts[-1])
    assert known[0] == 0


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_scores_do_not_depend_on_the_threads_or_the_company(threads):
    scorer = Scorer(*fitted())
    alone = np.vstack([scorer.score([text], [title])[0] for text, title in zip(TEXTS, TITLES, strict=True)])
    scores, _ = scorer.score(TEXTS * 200, TITLES * 200, threads=threads)
    np.testing.assert_array_equal(scores, np.tile(alone, (200, 1)))


def test_the_memory_of_tokens_may_be_dropped_between_documents():
    scorer = Scorer(*fitted())
    before, _ = scorer.score(TEXTS, TITLES)
    many = [" ".join(f"w{d}x{i}" for i in range(30_000)) for d in range(10)]  # past what a workspace remembers
    scorer.score(many)
    after, _ = scorer.score(TEXTS, TITLES)
    np.testing.assert_array_equal(before, after)


def test_rows_of_a_block_are_sorted_and_of_unit_length():
    indptr, indices, data = Scorer(*fitted()).transform(0, TEXTS, TITLES)
    assert len(indptr) == len(TEXTS) + 1
    for lo, hi in pairwise(indptr):
        assert (np.diff(indices[lo:hi]) > 0).all()
        assert hi == lo or np.linalg.norm(data[lo:hi]) == pytest.approx(1, abs=1e-6)


def test_lookup_finds_the_ids_of_a_block_and_no_other():
    parts = fitted()
    scorer = Scorer(*parts)
    np.testing.assert_array_equal(scorer.lookup(0, parts[2][0]), np.arange(len(parts[2][0])))
    assert scorer.lookup(0, np.array([12345], dtype=np.uint64)).tolist() == [-1]


@given(st.lists(any_text, max_size=5))
@settings(max_examples=150)
def test_any_string_gets_finite_scores(texts):
    scores, _ = SCORER.score(texts, texts[::-1])
    assert np.isfinite(scores).all()


SCORER = Scorer(*fitted())


@pytest.mark.parametrize(
    "text",
    [
        "وزير " * 10_000_000,  # 50 million code points
        "ا" * 5_000_000,
        "\u064b" * 1_000_000,
        "\u0654" * 100_000,
        "\ud800" * 100_000,
        "\0" * 1_000_000,
        "𝒜" * 1_000_000,
        "ﷺ" * 200_000,
    ],
    ids=["50MB", "one word", "marks", "hamzas", "surrogates", "NUL", "astral", "ligatures"],
)
def test_large_and_odd_strings_are_safe(text):
    scores, _ = SCORER.score([text])
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("bad", [None, 3, b"bytes", 1.5])
def test_what_is_not_a_str_is_refused(bad):
    if bad is None:
        scores, _ = SCORER.score([""], [None])  # a title may be missing
        assert scores.shape == (1, 12)
        return
    with pytest.raises(TypeError, match="must be a str"):
        SCORER.score([bad])


def test_shapes_that_do_not_fit_are_refused():
    table, blocks, ids, idf, weights, columns, bias = fitted()
    with pytest.raises(ValueError, match="ids want idf"):
        Scorer(table, blocks, ids, [i[:-1] for i in idf], weights, columns, bias)
    with pytest.raises(ValueError, match="stands twice"):
        Scorer(table, blocks, [np.zeros_like(i) for i in ids], idf, weights, columns, bias)
    with pytest.raises(ValueError, match="outputs"):
        Scorer(table, blocks, ids, idf, weights, columns, bias[:5])


@pytest.mark.parametrize(
    "call",
    [
        lambda: SCORER.score(["a"], ["b", "c"]),
        lambda: SCORER.transform(0, ["a"] * 50, ["b"]),
        lambda: Counts(TABLE, BLOCKS[0], ["a"] * 50, ["b"]),
    ],
)
def test_titles_that_are_not_as_many_as_the_texts_are_refused(call):
    with pytest.raises(ValueError, match="titles"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: SCORER.lookup(99, np.zeros(1, dtype=np.uint64)),
        lambda: SCORER.transform(99, ["a"]),
        lambda: Counts(TABLE, BLOCKS[0], TEXTS).spell([10**6]),
        lambda: Counts(TABLE, BLOCKS[0], TEXTS).spell([-1]),
        lambda: Counts(TABLE, BLOCKS[0], TEXTS).rows(np.zeros(1, dtype=np.int32), np.ones(1), True),
    ],
)
def test_numbers_out_of_range_are_refused(call):
    with pytest.raises(IndexError, match=r" of |want"):
        call()


def test_a_count_past_what_32_bits_hold_stays_at_the_highest():
    block = Block("b", "word")
    object.__setattr__(block, "title_weight", 2**31)  # more than a block may ask for
    counts = Counts(TABLE, block, ["نص"], ["كلمة " * 5])
    assert counts.data.tolist() == [2**32 - 1, 1]


def test_rows_may_be_written_to():
    _, indices, data = SCORER.transform(0, TEXTS)
    assert (indices.flags.writeable, data.flags.writeable) == (True, True)
