"""A publisher's section says only what the map says; the rest stays unknown."""

import pytest

from khabar.datasets.label_maps import LABEL_MAPS, label_meaning
from khabar.inference.errors import CorpusError

SECTIONS = [(corpus, section) for corpus, sections in LABEL_MAPS.items() for section in sections]


@pytest.mark.parametrize(("corpus", "section"), SECTIONS)
def test_no_section_asserts_and_denies_the_same(corpus: str, section: str) -> None:
    meaning = label_meaning(corpus, section)
    assert not meaning.denies.intersection(meaning.asserts)


@pytest.mark.parametrize("corpus", LABEL_MAPS)
def test_the_sport_section_asserts_sport(corpus: str) -> None:
    section = "Sports" if corpus == "sanad-khaleej" else "sport"
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


def test_a_section_without_a_map_is_refused() -> None:
    with pytest.raises(CorpusError, match="the label 'opinion', expected one of economie"):
        label_meaning("hespress-2020", "opinion")
