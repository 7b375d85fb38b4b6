"""What publishers' sections tell of words: a direction in a block's rows for each section of each corpus.

A publisher's sections are not our sectors, so its labels are nobody's targets here. But what tells its sections apart
tells sectors apart too, on words that no annotated article has: the scores of its sections are features that heads are
fitted on (auxiliary problems, as in R. K. Ando and T. Zhang, JMLR 6, 2005).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

FloatMatrix = npt.NDArray[np.float32]
# The corpus of an article, and the sections under which it stands there; none where it has no publisher's label.
Filed = tuple[str, tuple[str, ...]]

FEWEST = 100  # articles of a section, below which its direction is chance
PENALTY = 1.0
ITERATIONS = 25


def sections_space(rows: csr_matrix, filed: Sequence[Filed]) -> FloatMatrix:
    """Fit one least-squares direction a section, each corpus's against the corpus's other sections.

    Parameters
    ----------
    rows : csr_matrix of float32, shape (n, n_features)
    filed : sequence of (corpus, sections)
        Where each row's article stands.

    Returns
    -------
    ndarray of float32, shape (n_features, n_sections)
        The rows' places along a direction have the standard deviation of one over the root of the number of sections:
        together they weigh alike, however many there are.
    """
    directions = [np.zeros((rows.shape[1], 0), dtype=np.float32)]
    for corpus in sorted({corpus for corpus, _ in filed}):
        at = [row for row, (name, sections) in enumerate(filed) if name == corpus and sections]
        labels = sorted({label for row in at for label in filed[row][1]})
        holds = np.array([[label in filed[row][1] for label in labels] for row in at], dtype=np.float32)
        holds = holds[:, holds.sum(axis=0) >= FEWEST] if at else np.zeros((0, 0), dtype=np.float32)
        if holds.shape[1] > 1:
            directions.append(_least_squares(rows[at], holds - holds.mean(axis=0)))
    space = np.concatenate(directions, axis=1)
    if not space.shape[1]:
        return space
    deviation = (rows @ space).std(axis=0)
    return np.asarray(space / (np.maximum(deviation, np.finfo(np.float32).tiny) * np.sqrt(space.shape[1])))


def _least_squares(rows: csr_matrix, target: FloatMatrix) -> FloatMatrix:
    """Minimise |rows W - target|^2 + penalty |W|^2 by conjugate gradients, all columns at a time."""
    columns = rows.T.tocsr()
    weights = np.zeros((rows.shape[1], target.shape[1]), dtype=np.float32)
    residual = np.asarray(columns @ target, dtype=np.float32)
    step = residual.copy()
    square = (residual * residual).sum(axis=0)
    for _ in range(ITERATIONS):
        image = columns @ (rows @ step) + np.float32(PENALTY) * step
        length = square / np.maximum((step * image).sum(axis=0), np.finfo(np.float32).tiny)
        weights += length * step
        residual -= length * image
        before, square = square, (residual * residual).sum(axis=0)
        step = residual + (square / np.maximum(before, np.finfo(np.float32).tiny)) * step
    return weights
