"""How much a feature tells of the classes by naive Bayes: by it features are scaled before a machine is fitted.

S. Wang, C. Manning: Baselines and Bigrams: Simple, Good Sentiment and Topic Classification. ACL 2012. There the ratio
of two classes scales the features; here each feature has the largest of the ratios of a class to all others, so that
one matrix does for all classes.
"""

import numpy as np
from scipy.sparse import csr_matrix

from khabar.training.metrics import FloatArray, IntArray

SMOOTHING = 1.0


def nb_weights(rows: csr_matrix, target: IntArray, weight: FloatArray, power: float) -> FloatArray:
    """Give every feature a weight.

    Parameters
    ----------
    rows : csr_matrix of shape (n, n_features)
        A feature counts once where it is not zero.
    target : ndarray of int, shape (n,)
        Classes 0 to k - 1, each at least once.
    weight : ndarray of shape (n,)
        How much a row counts.
    power : float
        Of the ratio: 1 as it is, 0 scales nothing.

    Returns
    -------
    ndarray of float64, shape (n_features,)
        The largest |log ratio| of any class to the power; their squares have the mean 1. All 1 where no feature tells.

    Examples
    --------
    >>> rows = csr_matrix([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> nb_weights(rows, np.array([0, 1]), np.ones(2), 1.0).round(2).tolist()
    [0.0, 1.22, 1.22]
    """
    occurs = csr_matrix((np.ones(rows.nnz), rows.indices, rows.indptr), shape=rows.shape)
    classes = np.arange(target.max() + 1)
    inside = (occurs.T @ np.where(target[:, None] == classes, weight[:, None], 0.0)).T + SMOOTHING
    outside = occurs.T @ weight + 2 * SMOOTHING - inside
    shares = inside / inside.sum(axis=1, keepdims=True), outside / outside.sum(axis=1, keepdims=True)
    ratio = np.abs(np.log(shares[0] / shares[1])).max(axis=0) ** power
    spread = np.sqrt((ratio**2).mean())
    return np.asarray(ratio / spread if spread > 0 else np.ones(rows.shape[1]))
