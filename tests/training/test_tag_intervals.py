"""The intervals are of the figures of the report, and as wide as the articles are few."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from khabar.datasets import sample
from khabar.datasets.article import Article
from khabar.inference import Predictor
from khabar.inference.columns import TagColumns
from khabar.inference.tags import Stance
from khabar.training.evaluate import measure
from khabar.training.tag_intervals import paired, report_intervals


@pytest.fixture(scope="module")
def labelled() -> list[Article]:
    return sample.load("train")


@pytest.fixture(scope="module")
def tags(labelled: list[Article]) -> TagColumns:
    return tag(labelled)


def tag(articles: Sequence[Article]) -> TagColumns:
    return Predictor.load().tag_columns([a.text for a in articles], [a.title for a in articles], threads=1)


def test_each_interval_holds_the_figure_of_the_report(labelled: list[Article], tags: TagColumns) -> None:
    figures, intervals = measure(tags, labelled).metrics(), report_intervals(tags, labelled)
    assert {"sector.accuracy", "sector.in_readers_set", "sectors.micro_f1", "tone.macro_f1"} <= intervals.keys()
    for name, found in intervals.items():
        assert found.value == pytest.approx(figures[name]), name
        assert found.low <= found.high
    accuracy = intervals["sector.accuracy"]
    assert accuracy.low < accuracy.value < accuracy.high


def test_fewer_articles_make_a_wider_interval(labelled: list[Article], tags: TagColumns) -> None:
    few = labelled[:40]
    narrow, wide = (
        report_intervals(columns, articles)["sector.accuracy"]
        for columns, articles in ((tags, labelled), (tag(few), few))
    )
    assert wide.high - wide.low > narrow.high - narrow.low


def test_a_model_does_not_differ_from_itself(labelled: list[Article], tags: TagColumns) -> None:
    differences = paired(tags, tags, labelled)
    assert {found.value for found in differences.values()} == {0}
    assert {found.p for found in differences.values()} == {1}


def test_stances_are_compared_where_both_models_say_them(labelled: list[Article], tags: TagColumns) -> None:
    right = [Stance(a.stance, 0.9, {str(a.stance): 0.9}) for a in labelled]
    wrong = [*[replace(s, label="neutral" if s.label != "neutral" else "favor") for s in right[:60]], *right[60:]]
    found = paired(tags, tags, labelled, (right, wrong))["stance.accuracy"]
    with_stance = [bool(article.stance) for article in labelled]
    assert found.value == pytest.approx(sum(with_stance[:60]) / sum(with_stance))
    assert found.low > 0
    assert not [name for name in paired(tags, tags, labelled, (right, None)) if name.startswith("stance")]


def test_tags_of_other_articles_are_refused(labelled: list[Article], tags: TagColumns) -> None:
    with pytest.raises(ValueError, match="rows of tags for 181 articles"):
        paired(tags, tag(labelled[:3]), labelled)


def test_predictions_without_any_label_have_no_intervals() -> None:
    bare = sample.load("demo")
    assert not report_intervals(tag(bare), bare)
