"""The one place where a head's settings become a fitted linear score: by scikit-learn, or by our own solver."""

import warnings
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from khabar.training._solver import fit_hinge

Loss = Literal["logistic", "squared_hinge"]
FloatMatrix = npt.NDArray[np.float64]

# scikit-learn's own 1e-4 stops lbfgs on TF-IDF rows while scores still move by 0.1; at 1e-5 it is by 0.01.
LBFGS_TOLERANCE = 1e-5
LBFGS_ITERATIONS = 2000
LIBLINEAR_ITERATIONS = 20_000
# Decision values move by less than 0.003 from here to scikit-learn's own 1e-4, which takes three times the passes;
# liblinear's own is 0.1.
HINGE_TOLERANCE = 0.05
HINGE_ROUNDS = 2000
# As scikit-learn's default: twice as much takes twice the passes.
HINGE_INTERCEPT = 1.0
# liblinear regularises the intercept as the weight of one more feature; the larger that is, the less.
INTERCEPT_SCALING = 2.0


def fit_softmax(
    rows: csr_matrix,
    target: npt.NDArray[np.intp],
    weight: FloatMatrix,
    loss: Loss,
    C: float,
    seed: int,
    threads: int = 1,
) -> tuple[FloatMatrix, FloatMatrix]:
    """Fit one linear score a class, the largest of which tells the class.

    Parameters
    ----------
    rows : csr_matrix of shape (n, n_features)
    target : ndarray of int, shape (n,)
        Classes 0 to k - 1, each at least once.
    weight : ndarray of shape (n,)
    loss : {"logistic", "squared_hinge"}
        Multinomial logistic regression; or one squared-hinge machine a class against all others.
    C : float
        Weight of the loss against half the squared L2 norm of the coefficients.
    seed : int
        Of the order in which the dual solvers visit the rows.
    threads : int
        For the squared hinge, several classes at a time; the result does not depend on it.

    Returns
    -------
    coefficients : ndarray of shape (k, n_features)
    intercepts : ndarray of shape (k,)
    """
    if loss == "squared_hinge":
        labels = np.arange(target.max() + 1)
        return _fit_hinge(rows, np.where(target[:, None] == labels, 1, -1), weight, C, seed, threads)
    estimator = LogisticRegression(C=C, tol=LBFGS_TOLERANCE, max_iter=LBFGS_ITERATIONS)
    estimator.fit(rows, target, sample_weight=weight)
    coefficients = estimator.coef_.astype(np.float64)
    intercepts = np.atleast_1d(estimator.intercept_).astype(np.float64)
    if len(coefficients) == 1:
        # Of two classes scikit-learn gives the score of the second alone.
        return np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    return coefficients, intercepts


def fit_sigmoids(
    rows: csr_matrix,
    target: npt.NDArray[np.bool_],
    weight: FloatMatrix,
    loss: Loss,
    C: float,
    seed: int,
) -> tuple[FloatMatrix, FloatMatrix]:
    """Fit one linear score a label, each above zero where its label holds.

    Parameters
    ----------
    rows, loss, C, seed : as for `fit_softmax`
    target : ndarray of bool, shape (n, k)
        Both values at least once in each column.
    weight : ndarray of shape (n, k)
        A row without weight is not in the label's fit.

    Returns
    -------
    coefficients : ndarray of shape (k, n_features)
    intercepts : ndarray of shape (k,)
    """
    if loss == "squared_hinge":
        sign = np.where(weight > 0, np.where(target, 1, -1), 0)
        return _fit_hinge(rows, sign, np.where(weight > 0, weight, 1.0), C, seed, 1)
    coefficients, intercepts = np.zeros((target.shape[1], rows.shape[1])), np.zeros(target.shape[1])
    rows = rows.astype(np.float64)  # what liblinear computes in
    for label in range(target.shape[1]):
        estimator = LogisticRegression(
            C=C,
            solver="liblinear",
            dual=True,
            intercept_scaling=INTERCEPT_SCALING,
            max_iter=LIBLINEAR_ITERATIONS,
            random_state=seed,
        )
        known = np.flatnonzero(weight[:, label] > 0)
        chosen = rows if len(known) == rows.shape[0] else rows[known]
        estimator.fit(chosen, target[known, label], sample_weight=weight[known, label])
        coefficients[label] = estimator.coef_[0]
        intercepts[label] = np.atleast_1d(estimator.intercept_)[0]
    return coefficients, intercepts


def _fit_hinge(
    rows: csr_matrix, sign: npt.NDArray[np.intp], weight: FloatMatrix, C: float, seed: int, threads: int
) -> tuple[FloatMatrix, FloatMatrix]:
    coefficients, intercepts, rounds = fit_hinge(
        rows,
        sign.astype(np.int8),
        np.broadcast_to(C * (weight if weight.ndim == 2 else weight[:, None]), sign.shape),
        intercept=HINGE_INTERCEPT,
        tolerance=HINGE_TOLERANCE,
        most_rounds=HINGE_ROUNDS,
        seed=seed,
        threads=threads,
    )
    if rounds.max(initial=0) == HINGE_ROUNDS:
        warnings.warn(
            f"the solver stopped after {HINGE_ROUNDS} passes, short of the optimum; lower C ({C})",
            ConvergenceWarning,
            stacklevel=3,
        )
    return coefficients, intercepts
