"""Tables keep their width and their Arabic whole."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len

from khabar.datasets import sample
from khabar.experiments.outcome_tables import Table
from khabar.experiments.show import (
    MARK,
    WIDTH,
    articles_table,
    console,
    differences_table,
    figures_table,
    labels_table,
    print_curve,
    print_text,
    rows_table,
    suspects_table,
)
from khabar.inference.predictor import Predictor
from khabar.training.audit import Suspect
from khabar.training.bootstrap import Difference
from khabar.training.learning_curve import FigureCurve, LearningCurve


def printed(table) -> list[str]:
    out = console()
    out.file = io.StringIO()
    out.print(table)
    return out.file.getvalue().splitlines()


@pytest.fixture(scope="module")
def predictor(tracked):
    return Predictor.load(tracked.result.path)


@pytest.fixture(scope="module")
def lines(predictor):
    return printed(articles_table(sample.load("demo"), predictor))


def test_no_line_of_the_articles_is_wider_than_the_table(lines):
    assert max(cell_len(line) for line in lines) <= WIDTH


def test_arabic_is_cut_between_words_only(lines):
    known = {word for a in sample.load("demo") for word in f"{a.title} {a.text}".split()}
    shown = {word.strip(f"{MARK}…،") for line in lines for word in line.split() if MARK in line}
    arabic = {word for word in shown if any("\u0621" <= letter <= "\u064a" for letter in word)}
    assert [word for word in arabic if not any(word in whole for whole in known)] == []


def test_each_cell_of_arabic_stands_between_marks(lines):
    assert all(line.count(MARK) % 2 == 0 for line in lines)


def test_every_article_has_its_main_sector_and_tone(lines, predictor):
    text = "\n".join(lines)
    for tag in predictor.tag_many([a.text for a in sample.load("demo")], [a.title for a in sample.load("demo")]):
        assert str(tag.sector) in text
        assert str(tag.tone) in text


def test_what_the_model_is_not_sure_of_has_a_question_mark(lines, predictor):
    articles = sample.load("demo")
    tags = predictor.tag_many([a.text for a in articles], [a.title for a in articles])
    assert "\n".join(lines).count(" ?") == sum(len(tag.abstained) for tag in tags)


def test_an_article_that_cannot_be_tagged_has_a_row(predictor):
    (article, *_) = sample.load("demo")
    empty = type(article)(corpus="c", id="1", outlet="o", title="عنوان", text="")
    assert any("عنوان" in line and " - " in line for line in printed(articles_table([empty], predictor)))


def test_figures_of_reports_stand_side_by_side(tracked):
    lines = printed(figures_table(tracked.result.reports))
    row = next(line for line in lines if "micro-F1" in line)
    figures = [f"{report.sectors.micro_f1:.3f}" for report in tracked.result.reports.values()]
    assert row.split()[-4::2] == figures


def test_figures_of_a_report_have_their_intervals_beside_them(tracked):
    report = tracked.result.reports["sample/test"]
    row = next(line for line in printed(figures_table({"sample/test": report})) if "tone: right" in line)
    found = report.intervals["tone.accuracy"]
    assert row.split()[-2:] == [f"{report.tone.accuracy:.3f}", f"{found.low:.3f}-{found.high:.3f}"]


FIGURE = ".978\n.976–.981"


@pytest.mark.parametrize(
    ("corpus", "figures", "lines"),
    [("short", 3, 1), ("a" * 15, 6, 2), ("a" * 15, 9, 2)],
    ids=["one line", "intervals below", "system in the caption"],
)
def test_a_table_of_text_is_no_wider_than_any_other(corpus, figures, lines, capsys):
    columns = ("corpus", "system", *map(str, range(figures)))
    rows = [
        (corpus, "first-80-characters", *[FIGURE] * figures),
        (f"{corpus}2", "first-80-characters", *[FIGURE] * figures),
    ]
    print_text(Table("caption", columns, rows, 2))
    shown = capsys.readouterr().out.splitlines()
    assert max(cell_len(line.rstrip()) for line in shown) <= WIDTH
    assert sum(".978" in line for line in shown) == 2
    assert sum(".976–.981" in line and ".978" in line for line in shown) == (2 if lines == 1 else 0)
    assert sum(line.count(".976–.981") for line in shown) == 2 * figures
    assert ("caption: system first-80-characters" in shown[0]) == (figures == 9)


def test_a_matrix_that_is_wider_all_the_same_is_whole(capsys):
    columns = ("trained on", *(f"corpus-number-{n}" for n in range(12)))
    print_text(Table("caption", columns, [("corpus", *[FIGURE] * 12)], 1))
    shown = capsys.readouterr().out
    assert all(column in shown for column in columns)
    assert shown.count(".976–.981") == 12


def test_the_matrix_of_tone_corpora_is_no_wider_than_any_other_table(capsys):
    names = ["fassila", "arsas", "arsarcasm-v2", "astd", "afrisenti-ary", "afrisenti-arq", "mawqif", "annotations"]
    matrix = Table("tone", ("train \\ test", *names), [(name, *[FIGURE] * len(names)) for name in names], 1)
    print_text(matrix)
    shown = capsys.readouterr().out.splitlines()
    assert max(cell_len(line.rstrip()) for line in shown) <= WIDTH
    assert sum(line.count(".976–.981") for line in shown) == len(names) ** 2


def test_suspects_are_listed_with_both_labels_and_how_they_begin():
    suspect = Suspect("c", "id-1", "sport", "culture", 0.931, -0.9, "عرض فيلم جديد في المهرجان")
    row = next(line for line in printed(suspects_table([suspect])) if "id-1" in line)
    assert row.split()[:4] == ["id-1", "sport", "culture", "93%"]
    assert "عرض فيلم" in row


def test_differences_have_a_sign_an_interval_and_a_p_value():
    found = {
        "tone.accuracy": Difference(-0.02, -0.05, 0.01, 0.25),
        "sector.accuracy": Difference(0.03, 0.01, 0.05, 0.004),
    }
    rows = [line.split() for line in printed(differences_table(found)) if "right" in line]
    assert [row[-5:] for row in rows] == [
        ["+0.030", "+0.010", "to", "+0.050", "0.004"],
        ["-0.020", "-0.050", "to", "+0.010", "0.250"],
    ]


def test_figures_of_labels_carry_arabic_names(tracked):
    lines = printed(labels_table(tracked.result.reports["sample/test"]))
    assert sum("دبلوماسية" in line for line in lines) == 2  # as main sector, and as one of all
    assert sum("محايد" in line for line in lines) == 2  # of tone and of stance


def test_a_figure_that_is_not_known_is_a_dash():
    assert printed(rows_table(("what", "value"), [("tone", None)]))[-2].split() == ["tone", "-"]


def test_a_learning_curve_is_shown_with_what_would_help(capsys):
    head = FigureCurve([0.5, 0.6], [0.01, 0.01], [[0.5, 0.6]], [0.9, 0.95], 0.35, 0.1, 0.012, "more labels would help")
    flat = replace(head, gain_per_doubling=-0.001, verdict="undecided")
    print_curve(LearningCurve([0.5, 1.0], [1000, 2000], {"sector.accuracy": head, "tone.accuracy": flat}))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["sector.accuracy", "0.500", "0.600", "+0.100", "0.012", "0.950"] in lines
    assert ["tone.accuracy", "0.500", "0.600", "-0.001", "0.012", "0.950"] in lines
    assert lines[-2:] == [["more", "labels", "would", "help:", "sector.accuracy"], ["undecided:", "tone.accuracy"]]
