"""A run is recorded in order, ends by how its block ends, and what was not sent is sent later, once."""

import subprocess
import sys
from pathlib import Path

import pytest

from khabar.experiments.journal import Data, Journal, JournalError, read_journal
from khabar.experiments.recording import PARENT, recorded, send_kept
from khabar.experiments.tracking_store import TrackingError


def runs(mlflow, experiment: str) -> dict:
    found = mlflow.search_runs(experiment_names=[experiment], output_format="list")
    return {run.info.run_name: run for run in found}


def write_some(journal: Journal) -> None:
    journal.params(PARENT, {"C": 0.5})
    journal.metrics(PARENT, {"accuracy": 0.75}, step=3)
    journal.start("part", "a part", {"kind": "part"}, PARENT)
    journal.text("part", "notes/a.txt", "كلمات")
    journal.data("part", Data("mine", "d" * 64, None, "training", {"licence": "MIT"}))
    journal.end("part", "FINISHED")


def check(found: dict, status: str) -> None:
    parent, part = found["a run"], found["a part"]
    assert (parent.info.status, part.info.status) == (status, "FINISHED")
    assert (parent.data.params, parent.data.metrics) == ({"C": "0.5"}, {"accuracy": 0.75})
    assert part.data.tags["mlflow.parentRunId"] == parent.info.run_id
    kept = Path(part.info.artifact_uri.removeprefix("file://"))
    assert (kept / "notes" / "a.txt").read_text(encoding="utf-8") == "كلمات"
    (data,) = part.inputs.dataset_inputs
    assert {tag.key: tag.value for tag in data.tags}["digest"] == "d" * 64


def test_a_run_is_sent_as_it_goes_and_its_folder_deleted(tracked, mlflow, tmp_path):
    folder = tmp_path / "a.run"
    with recorded(folder, "a run", {}, experiment="goes", what="it", uri=tracked.run.uri) as (journal, sent):
        write_some(journal)
        assert runs(mlflow, "goes")["a run"].info.status == "RUNNING"
        assert runs(mlflow, "goes")["a part"].info.status == "FINISHED"
    check(runs(mlflow, "goes"), "FINISHED")
    assert (sent.kept, folder.exists()) == (None, False)


def test_a_run_whose_process_was_killed_ends_as_killed_when_it_is_sent(tracked, mlflow, tmp_path):
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from khabar.experiments.journal import Journal
from test_recording import write_some
journal = Journal(Path("a.run"), "killed")
journal.start("run", "a run", {{}})
write_some(journal)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    with (tmp_path / "a.run" / "journal.jsonl").open("ab") as file:
        file.write(b'{"what": "metr')  # as far as it came
    sent = send_kept(tmp_path / "a.run", tracked.run.uri)
    check(runs(mlflow, "killed"), "KILLED")
    assert sent.runs[PARENT] == runs(mlflow, "killed")["a run"].info.run_id
    assert not (tmp_path / "a.run").exists()


def test_what_is_sent_already_is_not_sent_again(tracked, mlflow, tmp_path):
    folder, problems = tmp_path / "a.run", []
    with recorded(folder, "a run", {}, experiment="once", what="it", uri=tracked.run.uri, warn=problems.append) as (
        journal,
        sent,
    ):
        write_some(journal)
        journal.added(PARENT, "is not there.txt")  # which MLflow cannot take
    assert sent.kept == folder
    assert problems[-1].endswith(f"khabar log {folder}")
    (folder / "files" / PARENT / "is not there.txt").parent.mkdir(parents=True, exist_ok=True)
    (folder / "files" / PARENT / "is not there.txt").write_text("now it is")
    send_kept(folder, tracked.run.uri)
    found = mlflow.search_runs(experiment_names=["once"], output_format="list")
    assert len(found) == 2
    check(runs(mlflow, "once"), "FINISHED")


def test_a_run_that_was_sent_in_part_is_sent_whole_to_another_store(tracked, mlflow, tmp_path):
    folder = tmp_path / "a.run"
    with recorded(folder, "a run", {}, experiment="moved", what="it", uri=f"sqlite:///{tmp_path / 'one.db'}") as (
        journal,
        _,
    ):
        write_some(journal)
        journal.added(PARENT, "is not there.txt")
    (folder / "files" / PARENT).mkdir(parents=True, exist_ok=True)
    (folder / "files" / PARENT / "is not there.txt").write_text("now it is")
    send_kept(folder, tracked.run.uri)
    check(runs(mlflow, "moved"), "FINISHED")


def test_a_store_that_cannot_be_used_leaves_the_journal(tmp_path):
    journal = Journal(tmp_path / "a.run", "x")
    journal.start(PARENT, "a run", {})
    journal.close()
    with pytest.raises(TrackingError, match=r"could not take the run in .*a\.run into nowhere://x.*still there"):
        send_kept(tmp_path / "a.run", "nowhere://x")
    assert len(read_journal(tmp_path / "a.run")) == 2


@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"[1]\n", b"no json\n"])
def test_a_folder_of_something_else_is_no_journal(tmp_path, content):
    if content is not None:
        (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(JournalError, match="found no journal in the format 'khabar journal 1'"):
        read_journal(tmp_path)
