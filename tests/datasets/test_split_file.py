"""A split comes back from its file as it was; a file that was changed, or is something else, is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from khabar.datasets.split_file import Part, Split, load, save
from khabar.inference.errors import InputError

SPLIT = Split(
    "outlet",
    None,
    (
        Part("أ", (("one", "1"), ("two", "\ud800\t\n")), (("one", "خبر"),)),
        Part("ب", (("one", "خبر"),), (("two", "\ud800\t\n"),)),
    ),
)


def test_a_split_comes_back_as_it_was(tmp_path: Path) -> None:
    save(SPLIT, tmp_path / "split.json")
    assert load(tmp_path / "split.json") == SPLIT


def test_ten_folds_take_little_more_room_than_one(tmp_path: Path) -> None:
    keys = [("corpus", f"{n:09}") for n in range(1000)]
    folds = [Part(f"fold{n}", tuple(k for k in keys if k not in keys[n::10]), tuple(keys[n::10])) for n in range(10)]
    for name, parts in (("ten", folds), ("one", folds[:1])):
        save(Split("stratified", 0, tuple(parts)), tmp_path / name)
    assert (tmp_path / "ten").stat().st_size < 2 * (tmp_path / "one").stat().st_size


@pytest.mark.parametrize(
    "other",
    [
        replace(SPLIT, kind="group"),
        replace(SPLIT, seed=0),
        replace(SPLIT, parts=SPLIT.parts[:1]),
        replace(SPLIT, parts=(replace(SPLIT.parts[0], name="ت"), SPLIT.parts[1])),
        replace(SPLIT, parts=(replace(SPLIT.parts[0], train=SPLIT.parts[0].train[:1]), SPLIT.parts[1])),
        replace(SPLIT, parts=(Part("أ", SPLIT.parts[0].test, SPLIT.parts[0].train), SPLIT.parts[1])),
    ],
)
def test_another_split_has_another_digest(other: Split) -> None:
    assert other.digest != SPLIT.digest


def test_the_digest_does_not_hang_on_the_order_of_ids() -> None:
    first, second = SPLIT.parts
    assert replace(SPLIT, parts=(replace(first, train=first.train[::-1]), second)).digest == SPLIT.digest


def move_to_train(content: dict[str, Any]) -> None:
    content["parts"][0]["test"]["one"] = []


def lose_an_article(content: dict[str, Any]) -> None:
    content["articles"]["one"].pop()


@pytest.mark.parametrize("change", [move_to_train, lose_an_article, lambda content: content.update(seed=3)])
def test_an_altered_file_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    save(SPLIT, tmp_path / "split.json")
    content = json.loads((tmp_path / "split.json").read_text())
    change(content)
    (tmp_path / "split.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"split\.json: its ids have the digest .* the file was altered"):
        load(tmp_path / "split.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"3", b"{}", b'{"format": "khabar split 2"}', b'{"format": "khabar split 1", "articles": 3}'],
)
def test_a_file_that_is_no_split_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "split.json").write_bytes(content)
    with pytest.raises(InputError, match="found no split in the format 'khabar split 1'"):
        load(tmp_path / "split.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json: found no such file"):
        load(tmp_path / "gone.json")


def test_a_split_is_not_written_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        save(SPLIT, tmp_path / "gone" / "split.json")
