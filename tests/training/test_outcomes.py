"""An outcome is the figures of its predictions, raw and without copies; two systems are compared article by article."""

from dataclasses import replace
from math import isnan

import pytest

from khabar.inference.errors import InputError
from khabar.training.bootstrap import Interval
from khabar.training.outcomes import Outcome, Prediction, Result, compare, measure

OUTCOME = Outcome(
    "official", "tone", "one", "toy", "toy", "", "own", "accuracy", 1, 4, 3, 0,
    Interval(0, 0, 0), Interval(0, 0, 0), {}, 0.0, "",
)  # fmt: skip


def prediction(number: int, truth: str, predicted: str, *, part: str = "", counts: bool = True) -> Prediction:
    return Prediction("toy", str(number), part, truth, predicted, None, counts)


def test_copies_count_in_the_raw_figure_only() -> None:
    rows = [prediction(0, "a", "a"), prediction(1, "b", "a"), prediction(2, "a", "a", counts=False)]
    found = measure("accuracy", rows, {})
    assert found.raw.value == pytest.approx(2 / 3)
    assert found.deduplicated.value == pytest.approx(1 / 2)
    assert found.f1 == pytest.approx({"a": 0.8, "b": 0.0})


def test_the_mean_of_parts_weighs_parts_alike() -> None:
    rows = [prediction(0, "a", "a", part="x"), *(prediction(n, "a", "b", part="y") for n in range(1, 4))]
    assert measure("accuracy", rows, {}).raw.value == 0.25
    assert measure("accuracy", rows, {}, mean_of_parts=True).raw.value == 0.5


def test_a_metric_knows_labels_by_the_names_it_gives_them() -> None:
    rows = [prediction(0, "POS", "POS"), prediction(1, "NEG", "POS")]
    found = measure("f_pn", rows, {"POS": "positive", "NEG": "negative"})
    assert found.raw.value == pytest.approx((2 / 3 + 0) / 2)


def result(system: str, rows: list[Prediction]) -> Result:
    return Result(replace(OUTCOME, system=system), tuple(rows), {})


def test_two_systems_are_compared_on_the_same_articles_in_any_order() -> None:
    one = [prediction(n, "ab"[n % 2], "ab"[n % 2]) for n in range(60)]
    two = [prediction(n, "ab"[n % 2], "a") for n in reversed(range(60))]
    found = compare(result("one", one), result("two", two))
    assert found.value == pytest.approx(0.5)
    assert found.p < 0.01


@pytest.mark.parametrize("others", [[prediction(9, "a", "a")], [prediction(0, "b", "a")], []])
def test_systems_tested_on_other_articles_or_labels_are_not_compared(others: list[Prediction]) -> None:
    with pytest.raises(InputError, match="not the same with the same labels; run both by the same protocol"):
        compare(result("one", [prediction(0, "a", "a")]), result("two", others))


def test_a_metric_looks_at_classes_that_no_article_has() -> None:
    names = {"POS": "positive", "NEG": "negative", "NEU": "neutral"}
    found = measure("f_pn", [prediction(0, "POS", "POS"), prediction(1, "NEU", "NEU")], names)
    assert found.raw.value == 0.5


def test_systems_without_an_article_that_counts_do_not_compare() -> None:
    copies = [prediction(0, "a", "a", counts=False)]
    assert isnan(compare(result("one", copies), result("two", copies), deduplicated=True).p)
