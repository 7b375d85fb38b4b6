"""The board ranks jobs by a task's figure, source by source, and says what cannot be compared and what differs."""

import re
from datetime import UTC, datetime
from math import nan

import pytest

from khabar.experiments.leaderboard import NothingTrackedError
from khabar.experiments.runs_board import Job, board_page, board_tables, boards
from khabar.experiments.tracked_runs import FoundRun

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


def job(value: float = 0.7, **changed) -> Job:
    """A job measured on `dev`, with what differs from the usual one."""
    source = changed.pop("source", "dev")
    figures = {
        "articles": changed.pop("articles", 400), "tone.macro_f1": value, "tone.macro_f1_low": value - 0.05,
        "tone.macro_f1_high": value + 0.05, "tone.calibration_error": 0.04, "tone.accuracy_at_80": 0.8,
        "tone.support.negative": changed.pop("negative", 100), "outlet/one/tone.macro_f1": 0.1,
    }  # fmt: skip
    tags = {"khabar.model": "khabar", "khabar.version": "1", "git.commit": "0123456789abcdef", "git.dirty": "false"}
    params = {"name": "khabar", "heads.tone.C": "4.0", "folds": "5"} | changed.pop("params", {})
    run = FoundRun(
        run_id=changed.pop("run_id", "a" * 32),
        name="khabar 1",
        experiment="khabar",
        status=changed.pop("status", "FINISHED"),
        started=NOW,
        tags=tags | changed.pop("tags", {}),
        params=params,
        metrics={f"{source}/{name}": n for name, n in figures.items()} | {"seconds/fit": 30.0, "seconds/read": 12.0},
    )
    return Job(run, changed.pop("trained_on", "1" * 64), changed.pop("aliases", ()))


def places(jobs: list[Job]) -> list[tuple[int | None, float]]:
    (board,) = boards(jobs, "tone")
    return [(row.place, row.figure.value) for row in board.rows]


def test_the_best_job_stands_first():
    assert places([job(0.6), job(0.8), job(0.7)]) == [(1, 0.8), (2, 0.7), (3, 0.6)]


@pytest.mark.parametrize(
    ("evaluate", "called"),
    [
        ('[{"corpus": "annotations", "part": "dev", "path": null}]', "annotations/dev"),
        ('[{"corpus": "annotations", "part": "de', "annotations-dev"),  # cut off by MLflow
        ('[{"corpus": null, "part": null, "path": "own/news.csv"}]', "annotations-dev"),
        ("[]", "annotations-dev"),
    ],
)
def test_a_source_is_called_as_in_the_config_that_a_run_kept(evaluate, called):
    jobs = [job(source="annotations-dev"), job(source="annotations-dev", params={"data.evaluate": evaluate})]
    (board,) = boards(jobs, "tone")
    assert (board.source, len(board.rows)) == (called, 2)


def test_a_figure_that_is_not_a_number_ranks_nothing():
    odd = job(0.9)
    odd.run.metrics.update({"dev/tone.accuracy_at_80": nan, "dev/tone.macro_f1_low": nan})
    found = boards([job(nan), odd, job(0.6)], "tone")
    assert [(row.place, row.figure.value) for row in found[0].rows] == [(1, 0.9), (2, 0.6)]
    assert "nan" not in board_page(found, "tone")


def test_each_source_has_a_board_and_that_of_the_training_articles_is_last():
    found = boards([job(), job(source="out-of-fold"), job(source="zeitung")], "tone")
    assert [(board.source, len(board.rows)) for board in found] == [("dev", 1), ("zeitung", 1), ("out-of-fold", 1)]


def test_a_learning_curve_is_no_source():
    drawn = job()
    drawn.run.metrics["learning_curve/tone.macro_f1"] = 0.6
    assert [board.source for board in boards([drawn], "tone")] == ["dev"]


@pytest.mark.parametrize("other", [{"articles": 401}, {"negative": 90}])
def test_a_job_measured_on_other_articles_has_no_place_and_stands_below(other):
    assert places([job(0.9, **other), job(0.6), job(0.5)]) == [(1, 0.6), (2, 0.5), (None, 0.9)]


def test_a_job_that_knows_one_head_more_is_measured_on_the_same_articles():
    more = job(0.8)
    more.run.metrics["dev/stance.support.favor"] = 70.0
    assert places([more, job(0.6), job(0.5)])[0] == (1, 0.8)


def test_other_training_data_is_told_but_ranked():
    (board,) = boards([job(0.8, trained_on="2" * 64), job(0.7), job(0.6)], "tone")
    assert [(row.place, row.usual_training) for row in board.rows] == [(1, False), (2, True), (3, True)]


def test_settings_that_all_share_and_those_that_a_row_says_anyway_are_left_out():
    (board,) = boards([job(0.8, params={"heads.tone.C": "8.0", "name": "other"}), job(0.7)], "tone")
    assert [row.settings for row in board.rows] == [[("heads.tone.C", "8.0")], [("heads.tone.C", "4.0")]]


def test_settings_of_fewest_jobs_come_first_and_those_a_job_lacks_last():
    odd = job(0.9, params={"folds": "3", "new": "1"})
    (board,) = boards([odd, job(0.8, params={"heads.tone.C": "8.0"}), job(0.7)], "tone")
    assert board.rows[1].settings == [("heads.tone.C", "8.0"), ("folds", "5"), ("new", "–")]


def test_a_job_without_intervals_is_ranked_too():
    bare = job(0.9)
    del bare.run.metrics["dev/tone.macro_f1_low"], bare.run.metrics["dev/tone.macro_f1_high"]
    found = boards([bare, job()], "tone")
    assert places([bare, job()])[0] == (1, 0.9)
    assert "0.900" in board_page(found, "tone")
    assert board_tables(found, "tone")[0].rows[0][4] == ".900"


def test_jobs_without_the_figure_are_not_on_the_board_and_none_is_an_error():
    with pytest.raises(NothingTrackedError, match=r"with the figure sectors\.micro_f1.*khabar train"):
        boards([job()], "sectors")


def test_the_terminal_shows_place_figure_seconds_and_what_is_odd():
    odd = job(0.9, trained_on="2" * 64, status="KILLED", aliases=("champion",), tags={"git.dirty": "true"}, articles=4)
    (table,) = board_tables(boards([job(0.6), odd, job(0.5)], "tone"), "tone")
    assert table.caption == "dev, 400 articles"
    assert table.rows[0] == (
        "1", "khabar 1", "aaaaaaaa", "2030-01-02 03:04", ".600\n.550–.650", ".040", ".800", "42", "",
    )  # fmt: skip
    assert table.rows[2][0] == "–"
    assert table.rows[2][-1].split("\n") == [
        "@champion", "killed", "other test articles", "other training data", "uncommitted changes",
    ]  # fmt: skip


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S).split()).replace("\N{WORD JOINER}", "")


def test_the_page_says_what_the_board_says():
    jobs = [job(0.8, aliases=("champion",), tags={"git.dirty": "true"}), job(0.7, trained_on="2" * 64), job(0.6)]
    text = text_of(board_page(boards(jobs, "tone"), "tone", NOW))
    for part in (
        "لوحة النماذج: نبرة الخبر",
        "dev، عدد المقالات: 400 ؛",
        "macro-F1 خطأ المعايرة الصواب في أوثق 80%",
        "1 . khabar 1 @champion",
        "0.800 0.750 – 0.850",
        "0123456789 مع تغييرات",
        "22222222 غير المعتادة",
        "2030-01-02 03:04 UTC",
        "khabar leaderboard --task tone",
    ):
        assert part in text


def test_the_plot_of_an_interval_lies_between_the_ends_of_the_board():
    html = board_page(boards([job(0.8), job(0.3)], "tone"), "tone")
    drawn = [float(x) for x in re.findall(r'class="(?:range|dot)" d="M([\d.-]+)', html)]
    # .23 to .87: from the lowest end to the highest one, with a margin.
    assert drawn == [81.2, 89.1, 3.1, 10.9]


def test_the_page_refers_to_nothing_outside_itself_and_escapes_names():
    evil = '"><img src=//evil onerror=alert(1)>'
    html = board_page(boards([job(tags={"khabar.model": evil}), job(params={"folds": evil})], "tone"), "tone")
    assert "<img" not in html
    assert "&lt;img" in html
    assert not re.search(r'(src|href)="(?!#)|@import|url\(', html)
