import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

def fit_hinge(
    rows: csr_matrix,
    target: npt.NDArray[np.int8],
    cost: npt.NDArray[np.float64],
    *,
    intercept: float,
    tolerance: float,
    most_rounds: int,
    seed: int,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Fit one squared-hinge machine a label, as scikit-learn's `LinearSVC` does for each label by itself.

    Parameters
    ----------
    rows : csr_matrix of shape (n, n_features)
        Taken as float32.
    target : ndarray of int8, shape (n, k)
        1 where the label holds, -1 where it does not, 0 where that is unknown: the row is not fitted on.
    cost : ndarray of float64, shape (n, k)
        C of each row for each label, above 0.
    intercept : float
        Value of the feature whose weight is the intercept, and which is regularised like any other.
    tolerance : float
        Of the dual's projected gradient, as liblinear's.
    most_rounds : int
        Passes over the rows after which it ends all the same.
    seed : int
        Of the order of the rows.
    threads : int
        The result does not depend on it.

    Returns
    -------
    coefficients : ndarray of shape (k, n_features)
    intercepts : ndarray of shape (k,)
    rounds : ndarray of int32, shape (k,)
        Passes that each label took.
    """
