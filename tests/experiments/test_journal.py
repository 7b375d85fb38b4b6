"""A journal holds what happened in order, and stands in nothing's way."""

import shutil

import pytest

from khabar.experiments.journal import Data, Journal, JournalError, read_journal
from khabar.experiments.recording import send_kept


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
        Journal(folder, "mine").close()
    elif what == "a file":
        folder.touch()
    else:
        folder.mkdir()
        (folder / "x").touch()
    said = (
        r"is a file; .*Move the file" if what == "a file" else r"Send it \(khabar log .*a\.run\), or delete the folder"
    )
    with pytest.raises(JournalError, match=said):
        Journal(folder, "mine")
    if what == "a file in it":
        assert [path.name for path in folder.iterdir()] == ["x"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "a.run").mkdir()
    assert Journal(tmp_path / "a.run", "mine").folder.is_dir()


def test_a_deleted_journal_leaves_nothing(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    journal.start("run", "a run", {})
    journal.text("run", "a.txt", "x")
    journal.delete()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_in_use_is_neither_written_nor_sent_by_another(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    for use in (Journal, lambda folder, _: send_kept(folder)):
        with pytest.raises(JournalError, match="is in use: a job is still writing it"):
            use(tmp_path / "a.run", "mine")
    journal.close()
    with pytest.raises(JournalError, match="nothing to send, so delete the folder"):
        send_kept(tmp_path / "a.run")
    assert (tmp_path / "a.run").exists()


def test_all_runs_that_are_open_end_the_parent_last(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    for run in ("run", "one", "two"):
        journal.start(run, run, {}, None if run == "run" else "run")
    journal.end("one", "FINISHED")
    journal.end_all("KILLED")
    ends = [(e["run"], e["status"]) for e in read_journal(tmp_path / "a.run")[1:] if e["what"] == "end"]
    assert ends == [("one", "FINISHED"), ("two", "KILLED"), ("run", "KILLED")]


def test_figures_that_are_not_known_are_left_out_and_names_without_bytes_are_told(tmp_path):
    journal = Journal(tmp_path / "a.run", "mine")
    journal.start("run", "a\udce9", {"command": "khabar -o m\udce9"})
    journal.metrics("run", {"one": 1, "none": float("nan"), "endless": float("inf")})
    entries = read_journal(tmp_path / "a.run")
    assert (entries[1]["name"], entries[1]["tags"]) == ("a?", {"command": "khabar -o m?"})
    assert entries[2]["metrics"] == {"one": 1.0}


def test_a_folder_that_goes_away_does_not_keep_entries_from_being_told(tmp_path):
    told = []
    journal = Journal(tmp_path / "a.run", "mine", told.append)
    shutil.rmtree(tmp_path / "a.run")
    journal.start("run", "a run", {})
    assert isinstance(journal.problem, FileNotFoundError)
    assert told[-1]["what"] == "start"
