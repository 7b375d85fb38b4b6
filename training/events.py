"""What a job reports while it runs: each event says in one line what was done, and holds what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.datasets.split_file import Split
from khabar.training.sources import JobData

FloatMatrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DataRead:
    """The articles are read and parted into folds."""

    data: JobData
    split: Split

    def __str__(self) -> str:
        return ", ".join(f"{name}: {n}" for name, n in self.data.counts().items())


@dataclass(frozen=True, eq=False)
class FoldFitted:
    """The heads are fitted without a fold, and have scored it.

    Attributes
    ----------
    number, of : int
        Which fold, from 1, of how many.
    held_out : ndarray of int
        Positions of its articles among those trained on.
    scores : mapping of str to ndarray of shape (held out, labels)
        By head, before calibration.
    """

    number: int
    of: int
    held_out: npt.NDArray[np.intp]
    scores: Mapping[str, FloatMatrix]

    def __str__(self) -> str:
        return f"fitted fold {self.number} of {self.of}"


@dataclass(frozen=True)
class StepDone:
    """A step of the job has ended."""

    step: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.step}: {self.seconds:.1f} s"


@dataclass(frozen=True)
class Note:
    """Something to say, no more."""

    text: str

    def __str__(self) -> str:
        return self.text


Event = DataRead | FoldFitted | StepDone | Note
Report = Callable[[Event], None]


def unheard(_: Event) -> None:
    """Let an event pass."""
