"""What stood before a champion, by the records of what was done; and that records say what a reader needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from khabar.experiments.promotion_history import (
    TAG_CHARS,
    HistoryError,
    Record,
    checked_words,
    move_champion,
    read_history,
    stood_before,
    write_record,
)
from khabar.experiments.tracking_store import opened

START = datetime(2026, 1, 1, tzinfo=UTC)


def record(what="promoted", before=None, after=1, number=0, **more) -> Record:
    return Record(what, START + timedelta(seconds=number), "amal", "a reason", before, after, "0" * 32, **more)


def history(*steps: tuple[str, int | None, int]) -> list[Record]:
    """Give records of (what, before, after), the newest first as they are read."""
    return [record(what, before, after, number) for number, (what, before, after) in enumerate(steps)][::-1]


@pytest.mark.parametrize(
    ("steps", "champion", "expected"),
    [
        ([("promoted", None, 1)], 1, ()),
        ([("promoted", None, 1), ("promoted", 1, 2)], 2, (1,)),
        ([("promoted", None, 1), ("refused", 1, 2), ("promoted", 1, 3), ("refused", 3, 4)], 3, (1,)),
        ([("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 3), ("rolled back", 3, 2)], 2, (1,)),
        ([("promoted", None, 1), ("promoted", 1, 2), ("rolled back", 2, 1)], 1, ()),
        ([("promoted", None, 1), ("promoted", 1, 2), ("rolled back", 2, 1), ("promoted", 1, 3)], 3, (1,)),
        # The first promoted once more: back over the second, to the first.
        ([("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 1)], 1, (2, 1)),
        ([("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 1), ("rolled back", 1, 2)], 2, (1,)),
        # Champion 7 by other means than khabar promote.
        ([("promoted", None, 1), ("promoted", 7, 2)], 2, (7, 1)),
        ([("promoted", None, 1), ("promoted", 1, 2)], 7, (2, 1)),
        ([("promoted", None, 1), ("promoted", 1, 2), ("rolled back", 7, 2)], 2, (1,)),
        # Set back to 2 by other means, and over 2 back to the first.
        ([("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 1), ("rolled back", 2, 1)], 1, ()),
        # 2 is passed over, as it is gone.
        ([("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 3), ("rolled back", 3, 1)], 1, ()),
    ],
)
def test_what_stood_before_is_the_one_below_on_the_pile(steps, champion, expected):
    assert stood_before(history(*steps), champion) == expected


def test_rolling_back_again_and_again_ends_at_the_first():
    steps = [("promoted", None, 1), ("promoted", 1, 2), ("promoted", 2, 3), ("promoted", 3, 2)]
    seen = [2]
    while earlier := stood_before(history(*steps), seen[-1]):
        steps.append(("rolled back", seen[-1], earlier[0]))
        seen.append(earlier[0])
    assert seen == [2, 3, 2, 1]


def test_a_champion_where_nothing_was_promoted_is_said_so():
    with pytest.raises(HistoryError, match="Version 7 is champion, but not by khabar promote"):
        stood_before(history(("refused", None, 1)), 7)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A registry: one for all tests, as it takes seconds to make."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('registry') / 'mlflow.db'}") as store:
        yield store


@pytest.fixture
def name(store, request, tmp_path) -> str:
    """A registered model of the test's own, with three empty versions."""
    client = store.mlflow.MlflowClient()
    client.create_registered_model(request.node.name)
    for _ in range(3):
        client.create_model_version(request.node.name, tmp_path.as_uri())
    return str(request.node.name)


def moved(store, name: str, *records: Record) -> None:
    """Write records and move the alias as they say."""
    for one in records:
        move_champion(store, name, one)


def test_records_are_read_back_the_newest_first(store, name):
    written = [record(number=at, before=one, after=two) for at, (one, two) in enumerate(pairwise((None, 1, 2, 3)))]
    moved(store, name, *written)
    assert [replace(one, done=None) for one in read_history(store, name)] == written[::-1]


def test_records_of_the_same_moment_overwrite_nothing(store, name):
    for who in ("amal", "badr"):
        write_record(store, name, Record("refused", START, who, "why", None, 1, "0" * 32))
    assert {one.who for one in read_history(store, name)} == {"amal", "badr"}


def test_a_promotion_that_was_cut_off_before_the_alias_moved_shows_and_does_not_count(store, name):
    moved(store, name, record(number=0, after=1), record(number=1, before=1, after=2))
    write_record(store, name, record(number=2, before=2, after=3))
    found = read_history(store, name)
    assert [(one.after, one.in_effect) for one in found] == [(3, False), (2, True), (1, True)]
    assert stood_before(found, 2) == (1,)


def test_a_promotion_that_was_undone_by_other_means_differs_from_one_that_was_cut_off(store, name):
    moved(store, name, record(number=0, after=1), record(number=1, before=1, after=2))
    write_record(store, name, record(number=2, before=2, after=3))
    store.mlflow.MlflowClient().set_registered_model_alias(name, "champion", "1")
    found = read_history(store, name)
    assert [(one.after, one.in_effect, one.done is not None) for one in found] == [
        (3, False, False), (2, False, True), (1, True, True),
    ]  # fmt: skip
    store.mlflow.MlflowClient().set_registered_model_alias(name, "champion", "3")
    assert stood_before(read_history(store, name)[1:], 3) == (2, 1)


def test_a_promotion_that_was_cut_off_shows_when_it_is_done_again(store, name):
    moved(store, name, record(number=0, after=1))
    write_record(store, name, record(number=1, before=1, after=2))
    moved(store, name, record(number=2, before=1, after=2))
    assert [one.in_effect for one in read_history(store, name)] == [True, False, True]


def test_a_rollback_that_was_cut_off_shows_and_does_not_count(store, name):
    moved(store, name, record(number=0, after=1), record(number=1, before=1, after=2))
    write_record(store, name, record("rolled back", number=2, before=2, after=1))
    found = read_history(store, name)
    assert [one.in_effect for one in found] == [False, True, True]
    assert stood_before(found, 2) == (1,)


def test_long_problems_are_cut_to_what_a_tag_takes_on_every_database(store, name):
    problems = tuple(f"classes: sector {at}: " + "ت" * 200 for at in range(100))
    write_record(store, name, record("refused", problems=problems, report="promotions/x.json"))
    (value,) = store.mlflow.MlflowClient().get_registered_model(name).tags.values()
    (found,) = read_history(store, name)
    assert len(value) <= TAG_CHARS < len(value.encode())  # a database counts characters, not bytes
    assert found.problems[0] == problems[0]
    assert found.problems[-1] == "and more, see promotions/x.json"


def test_a_record_that_was_edited_is_named_with_what_deletes_it(store, name):
    store.mlflow.MlflowClient().set_registered_model_tag(name, "khabar.history.x", "{}")
    with pytest.raises(HistoryError, match=r"tag khabar\.history\.x of the registered model test_a.*delete_reg"):
        read_history(store, name)


@pytest.mark.parametrize(("who", "why"), [("", "why"), ("amal", "  "), ("amal", "w" * 1001), ("a" * 201, "why")])
def test_who_and_why_have_to_be_said_and_to_fit(who, why):
    with pytest.raises(HistoryError, match="expected 1 to"):
        checked_words(who, why)
