"""Timings of steps that run in turn, several times over, and the figures made of them."""

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Row(NamedTuple):
    """One figure: what was measured, its median, its unit and the lowest and highest of the repeats."""

    what: str
    value: float
    unit: str
    low: float
    high: float


class Stopwatch:
    """Times steps several times over, and gives figures of what it saw."""

    def __init__(self, repeat: int) -> None:
        self.repeat = repeat

    def seconds(self, *steps: Callable[[], object]) -> npt.NDArray[np.float64]:
        """Time the steps in turn, `repeat` times. Shape (n_steps, repeat)."""
        times = np.empty((len(steps), self.repeat))
        for turn in range(self.repeat):
            for at, step in enumerate(steps):
                gc.collect()
                start = time.perf_counter()
                step()
                times[at, turn] = time.perf_counter() - start
        return times


def figure(what: str, values: npt.NDArray[np.float64], unit: str) -> Row:
    """Sum up the repeats of one measurement."""
    return Row(what, float(median(values)), unit, float(values.min()), float(values.max()))
