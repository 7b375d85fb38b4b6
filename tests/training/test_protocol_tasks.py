"""Each corpus is evaluated by its own labels, or by those that corpora share; a copy is a copy of the same question."""

import pytest

from khabar.datasets.article import Article
from khabar.inference.errors import InputError
from khabar.training.protocol_tasks import corpora_of, duplicate_keys, own_labels, shared_labels, without_copies


def test_of_a_stance_a_copy_is_about_the_same_target() -> None:
    def article(number: int, target: str) -> Article:
        return Article(
            corpus="toy", id=str(number), outlet="toy", text="افتتح الوزير المعرض اليوم في المدينة", target=target
        )

    assert duplicate_keys([article(0, "الوزير"), article(1, "المعرض"), article(2, "الوزير")]) == [0, 1, 0]


def test_a_test_article_is_fresh_if_no_training_article_and_no_earlier_one_is_like_it() -> None:
    assert without_copies([7, 8], [7, 1, 1, 2]) == [False, True, False, True]


def test_a_corpus_without_labels_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(InputError, match=r"yabiladi has no labels of its own, expected one of .*sanad-khaleej"):
        own_labels("yabiladi")


def test_every_labelled_corpus_has_one_task() -> None:
    tasks = [set(corpora_of(task)) for task in ("topic", "tone", "stance")]
    assert [len(names) for names in tasks] == [6, 6, 5]
    assert sum(map(len, tasks)) == len(set().union(*tasks))


@pytest.mark.corpora
def test_mawqif_is_compared_by_its_tones_too() -> None:
    stance, tone = own_labels("mawqif"), shared_labels("mawqif", "tone")
    assert set(stance.names.values()) == {"favor", "against", "neutral"}
    assert set(tone.labels) == {"positive", "negative", "neutral"}
    assert stance.metric == "favg2"


@pytest.mark.corpora
def test_outlets_with_sections_of_their_own_are_told_by_shared_classes() -> None:
    data = own_labels("saudinewsnet")
    assert data.labels_of == "shared"
    assert set(data.labels) == {"sport", "economy", "politics", "world", "culture", "technology"}
