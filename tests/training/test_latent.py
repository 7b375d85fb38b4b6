"""A latent space has the directions that rows vary in most."""

import numpy as np

from khabar.datasets.article import Article
from khabar.training.latent import latent_space
from khabar.training.vectorizer import KhabarVectorizer


def test_the_space_is_orthonormal_and_always_the_same(articles: list[Article]) -> None:
    rows = KhabarVectorizer().fit_transform([article.text for article in articles])
    space = latent_space(rows, 5)
    assert (space.shape, space.dtype) == ((rows.shape[1], 5), np.float32)
    np.testing.assert_allclose(space.T @ space, np.eye(5), atol=1e-5)
    np.testing.assert_array_equal(space, latent_space(rows, 5))


def test_a_space_of_few_rows_has_as_many_dimensions_as_they_have() -> None:
    rows = KhabarVectorizer().fit_transform(["وزير المالية", "مباراة الفريق"])
    assert latent_space(rows, 300).shape == (4, 2)
