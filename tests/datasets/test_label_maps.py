"""A publisher's section says only what the map says; the rest stays unknown."""

from collections import Counter

import pytest

from khabar.datasets.label_maps import LABEL_MAPS, label_meaning
from khabar.inference.errors import CorpusError

SECTIONS = [(corpus, section) for corpus, sections in LABEL_MAPS.items() for section in sections]


@pytest.mark.parametrize(("corpus", "section"), SECTIONS)
def test_no_section_asserts_and_denies_the_same(corpus: str, section: str) -> None:
    meaning = label_meaning(corpus, section)
    assert not meaning.denies.intersection(meaning.asserts)


@pytest.mark.parametrize(
    ("corpus", "section"),
    [
        ("sanad-khaleej", "Sports"),
        ("ant-multisource", "sport"),
        ("ant-jawhara", "sport"),
        ("hespress-2020", "sport"),
        ("asnd", "sports"),
    ],
)
def test_the_sport_section_asserts_sport(corpus: str, section: str) -> None:
    assert label_meaning(corpus, section).asserts == ("sport",)


@pytest.mark.parametrize(
    ("corpus", "section"),
    [
        ("ant-multisource", "internationalNews"),
        ("ant-multisource", "middleEast"),
        ("ant-jawhara", "localNews"),
        ("ant-jawhara", "society"),
        ("hespress-2020", "regions"),
    ],
)
def test_a_section_that_is_a_place_or_a_catch_all_asserts_nothing(corpus: str, section: str) -> None:
    assert label_meaning(corpus, section).asserts == ()


@pytest.mark.parametrize("corpus", ["asnd", "saudinewsnet"])
def test_corpora_that_the_annotations_say_little_of_assert_nothing_but_sport(corpus: str) -> None:
    assert {meaning.asserts for meaning in LABEL_MAPS[corpus].values()} <= {(), ("sport",)}
    assert not any(meaning.denies for meaning in LABEL_MAPS[corpus].values())


@pytest.mark.parametrize("shared", ["economy", "politics", "sport", "culture", "technology"])
def test_a_shared_class_is_had_by_several_corpora(shared: str) -> None:
    corpora = [name for name, labels in LABEL_MAPS.items() if shared in {label.shared for label in labels.values()}]
    assert len(corpora) >= 4


def test_no_shared_class_is_had_by_one_corpus_only() -> None:
    classes = Counter(
        shared for labels in LABEL_MAPS.values() for shared in {label.shared for label in labels.values()} - {None}
    )
    assert min(classes.values()) > 1


@pytest.mark.parametrize(
    ("corpus", "label", "tone"),
    [
        ("arsas", "Mixed", None),
        ("astd", "OBJ", "neutral"),
        ("astd", "NEUTRAL", None),
        ("fassila", "1", "positive"),
        ("mawqif", "Negative", "negative"),
        ("mawqif", "Against", None),
    ],
)
def test_a_mixed_tone_is_unknown_and_an_objective_text_neutral(corpus: str, label: str, tone: str | None) -> None:
    assert label_meaning(corpus, label).tone == tone


@pytest.mark.parametrize(
    ("corpus", "label", "stance"),
    [
        ("ans", "disagree", "against"),
        ("ans", "other", "neutral"),
        ("mawqif", "None", "neutral"),
        ("unified-fc", "discuss", "neutral"),
        ("unified-fc", "unrelated", None),
        ("at-odtsa", "-1", "against"),
    ],
)
def test_a_text_that_is_unrelated_to_the_target_has_no_stance(corpus: str, label: str, stance: str | None) -> None:
    assert label_meaning(corpus, label).stance == stance


def test_a_section_without_a_map_is_refused() -> None:
    with pytest.raises(CorpusError, match="the label 'opinion', expected one of economie"):
        label_meaning("hespress-2020", "opinion")
