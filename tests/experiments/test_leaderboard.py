"""The leaderboard shows the newest answer to every question, beside those of others; its page needs nothing else."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from khabar.experiments.anchors import Anchor
from khabar.experiments.evaluation_tracking import TrackedOutcome
from khabar.experiments.leaderboard import NothingTrackedError, leaderboard, markdown, newest, page
from khabar.training.bootstrap import Interval
from khabar.training.outcomes import Outcome

NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
ANCHORS = (
    Anchor("official", "tone", "arsarcasm-v2", "f_pn", "winner", ".748", "a paper", "another split"),
    Anchor("official", "stance", "mawqif", "favg2", "other", ".844", "another paper"),
    Anchor("cross-corpus", "topic", "all corpora", "macro_f1"),
    Anchor("read twice", "tone", "annotations/dev", "accuracy", "two readers", ".945", "read twice"),
)


def tracked(day: int = 1, run: str = "run", value: float = 0.7, **values) -> TrackedOutcome:
    known = {
        "protocol": "official", "task": "tone", "system": "baseline", "corpus": "arsarcasm-v2",
        "trained_on": "arsarcasm-v2", "part": "", "labels": "own", "metric": "f_pn", "n_train": 9, "n_test": 20,
        "n_test_deduplicated": 18, "n_left_out": 0, "raw": Interval(value, value - 0.1, value + 0.1),
        "deduplicated": Interval(value - 0.05, 0.5, 0.8), "f1": {}, "seconds": 1.0, "split_digest": "0",
    }  # fmt: skip
    started = datetime(2030, 1, day, tzinfo=UTC)
    return TrackedOutcome(
        Outcome(**{**known, **values}), run, started, "0123456789abcdef", False, f"khabar evaluate {run}"
    )


def outlet(part: str, day: int, run: str) -> TrackedOutcome:
    return tracked(day, run, protocol="outlets", task="topic", corpus="ant-multisource", metric="macro_f1", part=part)


def text_of(html: str) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(html)
    return [piece.strip() for piece in found if piece.strip()]


def test_of_two_answers_to_one_question_the_newer_one_counts():
    kept = newest([tracked(1, "old", 0.6), tracked(2, "new", 0.7)])
    assert [one.run_id for one in kept] == ["new"]


@pytest.mark.parametrize(
    "other",
    [{"system": "poor"}, {"corpus": "astd"}, {"metric": "macro_f1"}, {"labels": "shared"}, {"protocol": "in-corpus"}],
)
def test_other_questions_and_other_systems_have_their_own_answers(other):
    assert len(newest([tracked(1, "one"), tracked(2, "two", **other)])) == 2


def test_outlets_of_an_older_run_do_not_mix_with_those_of_a_newer_one():
    old = [outlet(part, 1, "old") for part in ("BBC", "CNN", "mean")]
    new = [outlet(part, 2, "new") for part in ("BBC", "mean")]
    assert [(one.run_id, one.outcome.part) for one in newest(old + new)] == [("new", "BBC"), ("new", "mean")]


def test_between_corpora_every_pair_has_its_own_newest_answer():
    crossed = {"protocol": "cross-corpus", "metric": "macro_f1"}
    runs = [tracked(1, "old", trained_on="astd", **crossed), tracked(2, "new", trained_on="arsas", **crossed)]
    assert len(newest(runs)) == 2


def test_nothing_tracked_says_what_to_run():
    with pytest.raises(NothingTrackedError, match="run: khabar evaluate --protocol all"):
        leaderboard([])


def test_our_row_stands_above_those_of_others_with_both_figures_and_its_run():
    text = markdown(leaderboard([tracked()], ANCHORS, now=NOW))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "arsarcasm-v2" in line]
    ours, theirs = rows[0], rows[1]
    assert ours == [
        "arsarcasm-v2", "own", "F-PN", "baseline", "[1]", ".700<br>.600–.800", ".650<br>.500–.800", "9", "20<br>18",
    ]  # fmt: skip
    assert theirs == ["arsarcasm-v2", "", "F-PN", "winner", "a paper; another split", ".748", "", "", ""]


def test_what_we_have_not_measured_says_how_to():
    text = markdown(leaderboard([tracked()], ANCHORS, now=NOW))
    (ours, _) = (line for line in text.splitlines() if line.startswith("| mawqif"))
    assert "not measured yet: khabar evaluate --protocol official mawqif" in ours


def test_each_run_is_listed_with_date_commit_and_command():
    text = markdown(leaderboard([tracked(3, "abc")], ANCHORS, now=NOW))
    assert "| [1] | 2030-01-03 00:00 UTC | 0123456789 | `khabar evaluate abc` | abc |" in text
    assert text.endswith("Made 2030-01-02 03:04 UTC by `khabar leaderboard`.\n")


def test_code_that_differed_from_its_commit_is_told():
    one = tracked()
    changed = TrackedOutcome(one.outcome, "r", one.started, one.commit, True, one.command)
    assert "0123456789 with changes" in markdown(leaderboard([changed], ANCHORS))


def test_figures_between_corpora_are_matrices_and_nobody_else_reports_them():
    crossed = {"protocol": "cross-corpus", "task": "topic", "metric": "macro_f1"}
    found = [tracked(corpus=b, trained_on=a, **crossed) for a in ("one", "two") for b in ("one", "two")]
    text = markdown(leaderboard(found, ANCHORS, now=NOW))
    assert "| train \\ test | one | two |" in text
    assert "all corpora: no work was found that reports macro-F1." in text
    assert "Runs [1]." in text


def test_what_two_readers_agree_on_is_the_ceiling():
    assert "| tone | accuracy | read twice | .945 |" in markdown(leaderboard([tracked()], ANCHORS, now=NOW))


def test_a_bar_in_a_name_does_not_break_a_table():
    assert "a\\|b" in markdown(leaderboard([tracked(system="a|b")], ANCHORS))


def test_the_page_says_what_the_markdown_says():
    board = leaderboard([tracked()], ANCHORS, now=NOW)
    found = text_of(page(board))
    for cell in (
        ".700",
        ".600–.800",
        "winner",
        "a paper; another split",
        "khabar evaluate run",
        "2030-01-02 03:04 UTC",
    ):
        assert any(cell in piece for piece in found)


def test_names_are_escaped_in_the_page():
    text = page(leaderboard([tracked(system="<script>alert(1)</script>", corpus='"><img src=x>')], ANCHORS))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


def test_the_page_refers_to_nothing_outside_itself():
    text = page(leaderboard([tracked()], ANCHORS, now=NOW))
    assert not re.search(r"https?:|//|\bsrc=|\bhref=|@import|url\(", text)


def test_the_page_fits_a_phone():
    text = page(leaderboard([tracked()], ANCHORS, now=NOW))
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "@media (max-width" in text
    # On a narrow screen a row is a card, in which each cell says its column.
    assert 'data-column="de-duplicated"' in text


def test_every_tag_of_the_page_is_closed():
    void = {"meta", "br"}
    stack: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            if tag not in void:
                stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert stack.pop() == tag

    Reader().feed(page(leaderboard([tracked()], ANCHORS, now=NOW)))
    assert stack == []
