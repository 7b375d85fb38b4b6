"""Publishers' sections give a direction each, along which their articles lie."""

import warnings

import numpy as np

from khabar.datasets.article import Article
from khabar.training.sections_space import FEWEST, sections_space
from khabar.training.vectorizer import KhabarVectorizer


def filed(articles: list[Article], times: int) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    chosen = [article for article in articles if article.main] * times
    return [article.text for article in chosen], [("paper", (f"{article.main} page",)) for article in chosen]


def test_a_direction_is_where_its_section_lies(articles: list[Article]) -> None:
    texts, places = filed(articles, 5)
    rows = KhabarVectorizer().fit_transform(texts)
    space = sections_space(rows, places)
    sections = sorted({section for _, (section,) in places})
    assert space.shape == (rows.shape[1], len(sections))
    assert [sections[at] for at in (rows @ space).argmax(axis=1)] == [section for _, (section,) in places]
    np.testing.assert_allclose((rows @ space).std(axis=0), 1 / np.sqrt(len(sections)), rtol=1e-4)


def test_corpora_are_apart_and_what_is_filed_nowhere_or_rarely_gives_none(articles: list[Article]) -> None:
    texts, places = filed(articles, 8)
    rows = KhabarVectorizer().fit_transform(texts)
    both = [
        (("paper", "other")[at % 2], (f"section {at // 2 % 2 if at % 2 else at // 2 % 3}",)) for at in range(len(texts))
    ]
    assert len(texts) >= 3 * 2 * FEWEST
    assert sections_space(rows[: len(both)], both).shape[1] == 5
    few = [("other", (f"section {at % 2}",)) if at < FEWEST else place for at, place in enumerate(places)]
    assert sections_space(rows, few).shape[1] == 3
    assert sections_space(rows, [("paper", ())] * len(texts)).shape == (rows.shape[1], 0)


def test_no_articles_give_no_direction() -> None:
    rows = KhabarVectorizer().fit_transform(["خبر أول"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sections_space(rows[:0], []).shape == (rows.shape[1], 0)
