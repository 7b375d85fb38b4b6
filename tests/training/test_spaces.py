"""What a head learns in a space folds into one weight a feature, and lets words that no labelled article has count."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from khabar.datasets.article import Article
from khabar.inference.errors import ConfigError
from khabar.training.config import TrainConfig, parse_config
from khabar.training.fit import fit, fit_heads
from khabar.training.latent import latent_space
from khabar.training.spaces import without_outlets_of
from khabar.training.vectorizer import KhabarVectorizer

Values = dict[str, Any]
SYNONYMS = ("الملعب", "المدرب", "الدوريات")  # of sport, in unlabelled articles only


@pytest.fixture
def with_space(values: Values) -> TrainConfig:
    values["blocks"]["words"] |= {"unlabelled": True, "dimensions": 6}
    values["data"]["unlabelled"] = [{"corpus": "sanad-khaleej"}]
    for head in ("sector", "sectors"):
        values["heads"][head]["spaces"] = {"words": {"latent": 2.0}}
    return parse_config(values, "toy.yaml")


@pytest.fixture
def unlabelled(articles: list[Article]) -> list[Article]:
    """Articles of the toy's words; those of sport have words beside them that no labelled one has."""
    random = Random(1)
    blank = {"sectors": (), "main": None, "denied": frozenset(), "tone": None}
    further = [random.choices(SYNONYMS, k=6) if article.main == "sport" else [] for article in articles]
    return [
        replace(article, id=f"u{article.id}", text=" ".join([article.text, *words]), **blank)
        for article, words in zip(articles, further, strict=True)
    ]


def test_a_head_is_the_sum_of_what_it_learnt_of_rows_and_of_places(
    with_space: TrainConfig, articles: list[Article]
) -> None:
    """With the weights of the places beside the rows' own, no fit could tell a folded head from one that is not."""
    documents = [(article.title, article.text) for article in articles]
    kinds = {"words": "word", "stems": "stem"}
    rows = {name: KhabarVectorizer(analyzer=kind).fit_transform(documents) for name, kind in kinds.items()}
    space = latent_space(rows["words"], 6)
    folded = fit_heads(with_space, rows, articles, {"words": {"latent": space}})["sectors"]
    values = with_space.to_dict()
    values["blocks"] = {"words": {"kind": "word"}, "stems": {"kind": "stem"}, "places": {"kind": "word"}}
    values["heads"]["sector"] = {"blocks": ["words", "stems", "places"]}
    values["heads"]["sectors"] |= {"blocks": {"words": 1, "places": 2}, "spaces": {}}
    places = csr_matrix(rows["words"] @ space)
    beside = fit_heads(parse_config(values, "beside.yaml"), {**rows, "places": places}, articles)["sectors"]
    expected = beside.weights["words"] + space @ beside.weights["places"]
    np.testing.assert_allclose(folded.weights["words"], expected, atol=1e-4)
    np.testing.assert_allclose(folded.bias, beside.bias, atol=1e-4)


def test_words_of_unlabelled_articles_get_weights(
    with_space: TrainConfig, articles: list[Article], unlabelled: list[Article]
) -> None:
    fitted = fit(with_space, articles, unlabelled)
    vocabulary = fitted.vectorizers["words"].vocabulary_
    weights = fitted.heads["sectors"].weights["words"][[vocabulary[word] for word in SYNONYMS]]
    assert (weights.argmax(axis=1) == with_space.sectors.index("sport")).all()
    assert not set(SYNONYMS) & set(fit(with_space, articles).vectorizers["words"].vocabulary_)


def test_a_fold_that_leaves_an_outlet_out_knows_none_of_its_articles(articles: list[Article]) -> None:
    gulf = [article for article in articles if article.outlet == "gulf"]
    assert {article.outlet for article in without_outlets_of(articles, gulf)} == {"morocco", "egypt", "panarab"}


def test_outlets_without_labelled_articles_count_where_folds_leave_outlets_out(
    with_space: TrainConfig, articles: list[Article], unlabelled: list[Article]
) -> None:
    config = with_space.model_copy(update={"fold_by": "outlet"})
    elsewhere = [replace(article, outlet="levant") for article in unlabelled]
    assert set(SYNONYMS) <= set(fit(config, articles, elsewhere).vectorizers["words"].vocabulary_)


def test_out_of_fold_scores_do_not_depend_on_unlabelled_articles_of_the_outlet_left_out(
    with_space: TrainConfig, articles: list[Article], unlabelled: list[Article]
) -> None:
    config = with_space.model_copy(update={"fold_by": "outlet", "folds": len({a.outlet for a in articles})})
    others = [article for article in unlabelled if article.outlet != "gulf"]
    rows = [at for at, article in enumerate(articles) if article.outlet == "gulf"]
    one, two = (fit(config, articles, some).out_of_fold["sectors"][rows] for some in (unlabelled, others))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("spaces", "message"),
    [
        (
            {"stems": {"lexicon": 1}},
            r"sectors\.spaces\.stems: found a block that the head is not over, expected one",
        ),
        (
            {"words": {"latent": 1}},
            r"spaces\.words\.latent: found a block of trained words alone, expected",
        ),
    ],
)
def test_a_space_that_a_block_cannot_have_is_refused(values: Values, spaces: Values, message: str) -> None:
    values["heads"]["sectors"]["spaces"] = spaces
    with pytest.raises(ConfigError, match=message):
        parse_config(values, "toy.yaml")


def test_sections_want_articles_that_have_some(values: Values) -> None:
    values["blocks"]["words"]["unlabelled"] = True
    values["heads"]["sectors"]["spaces"] = {"words": {"sections": 1}}
    with pytest.raises(ConfigError, match=r"words\.sections: found no data\.unlabelled"):
        parse_config(values, "toy.yaml")
