"""What is counted of a corpus is right, down to what leaks across its official split."""

import pytest

from khabar.datasets.corpus_facts import Quartiles, facts

# Long enough that a word more or less leaves them near-duplicates, and each unlike the others.
HARBOUR = "أعلنت إدارة الميناء صباح اليوم عن بدء أشغال توسيع الرصيف الشمالي لاستقبال سفن الشحن الكبيرة"
MATCH = "انتهت مباراة الفريقين بالتعادل السلبي بعد شوطين قليلي الفرص أمام جمهور كبير في الملعب البلدي"
RAIN = "تتوقع مصالح الأرصاد تساقط أمطار متفرقة على السواحل الغربية ابتداء من مساء الجمعة المقبل"


@pytest.fixture
def corpus(article):
    """Give articles their ids, so that a test need only say what differs."""

    def make(*rows):
        return [article(id=str(number), **row) for number, row in enumerate(rows)]

    return make


def test_documents_texts_titles_and_dates_are_counted(corpus):
    found = facts(corpus({"text": HARBOUR, "title": "عنوان"}, {"text": " ", "date": "2020-03-01"}, {"text": MATCH}))
    assert (found.documents, found.empty, found.titled, found.dated) == (3, 1, 1, 1)
    assert (found.first, found.last) == ("2020-03-01", "2020-03-01")


def test_labels_and_outlets_come_most_first(corpus):
    rows = [{"labels": ("a",)}, {"labels": ("b", "a"), "outlet": "other"}, {"labels": ("b",)}, {"labels": ("b",)}, {}]
    found = facts(corpus(*rows))
    assert (found.labels, found.unlabelled) == ((("b", 3), ("a", 2)), 1)
    assert found.outlets == (("mine", 4), ("other", 1))


def test_what_the_label_map_gives_is_counted(corpus):
    rows = [{"sectors": ("sport",)}, {"denied": frozenset({"sport"})}, {"tone": "positive"}, {}]
    found = facts(corpus(*rows, {"stance": "favor", "target": "الميناء"}))
    assert (found.with_sectors, found.tones, found.stances) == (2, (("positive", 1),), (("favor", 1),))


def test_lengths_are_those_of_the_texts_that_there_are(corpus):
    found = facts(corpus(*({"text": "كلم " * n} for n in (0, 1, 2, 3, 4, 5))))
    assert found.words == Quartiles(1, 2, 3, 4, 5)
    assert found.characters == Quartiles(4, 8, 12, 16, 20)


def test_a_corpus_without_texts_has_no_lengths(corpus):
    found = facts(corpus({"text": ""}))
    assert (found.words, found.characters, found.duplicates.groups) == (None, None, 0)


def test_copies_and_near_duplicates_are_counted_apart(corpus):
    found = facts(corpus({"text": HARBOUR}, {"text": HARBOUR}, {"text": f"{HARBOUR} اليوم"}, {"text": MATCH}))
    assert (found.duplicates.groups, found.duplicates.duplicates, found.duplicates.exact) == (1, 2, 1)


def test_a_conflict_is_counted_by_its_pair_of_labels(corpus):
    rows = [
        {"text": HARBOUR, "labels": ("world",)},
        {"text": HARBOUR, "labels": ("economy",)},
        {"text": MATCH, "labels": ("sport",)},
        {"text": MATCH, "labels": ("sport",)},
    ]
    assert facts(corpus(*rows)).conflicts == (("economy", "world", 1),)


def test_two_stances_towards_two_targets_are_no_conflict(corpus):
    rows = [
        {"text": HARBOUR, "target": "الميناء", "labels": ("agree",)},
        {"text": HARBOUR, "target": "الرصيف", "labels": ("other",)},
        {"text": MATCH, "target": "الفريق", "labels": ("agree",)},
        {"text": MATCH, "target": "الفريق", "labels": ("other",)},
    ]
    found = facts(corpus(*rows))
    assert (found.conflicts, found.targets, found.repeated_pairs) == ((("agree", "other", 1),), 3, 1)


def parts(found):
    return [(part.name, part.documents, part.same_text, part.same_pair, part.near) for part in found.parts]


def test_what_of_a_part_stands_in_those_before_it_is_counted(corpus):
    rows = [
        {"text": HARBOUR, "split": "test", "labels": ("a",)},
        {"text": f"{MATCH} أمس", "split": "test"},
        {"text": RAIN, "split": "test"},
        {"text": "", "split": "test"},
        {"text": HARBOUR, "split": "dev"},
        {"text": MATCH, "split": "train"},
        {"text": "", "split": "train"},
    ]
    found = facts(corpus(*rows))
    assert parts(found) == [("train", 2, None, None, None), ("dev", 1, 0, 0, 0), ("test", 4, 1, 1, 2)]
    assert found.parts[2].labels == (("a", 1),)


def test_a_fold_is_measured_against_all_others(corpus):
    rows = [
        {"text": HARBOUR, "target": "أ", "split": "fold1"},
        {"text": MATCH, "target": "أ", "split": "fold2"},
        {"text": HARBOUR, "target": "ب", "split": "fold3"},
    ]
    assert parts(facts(corpus(*rows))) == [("fold1", 1, 1, 0, 1), ("fold2", 1, 0, 0, 0), ("fold3", 1, 1, 0, 1)]


def test_our_annotations_are_counted_by_corpus(article):
    assert facts([article(corpus="hespress-2020")]).annotated == (("train", 1670), ("dev", 170))
    assert facts([article(corpus="mine")]).annotated == (("train", 0), ("dev", 0))
