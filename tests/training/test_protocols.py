"""Protocols train and test on what they say, raw and without copies, on small corpora made by a rule."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random

import pytest

from khabar.training.classifier_config import HeadConfig, SystemConfig
from khabar.training.cross_corpus import cross_corpus
from khabar.training.outcomes import Result, compare
from khabar.training.protocol_tasks import own_labels, shared_labels
from khabar.training.protocols import byline, in_corpus, official, outlets

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
TELLS = {
    "sport": "مباراة",
    "economy": "استثمار",
    "culture": "مسرحية",
    "internationalNews": "سفير",
    "middleEast": "سفير",
}
OUTLETS = {"AL": "AlArabiya", "BB": "BBC", "CN": "CNN"}
Publish = Callable[[str, Mapping[str, str]], None]


def classifier(**head: object) -> dict[str, object]:
    return {"blocks": {"words": {"kind": "word"}}, "head": {"C": 1, **head}}


SYSTEM = SystemConfig.model_validate(
    {"name": "words", "topic": classifier(), "tone": classifier(), "stance": {**classifier(), "by_target": True}}
)


def sentence(random: Random, *tells: str, words: int = 12) -> str:
    """Write words that are found nowhere else, and those that tell the class."""
    written = ["".join(random.choices(LETTERS, k=6)) for _ in range(words)] + list(tells)
    random.shuffle(written)
    return " ".join(written)


def ant_file(text: str) -> str:
    return f"<TITLE>عنوان</TITLE><TIME>2018-01-01</TIME><TEXT>{text}</TEXT>"


def ant(
    outlets: Iterable[str] = OUTLETS, sections: Iterable[str] = TELLS, each: int = 12, openings: Mapping[str, str] = {}
) -> dict[str, str]:
    """Lay out articles of some outlets and sections; their texts may open with a byline."""
    random, files = Random(0), {}
    for outlet in outlets:
        for section in sections:
            for number in range(each):
                text = openings.get(outlet, "") + sentence(random, TELLS[section], TELLS[section])
                files[f"{OUTLETS.get(outlet)}/{section}/{outlet}-{section}-{number}.txt"] = ant_file(text)
    return files


def tweets(labels: Iterable[str], seed: int, tells: Mapping[str, str]) -> str:
    random = Random(seed)
    return "tweet,sentiment\n" + "".join(f"{sentence(random, tells[label])},{label}\n" for label in labels)


def by_part(results: Iterable[Result], **wanted: str) -> dict[str, Result]:
    """Give results by part, those whose outcomes are as wanted."""
    return {
        one.outcome.part: one
        for one in results
        if all(getattr(one.outcome, key) == value for key, value in wanted.items())
    }


def test_a_random_tenth_is_tested_on_by_the_catalogues_metric(publish: Publish) -> None:
    publish("ant-multisource", ant(each=20))
    said: list[str] = []
    (found,) = in_corpus(SYSTEM, ["ant-multisource"], report=said.append)
    outcome = found.outcome
    assert (outcome.protocol, outcome.system, outcome.task, outcome.metric) == (
        "in-corpus",
        "words",
        "topic",
        "macro_f1",
    )
    assert (outcome.n_train, outcome.n_test, outcome.n_left_out) == (270, 30, 0)
    assert outcome.f1.keys() == TELLS.keys()
    # Two sections have the same words: what can be told apart is told, and their mean lies between.
    assert outcome.f1["sport"] == outcome.f1["economy"] == outcome.f1["culture"] == 1
    assert 0.6 <= outcome.raw.value < 1
    assert outcome.raw.low <= outcome.raw.value <= outcome.raw.high
    assert said[0].startswith(f"in-corpus, ant-multisource, own labels: macro_f1 {outcome.raw.value:.3f}")


def test_the_figures_do_not_depend_on_the_number_of_jobs(publish: Publish) -> None:
    publish("ant-multisource", ant())
    one, two = (outlets(SYSTEM, ["ant-multisource"], jobs=jobs) for jobs in (1, 2))
    assert [replace(a.outcome, seconds=0) for a in one] == [replace(b.outcome, seconds=0) for b in two]
    assert [a.predictions for a in one] == [b.predictions for b in two]


def test_copies_of_training_articles_and_second_copies_count_in_the_raw_figures_only(publish: Publish) -> None:
    labels = ["POS", "NEG", "NEU"] * 20
    tells = {"POS": "رائع", "NEG": "سيء", "NEU": "اعلان"}
    train, test = tweets(labels, 0, tells), tweets(labels[:9], 1, tells)
    copied, rows = train.splitlines()[1:4], test.splitlines()[1:]
    test += "".join(f"{row}\n" for row in (*copied, rows[0], rows[0]))
    publish("arsarcasm-v2", {"ArSarcasm-v2/training_data.csv": train, "ArSarcasm-v2/testing_data.csv": test})
    (found,) = official(SYSTEM, ["arsarcasm-v2"])
    assert (found.outcome.n_train, found.outcome.n_test, found.outcome.n_test_deduplicated) == (60, 14, 9)
    assert [prediction.counts for prediction in found.predictions] == [True] * 9 + [False] * 5


def test_the_official_split_has_the_official_metric_by_what_labels_mean(publish: Publish) -> None:
    labels, tells = ["POS", "NEG", "NEU"] * 20, {"POS": "رائع", "NEG": "سيء", "NEU": "اعلان"}
    # In the test the neutral ones are written as negative ones are, so that one class is lost and another one spoilt.
    spoilt = tells | {"NEU": "سيء"}
    files = {
        "ArSarcasm-v2/training_data.csv": tweets(labels, 0, tells),
        "ArSarcasm-v2/testing_data.csv": tweets(labels, 1, spoilt),
    }
    publish("arsarcasm-v2", files)
    (found,) = official(SYSTEM, ["arsarcasm-v2"])
    assert found.outcome.metric == "f_pn"
    assert found.outcome.f1 == pytest.approx({"POS": 1, "NEG": 2 / 3, "NEU": 0})
    assert found.outcome.raw.value == pytest.approx((1 + 2 / 3) / 2)


def test_each_outlet_is_left_out_once_and_their_mean_weighs_them_alike(publish: Publish) -> None:
    files = ant(("AL", "BB"), ("sport", "economy"), 20) | ant(("CN",), ("sport", "economy"), 5)
    publish("ant-multisource", files)
    results = outlets(SYSTEM, ["ant-multisource"])
    parts = by_part(results, labels="own")
    assert parts.keys() == {"AlArabiya", "BBC", "CNN", "mean"}
    assert (parts["CNN"].outcome.n_train, parts["CNN"].outcome.n_test) == (80, 10)
    assert parts["CNN"].outcome.trained_on == "all but CNN"
    assert {prediction.id[:2] for prediction in parts["CNN"].predictions} == {"CN"}
    values = [one.outcome.raw.value for name, one in parts.items() if name != "mean"]
    assert parts["mean"].outcome.raw.value == pytest.approx(sum(values) / 3)
    assert parts["mean"].outcome.n_test == 90


def test_sections_that_are_places_are_one_class_where_classes_are_shared(publish: Publish) -> None:
    publish("ant-multisource", ant())
    results = outlets(SYSTEM, ["ant-multisource"])
    own, shared = (by_part(results, labels=labels)["mean"].outcome for labels in ("own", "shared"))
    assert shared.f1.keys() == {"sport", "economy", "culture", "world"}
    assert own.raw.value < 0.95 < shared.raw.value


def test_an_outlet_of_one_class_is_trained_on_only(publish: Publish) -> None:
    publish("ant-multisource", ant(("AL", "BB"), ("sport", "economy")) | ant(("CN",), ("sport",)))
    parts = by_part(outlets(SYSTEM, ["ant-multisource"]), labels="own")
    assert parts.keys() == {"AlArabiya", "BBC", "mean"}
    assert parts["BBC"].outcome.n_train == 36


def test_what_stands_under_several_sections_is_left_out_and_counted(publish: Publish) -> None:
    files = ant(each=12)
    twice = sentence(Random(9), TELLS["sport"], TELLS["economy"])
    files |= {f"BBC/{section}/BB-{section}-twice.txt": ant_file(twice) for section in ("sport", "economy")}
    publish("ant-multisource", files)
    data = own_labels("ant-multisource")
    assert (len(data.articles), data.left_out) == (180, 1)
    assert len(own_labels("ant-multisource", merged=False).articles) == 182


def test_what_stands_under_a_place_and_a_subject_is_of_the_subject(publish: Publish) -> None:
    twice, places = sentence(Random(9), TELLS["sport"]), sentence(Random(8), TELLS["middleEast"])
    files = {f"BBC/{name}/BB-{name}-1.txt": ant_file(twice) for name in ("sport", "internationalNews")}
    files |= {f"BBC/{name}/BB-{name}-2.txt": ant_file(places) for name in ("middleEast", "internationalNews")}
    publish("ant-multisource", files)
    shared = shared_labels("ant-multisource", "topic")
    assert (sorted(shared.labels), shared.left_out) == (["sport", "world"], 0)
    assert own_labels("ant-multisource").left_out == 2


def test_further_corpora_are_trained_on_within_a_corpus_only(publish: Publish) -> None:
    tells = {"POS": "رائع", "NEG": "سيء", "NEU": "اعلان"}
    labels = ["POS", "NEG", "NEU"] * 20
    # Of the corpus's own words none tells a class in training; those of the other corpus do.
    own = {
        "ArSarcasm-v2/training_data.csv": tweets(labels, 0, dict.fromkeys(tells, "كلمة")),
        "ArSarcasm-v2/testing_data.csv": tweets(labels, 1, tells),
    }
    publish("arsarcasm-v2", own)
    words = {"positive": "رائع", "negative": "سيء", "neutral": "اعلان"}
    lines = "".join(f"{sentence(Random(100 + n), words[label])}\t{label}\n" for n, label in enumerate([*words] * 30))
    publish("afrisenti-ary", {"data/ary/train.tsv": f"tweet\tlabel\n{lines}"})
    tone = SYSTEM.tone.model_copy(update={"further": {"arsarcasm-v2": {"afrisenti-ary": 0.5}}})
    system = SYSTEM.model_copy(update={"tone": tone})
    (alone,), (together,) = (official(one, ["arsarcasm-v2"]) for one in (SYSTEM, system))
    assert (alone.outcome.n_train, alone.outcome.trained_on) == (60, "arsarcasm-v2")
    assert (together.outcome.n_train, together.outcome.trained_on) == (150, "arsarcasm-v2 + afrisenti-ary")
    assert alone.outcome.raw.value < 0.6 < 0.9 < together.outcome.raw.value
    between = cross_corpus(system, "tone", ["arsarcasm-v2", "afrisenti-ary"])
    assert {one.outcome.n_train for one in between if one.outcome.trained_on == "afrisenti-ary"} == {81, 90}


def test_of_other_outlets_and_corpora_the_head_is_the_one_for_elsewhere(publish: Publish) -> None:
    # Sport is rare, and with so little a weight of the loss never said where classes count as they come.
    publish("ant-multisource", ant(sections=("economy",), each=30) | ant(sections=("sport",), each=3))
    publish("ant-jawhara", {name.split("/", 1)[1]: text for name, text in ant(("JA",), ("economy", "sport")).items()})
    topic = SYSTEM.topic.model_copy(update={"elsewhere": HeadConfig(C=1e-6)})
    system = SYSTEM.model_copy(update={"topic": topic})
    names = ["ant-multisource", "ant-jawhara"]
    (inside, _), outside = in_corpus(system, names), by_part(outlets(system, names[:1]))["mean"]
    crossed = {(one.outcome.trained_on, one.outcome.corpus): one for one in cross_corpus(system, "topic", names)}
    assert inside.outcome.raw.value == crossed[names[0], names[0]].outcome.raw.value == 1
    assert {prediction.predicted for prediction in outside.predictions} == {"economy"}
    assert {prediction.predicted for prediction in crossed[names[0], names[1]].predictions} == {"economy"}


def test_between_corpora_the_classes_that_both_have_are_told_apart(publish: Publish) -> None:
    publish("ant-multisource", ant(each=5))
    names = ("sport", "economy", "culture", "society")
    random = Random(5)
    jawhara = {
        f"{section}/JA-{section}-{number}.txt": ant_file(sentence(random, TELLS.get(section, "حادث")))
        for section in names
        for number in range(20)
    }
    publish("ant-jawhara", jawhara)
    results = cross_corpus(SYSTEM, "topic", ["ant-multisource", "ant-jawhara"])
    cells = {(one.outcome.trained_on, one.outcome.corpus): one for one in results}
    assert len(cells) == len(results) == 4
    there = cells["ant-multisource", "ant-jawhara"].outcome
    assert there.f1.keys() == {"sport", "economy", "culture"}  # no `world` there, no class for society
    assert (there.n_train, there.n_test, there.n_left_out) == (75, 60, 20)
    assert there.raw.value > 0.9
    diagonal = cells["ant-jawhara", "ant-jawhara"].outcome
    assert (diagonal.n_train, diagonal.n_test) == (54, 6)


def test_between_corpora_copies_are_found_across_them(publish: Publish) -> None:
    files = ant(("AL",), ("sport", "economy"), 20)
    publish("ant-multisource", files)
    copies = {f"{name.split('/')[1]}/JA-{n}.txt": text for n, (name, text) in enumerate(files.items()) if n % 4 == 0}
    rest = {
        f"{section}/JA-{section}-{n}.txt": ant_file(sentence(Random(f"{section}{n}"), TELLS[section]))
        for section in ("sport", "economy")
        for n in range(15)
    }
    publish("ant-jawhara", copies | rest)
    results = cross_corpus(SYSTEM, "topic", ["ant-multisource", "ant-jawhara"])
    cells = {(one.outcome.trained_on, one.outcome.corpus): one.outcome for one in results}
    there = cells["ant-multisource", "ant-jawhara"]
    assert (there.n_test, there.n_test_deduplicated) == (40, 30)


def test_a_byline_tells_the_outlet_until_cleaning_takes_it_off(publish: Publish) -> None:
    publish(
        "ant-multisource",
        ant(("BB", "CN"), ("sport", "economy"), 40, {"CN": "دبي، الإمارات العربية المتحدة (CNN) -- "}),
    )
    parts = by_part(byline(["ant-multisource"]), labels="outlet")
    assert parts["before cleaning"].outcome.raw.value == 1
    assert parts["after cleaning"].outcome.raw.value < 0.8
    sections = by_part(byline(["ant-multisource"]), labels="own")
    assert sections["after cleaning"].outcome.metric == "accuracy"


def test_two_systems_are_compared_on_the_same_test_articles(publish: Publish) -> None:
    publish("ant-multisource", ant(each=30))
    blind = SYSTEM.model_copy(update={"name": "blind", "topic": SYSTEM.topic.model_copy(
        update={"blocks": {"words": SYSTEM.topic.blocks["words"].model_copy(update={"max_chars": 1})}}
    )})  # fmt: skip
    (good,), (poor,) = (in_corpus(system, ["ant-multisource"]) for system in (SYSTEM, blind))
    assert good.outcome.split_digest == poor.outcome.split_digest
    found = compare(good, poor)
    assert found.value == pytest.approx(good.outcome.raw.value - poor.outcome.raw.value)
    assert found.low > 0
    assert found.p < 0.01


@pytest.mark.corpora
def test_five_official_folds_are_pooled_and_each_article_is_tested_once() -> None:
    (found,) = official(SYSTEM, ["austr"])
    assert (found.outcome.n_test, found.outcome.n_train) == (811, 649)
    assert {prediction.part for prediction in found.predictions} == {f"fold{n}" for n in range(1, 6)}


@pytest.mark.corpora
def test_the_annotations_are_trained_on_without_copies_of_those_tested_on() -> None:
    results = cross_corpus(SYSTEM, "tone", ["annotations", "afrisenti-arq"])
    cells = {(one.outcome.trained_on, one.outcome.corpus): one.outcome for one in results}
    own = cells["annotations", "annotations"]
    assert own.n_test < 400  # the tones of dev that both readers agree on
    assert own.n_train < 8000
    assert cells["annotations", "afrisenti-arq"].n_train == own.n_train


@pytest.mark.corpora
def test_the_sectors_of_other_outlets_are_trained_on_and_stand_for_classes() -> None:
    results = cross_corpus(SYSTEM, "topic", ["annotations", "hespress-2020", "asnd"])
    cells = {(one.outcome.trained_on, one.outcome.corpus): one.outcome for one in results}
    rows = {trained_on for trained_on, corpus in cells if corpus == "hespress-2020"}
    assert rows == {"hespress-2020", "asnd", "annotations", "annotations, classes of sections"}
    there = cells["annotations", "hespress-2020"]
    assert there.n_train < 6400 < cells["annotations", "asnd"].n_train  # 1,670 are of Hespress
    assert there.f1.keys() == {"politics", "economy", "sport"}
    assert there.raw.value > 0.9
    # No other corpus that may ship has a section for these two.
    common = cells["annotations, classes of sections", "asnd"].f1.keys()
    assert cells["annotations", "asnd"].f1.keys() == {*common}
    assert {"health", "religion"} <= {*common}
