"""What a system trains on beside a corpus: the tones that the corpus has, no copies of its articles, at a weight."""

from typing import Any

import pytest

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training import further
from khabar.training.classifier_config import ClassifierConfig
from khabar.training.protocol_tasks import Labelled

TEXTS = {
    "a": "خبر أول عن المدينة وأهلها الطيبين جدا",
    "b": "حديث آخر لا صلة له بما سبق من كلام",
    "c": "قول ثالث في شأن بعيد كل البعد",
}


def config(**corpora: float) -> ClassifierConfig:
    values: dict[str, Any] = {"blocks": {"words": {"kind": "word"}}, "head": {}, "further": {"own": corpora}}
    return ClassifierConfig.model_validate(values)


def data(corpus: str, labels: dict[str, str], names: dict[str, str] | None = None) -> Labelled:
    articles = [Article(corpus=corpus, id=text, outlet="x", text=TEXTS[text]) for text in labels]
    return Labelled(corpus, "tone", "own", "f_pn", articles, list(labels.values()), names or {}, 0)


OWN = data("own", {"a": "POS"}, {"POS": "positive", "NEG": "negative"})
OWN_OF_TWO = Labelled(**{**vars(OWN), "articles": OWN.articles * 2, "labels": ["POS", "NEG"]})


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> dict[str, Labelled]:
    """Have corpora of the test's own read in the place of the catalogue's."""
    corpora: dict[str, Labelled] = {}
    monkeypatch.setattr(further, "shared_labels", lambda name, _: corpora[name])
    return corpora


def test_labels_become_those_of_the_corpus_that_mean_the_same(others: dict[str, Labelled]) -> None:
    others["tweets"] = data("tweets", {"b": "negative", "c": "positive"})
    others["posts"] = data("posts", {"b": "positive"})
    found = further.further_articles(config(tweets=0.5, posts=0.2), OWN_OF_TWO)
    assert found is not None
    assert found.corpora == ("tweets", "posts")
    assert list(found.labels) == ["NEG", "POS", "POS"]
    assert list(found.weights) == [0.5, 0.5, 0.2]
    assert [article.corpus for article in found.articles] == ["tweets", "tweets", "posts"]


def test_copies_and_what_the_corpus_has_no_label_for_are_left_out(others: dict[str, Labelled]) -> None:
    others["tweets"] = data("tweets", {"a": "negative", "b": "neutral", "c": "positive"})
    found = further.further_articles(config(tweets=0.5), OWN_OF_TWO)
    assert found is not None
    assert [article.id for article in found.articles] == ["c"]


def test_a_corpus_that_is_not_named_is_trained_alone() -> None:
    assert further.further_articles(config(tweets=0.5), data("another", {"a": "POS"})) is None


def test_a_corpus_that_gives_nothing_is_refused(others: dict[str, Labelled]) -> None:
    others["tweets"] = data("tweets", {"a": "negative"})
    with pytest.raises(InputError, match=r"found no article of tweets with one of the labels of own \(negative, pos"):
        further.further_articles(config(tweets=0.5), OWN_OF_TWO)
