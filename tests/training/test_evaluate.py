"""Figures are scikit-learn's where all labels are known, and unknown labels count neither way."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from khabar.datasets.article import Article, others
from khabar.datasets.sectors import STANCES
from khabar.inference.columns import TagColumns
from khabar.inference.stance import NOT_NAMED
from khabar.inference.tags import Stance
from khabar.training.evaluate import calibration, coverage_curve, measure
from khabar.training.report import markdown

SECTORS = ("economy", "health", "sport")
TONES = ("negative", "neutral", "positive")


def drawn(n: int = 200) -> tuple[TagColumns, list[Article]]:
    """Make random articles and random tags that are right more often than not."""
    random = np.random.default_rng(0)
    columns, articles = TagColumns(SECTORS, TONES), []
    for number in range(n):
        sectors = tuple(random.permutation(SECTORS)[: random.integers(1, 3)].tolist())
        tone = str(random.choice(TONES))
        articles.append(
            Article(
                corpus="toy", id=str(number), outlet="toy", text="x",
                sectors=sectors, main=sectors[0], denied=others(*sectors), tone=tone,
            )
        )  # fmt: skip
        scores = random.dirichlet([2 + 5 * (sector == sectors[0]) for sector in SECTORS]).tolist()
        tone_scores = random.dirichlet([2 + 5 * (label == tone) for label in TONES]).tolist()
        main = SECTORS[int(np.argmax(scores))]
        columns.sector.append(main)
        columns.sectors.append([main, *(s for s in SECTORS if s != main and random.random() < 0.3)])
        columns.sector_scores.append(scores)
        columns.tone.append(TONES[int(np.argmax(tone_scores))])
        columns.tone_scores.append(tone_scores)
        columns.abstained.append(("sector",) if max(scores) < 0.6 else ())
        columns.error.append(None)
    return columns, articles


def indicator(rows: list[list[str]]) -> np.ndarray:
    return np.array([[sector in row for sector in SECTORS] for row in rows])


def test_figures_of_known_labels_are_those_of_scikit_learn() -> None:
    columns, articles = drawn()
    report = measure(columns, articles)
    assert report.sector is not None
    assert report.sectors is not None
    assert report.tone is not None
    mains, tones = [a.main for a in articles], [a.tone for a in articles]
    truth, tags = indicator([list(a.sectors) for a in articles]), indicator(columns.sectors)
    assert report.sector.accuracy == pytest.approx(accuracy_score(mains, columns.sector))
    assert report.sector.macro_f1 == pytest.approx(f1_score(mains, columns.sector, average="macro"))
    assert report.sector.confusion == tuple(map(tuple, confusion_matrix(mains, columns.sector, labels=SECTORS)))
    assert report.tone.macro_f1 == pytest.approx(f1_score(tones, columns.tone, average="macro"))
    assert report.sectors.micro_f1 == pytest.approx(f1_score(truth, tags, average="micro"))
    assert report.sectors.micro_f1_strict == report.sectors.micro_f1
    assert report.sectors.macro_f1 == pytest.approx(f1_score(truth, tags, average="macro"))
    assert [f.f1 for f in report.sectors.labels] == pytest.approx(f1_score(truth, tags, average=None).tolist())


def said(label: str | None, sure: bool = True) -> Stance:
    if label is None:
        return Stance(None, None, {}, error=NOT_NAMED)
    scores = {name: 0.8 if name == label else 0.1 for name in STANCES}
    return Stance(label, 0.8, scores, abstained=not sure)


def test_stances_are_measured_towards_the_target_of_each_article_and_one_not_named_is_wrong() -> None:
    columns, articles = drawn(60)
    random = np.random.default_rng(1)
    truth = [str(label) for label in random.choice(STANCES, 60)]
    tags = [str(random.choice(STANCES)) if random.random() < 0.3 else label for label in truth]
    articles = [replace(a, target="x", stance=s) for a, s in zip(articles, truth, strict=True)]
    stances = [said(label, sure=bool(row % 3)) for row, label in enumerate(tags)]
    report = measure(columns, articles, stances)
    assert report.stance is not None
    assert report.stance.macro_f1 == pytest.approx(f1_score(truth, tags, average="macro"))
    assert report.stance.accuracy == pytest.approx(accuracy_score(truth, tags))
    assert (report.stance.abstained, report.target_named) == (pytest.approx(1 / 3), 1)
    figures = report.metrics()
    assert report.intervals["stance.macro_f1"].value == pytest.approx(figures["stance.macro_f1"])
    assert figures["stance.support.favor"] == truth.count("favor")
    # Articles without a stance count neither way, targets that are not named count as wrong.
    no_stance = replace(articles[0], target=None, stance=None)
    half = measure(columns, [no_stance, *articles[1:]], [said(None), *stances[1:30], *[said(None)] * 30])
    assert half.stance is not None
    assert half.stance.articles == 59
    assert half.target_named == pytest.approx(29 / 59)
    assert half.stance.accuracy == pytest.approx(
        np.mean([a == b for a, b in zip(truth, tags, strict=True)][1:30]) * 29 / 59
    )


def test_nothing_is_said_of_stances_where_there_are_none() -> None:
    columns, articles = drawn(20)
    for report in (measure(columns, articles), measure(columns, articles, [said(None)] * 20)):
        assert (report.stance, report.target_named) == (None, None)
        assert not [name for name in (*report.metrics(), *report.intervals) if name.startswith("stance")]


def test_a_sector_that_only_one_reader_saw_is_neither_right_nor_wrong() -> None:
    columns, articles = drawn()
    first = articles[0]
    unsure = replace(first, denied=frozenset())
    reports = []
    for tags in (list(first.sectors), list(SECTORS)):
        columns.sectors[0] = tags
        reports.append(measure(columns, [unsure, *articles[1:]]).sectors)
    one, two = reports
    assert one is not None
    assert two is not None
    assert one.micro_f1 == two.micro_f1
    assert one.micro_f1_strict > two.micro_f1_strict


def test_a_main_sector_is_in_the_readers_set_unless_it_is_denied() -> None:
    columns, articles = drawn(3)
    columns.sector[:] = ["sport", "sport", "sport"]
    known = [(("sport",), "sport"), (("health",), "health"), (("health", "sport"), "health")]
    articles = [replace(a, sectors=s, main=m, denied=others(*s)) for a, (s, m) in zip(articles, known, strict=True)]
    assert measure(columns, articles).in_readers_set == pytest.approx(2 / 3)


def test_an_article_without_tags_is_wrong_and_abstained_on() -> None:
    columns, articles = drawn(2)
    columns.sector[0] = columns.tone[0] = None
    columns.sectors[0], columns.sector_scores[0], columns.tone_scores[0] = [], [], []
    columns.abstained[:] = [(), ()]
    columns.sector[1] = articles[1].main
    report = measure(columns, articles)
    assert report.untagged == 1
    assert report.sector is not None
    assert (report.sector.accuracy, report.sector.abstained, report.sector.accuracy_when_sure) == (0.5, 0.5, 1.0)


def test_labels_that_are_not_known_leave_their_figures_out() -> None:
    columns, articles = drawn(4)
    blank = [replace(a, sectors=(), main=None, denied=frozenset(), tone=None) for a in articles]
    report = measure(columns, blank)
    assert (report.sector, report.in_readers_set, report.sectors, report.tone) == (None, None, None, None)
    assert report.metrics() == {"articles": 4, "untagged": 0}


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    top = np.array([0.95, 0.95, 0.55, 0.55, 1.0])
    right = np.array([True, False, True, True, True])
    bins, error = calibration(top, right)
    # [.5, .6): .55 against 1; [.9, 1]: .9667 against .6667
    assert error == pytest.approx((2 * 0.45 + 3 * 0.3) / 5)
    assert bins.count == (0, 0, 0, 0, 0, 2, 0, 0, 0, 3)


def test_coverage_takes_the_surest_articles_first() -> None:
    top, right = np.linspace(1, 0.5, 20), np.arange(20) < 16
    curve = dict(coverage_curve(top, right))
    assert (curve[0.05], curve[0.8], curve[1.0]) == (1.0, 1.0, 0.8)


def test_metrics_are_flat_numbers_and_the_report_is_a_table() -> None:
    report = measure(*drawn())
    metrics = report.metrics()
    assert {"sector.accuracy", "sector.accuracy_at_80", "tone.macro_f1", "sectors.f1.sport"} <= metrics.keys()
    assert all(isinstance(value, int | float) for value in metrics.values())
    text = markdown(report, "drawn")
    assert f"| sector.accuracy | {metrics['sector.accuracy']:.3f} |" in text
    assert "nan" not in text
