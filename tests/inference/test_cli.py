"""The command `khabar` itself: finding sub-commands, errors as messages, exit codes."""

import errno
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from khabar.inference.cli import CommandGroup, main
from khabar.inference.errors import CorpusError

HEAVY = ("mlflow", "sklearn", "scipy", "pandas", "camel_tools", "torch", "matplotlib", "joblib")


def run_with(failure: BaseException) -> "click.testing.Result":
    """Run a sub-command that fails in some way."""

    @click.command()
    def failing() -> None:
        raise failure

    class OneCommand(CommandGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
            return failing

    return CliRunner().invoke(OneCommand("khabar"), ["failing"])


def test_the_commands_of_this_floor_are_listed_with_what_they_do() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for start in ("tag Tag the articles of files.", "explain Show why", "info Show what a model is"):
        assert any(line.startswith(start) for line in lines)


@pytest.mark.parametrize("arguments", [["--help"], ["tag", "--help"], ["nonsense"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom khabar.inference.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} + ('numpy', 'pyarrow', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_running_the_package_is_running_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "khabar.inference", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"khabar {version('khabar')}\n"


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2


def test_an_error_of_khabar_is_a_message_and_exit_code_1() -> None:
    result = run_with(CorpusError("There is no corpus x."))
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "khabar: There is no corpus x.\n")


def test_a_missing_module_is_answered_with_the_extra_to_install() -> None:
    result = run_with(ModuleNotFoundError("No module named 'mlflow'", name="mlflow"))
    assert result.exit_code == 1
    assert "needs the module mlflow, which is not installed" in result.stderr
    assert "pip install 'khabar[train]'" in result.stderr


def run_without(module: str, *arguments: str, cwd: object) -> "subprocess.CompletedProcess[str]":
    """Run khabar as if a module and all below it were not installed."""
    script = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[: len({module.split(".")!r})] == {module.split(".")!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from khabar.inference.cli import main
main({list(arguments)!r}, prog_name="khabar")
"""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=cwd)


def test_the_help_of_a_group_lists_its_own_commands_and_what_each_does(tmp_path: Path) -> None:
    done = run_without("nothing", "data", "--help", cwd=tmp_path)
    assert "  fetch       Download corpora and check them." in done.stdout
    assert "  tag " not in done.stdout


def test_a_command_of_a_group_that_lacks_an_extra_is_listed_as_such(tmp_path: Path) -> None:
    done = run_without("khabar.experiments", "data", "--help", cwd=tmp_path)
    assert "  audit       (not installed: pip install 'khabar[train]')" in done.stdout
    assert "  fetch       Download corpora and check them." in done.stdout


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("khabar.experiments", ["data", "audit"], "khabar data audit needs the module khabar.experiments"),
        ("khabar.experiments", ["bench"], "khabar bench needs the module khabar.experiments"),
        ("rich", ["data", "list"], "khabar data list needs the module rich"),
    ],
    ids=["of a group, its module", "of the root, its module", "of a group, while it runs"],
)
def test_a_command_that_lacks_an_extra_is_named_with_its_group(
    tmp_path: Path, module: str, arguments: list[str], message: str
) -> None:
    done = run_without(module, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"khabar: {message}")
    assert "pip install 'khabar[train]'" in done.stderr


def test_an_error_within_a_group_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    done = run_without("nothing", "data", "card", "no-such-corpus", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("khabar: found no corpus"), done.stdout) == (1, 1, "")


def test_an_error_of_the_system_names_the_file() -> None:
    result = run_with(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "out.jsonl"))
    assert (result.exit_code, result.stderr) == (1, "khabar: out.jsonl: Permission denied.\n")


def test_an_interrupt_ends_without_a_traceback() -> None:
    result = run_with(KeyboardInterrupt())
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_fault_in_khabar_itself_is_not_hidden() -> None:
    assert isinstance(run_with(ZeroDivisionError()).exception, ZeroDivisionError)
