"""Latent semantic spaces: what articles without labels tell of which words stand for one another.

Words that occur in like articles get like places in the space (Deerwester et al., Indexing by latent semantic analysis,
1990). A head is fitted on a block's rows and on their places beside them. Both are linear in the rows, so its two parts
fold into one weight a feature, w + V u: tagging costs nothing more, and words that no labelled article has get weights.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.utils.extmath import randomized_svd

FloatMatrix = npt.NDArray[np.float32]

POWER_ITERATIONS = 2
SEED = 0


def latent_space(rows: csr_matrix, dimensions: int) -> FloatMatrix:
    """Find the directions that the rows vary in most: the right singular vectors of the largest singular values.

    Parameters
    ----------
    rows : csr_matrix of float32, shape (n, n_features)
    dimensions : int
        As many as the rows have, where that is less.

    Returns
    -------
    ndarray of float32, shape (n_features, dimensions)
        Orthonormal columns; the same for the same rows (N. Halko et al., Finding structure with randomness, 2011).
    """
    dimensions = min(dimensions, *rows.shape)
    _, _, directions = randomized_svd(rows, dimensions, n_iter=POWER_ITERATIONS, random_state=SEED)
    return np.ascontiguousarray(directions.T, dtype=np.float32)
