"""KhabarVectorizer is scikit-learn's TfidfVectorizer over the camel-tools normaliser, only faster."""

import os
import warnings
from io import BytesIO

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from khabar.datasets import sample
from khabar.training.reference import reference_vectorizer
from khabar.training.vectorizer import KhabarVectorizer

SETTINGS = [
    {"analyzer": "word", "ngram_range": (1, 1)},
    {"analyzer": "word", "ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True},
    {"analyzer": "word", "ngram_range": (2, 3), "max_features": 500},
    {"analyzer": "word", "ngram_range": (1, 3), "min_df": 0.02, "max_df": 0.5},
    {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 0.02, "max_df": 0.6, "sublinear_tf": True},
    {"analyzer": "char_wb", "ngram_range": (2, 4), "max_features": 3000},
    {"analyzer": "stem", "sublinear_tf": True},
    {"analyzer": "stem_prefix", "min_df": 2},
]


with warnings.catch_warnings():
    # scikit-learn says that it leaves out its checks on numeric arrays, as for its own text vectorisers.
    warnings.simplefilter("ignore", SkipTestWarning)
    estimator_checks = parametrize_with_checks([KhabarVectorizer()])


@estimator_checks
def test_scikit_learns_estimator_checks_pass(estimator, check):
    check(estimator)


def texts_of_the_sample():
    return [article.text for part in ("train", "test", "demo") for article in sample.load(part)]


def assert_equal_to_the_reference(settings, texts):
    ours = KhabarVectorizer(**settings)
    rows = ours.fit_transform(texts)
    reference = reference_vectorizer(
        ours.block("reference"), **{k: settings[k] for k in ("min_df", "max_df", "max_features") if k in settings}
    )
    expected = reference.fit_transform(texts)
    expected.sort_indices()
    np.testing.assert_array_equal(ours.get_feature_names_out(), reference.get_feature_names_out())
    for found in (rows, ours.transform(texts)):
        np.testing.assert_array_equal(found.indptr, expected.indptr)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-5, atol=1e-7)
    # Weights as large as heads have them: a difference in the rows would show in the decision values.
    weights = np.random.default_rng(0).normal(scale=5, size=(rows.shape[1], 3))
    np.testing.assert_allclose(rows @ weights, expected @ weights, atol=1e-5)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_vocabulary_matrix_and_decisions_equal_scikit_learns_on_the_sample(settings):
    assert_equal_to_the_reference(settings, texts_of_the_sample())


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["sanad-khaleej", "ant-multisource", "ant-jawhara", "hespress-2020"])
@pytest.mark.parametrize("settings", [SETTINGS[1], SETTINGS[5]], ids=["words", "stems"])
def test_vocabulary_matrix_and_decisions_equal_scikit_learns_on_every_article_of(corpus, settings):
    from khabar.datasets import corpora

    assert "KHABAR_MIRROR" in os.environ
    articles = corpora.read(corpus)
    assert_equal_to_the_reference(settings, [article.text for article in articles])


def test_titles_count_as_often_as_their_weight():
    plain = KhabarVectorizer(title_weight=3).fit_transform([("وزير", "معرض الكتاب"), "كتاب"])
    repeated = KhabarVectorizer().fit_transform(["وزير وزير وزير معرض الكتاب", "كتاب"])
    assert abs(plain - repeated).max() == 0


def test_an_estimator_survives_clone_and_joblib():
    texts = texts_of_the_sample()
    fitted = KhabarVectorizer(ngram_range=(1, 2)).fit(texts)
    assert clone(fitted).get_params() == fitted.get_params()
    fitted.transform(texts[:1])  # makes the kernel, which is not to be pickled
    file = BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    again = joblib.load(file)
    assert abs(again.transform(texts) - fitted.transform(texts)).max() == 0


@pytest.mark.parametrize(
    ("settings", "documents", "message"),
    [
        ({}, "نص واحد", "string object received"),
        ({}, ["", "و"], "empty vocabulary"),
        ({"min_df": 2}, ["وزير", "معرض", "كتاب"], "no terms remain"),
        ({"min_df": 2, "max_df": 1}, ["وزير", "معرض"], "fewer documents"),
        ({}, ["وزير", ("a", "b", "c")], "document 1"),
        ({"analyzer": "lemma"}, ["وزير"], "analyzer"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_the_reason(settings, documents, message):
    with pytest.raises(ValueError, match=message):
        KhabarVectorizer(**settings).fit(documents)
