"""What a system trains on beside a corpus: the tones that the corpus has, no copies of its articles, at a weight."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.classifier_config import ClassifierConfig
from khabar.training.further import further_articles
from khabar.training.protocol_tasks import Labelled

Publish = Callable[[str, Mapping[str, str]], None]
TEXTS = {
    "a": "خبر أول عن المدينة وأهلها الطيبين جدا",
    "b": "حديث آخر لا صلة له بما سبق من كلام",
    "c": "قول ثالث في شأن بعيد كل البعد",
}


def config(**corpora: float) -> ClassifierConfig:
    further = {"astd": {name.replace("_", "-"): weight for name, weight in corpora.items()}}
    values: dict[str, Any] = {"blocks": {"words": {"kind": "word"}}, "head": {}, "further": further}
    return ClassifierConfig.model_validate(values)


def data(corpus: str = "astd") -> Labelled:
    """Make a corpus that has two tones, and one text for both."""
    articles = [Article(corpus=corpus, id=label, outlet="x", text=TEXTS["a"]) for label in ("POS", "NEG")]
    names = {"POS": "positive", "NEG": "negative"}
    return Labelled(corpus, "tone", "own", "f_pn", articles, [*names], names, 0)


def tweets(**labels: str) -> dict[str, str]:
    rows = "".join(f"{TEXTS[text]}\t{label}\n" for text, label in labels.items())
    return {"data/ary/train.tsv": f"tweet\tlabel\n{rows}"}


def test_labels_become_those_of_the_corpus_that_mean_the_same(publish: Publish) -> None:
    publish("afrisenti-ary", tweets(b="negative", c="positive"))
    publish("arsarcasm-v2", {"ArSarcasm-v2/training_data.csv": f"tweet,sentiment\n{TEXTS['b']},POS\n"})
    found = further_articles(config(afrisenti_ary=0.5, arsarcasm_v2=0.2), data())
    assert found is not None
    assert found.corpora == ("afrisenti-ary", "arsarcasm-v2")
    assert list(found.labels) == ["NEG", "POS", "POS"]
    assert list(found.weights) == [0.5, 0.5, 0.2]
    assert [article.corpus for article in found.articles] == ["afrisenti-ary", "afrisenti-ary", "arsarcasm-v2"]


def test_copies_and_what_the_corpus_has_no_label_for_are_left_out(publish: Publish) -> None:
    publish("afrisenti-ary", tweets(a="negative", b="neutral", c="positive"))
    found = further_articles(config(afrisenti_ary=0.5), data())
    assert found is not None
    assert [article.text for article in found.articles] == [TEXTS["c"]]


def test_a_corpus_that_is_not_named_is_trained_alone() -> None:
    assert further_articles(config(afrisenti_ary=0.5), data("arsas")) is None


def test_a_corpus_that_gives_nothing_is_refused(publish: Publish) -> None:
    publish("afrisenti-ary", tweets(a="negative"))
    with pytest.raises(
        InputError, match=r"found no article of afrisenti-ary with one of the labels of astd \(negative, "
    ):
        further_articles(config(afrisenti_ary=0.5), data())
