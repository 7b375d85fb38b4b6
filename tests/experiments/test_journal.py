"""A journal holds what happened in order, and stands in nothing's way."""

import pytest

from khabar.experiments.journal import Data, Journal, JournalError, read_journal


def test_entries_are_read_back_in_order_with_what_they_say(tmp_path):
    told = []
    journal = Journal(tmp_path / "a.run", "mine", told.append)
    journal.start("run", "a run", {"kind": "job"})
    journal.params("run", {"C": 0.5, "blocks": None})
    journal.metrics("run", {"accuracy": 1}, step=2)
    journal.data("run", Data("news", "abc", "https://example.org/news.zip", "training", {"licence": "MIT"}))
    journal.end("run", "FINISHED")
    entries = read_journal(tmp_path / "a.run")
    assert entries == told
    assert entries[0]["experiment"] == "mine"
    assert [entry["what"] for entry in entries[1:]] == ["start", "params", "metrics", "data", "end"]
    assert entries[2]["params"] == {"C": "0.5", "blocks": "None"}
    assert (entries[3]["metrics"], entries[3]["step"]) == ({"accuracy": 1.0}, 2)
    assert (entries[4]["name"], entries[4]["tags"]) == ("news", {"licence": "MIT"})
    assert all(entries[at]["time"] <= entries[at + 1]["time"] for at in range(1, 5))


def test_a_file_is_told_of_once_it_is_written(tmp_path):
    seen = []

    def read(entry):
        if entry.get("what") == "file":
            seen.append((tmp_path / "a.run" / "files" / "run" / entry["path"]).read_text(encoding="utf-8"))

    journal = Journal(tmp_path / "a.run", "mine", read)
    journal.start("run", "a run", {})
    journal.text("run", "notes/one.txt", "أولا")
    journal.json("run", "two.json", {"value": float("nan"), "name": "ثانيا"})
    assert seen == ["أولا", '{\n  "value": null,\n  "name": "ثانيا"\n}']


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    journal.start("run", "a run", {})
    with (tmp_path / "a.run" / "journal.jsonl").open("ab") as file:
        file.write(b'{"what": "end", "run": "ru')
    assert [entry.get("what") for entry in read_journal(tmp_path / "a.run")] == [None, "start"]


@pytest.mark.parametrize("what", ["a journal", "a file in it", "a file"])
def test_a_folder_that_is_taken_is_refused_with_what_to_do(tmp_path, what):
    folder = tmp_path / "a.run"
    if what == "a journal":
        Journal(folder, "mine")
    elif what == "a file":
        folder.touch()
    else:
        folder.mkdir()
        (folder / "x").touch()
    with pytest.raises(JournalError, match=r"Send it \(khabar log .*a\.run\), or delete the folder"):
        Journal(folder, "mine")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "a.run").mkdir()
    assert Journal(tmp_path / "a.run", "mine").folder.is_dir()


def test_a_deleted_journal_leaves_nothing(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    journal.start("run", "a run", {})
    journal.text("run", "a.txt", "x")
    journal.delete()
    assert list(tmp_path.iterdir()) == []
