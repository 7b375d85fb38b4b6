"""What the tables of a comparison say, and what they leave out."""

from dataclasses import replace

import pytest

from khabar.datasets.article import Article
from khabar.experiments.comparison import SourceComparison
from khabar.experiments.comparison_tables import better, differing_tables, source_tables
from khabar.experiments.differing_articles import DifferingArticle
from khabar.experiments.paired_counts import Compared
from khabar.experiments.show import MARK
from khabar.training.bootstrap import Difference

UP, DOWN, SAME = Difference(0.1, 0.05, 0.15, 0.002), Difference(-0.1, -0.15, -0.05, 0.002), Difference(0, -1, 1, 0.9)


def compared(difference: Difference, significant: bool) -> Compared:
    return Compared(0.6, 0.6 - difference.value, 40, difference, significant)


def article(right, first=("sport",), second=("health",), id="a-1") -> DifferingArticle:
    return DifferingArticle("a", id, "gulf", ("sport",), first, second, 0.614, None, right)


FOUND = SourceComparison(
    articles=80,
    only_first=0,
    only_second=1200,
    first={"sector.accuracy": 0.7, "tone.macro_f1": 0.6},
    second={"sector.accuracy": 0.6, "tone.macro_f1": 0.7},
    figures={"sector.accuracy": UP, "tone.macro_f1": DOWN},
    classes={"sector": {"sport": compared(UP, True), "health": compared(replace(UP, p=0.04), False)}},
    outlets={"gulf": {"sector.accuracy": compared(UP, True)}, "egypt": {"tone.macro_f1": compared(SAME, False)}},
    lengths={"0-499": {"sector.accuracy": compared(UP, True)}},
    differing={"sector": [article("first"), article("neither", id="a-2"), article(None, id="a-3")], "tone": []},
)


def test_a_class_is_marked_by_what_stands_after_correction_and_the_caption_counts() -> None:
    _, classes, _ = source_tables("dev", FOUND)
    assert classes.caption == (
        "dev: F1 of each label; 2 comparisons, 2 with p up to .050, 1 (*) of them after Holm's correction"
    )
    sport, health = classes.rows
    assert sport[:3] == ("sector", "sport", f"{MARK}رياضة{MARK}")
    assert sport[3:] == ("40", ".600", ".500", "+.100", ".050 to .150", ".002", "*")
    assert health[-2:] == (".040", "")


def test_an_outlet_has_a_cell_for_each_main_figure_and_none_where_no_label_is_known() -> None:
    *_, outlets = source_tables("dev", FOUND)
    assert outlets.columns == ("outlet", "articles", "sector.accuracy", "tone.macro_f1")
    assert outlets.rows == [
        ("gulf", "40", "+.100 *\n.600 .500 .002", "–"),
        ("egypt", "40", "–", "+.000\n.600 .600 .900"),
    ]


def test_what_only_one_run_has_tagged_is_counted() -> None:
    figures, *_ = source_tables("dev", FOUND)
    assert figures.caption.startswith("dev: 80 articles that both have tagged, 1,200 more only the second; ")
    assert [row[1:] for row in figures.rows] == [
        (".700", ".600", "+.100", ".050 to .150", ".002"),
        (".600", ".700", "-.100", "-.150 to -.050", ".002"),
    ]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"sector.accuracy": UP, "tone.macro_f1": DOWN},
         "the first is better in sector.accuracy; the second is better in tone.macro_f1"),
        ({"sector.accuracy": SAME, "sectors.micro_f1": UP, "tone.accuracy": DOWN},
         "the first is better in sectors.micro_f1; neither is surely better in sector.accuracy"),
        # Each alone has p below .05; of four together none has it surely.
        ({name: replace(UP, p=0.03) for name in ("sector.accuracy", "sectors.micro_f1", "tone.macro_f1")},
         "neither is surely better in sector.accuracy, sectors.micro_f1, tone.macro_f1"),
    ],
)  # fmt: skip
def test_who_is_better_is_said_of_main_figures_where_it_is_sure(figures, said) -> None:
    assert better(replace(FOUND, figures=figures)) == said


def test_differing_articles_are_counted_by_who_is_right_and_the_first_ones_shown() -> None:
    texts = {("a", "a-1"): Article(corpus="a", id="1", outlet="gulf", title="فوز كبير", text="فاز الفريق " * 20)}
    (table,) = differing_tables("dev", FOUND, texts, 2)
    assert table.caption == (
        "dev, sector: 3 of 80 articles tagged differently; right: only the first 1, neither 1, not known 1; "
        "the 2 to read first"
    )
    first, second = table.rows
    assert first[:5] == ("a-1\ngulf", "sport", "sport 61%", "health", "first")
    title, text = first[5].split("\n")
    assert title == f"{MARK}فوز كبير{MARK}"
    assert text.startswith(f"{MARK}فاز الفريق فاز")
    assert text.endswith(f"…{MARK}")
    assert (second[0], second[5]) == ("a-2\ngulf", "")


def test_no_table_of_articles_is_made_where_none_is_asked_for() -> None:
    assert list(differing_tables("dev", FOUND, {}, 0)) == []
