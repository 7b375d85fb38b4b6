"""Blocks and the plain analyser."""

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from khabar.inference.features import Block, ngrams, stem


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("والمدرسه", "مدرس"),
        ("المعلمون", "معلم"),
        ("بالحكومه", "حكوم"),
        ("للوزاره", "وزار"),
        ("سيارات", "سيار"),
        ("مدينتها", "مدينت"),
        ("ال", "ال"),
        ("وال", "وال"),
        ("من", "من"),
        ("bbc", "bbc"),
    ],
)
def test_a_stem_loses_clitics_and_endings_but_keeps_two_letters(token, expected):
    assert stem(token) == expected


@pytest.mark.parametrize(("kind", "n"), [("word", (1, 1)), ("word", (1, 3)), ("word", (2, 2)), ("char_wb", (3, 5))])
@pytest.mark.parametrize("text", ["في اكادير وزير التربيه", "في", "", "اب ابت ابتث ابتثج"])
def test_ngrams_are_those_of_scikit_learn(kind, n, text):
    analyse = CountVectorizer(analyzer=kind, ngram_range=n, lowercase=False).build_analyzer()
    block = Block("b", kind, *n)
    assert sorted(ngram.name for ngram in ngrams(block, text.split())) == sorted(analyse(text))


def test_an_ngram_names_the_tokens_it_spans():
    found = list(ngrams(Block("b", "word", 2, 2), ["وزير", "التعليم", "العالي"]))
    assert [(ngram.name, ngram.first, ngram.last) for ngram in found] == [
        ("وزير التعليم", 0, 1),
        ("التعليم العالي", 1, 2),
    ]


def test_stem_prefixes_are_four_letters():
    names = [ngram.name for ngram in ngrams(Block("b", "stem_prefix"), ["المستشفيات", "من"])]
    assert names == ["مستش", "من"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "lemma"}, "not one of"),
        ({"kind": "word", "min_n": 3, "max_n": 2}, "make no range"),
        ({"kind": "word", "title_weight": -1}, "expected 0 to 1000"),
        ({"kind": "word", "title_weight": 2**31}, "expected 0 to 1000"),
        ({"kind": "word", "max_chars": -1}, "not below 0"),
    ],
)
def test_a_block_that_cannot_be_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Block("b", **values)


def test_a_block_survives_its_dictionary():
    block = Block("b", "char_wb", 3, 5, title_weight=2, max_chars=800, scale=0.5)
    assert Block.from_dict(block.to_dict()) == block
