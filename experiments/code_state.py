"""Which code a job ran with, by the commit of its folder and whether files differ from it; and who ran it."""

import getpass
import os
import subprocess
from pathlib import Path


def code_state(folder: Path) -> dict[str, str]:
    """Give the git commit of a folder and whether tracked files differ from it; nothing outside a checkout."""
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if not commit or changes is None:
        return {}
    return {"git.commit": commit, "git.dirty": str(bool(changes)).lower()}


def own_and_project_state() -> dict[str, str]:
    """Give the state of khabar's own code and, with `project.` before it, the working folder's if it differs."""
    own, project = code_state(Path(__file__).parent), code_state(Path.cwd())
    return own | {f"project.{key}": value for key, value in project.items() if project != own}


def user_name() -> str:
    """Give the name of who runs this process; the number of one that has no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the former until Python 3.12
        return str(os.getuid())


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
