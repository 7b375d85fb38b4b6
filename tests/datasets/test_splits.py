"""No article, group or near-duplicate stands on both sides of a split; any machine makes the same one."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.datasets.article import Article
from khabar.datasets.splits import Part, Split, by_date, by_group, by_outlet, official, positions, stratified
from khabar.inference.errors import InputError

Labelled = tuple[list[Article], list[str], list[int]]
Make = Callable[[list[Article], list[str], list[int]], Split]

LABELS = "abcdef"


def made(number: int, outlet: str, day: int) -> Article:
    return Article(corpus="made", id=f"م{number}", outlet=outlet, text="", date=f"2018-07-{day:02}")


@st.composite
def labelled(draw: st.DrawFn) -> Labelled:
    """Articles of four outlets and twenty days, their labels, and keys of groups of a few."""
    row = st.tuples(st.sampled_from(LABELS), st.integers(0, 40), st.sampled_from("ABCD"), st.integers(1, 20))
    rows = draw(st.lists(row, min_size=12, max_size=60))
    articles = [made(number, outlet, day) for number, (_, _, outlet, day) in enumerate(rows)]
    # Two outlets, days and groups at least, so that every kind of split can be made.
    articles[:2] = [made(0, "A", 1), made(1, "B", 20)]
    return articles, [label for label, *_ in rows], [-1, -2, -3, *(key for _, key, *_ in rows[3:])]


def by_label_in_folds(articles: list[Article], labels: list[str], keys: list[int]) -> Split:
    return stratified(articles, labels, keys, folds=3, seed=7)


def by_label_in_two(articles: list[Article], labels: list[str], keys: list[int]) -> Split:
    return stratified(articles, labels, keys, test_share=0.3, seed=7)


def by_day(articles: list[Article], _: list[str], keys: list[int]) -> Split:
    return by_date(articles, keys, after="2018-07-20")


def by_one_outlet(articles: list[Article], _: list[str], keys: list[int]) -> Split:
    return by_outlet(articles, keys)


def by_outlet_groups(articles: list[Article], labels: list[str], keys: list[int]) -> Split:
    return by_group(articles, [a.outlet for a in articles], labels, 2, 7, keys)


KINDS: list[Make] = [by_label_in_folds, by_label_in_two, by_day, by_one_outlet, by_outlet_groups]
each_kind = pytest.mark.parametrize("make", KINDS)


@each_kind
@given(rows=labelled())
def test_nothing_stands_on_both_sides(make: Make, rows: Labelled) -> None:
    articles, _, keys = rows
    for part in make(*rows).parts:
        train, test = positions(articles, part)
        assert not set(train) & set(test)
        assert not {keys[n] for n in train} & {keys[n] for n in test}


@pytest.mark.parametrize("make", [by_label_in_folds, by_one_outlet, by_outlet_groups])
@given(rows=labelled())
def test_each_article_is_tested_once_over_the_parts(make: Make, rows: Labelled) -> None:
    split = make(*rows)
    tested = [key for part in split.parts for key in part.test]
    assert sorted(tested) == sorted((a.corpus, a.id) for a in rows[0])


@each_kind
@given(rows=labelled(), random=st.randoms(use_true_random=False))
def test_the_order_of_the_articles_changes_nothing(make: Make, rows: Labelled, random: Random) -> None:
    order = list(range(len(rows[0])))
    random.shuffle(order)
    articles, labels, keys = rows
    shuffled = [articles[n] for n in order], [labels[n] for n in order], [-keys[n] for n in order]
    assert make(*shuffled) == make(*rows)


@given(rows=labelled(), folds=st.integers(2, 10))
def test_folds_have_like_shares_of_each_label(rows: Labelled, folds: int) -> None:
    articles, labels, _ = rows
    whole = Counter(labels)
    for part in stratified(articles, labels, folds=folds, seed=0).parts:
        _, test = positions(articles, part)
        counts = Counter(labels[n] for n in test)
        assert abs(len(test) - len(articles) / folds) <= 3
        assert all(abs(counts[label] - whole[label] / folds) < 2 for label in whole)


@given(rows=labelled(), share=st.sampled_from([0.25, 0.5, 0.75]))
def test_a_test_share_has_like_shares_of_each_label(rows: Labelled, share: float) -> None:
    articles, labels, _ = rows
    [part] = stratified(articles, labels, test_share=share, seed=0).parts
    _, test = positions(articles, part)
    counts, whole = Counter(labels[n] for n in test), Counter(labels)
    assert abs(len(test) - len(articles) * share) <= 3
    assert all(abs(counts[label] - whole[label] * share) < 2 for label in whole)


def test_labels_stay_alike_where_groups_are_kept_whole() -> None:
    """Groups of three of one label, of a rare label too: each fold gets its share of both."""
    labels = ["common"] * 90 + ["rare"] * 30
    articles = [made(n, "A", 1) for n in range(120)]
    for part in stratified(articles, labels, [n // 3 for n in range(120)], folds=5, seed=0).parts:
        _, test = positions(articles, part)
        assert Counter(labels[n] for n in test) == {"common": 18, "rare": 6}


def test_another_seed_gives_another_split() -> None:
    articles = [made(n, "A", 1) for n in range(60)]
    one, two = (stratified(articles, ["x"] * 60, folds=3, seed=seed) for seed in (0, 1))
    assert one.parts[0].test != two.parts[0].test
    assert one.digest != two.digest


GOLDEN = {
    by_label_in_folds: "7e427058c3b2dff44b8e1cd1ec9e9ae7444f3e6f843510e18fef942ee81f4fc4",
    by_label_in_two: "652b610bfe4801c93af6e9ec9411374cc99a37b5d3d49401ea0326986c125e18",
    by_day: "bc52f66ea127c0694353c4001eca54d37ffc62ae1b23e2053c4534d3612dcc68",
    by_one_outlet: "9b4d5f2a6fe16b4cf3eb5ad9d6e17b3822916d3a7b7889bb2c273e7092ad84f5",
    by_outlet_groups: "e11626792459410475dcad0851ccdb9da176ecf8e08b41d5bfd694f8af53b1ad",
}


@each_kind
def test_any_machine_makes_the_same_split(make: Make) -> None:
    articles = [made(n, "ABCD"[n % 7 % 4], 1 + n % 20) for n in range(200)]
    split = make(articles, [LABELS[n % 11 % 6] for n in range(200)], [n // 2 if n % 5 else n for n in range(200)])
    assert split.digest == GOLDEN[make]


def names(keys: Sequence[tuple[str, str]]) -> list[str]:
    return [identifier.removeprefix("م") for _, identifier in keys]


def test_a_near_duplicate_of_a_tested_article_is_left_out_of_training() -> None:
    articles = [made(0, "A", 1), made(1, "A", 1), made(2, "B", 2), made(3, "B", 2)]
    split = by_outlet(articles, keys=[0, 1, 0, 3])
    assert [(part.name, names(part.train), names(part.test)) for part in split.parts] == [
        ("A", ["3"], ["0", "1"]),
        ("B", ["1"], ["2", "3"]),
    ]


@pytest.mark.parametrize(("share", "first_day"), [(0.1, "2018-07-10"), (0.29, "2018-07-08"), (0.99, "2018-07-02")])
def test_the_latest_share_is_made_of_whole_days(share: float, first_day: str) -> None:
    articles = [made(n, "A", 1 + n // 4) for n in range(40)]
    [part] = by_date(articles, test_share=share).parts
    assert part.name == f"from {first_day}"
    assert {a.id for a in articles if (a.date or "") >= first_day} == {identifier for _, identifier in part.test}


def test_the_day_itself_is_tested_on() -> None:
    [part] = by_date([made(0, "A", 3), made(1, "A", 4), made(2, "A", 5)], after="2018-07-04").parts
    assert (names(part.train), names(part.test)) == (["0"], ["1", "2"])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("train", "dev", "test"), [("test", ["0", "1"], ["2"])]),
        (("train", "test"), [("test", ["0"], ["1"])]),
        (("train", "dev"), [("dev", ["0"], ["1"])]),
    ],
)
def test_the_official_split_is_the_published_one(parts: tuple[str, ...], expected: list[object]) -> None:
    articles = [replace(made(n, "A", 1), split=part) for n, part in enumerate(parts)]
    assert [(p.name, names(p.train), names(p.test)) for p in official(articles).parts] == expected


def test_official_folds_are_tested_on_one_by_one() -> None:
    articles = [replace(made(n, "A", 1), split=f"fold{1 + n % 5}") for n in range(10)]
    split = official(articles)
    assert [part.name for part in split.parts] == ["fold1", "fold2", "fold3", "fold4", "fold5"]
    assert names(split.parts[1].test) == ["1", "6"]
    assert len(split.parts[1].train) == 8


SOME = [made(n, "A", 1 + n) for n in range(4)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stratified(SOME, "abab", folds=5, seed=0), "found 5 folds for 4 groups"),
        (lambda: stratified(SOME, "abab", folds=1, seed=0), "found 1 folds for 4 groups"),
        (lambda: stratified(SOME, "abab", [0, 0, 0, 1], folds=3, seed=0), "found 3 folds for 2 groups"),
        (lambda: stratified(SOME, "abab", seed=0), "found folds None and the share None, expected one of them"),
        (lambda: stratified(SOME, "abab", folds=2, test_share=0.1, seed=0), "found folds 2 and the share 0.1"),
        (lambda: stratified(SOME, "abab", test_share=10, seed=0), "found the share 10, expected one between 0 and 1"),
        (lambda: stratified(SOME, "abab", test_share=0.001, seed=0), "4 articles to train on and 0 to test on"),
        (lambda: stratified([*SOME, SOME[2]], "ababa", folds=2, seed=0), "article 'م2' of made 2 times"),
        (lambda: by_group(SOME, "xxyy", "abab", 3, 0), "found 3 folds for 2 groups"),
        (lambda: by_outlet(SOME), "found 1 outlets, expected two or more"),
        (lambda: by_outlet([*SOME, SOME[0]]), "article 'م0' of made 2 times"),
        (lambda: by_date(SOME), "found the day None and the share None, expected one of them"),
        (lambda: by_date(SOME, after="July"), "found the day 'July', expected one like 2018-07-31"),
        (lambda: by_date(SOME, test_share=0), "found the share 0, expected one between 0 and 1"),
        (lambda: by_date(SOME, after="2019-01-01"), "4 articles to train on and 0 to test on"),
        (lambda: by_date(SOME[:1], test_share=0.5), "0 articles to train on and 1 to test on"),
        (lambda: by_date([*SOME, replace(made(4, "A", 1), date=None)], after="2018-07-02"), "1 of 5 .* without a date"),
        (lambda: official(SOME), "found the official parts .'None'., expected train and test or dev"),
        (lambda: positions(SOME[:2], Part("test", (("made", "م0"),), (("made", "م9"),))), "first is 'م9' of made"),
    ],
)
def test_what_cannot_be_split_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
