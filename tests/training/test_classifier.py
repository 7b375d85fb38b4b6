"""A classifier is the vectoriser's rows and the solver's scores, told by a config; targets get what the config says."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack

from khabar import configs
from khabar.datasets.article import Article
from khabar.inference.errors import ConfigError, InputError
from khabar.training.classifier import OWN_MODEL_FROM, fit
from khabar.training.classifier_config import ClassifierConfig, load_system
from khabar.training.further import Further
from khabar.training.linear import fit_softmax
from khabar.training.nb_weights import nb_weights
from khabar.training.vectorizer import KhabarVectorizer

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
WORDS = {"شراء": "economy", "مباراة": "sport", "علاج": "health"}


def word(random: Random) -> str:
    return "".join(random.choices(LETTERS, k=6))


def make(text: str, number: int = 0, **rest: str) -> Article:
    return Article(corpus="toy", id=str(number), outlet="toy", text=text, **rest)


def telling(n: int, seed: int = 0) -> tuple[list[Article], list[str]]:
    """Make articles of random words, one word among them that tells the class."""
    random = Random(seed)
    articles, labels = [], []
    for number in range(n):
        tell = random.choice(list(WORDS))
        words = [word(random) for _ in range(8)] + [tell] * 2
        random.shuffle(words)
        articles.append(make(" ".join(words), number, title=tell if number % 2 else None))
        labels.append(WORDS[tell])
    return articles, labels


def config(blocks: dict[str, dict[str, object]] | None = None, **rest: object) -> ClassifierConfig:
    return ClassifierConfig.model_validate({"blocks": blocks or {"words": {"kind": "word"}}, "head": {}, **rest})


def accuracy(found: Sequence[str], labels: Sequence[str]) -> float:
    return float(np.mean([a == b for a, b in zip(found, labels, strict=True)]))


def test_it_learns_what_tells_the_class() -> None:
    classifier = fit(config(), *telling(200))
    articles, labels = telling(100, seed=1)
    assert classifier.classes == ("economy", "health", "sport")
    assert accuracy(classifier.predict(articles), labels) == 1


def test_its_scores_are_the_solvers_over_the_scaled_rows_of_all_blocks() -> None:
    articles, labels = telling(60)
    blocks = {"words": {"kind": "word", "scale": 0.5}, "characters": {"kind": "char_wb", "ngrams": [2, 3]}}
    documents = [(article.title, article.text) for article in articles]
    words = KhabarVectorizer(sublinear_tf=True).fit_transform(documents) * np.float32(0.5)
    characters = KhabarVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True).fit_transform(documents)
    rows = hstack([words, characters], format="csr", dtype=np.float32)
    target = np.unique(labels, return_inverse=True)[1]
    coefficients, intercepts = fit_softmax(rows, target, np.ones(60), "logistic", 3, 0)
    found = fit(config(blocks, head={"loss": "logistic", "C": 3}), articles, labels).scores(articles)
    assert found == pytest.approx(rows @ coefficients.T + intercepts, abs=1e-5)


def test_among_some_classes_the_largest_score_of_these_tells_the_class() -> None:
    articles, labels = telling(200)
    classifier = fit(config(), articles, labels)
    scores, found = classifier.scores(articles), classifier.predict(articles, among=("sport", "economy"))
    assert found == [("economy", "sport")[int(row[2] > row[0])] for row in scores]
    assert {a for a, label in zip(found, labels, strict=True) if label != "health"} == {"economy", "sport"}


def test_a_class_weight_lifts_the_rare_class() -> None:
    random = Random(0)
    # One word in three articles of either class, and nothing else to tell them by.
    articles = [make(" ".join([word(random), "خبر" if number % 3 else "نبا"]), number) for number in range(120)]
    labels = ["rare" if number < 12 else "frequent" for number in range(120)]
    plain, balanced = (
        fit(config(head={"C": 0.01, "class_weight": rule}), articles, labels) for rule in (None, "balanced")
    )
    assert plain.predict(articles).count("rare") < balanced.predict(articles).count("rare")


def opinions(n: int) -> tuple[list[Article], list[str]]:
    """Make texts whose words mean one thing of one target and the opposite of the other."""
    random = Random(0)
    articles, labels = [], []
    for number in range(n):
        target, good = ("السكة", "الميناء")[number % 2], random.random() < 0.5
        said = "مرحبا" if good == (target == "السكة") else "كفى"
        articles.append(make(f"{word(random)} {said} {word(random)}", number, target=target))
        labels.append("favor" if good else "against")
    return articles, labels


def test_a_target_that_many_articles_are_about_has_a_model_of_its_own() -> None:
    articles, labels = opinions(4 * OWN_MODEL_FROM)
    train, test = slice(None, 2 * OWN_MODEL_FROM), slice(2 * OWN_MODEL_FROM, None)
    one, own = (fit(config(by_target=rule), articles[train], labels[train]) for rule in (False, True))
    assert set(own.by_target) == {"السكة", "الميناء"}
    assert accuracy(own.predict(articles[test]), labels[test]) == 1
    assert accuracy(one.predict(articles[test]), labels[test]) < 0.7


def test_other_targets_have_the_model_of_all() -> None:
    articles, labels = opinions(2 * OWN_MODEL_FROM)
    one, own = (fit(config(by_target=rule), articles, labels) for rule in (False, True))
    stranger = [make(article.text, target="المطار") for article in articles[:20]]
    assert own.scores(stranger) == pytest.approx(one.scores(stranger))
    few = fit(config(by_target=True), articles[: 2 * OWN_MODEL_FROM - 2], labels[: 2 * OWN_MODEL_FROM - 2])
    assert few.by_target == {}


def test_a_class_that_a_target_never_had_is_not_told_of_it() -> None:
    articles, labels = opinions(2 * OWN_MODEL_FROM)
    articles.append(make("لا خبر", target="المطار"))
    scores = fit(config(by_target=True), articles, [*labels, "neutral"]).scores(articles)
    assert np.isneginf(scores[:-1, 2]).all()
    assert np.isfinite(scores[-1]).all()


def pairs(n: int) -> tuple[list[Article], list[str]]:
    """Make texts that repeat their claim's words, all of them or with another one in the place of one."""
    random = Random(0)
    vocabulary = [word(random) for _ in range(30)]
    articles, labels = [], []
    for number in range(n):
        *claim, other = random.sample(vocabulary, 6)
        text, agrees = list(claim), random.random() < 0.5
        if not agrees:
            text[0] = other
        random.shuffle(text)
        articles.append(make(" ".join(text), number, target=" ".join(claim)))
        labels.append("agree" if agrees else "disagree")
    return articles, labels


@pytest.mark.parametrize("reads", ["text_only", "target_only"])
def test_what_one_of_text_and_claim_lacks_tells_a_stance_that_no_word_tells(reads: str) -> None:
    articles, labels = pairs(500)
    train, test = slice(None, 300), slice(300, None)
    pair, plain = (
        fit(config({"words": {"kind": "word", "reads": kind}}), articles[train], labels[train])
        for kind in (reads, "article")
    )
    assert accuracy(pair.predict(articles[test]), labels[test]) == 1
    assert accuracy(plain.predict(articles[test]), labels[test]) < 0.7


def test_what_text_and_claim_share_is_read_alike_whatever_its_spelling() -> None:
    articles = [make("زار الرئيس المدينة اليوم", target="المدينه"), make("زار الرئيس المدينة اليوم", target="القرية")]
    both = config({"shared": {"kind": "word", "reads": "shared"}})
    scores = fit(both, articles * 2, ["agree", "disagree"] * 2).scores([*articles, make("المدينة", target="المدينة")])
    assert scores[0] == pytest.approx(scores[2])
    assert scores[0] != pytest.approx(scores[1])


def test_a_block_without_features_is_left_out_and_none_with_any_is_refused() -> None:
    articles = [make("خبر اول", target="Vaccine"), make("نبا ثان", target="Vaccine")]
    blocks = {"words": {"kind": "word"}, "shared": {"kind": "word", "reads": "shared"}}
    assert fit(config(blocks), articles, ["a", "b"]).predict(articles) == ["a", "b"]
    with pytest.raises(InputError, match="no feature of shared in 2 articles"):
        fit(config({"shared": blocks["shared"]}), articles, ["a", "b"])


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="found 1 classes in 2 articles"):
        fit(config(), [make("خبر"), make("نبا")], ["a", "a"])


@pytest.mark.parametrize("name", configs.systems())
def test_each_system_that_ships_is_valid_and_called_as_its_file(name: str) -> None:
    assert load_system(configs.find(name)).name == name
    assert name not in configs.names()


def test_a_systems_problems_are_listed_by_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(configs.find("baseline").read_text(encoding="utf-8").replace("by_target", "by_taget"))
    with pytest.raises(ConfigError, match=r"mine\.yaml: stance\.by_taget: unknown key; did you mean by_target\?"):
        load_system(path)


@pytest.mark.parametrize(("text", "problem"), [("name: [a", "is not valid YAML"), (None, "cannot be read")])
def test_a_file_that_is_no_system_is_named(tmp_path: Path, text: str | None, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=rf"mine\.yaml: {problem}"):
        load_system(path)


def test_features_scaled_by_what_they_tell_score_as_the_solver_has_it() -> None:
    articles, labels = telling(60)
    rows = KhabarVectorizer(sublinear_tf=True).fit_transform([(a.title, a.text) for a in articles])
    target, weight = np.unique(labels, return_inverse=True)[1], np.ones(60)
    scaled = csr_matrix(rows.multiply(nb_weights(rows, target, weight, 0.5))).astype(np.float32)
    coefficients, intercepts = fit_softmax(scaled, target, weight, "squared_hinge", 1, 0)
    found = fit(config(head={"nb_power": 0.5}), articles, labels).scores(articles)
    assert found == pytest.approx(scaled @ coefficients.T + intercepts, abs=1e-4)


def test_a_block_may_read_posts() -> None:
    articles = [make(f"{text} {n}") for n in range(20) for text in ("نعم😍", "نعم😡")]
    labels = ["positive", "negative"] * 20
    blocks = {"words": {"kind": "word", "reads": "post"}}
    assert (
        accuracy(fit(config(blocks), articles, labels).predict([make("لا😡"), make("لا 😍")]), ["negative", "positive"])
        == 1
    )
    assert len(np.unique(fit(config(), articles, labels).scores([make("لا😡"), make("لا 😍")]), axis=0)) == 1


def test_further_articles_are_fitted_on_at_their_weight() -> None:
    (articles, labels), (beside, further_labels) = telling(60), telling(30, seed=1)
    documents = [(article.title, article.text) for article in (*articles, *beside)]
    rows = KhabarVectorizer(sublinear_tf=True).fit_transform(documents)
    target, weight = np.unique([*labels, *further_labels], return_inverse=True)[1], np.repeat([1, 0.2], [60, 30])
    coefficients, intercepts = fit_softmax(rows, target, weight, "squared_hinge", 1, 0)
    further = Further(("other",), beside, further_labels, [0.2] * 30)
    found = fit(config(), articles, labels, further=further).scores(articles)
    assert found == pytest.approx(rows[:60] @ coefficients.T + intercepts, abs=1e-4)


def test_further_articles_of_a_class_that_a_part_lacks_are_not_fitted_on() -> None:
    (articles, labels), (beside, further_labels) = telling(60), telling(30, seed=1)
    kept = [row for row, label in enumerate(further_labels) if label != "health"]
    few = [row for row, label in enumerate(labels) if label != "health"]
    part = [articles[row] for row in few], [labels[row] for row in few]
    every = Further(("other",), beside, further_labels, [0.2] * 30)
    some = Further(("other",), [beside[row] for row in kept], [further_labels[row] for row in kept], [0.2] * len(kept))
    one, other = (fit(config(), *part, further=further) for further in (every, some))
    assert one.classes == ("economy", "sport")
    assert one.scores(articles) == pytest.approx(other.scores(articles))


def test_offsets_are_chosen_on_the_targets_own_models_though_a_fold_has_fewer_articles_than_that_takes() -> None:
    random = Random(0)
    articles, labels = opinions(8 * OWN_MODEL_FROM)
    # Of one target nearly all is against, which a general model carries over to the other; a model of the other's own
    # is right without any lift.
    many = [at for at, one in enumerate(articles) if one.target == "السكة" and (labels[at] == "against" or at < 40)]
    few = [at for at, one in enumerate(articles) if one.target == "الميناء"][: OWN_MODEL_FROM + 10]
    for at in few:
        articles[at] = replace(articles[at], text=articles[at].text.replace("مرحبا", "عيب").replace("كفى", "نعم"))
    rows = [*many, *few]
    random.shuffle(rows)
    offsets = config(by_target=True, head={"offsets": True, "C": 0.01})
    found = fit(offsets, [articles[row] for row in rows], [labels[row] for row in rows])
    assert set(found.by_target) == {"السكة", "الميناء"}
    assert found.offsets["الميناء"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("further", "problem"),
    [
        ({"asdt": {"arsarcasm-v2": 1}}, r"found 'asdt', expected one of .*did you mean astd\?"),
        ({"astd": {"arsarcasm": 1}}, r"found 'arsarcasm', expected one of .*did you mean arsarcasm-v2\?"),
        ({"astd": {"astd": 1}}, "found astd beside itself, expected other corpora"),
    ],
)
def test_further_corpora_are_others_of_the_catalogue(further: dict[str, dict[str, float]], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        config(further=further)


def test_an_unknown_reading_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"found 'artcle', expected one of .*did you mean article"):
        config({"words": {"kind": "word", "reads": "artcle"}})
