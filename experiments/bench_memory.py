"""How much memory the batch command takes for a large file."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import orjson

from khabar.experiments.stopwatch import Row
from khabar.inference.errors import KhabarError

GIGABYTE = 10**9
# A small process in between: Linux counts the memory of the process that starts a command as the command's own.
_WATCH = """
import os, sys
_, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def memory_rows(documents: Sequence[tuple[str | None, str]], model: Path | None, n_bytes: int = GIGABYTE) -> list[Row]:
    """Tag a JSONL file of the articles, over and over, with `khabar tag`, and give the peak of its resident memory.

    Parameters
    ----------
    documents : sequence of (title, text)
    model : path, optional
    n_bytes : int
        Size of the file, which is removed afterwards.

    Raises
    ------
    KhabarError
        The command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        articles, tagged = Path(folder) / "articles.jsonl", Path(folder) / "tagged.jsonl"
        with articles.open("wb") as file:
            for at, (title, text) in enumerate(cycle(documents)):
                if file.tell() >= n_bytes:
                    break
                file.write(orjson.dumps({"id": at, "title": title, "text": text}) + b"\n")
        command = [sys.executable, "-m", "khabar.inference", "tag", str(articles), "-o", str(tagged)]
        command += ["--model", str(model)] if model else []
        done = subprocess.run([sys.executable, "-c", _WATCH, *command], stdout=subprocess.PIPE, check=False)
        # 3: rows refused, as corpora hold a few empty articles.
        if done.returncode not in (0, 3):
            raise KhabarError(f"khabar tag of {articles} ended with {done.returncode}; expected 0 or 3")
        megabytes = int(done.stdout.split()[-1]) / 1000  # Linux counts in kilobytes
    return [Row(f"peak memory of khabar tag, JSONL of {n_bytes / 1e9:g} GB", megabytes, "MB", megabytes, megabytes)]
