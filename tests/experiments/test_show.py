"""Tables keep their width and their Arabic whole."""

import io

import pytest
from rich.cells import cell_len

from khabar.datasets import sample
from khabar.experiments.show import MARK, WIDTH, articles_table, console, figures_table, labels_table, rows_table
from khabar.inference.predictor import Predictor


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
    assert row.split()[-2:] == figures


def test_figures_of_labels_carry_arabic_names(tracked):
    lines = printed(labels_table(tracked.result.reports["sample/test"]))
    assert sum("دبلوماسية" in line for line in lines) == 2  # as main sector, and as one of all
    assert sum("محايد" in line for line in lines) == 1


def test_a_figure_that_is_not_known_is_a_dash():
    assert printed(rows_table(("what", "value"), [("tone", None)]))[-2].split() == ["tone", "-"]
