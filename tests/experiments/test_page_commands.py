"""show, and leaderboard with --task, as they are called: what they write, print and say when something is wrong."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from khabar.inference.cli import main


def call(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def _store(tracked, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked.run.uri)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def broken_off(mlflow):
    """A job that was killed before it wrote a file."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("tests").experiment_id
    tags = {"khabar.kind": "job", "khabar.model": "brief", "khabar.version": "9"}
    run = client.create_run(experiment, start_time=time.time_ns() // 1_000_000, tags=tags, run_name="brief 9")
    client.set_terminated(run.info.run_id, "KILLED")
    yield run.info.run_id
    client.delete_run(run.info.run_id)


def test_show_writes_the_page_of_a_run_under_the_models_name_and_the_runs_id(tracked):
    name = f"small-{tracked.run.run_id[:8]}.html"
    assert call("show", tracked.run.run_id).stdout == f"{name}\n"
    assert "small 0.0.1" in Path(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["beginning of the id", "registered model"])
def test_show_finds_a_run_by_the(way, tracked):
    run = tracked.run.run_id[:10] if way == "beginning of the id" else tracked.run.model_uri
    call("show", run, "-o", "page.html")
    assert tracked.result.model.digest[:12] in Path("page.html").read_text(encoding="utf-8")


def test_show_says_what_the_run_was_registered_as_after_its_own_page_was_made(tracked):
    call("show", tracked.run.run_id, "-o", "page.html")
    assert tracked.run.model_uri in Path("page.html").read_text(encoding="utf-8")


def test_show_of_a_run_whose_summary_was_cut_off_has_what_mlflow_knows_and_names_the_file(tracked, artifacts):
    file = artifacts / "run.json"
    before = file.read_bytes()
    file.write_bytes(before[: len(before) // 2])
    try:
        call("show", tracked.run.run_id, "-o", "page.html")
    finally:
        file.write_bytes(before)
    page = Path("page.html").read_text(encoding="utf-8")
    assert "small 0.0.1" in page
    assert 'ملفات لم تُكتب كاملة وتُركت: <bdi dir="ltr" class="id">run.json</bdi>' in page


def test_show_takes_a_folder_of_artifacts_without_any_store(artifacts, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    call("show", artifacts, "-o", "page.html")
    assert "small 0.0.1" in Path("page.html").read_text(encoding="utf-8")


def test_show_of_a_run_that_wrote_nothing_says_that_it_was_killed(broken_off):
    call("show", broken_off, "-o", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "brief 9" in page
    assert "أُوقف هذا التشغيل" in page


def test_show_of_an_unknown_run_says_what_lists_those_there_are():
    assert "khabar leaderboard --task sector" in call("show", "f" * 32, code=1).stderr


def test_the_board_is_printed_a_table_a_source(tracked):
    lines = call("leaderboard", "--task", "tone").stdout.splitlines()
    figure = f"{tracked.result.reports['sample/test'].tone.macro_f1:.3f}".removeprefix("0")
    assert any(line.startswith("sample/test, 40 articles") for line in lines)
    assert any(tracked.run.run_id[:8] in line and figure in line for line in lines)


def test_the_board_is_written_as_a_page(tracked):
    assert call("leaderboard", "--task", "sectors", "-o", "runs.html").stdout == "runs.html\n"
    page = Path("runs.html").read_text(encoding="utf-8")
    assert tracked.run.run_id[:8] in page
    assert 'dir="rtl"' in page


def test_the_champion_is_marked_on_the_board(tracked, mlflow):
    client, version = mlflow.MlflowClient(), tracked.run.model_uri.rsplit("/", 1)[1]
    client.set_registered_model_alias("small", "champion", version)
    try:
        lines = call("leaderboard", "--task", "tone").stdout.splitlines()
    finally:
        client.delete_registered_model_alias("small", "champion")
    assert any(tracked.run.run_id[:8] in line and "@champion" in line for line in lines)


def test_a_job_without_figures_is_not_on_the_board(broken_off):
    assert broken_off[:8] not in call("leaderboard", "--task", "tone").stdout


def test_a_board_of_nothing_says_what_to_run_and_makes_no_store(tmp_path):
    said = call("leaderboard", "--task", "tone", "--tracking-uri", f"sqlite:///{tmp_path / 'none.db'}", code=1).stderr
    assert "khabar train khabar" in said
    assert not list(tmp_path.iterdir())


def test_the_other_leaderboard_is_not_written_over_a_file(tmp_path):
    (tmp_path / "board").touch()
    assert "board is a file; expected the folder" in call("leaderboard", "-o", "board", code=2).stderr
