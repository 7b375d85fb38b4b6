"""Processes that fit end with the one that started them."""

import os
import signal
import subprocess
import sys
import time

import pytest
from joblib import Parallel, delayed

from khabar.experiments.sweep_cluster import fitting_on, losses_named
from khabar.experiments.sweep_error import SweepError

CODE = """
import os, time
from joblib import Parallel, delayed
from khabar.experiments.sweep_cluster import fitting_on
with fitting_on(None):
    print(*set(Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(20))), flush=True)
    time.sleep(600)
"""


def test_a_killed_process_leaves_no_workers():
    child = subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True)
    workers = [int(pid) for pid in child.stdout.readline().split()]
    assert all(map(runs, workers))
    child.send_signal(signal.SIGKILL)
    child.communicate()
    deadline = time.monotonic() + 30
    while any(map(runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(runs, workers))


def test_a_process_that_is_ended_from_outside_is_named():
    with (
        pytest.raises(SweepError, match=r"a process that fits was ended from outside.*fewer by --jobs"),
        fitting_on(None),
        losses_named(),
    ):
        Parallel(n_jobs=2)(delayed(os._exit)(1) for _ in range(2))


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
