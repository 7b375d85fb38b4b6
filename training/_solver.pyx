# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, freethreading_compatible=False
# distutils: language = c++
"""Squared-hinge machines of several labels at once, compiled: the Python side of _solver.hpp."""

from concurrent.futures import ThreadPoolExecutor

from libc.stddef cimport size_t
from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t

import numpy as np


cdef extern from "_solver.hpp" namespace "khabar" nogil:
    const size_t LANES

    struct Matrix:
        const int64_t* indptr
        const int32_t* indices
        const float* data
        size_t rows, columns

    struct Problem:
        Matrix x
        const int8_t* target
        const double* cost
        size_t labels
        double intercept
        double tolerance
        size_t most_rounds
        uint64_t seed

    cppclass HingeSolver:
        HingeSolver(const Problem& problem) except +
        void solve(int32_t* rounds) except +
        void weights(double* out, double* intercepts)


def fit_hinge(rows, target, cost, *, double intercept, double tolerance, size_t most_rounds, uint64_t seed, int threads):
    """Fit one machine a label; see the stub for what is taken and given."""
    n_labels = target.shape[1]
    if target.shape != cost.shape or len(target) != rows.shape[0]:
        raise ValueError(f"rows {rows.shape}, target {target.shape} and cost {cost.shape} do not belong together")
    coefficients = np.zeros((n_labels, rows.shape[1]))
    intercepts = np.zeros(n_labels)
    rounds = np.zeros(n_labels, dtype=np.int32)
    indptr, indices = rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)
    data = rows.data.astype(np.float32, copy=False)
    # As even as can be, and the same whatever the threads: labels of one chunk share the order of the rows.
    bounds = np.linspace(0, n_labels, -(-n_labels // LANES) + 1).astype(int).tolist()

    def fit(low, high):
        _fit_chunk(
            indptr, indices, data, rows.shape[1],
            np.ascontiguousarray(target[:, low:high], dtype=np.int8),
            np.ascontiguousarray(cost[:, low:high], dtype=np.float64),
            intercept, tolerance, most_rounds, seed,
            coefficients[low:high], intercepts[low:high], rounds[low:high],
        )

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(fit, bounds[:-1], bounds[1:]))
    return coefficients, intercepts, rounds


cdef _fit_chunk(
    const int64_t[::1] indptr, const int32_t[::1] indices, const float[::1] data, size_t n_columns,
    const int8_t[:, ::1] target, const double[:, ::1] cost,
    double intercept, double tolerance, size_t most_rounds, uint64_t seed,
    double[:, ::1] coefficients, double[::1] intercepts, int32_t[::1] rounds,
):
    cdef Problem problem
    cdef HingeSolver* solver
    if data.shape[0] == 0 or target.shape[1] == 0:
        return
    problem.x.indptr = &indptr[0]
    problem.x.indices = &indices[0]
    problem.x.data = &data[0]
    problem.x.rows = target.shape[0]
    problem.x.columns = n_columns
    problem.target = &target[0, 0]
    problem.cost = &cost[0, 0]
    problem.labels = target.shape[1]
    problem.intercept = intercept
    problem.tolerance = tolerance
    problem.most_rounds = most_rounds
    problem.seed = seed
    solver = new HingeSolver(problem)
    try:
        with nogil:
            solver.solve(&rounds[0])
            solver.weights(&coefficients[0, 0], &intercepts[0])
    finally:
        del solver
