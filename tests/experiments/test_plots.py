"""Pictures hold what they are given, under Arabic names that the bundled font can draw."""

import io

import pytest
from matplotlib.figure import Figure

from khabar.datasets.sectors import SECTORS
from khabar.experiments.plots import (
    confusion_matrix,
    coverage,
    learning_curve,
    outlet_bars,
    outlet_figures,
    reliability,
    report_figures,
)


def drawn(figure: Figure) -> bytes:
    """A picture; a glyph that the font lacks is a warning, and so an error."""
    target = io.BytesIO()
    figure.savefig(target)
    return target.getvalue()


def names(labels) -> list[str]:
    return [label.get_text() for label in labels]


def test_a_confusion_matrix_names_rows_and_columns_in_the_order_of_the_labels():
    labels = [sector.ar for sector in SECTORS]
    axes = confusion_matrix([[1] * 17] * 17, labels, "القطاع").axes[0]
    assert names(axes.get_xticklabels()) == names(axes.get_yticklabels()) == labels


def test_a_confusion_matrix_shows_counts_and_leaves_zeros_out():
    axes = confusion_matrix([[5, 0], [2, 7]], ["سلبي", "إيجابي"], "النبرة").axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["2", "5", "7"]


def test_a_true_label_without_articles_does_not_spoil_a_confusion_matrix():
    assert drawn(confusion_matrix([[5, 1], [0, 0]], ["سلبي", "إيجابي"], "النبرة"))


def test_a_confusion_matrix_refuses_labels_that_do_not_fit():
    with pytest.raises(ValueError, match="no place for 3 labels"):
        confusion_matrix([[1, 2], [3, 4]], ["أ", "ب", "ج"], "")


def test_reliability_draws_no_point_for_an_empty_bin():
    axes = reliability([0.1, 0.5, 0.9], [0.2, 0.0, 0.8], [10, 0, 20], 0.05, "معايرة").axes[0]
    line = next(line for line in axes.lines if line.get_label() == "النموذج")
    assert list(line.get_xdata()) == [0.1, 0.9]


def test_coverage_draws_a_curve_for_each_name():
    axes = coverage({"القطاع": ([0.5, 1], [1, 0.9]), "النبرة": ([0.5, 1], [0.8, 0.7])}, "الصواب").axes[0]
    assert names(axes.get_legend().get_texts()) == ["القطاع", "النبرة"]


def test_a_report_gives_its_pictures_with_every_glyph(tracked):
    figures = report_figures(tracked.result.reports["sample/test"])
    assert sorted(figures) == [
        "confusion-sector",
        "confusion-stance",
        "confusion-tone",
        "coverage",
        "reliability-sector",
        "reliability-stance",
        "reliability-tone",
    ]
    assert all(drawn(figure).startswith(b"\x89PNG") for figure in figures.values())


def test_bars_of_outlets_stand_in_the_order_given_with_their_counts():
    axes = outlet_bars({"الأولى": 0.5, "others": 0.25}, {"الأولى": 40, "others": 1200}, "الصواب").axes[0]
    assert names(axes.get_yticklabels()) == ["الأولى", "ناشرون آخرون"]
    assert [text.get_text() for text in axes.texts] == ["0.500  (40)", "0.250  (1,200)"]
    assert axes.yaxis_inverted()


def test_outlets_are_drawn_for_each_task_that_has_a_figure():
    outlets = {"one": {"articles": 30.0, "sector.accuracy": 0.5}, "two": {"articles": 9.0, "tone.macro_f1": 0.25}}
    found = outlet_figures(outlets)
    assert {name: names(figure.axes[0].get_yticklabels()) for name, figure in found.items()} == {
        "outlets-sector": ["one"],
        "outlets-tone": ["two"],
    }


def curve(**values) -> dict:
    head = {"held_out": [0.5, 0.75], "held_out_se": [0.25, 0.125], "fitted": [1.0, 0.875]}
    return {"articles": [100, 200], "heads": {"sector.accuracy": head, "tone.macro_f1": head}, **values}


def test_a_learning_curve_has_a_panel_for_each_figure():
    assert [axes.get_title() for axes in learning_curve(curve()).axes] == [
        "القطاع الرئيسي: نسبة الصواب",
        "نبرة الخبر: macro-F1",
    ]


def test_a_learning_curve_draws_both_sorts_of_articles_by_their_number():
    axes = learning_curve(curve()).axes[0]
    drawn_lines = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    assert drawn_lines == {
        "مقالات تدرّب عليها": ([100, 200], [1.0, 0.875]),
        "مقالات لم يرها": ([100, 200], [0.5, 0.75]),
    }
    (band,) = axes.collections
    assert (band.get_datalim(axes.transData).y0, band.get_datalim(axes.transData).y1) == (0.25, 0.875)


@pytest.mark.parametrize(
    "figure",
    [learning_curve(curve()), outlet_bars({"الأولى": 1.0}, {"الأولى": 4}, "الصواب")],
    ids=["learning curve", "outlets"],
)
def test_every_glyph_is_there_in(figure):
    assert drawn(figure).startswith(b"\x89PNG")
