"""A corpus is split by the name of a kind, by the articles, groups and labels that are right for it."""

import pytest

from khabar.datasets.catalog import CATALOG
from khabar.datasets.corpus_split import split_corpus
from khabar.inference.errors import InputError

HEADER = ",id,title,date,author,story,topic\r\n"
PAIRS = "s1,s2,stance\r\n"
MONTHS = ("يناير", "فبراير", "مارس", "أبريل", "ماي")


def story(number: int, text: str = "") -> str:
    """Give a row of hespress-2020: one month to each of five in turn."""
    day = f"الجمعة 02 {MONTHS[number % 5]} 2020 - 19:31"
    words = text or " ".join(f"كلمة{letter * 3}{'ابتثجحخدذرزس'[number]}" for letter in "سشصضطظعغ")
    return f"{number},id{number},عنوان,{day},محرر,{words},sport\r\n"


@pytest.fixture
def hespress(publish, monkeypatch):
    """Ten articles; the last two are the same text, which one publisher has under two sections."""
    same = "خبر عن مباراة وعن ميزانية الملعب الجديد في المدينة وعن تذاكره الموسمية"
    files = {
        "data/stories_sport.csv": HEADER + "".join(story(n) for n in range(8)) + story(8, same),
        "data/stories_economie.csv": HEADER + story(9, same).replace("sport", "economie"),
    }
    monkeypatch.setitem(CATALOG, "hespress-2020", publish("hespress-2020", files, 10))


@pytest.fixture
def ans(publish, monkeypatch):
    """Six pairs of titles: three towards each of two targets."""
    texts = {"أ": ("نص أول", "نص ثان", "نص ثالث"), "ب": ("نص رابع", "نص خامس", "نص سادس")}
    rows = [f"{texts[target][n]},{target},agree\r\n" for n in range(3) for target in texts]
    files = {"data/stance/train.csv": PAIRS + "".join(rows[:3]), "data/stance/test.csv": PAIRS + "".join(rows[3:])}
    monkeypatch.setitem(CATALOG, "ans", publish("ans", files, 6))


def sizes(split):
    return [(part.name, len(part.train), len(part.test)) for part in split.parts]


@pytest.mark.usefixtures("hespress")
def test_what_stands_under_two_sections_is_split_as_one_article():
    split = split_corpus("hespress-2020", "random", test_share=0.5)
    ids = {key for part in split.parts for key in (*part.train, *part.test)}
    assert len(ids) == 9
    assert len(ids & {("hespress-2020", "id8"), ("hespress-2020", "id9")}) == 1


@pytest.mark.usefixtures("hespress")
def test_a_random_split_has_folds_or_a_share_and_heeds_its_seed():
    assert len(split_corpus("hespress-2020", "random", folds=3).parts) == 3
    share = split_corpus("hespress-2020", "random", test_share=0.2)
    assert sizes(share) == [("test", 7, 2)]
    assert share == split_corpus("hespress-2020", "random", test_share=0.2, seed=0)
    assert share.digest != split_corpus("hespress-2020", "random", test_share=0.2, seed=1).digest


@pytest.mark.usefixtures("hespress")
def test_a_split_by_date_is_after_a_day_or_of_a_share():
    assert sizes(split_corpus("hespress-2020", "date", after="2020-04-02")) == [("from 2020-04-02", 6, 3)]
    assert split_corpus("hespress-2020", "date").parts[0].name == "from 2020-05-02"


@pytest.mark.usefixtures("ans")
def test_groups_are_the_targets_of_a_stance():
    split = split_corpus("ans", "group", folds=2)
    ids = {"train.csv#0", "train.csv#2", "test.csv#1"}, {"train.csv#1", "test.csv#0", "test.csv#2"}
    assert sorted([sorted(i for _, i in part.test) for part in split.parts]) == sorted(map(sorted, ids))


@pytest.mark.usefixtures("hespress")
def test_groups_are_the_outlets_where_there_are_no_targets():
    with pytest.raises(InputError, match="found 2 folds for 1 groups"):
        split_corpus("hespress-2020", "group", folds=2)


@pytest.mark.usefixtures("hespress")
def test_a_split_by_outlet_leaves_one_out():
    with pytest.raises(InputError, match="found 1 outlets, expected two or more"):
        split_corpus("hespress-2020", "outlet")


@pytest.mark.usefixtures("ans")
def test_an_official_split_is_as_published():
    assert sizes(split_corpus("ans", "official")) == [("test", 3, 3)]


@pytest.mark.usefixtures("hespress")
def test_a_corpus_without_an_official_split_is_said_so():
    with pytest.raises(InputError, match="has no official split"):
        split_corpus("hespress-2020", "official")


@pytest.mark.usefixtures("hespress")
def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="found the kind of split 'topic', expected random"):
        split_corpus("hespress-2020", "topic")
