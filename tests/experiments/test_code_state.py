"""The commit of a folder is told, and whether its tracked files were changed since."""

import subprocess
from pathlib import Path

import pytest

import khabar.experiments
from khabar.experiments.code_state import code_state, own_and_project_state, user_name


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    (tmp_path / "config.yaml").write_text("a: 1\n")
    git("init")
    git("add", "config.yaml")
    git("commit", "--no-verify", "-m", "first")
    return tmp_path


def test_a_clean_checkout_has_a_commit_and_is_not_dirty(checkout):
    state = code_state(checkout)
    assert len(state["git.commit"]) == 40
    assert state["git.dirty"] == "false"


def test_a_changed_file_makes_a_checkout_dirty(checkout):
    (checkout / "config.yaml").write_text("a: 2\n")
    assert code_state(checkout)["git.dirty"] == "true"


def test_a_file_that_is_not_tracked_does_not(checkout):
    (checkout / "mlflow.db").write_text("")
    assert code_state(checkout)["git.dirty"] == "false"


def test_a_folder_outside_a_checkout_has_no_state(tmp_path):
    assert code_state(tmp_path) == {}


def test_a_machine_without_git_has_no_state(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert code_state(checkout) == {}


def test_a_project_of_ones_own_is_told_beside_khabars_code(checkout, monkeypatch):
    monkeypatch.chdir(checkout)
    state = own_and_project_state()
    assert state["project.git.commit"] == code_state(checkout)["git.commit"]
    assert state.get("git.commit") == code_state(Path(khabar.experiments.__file__).parent).get("git.commit")


def test_a_user_without_a_name_is_told_by_number(monkeypatch):
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert user_name() == "54321"
