"""Two runs are compared on the articles that both have, and differ where one was made to differ."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.experiments.comparison import Comparison, compare
from khabar.experiments.comparison_tables import source_tables
from khabar.experiments.matched_articles import ComparisonError
from khabar.experiments.predictions import Predictions, predictions_of
from khabar.inference.predictor import Predictor
from khabar.inference.tags import Stance
from khabar.training.breakdown import outlet_rows, part_of
from khabar.training.evaluate import Tagged, labelled_stances, measure, tag
from khabar.training.tag_intervals import paired

SOURCE = "sample/train"


@pytest.fixture(scope="module")
def tagged() -> Tagged:
    articles, predictor = sample.load("train"), Predictor.load()
    return Tagged(tag(predictor, articles), articles, labelled_stances(predictor, articles))


@pytest.fixture(scope="module")
def worse(tagged: Tagged) -> Tagged:
    """The same tags, but culture is never seen and a third of the tones are neutral."""
    columns = tagged.columns
    economy = replace(
        columns,
        sector=["economy" if sector == "culture" else sector for sector in columns.sector],
        sectors=[[s for s in sectors if s != "culture"] or ["economy"] for sectors in columns.sectors],
        tone=["neutral" if row % 3 == 0 else tone for row, tone in enumerate(columns.tone)],
    )
    return replace(tagged, columns=economy)


@pytest.fixture(scope="module")
def comparison(tagged: Tagged, worse: Tagged) -> Comparison:
    return compare(run(tagged), run(worse))


def run(tagged: Tagged, source: str = SOURCE) -> dict[str, Predictions]:
    return {source: predictions_of("0", source, tagged)}


def test_figures_and_values_are_those_of_each_run_alone(tagged: Tagged, worse: Tagged, comparison: Comparison) -> None:
    found = comparison.sources[SOURCE]
    reports = [measure(one.columns, one.articles, one.stances).metrics() for one in (tagged, worse)]
    assert [found.first, found.second] == reports
    for name, difference in found.figures.items():
        assert difference.value == pytest.approx(reports[0][name] - reports[1][name]), name
    assert {"sector.accuracy", "sectors.micro_f1", "tone.macro_f1", "stance.macro_f1"} <= found.figures.keys()


def test_the_f1_of_each_class_is_that_of_the_reports(comparison: Comparison) -> None:
    found = comparison.sources[SOURCE]
    assert set(found.classes) == {"sector", "sectors", "tone", "stance"}
    for head, labels in found.classes.items():
        for label, one in labels.items():
            assert one.first == pytest.approx(found.first[f"{head}.f1.{label}"])
            assert one.second == pytest.approx(found.second[f"{head}.f1.{label}"])
            assert one.articles == found.first[f"{head}.support.{label}"]


def test_intervals_are_those_that_drawing_the_articles_themselves_gives(
    tagged: Tagged, worse: Tagged, comparison: Comparison
) -> None:
    expected = paired(tagged.columns, worse.columns, tagged.articles, (tagged.stances, worse.stances))
    for head, labels in comparison.sources[SOURCE].classes.items():
        for label, one in labels.items():
            drawn = expected[f"{head}.f1.{label}"]
            for end in ("low", "high"):
                assert getattr(one.difference, end) == pytest.approx(getattr(drawn, end), abs=0.06), (head, label)


def test_the_class_that_one_run_takes_for_another_is_marked_with_that_and_no_other_is(comparison: Comparison) -> None:
    sectors = comparison.sources[SOURCE].classes["sectors"]
    assert {label for label, one in sectors.items() if one.significant} == {"culture", "economy"}
    assert sectors["culture"].second == 0
    assert sectors["culture"].difference.value > 0.5


def test_parts_have_the_figures_of_their_own_articles(tagged: Tagged, comparison: Comparison) -> None:
    found = comparison.sources[SOURCE]
    rows = outlet_rows(tagged.articles)
    assert list(found.outlets) == list(rows)
    for outlet, figures in found.outlets.items():
        part = part_of(tagged, rows[outlet])
        expected = measure(part.columns, part.articles, part.stances, intervals=False).metrics()
        assert {name: one.first for name, one in figures.items()} == pytest.approx(
            {name: expected[name] for name in figures}
        )
    assert sum(figures["sector.accuracy"].articles for figures in found.lengths.values()) == len(tagged.articles)


def test_a_run_does_not_differ_from_itself(tagged: Tagged) -> None:
    found = compare(run(tagged), run(tagged)).sources[SOURCE]
    assert {difference.value for difference in found.figures.values()} == {0}
    assert not any(one.significant for labels in found.classes.values() for one in labels.values())
    assert found.differing == {head: [] for head in ("sector", "sectors", "tone", "stance")}


def test_the_other_way_round_all_differences_change_their_sign(
    tagged: Tagged, worse: Tagged, comparison: Comparison
) -> None:
    found, turned = comparison.sources[SOURCE], compare(run(worse), run(tagged)).sources[SOURCE]
    for name, difference in found.figures.items():
        other = turned.figures[name]
        assert (other.value, other.p) == pytest.approx((-difference.value, difference.p))
    assert [a.id for a in found.differing["tone"]] == [a.id for a in turned.differing["tone"]]


@pytest.mark.parametrize("order", [lambda rows: rows[::-1], lambda rows: rows[1::2] + rows[::2]])
def test_the_order_of_a_run_does_not_count(
    order: Callable[[list[int]], list[int]], tagged: Tagged, worse: Tagged, comparison: Comparison
) -> None:
    shuffled = part_of(worse, order(list(range(len(worse.articles)))))
    assert compare(run(tagged), run(shuffled)).to_dict() == comparison.to_dict()


def test_only_what_both_runs_have_tagged_is_compared(tagged: Tagged, worse: Tagged) -> None:
    fewer, others = part_of(tagged, range(100)), part_of(worse, range(40, len(worse.articles)))
    found = compare(run(fewer) | run(tagged, "mine"), run(others) | run(tagged, "theirs"))
    assert found.not_compared == ("mine", "theirs")
    one = found.sources[SOURCE]
    assert (one.articles, one.only_first, one.only_second) == (60, 40, len(tagged.articles) - 100)
    common = part_of(tagged, range(40, 100))
    assert one.first == measure(common.columns, common.articles, common.stances, intervals=False).metrics()


def test_a_source_without_common_articles_is_not_compared_beside_one_that_has_some(tagged: Tagged) -> None:
    halves = part_of(tagged, range(90)), part_of(tagged, range(90, 180))
    found = compare(run(tagged) | run(halves[0], "half"), run(tagged) | run(halves[1], "half"))
    assert (list(found.sources), found.not_compared) == ([SOURCE], ("half",))


def test_stances_are_compared_only_where_both_runs_say_them(tagged: Tagged) -> None:
    found = compare(run(tagged), run(replace(tagged, stances=None))).sources[SOURCE]
    assert "stance" not in found.classes
    assert not [name for name in found.figures if name.startswith("stance")]


def test_runs_without_a_source_in_common_are_refused(tagged: Tagged) -> None:
    with pytest.raises(ComparisonError, match="no source that both runs have tagged: the first has tagged a, the"):
        compare(run(tagged, "a"), run(tagged, "b"))
    with pytest.raises(ComparisonError, match="the second nothing"):
        compare(run(tagged, "a"), {})


def test_runs_without_an_article_in_common_are_refused(tagged: Tagged) -> None:
    with pytest.raises(ComparisonError, match="no article that both runs have tagged"):
        compare(run(part_of(tagged, range(5))), run(part_of(tagged, range(5, 9))))


def relabelled(articles: Sequence[Article], **labels) -> list[Article]:
    return [replace(article, **labels) if row < 3 else article for row, article in enumerate(articles)]


@pytest.mark.parametrize("labels", [{"tone": None}, {"main": None}, {"denied": frozenset()}, {"stance": None}])
def test_articles_whose_labels_have_changed_are_refused(labels, tagged: Tagged) -> None:
    changed = replace(tagged, articles=relabelled(tagged.articles, **labels))
    count = sum(one != two for one, two in zip(tagged.articles, changed.articles, strict=True))
    with pytest.raises(ComparisonError, match=rf"other labels in the second run for {count} of 181 articles"):
        compare(run(tagged), run(changed))


def test_an_article_that_stands_twice_is_refused(tagged: Tagged) -> None:
    with pytest.raises(ComparisonError, match="1 articles with the corpus and id of another one"):
        compare(run(tagged), run(part_of(tagged, [0, *range(len(tagged.articles))])))


def test_models_of_other_sectors_are_compared_in_all_else(
    tagged: Tagged, worse: Tagged, comparison: Comparison
) -> None:
    few = ("economy", "sport")
    other = replace(
        worse.columns,
        sector_labels=few,
        sector=[sector if sector in few else None for sector in worse.columns.sector],
        sectors=[[sector for sector in sectors if sector in few] for sectors in worse.columns.sectors],
        sector_scores=[scores[:2] for scores in worse.columns.sector_scores],
    )
    found, alike = compare(run(tagged), run(replace(worse, columns=other))).sources[SOURCE], comparison.sources[SOURCE]
    assert set(found.classes) == set(found.differing) == {"tone", "stance"}
    assert found.classes["tone"].keys() == alike.classes["tone"].keys()
    assert found.figures == {name: one for name, one in alike.figures.items() if not name.startswith("sector")}
    assert found.differing["tone"] == alike.differing["tone"]
    assert {name for part in found.outlets.values() for name in part} == {"tone.macro_f1", "stance.macro_f1"}
    assert not [name for name in (*found.first, *found.second) if name.startswith("sector")]
    assert list(source_tables(SOURCE, found))


def test_articles_to_read_first_are_those_where_the_surest_is_wrong(comparison: Comparison) -> None:
    differing = comparison.sources[SOURCE].differing["tone"]
    decided = [article for article in differing if article.right in ("first", "second")]
    assert differing[: len(decided)] == decided
    sureness = [a.second_probability if a.right == "first" else a.first_probability for a in decided]
    assert sureness == sorted(sureness, reverse=True)
    for article in decided:
        assert (article.first if article.right == "first" else article.second) == article.truth


def test_a_set_is_right_where_no_sector_of_it_is_denied_and_none_is_missed(
    tagged: Tagged, comparison: Comparison
) -> None:
    truths = {article.id: article for article in tagged.articles}
    differing = comparison.sources[SOURCE].differing["sectors"]
    assert {article.right for article in differing} >= {"first", "neither"}
    for article in differing:
        truth = truths[article.id]
        right = {
            name: set(said) >= set(truth.sectors) and not set(said) & truth.denied
            for name, said in (("first", article.first), ("second", article.second))
        }
        names = [name for name, so in right.items() if so]
        assert article.right == ("both" if len(names) == 2 else names[0] if names else "neither")
        assert article.truth == truth.sectors


def test_an_article_without_a_known_label_is_no_ones_fault_and_stands_last(tagged: Tagged, worse: Tagged) -> None:
    blank = [replace(article, tone=None) for article in tagged.articles[:60]] + tagged.articles[60:]
    one, two = (replace(each, articles=blank) for each in (tagged, worse))
    differing = compare(run(one), run(two)).sources[SOURCE].differing["tone"]
    unknown = [article.right is None for article in differing]
    assert any(unknown)
    assert unknown == sorted(unknown)


def test_an_article_without_a_stance_of_one_run_is_wrong_there(tagged: Tagged) -> None:
    assert tagged.stances is not None
    row = next(
        row
        for row, (stance, article) in enumerate(zip(tagged.stances, tagged.articles, strict=True))
        if article.stance and stance.label == article.stance
    )
    said = [Stance(None, None, {}, error="?") if at == row else stance for at, stance in enumerate(tagged.stances)]
    (found,) = compare(run(tagged), run(replace(tagged, stances=said))).sources[SOURCE].differing["stance"]
    assert (found.id, found.second, found.second_probability, found.right) == (
        tagged.articles[row].id, (), None, "first",
    )  # fmt: skip
