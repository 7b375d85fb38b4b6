"""All that is shown on Arabic pages has an Arabic name, or keeps the one it has."""

import pytest

from khabar.experiments.arabic_names import COUNTS, FIGURES, HEADS, MAIN, VERDICTS, figure_name, label_name, source_name
from khabar.training import learning_curve
from khabar.training.job import OUT_OF_FOLD


def test_every_figure_of_a_report_but_counts_and_shares_of_micro_f1_has_a_name(tracked):
    known = tracked.result.reports["sample/test"].metrics()
    named = {name for name in known if name.count(".") == 1 and not name.endswith(".articles")}
    rest = {"sectors.micro_precision", "sectors.micro_recall", "sectors.micro_f1_strict"}
    rest |= {f"{head}.accuracy_when_sure" for head in HEADS}
    assert named - rest == set(FIGURES)


def test_every_task_has_a_main_figure_that_has_a_name():
    assert list(MAIN) == list(HEADS)
    assert set(MAIN.values()) <= set(FIGURES)


@pytest.mark.parametrize("verdict", ["MORE_LABELS", "OTHER_FEATURES", "OVERFITS", "UNDECIDED"])
def test_every_verdict_of_a_learning_curve_is_said_in_arabic(verdict):
    assert getattr(learning_curve, verdict) in VERDICTS


def test_whatever_becomes_of_articles_is_said_in_arabic(tracked):
    counts = {name for name in tracked.result.articles if not name.startswith("evaluate ")}
    assert counts <= set(COUNTS)


def test_a_figure_is_named_with_its_head():
    assert figure_name("tone.macro_f1") == "نبرة الخبر: macro-F1"


def test_what_has_no_arabic_name_keeps_its_own():
    assert (figure_name("sector.new"), label_name("mine"), source_name("a.csv")) == ("sector.new", "mine", "a.csv")


def test_training_articles_are_told_from_a_corpus():
    assert "التدريب" in source_name(OUT_OF_FOLD)
