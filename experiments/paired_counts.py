"""How much the tags of two runs differ on the same articles, label by label and part by part, and how surely.

Tens of labels are compared at once. For a p to stand against so many it has to be small, which takes many draws. They
cost little: of articles that are alike, only their number is drawn, see `khabar.training.bootstrap`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from khabar.training.bootstrap import SEED, Difference, difference_of, resampled
from khabar.training.metrics import FloatArray, IntArray

DRAWS = 10_000  # the least p is a five-thousandth: small enough for Holm's correction of 250 comparisons
LEVEL = 0.05  # of all comparisons of a table together
COUNTS = 5  # of an article and label, see `Marks.counts`

# From sums of shape (draws, m) to the figures of both runs, each of shape (draws,).
Figure = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class Compared:
    """A figure of two runs on the same articles.

    Attributes
    ----------
    first, second : float
    articles : int
        Of a label: how many have it. Of a part: how many of its articles the figure looks at.
    difference : Difference
        The first less the second.
    significant : bool
        Whether they differ after Holm's correction for all that stands in the same table.
    """

    first: float
    second: float
    articles: int
    difference: Difference
    significant: bool = False


@dataclass(frozen=True, eq=False)
class Marks:
    """What two runs say of articles, label by label, and what holds.

    Attributes
    ----------
    labels : tuple of str
    truth : ndarray of int8, shape (n, k)
        1 where a label holds, 0 where it does not, -1 where that is unknown.
    first, second : ndarray of bool, shape (n, k)
        Which labels each run tags with.
    """

    labels: tuple[str, ...]
    truth: npt.NDArray[np.int8]
    first: npt.NDArray[np.bool_]
    second: npt.NDArray[np.bool_]

    def rows(self, rows: Sequence[int]) -> "Marks":
        """Give the marks of some articles."""
        return Marks(self.labels, self.truth[rows], self.first[rows], self.second[rows])

    def known(self) -> "Marks":
        """Give the marks of the articles of which something is known."""
        return self.rows(np.flatnonzero((self.truth != -1).any(axis=1)).tolist())

    def counts(self) -> IntArray:
        """Count rightly tagged and tagged by the first run, the same by the second, and true; shape (n, k, 5)."""
        known, holds = self.truth != -1, self.truth == 1
        parts = (self.first & holds, self.first & known, self.second & holds, self.second & known, holds)
        return np.stack(parts, axis=-1).astype(np.intp)


def by_label(marks: Marks) -> dict[str, Compared]:
    """Compare the F1 of each label that some article has or some run tags with."""
    counts = marks.known().counts()
    occur = [at for at in range(len(marks.labels)) if counts[:, at].any()]
    return {marks.labels[at]: _compared(counts[:, at], _f1, articles=int(counts[:, at, -1].sum())) for at in occur}


def accuracy(marks: Marks) -> Compared | None:
    """Compare the share of articles whose one label is tagged; None where no article's is known."""
    counts = marks.known().counts().sum(axis=1)
    return _compared(counts, lambda sums: (sums[:, 0] / sums[:, 4], sums[:, 2] / sums[:, 4])) if len(counts) else None


def micro_f1(marks: Marks) -> Compared | None:
    """Compare the F1 over all pairs of article and label; None where none is known."""
    counts = marks.known().counts().sum(axis=1)
    return _compared(counts, _f1) if len(counts) else None


def macro_f1(marks: Marks) -> Compared | None:
    """Compare the mean F1 of the labels that occur, in truth or in tags; None where none is known."""
    counts = marks.known().counts()
    return _compared(counts.reshape(len(counts), -1), _macro_f1) if len(counts) else None


def holm(p: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Say which of several p-values are significant together: the chance of one false among them is at most `level`.

    S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.03, 0.001, 0.04])
    [False, True, False]
    """
    significant = [False] * len(p)
    for rank, at in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[at] > level / (len(p) - rank):
            break
        significant[at] = True
    return significant


def _compared(rows: IntArray, figure: Figure, articles: int | None = None) -> Compared:
    """Compare a figure of sums over articles, one row of counts each."""
    kinds, numbers = np.unique(rows, axis=0, return_counts=True)
    drawn = np.vstack([numbers[None], resampled(numbers.astype(np.int64), SEED, DRAWS)])
    first, second = figure(drawn.astype(np.float64) @ kinds)
    difference = difference_of(float(first[0] - second[0]), (first - second)[1:])
    return Compared(float(first[0]), float(second[0]), len(rows) if articles is None else articles, difference)


def _f1(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the F1 of both runs, shape (...), from sums of shape (..., 5)."""
    true = sums[..., 4]
    first, second = (2 * sums[..., at] / np.maximum(sums[..., at + 1] + true, 1) for at in (0, 2))
    return first, second


def _macro_f1(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    sums = sums.reshape(len(sums), -1, COUNTS)
    means = [
        f1.sum(axis=1) / np.maximum(((sums[..., at + 1] + sums[..., 4]) > 0).sum(axis=1), 1)
        for f1, at in zip(_f1(sums), (0, 2), strict=True)
    ]
    return means[0], means[1]
