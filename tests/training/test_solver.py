"""The solver finds what scikit-learn's LinearSVC finds, for all labels at once."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from sklearn.svm import LinearSVC

from khabar.training._solver import fit_hinge

N, FEATURES = 200, 60
EXACT = {"intercept": 2.0, "tolerance": 1e-7, "most_rounds": 20_000, "seed": 0}


@pytest.fixture(scope="module")
def rows() -> csr_matrix:
    random = np.random.default_rng(0)
    return csr_matrix(random_array((N, FEATURES), density=0.2, rng=random, dtype=np.float32))


def signs(rows: csr_matrix, k: int) -> np.ndarray:
    hidden = np.random.default_rng(k).normal(size=(FEATURES, k))
    noise = np.random.default_rng(7).normal(scale=0.3, size=(N, k))
    return np.where(rows @ hidden + noise > 0, 1, -1).astype(np.int8)


def by_liblinear(rows: csr_matrix, sign: np.ndarray, cost: np.ndarray) -> tuple[np.ndarray, float]:
    machine = LinearSVC(C=1.0, intercept_scaling=2.0, dual=True, tol=1e-8, max_iter=100_000, random_state=0)
    machine.fit(rows.astype(np.float64), sign, sample_weight=cost)
    return machine.coef_[0], float(machine.intercept_[0])


@pytest.mark.parametrize("k", [1, 3, 4, 5, 9, 17])
def test_each_label_gets_the_machine_that_liblinear_gives_it_alone(rows: csr_matrix, k: int) -> None:
    target = signs(rows, k)
    cost = np.random.default_rng(3).uniform(0.2, 4, (N, k))
    coefficients, intercepts, _ = fit_hinge(rows, target, cost, threads=1, **EXACT)
    for label in range(k):
        expected, intercept = by_liblinear(rows, target[:, label], cost[:, label])
        assert np.abs(coefficients[label] - expected).max() < 1e-4
        assert abs(intercepts[label] - intercept) < 1e-4


def test_a_row_whose_label_is_unknown_is_as_if_it_were_not_there(rows: csr_matrix) -> None:
    target = signs(rows, 2)
    target[50:, 1] = 0
    coefficients, intercepts, _ = fit_hinge(rows, target, np.ones(target.shape), threads=1, **EXACT)
    expected, intercept = by_liblinear(rows[:50], target[:50, 1], np.ones(50))
    assert np.abs(coefficients[1] - expected).max() < 1e-4
    assert abs(intercepts[1] - intercept) < 1e-4


def test_threads_change_nothing(rows: csr_matrix) -> None:
    target = signs(rows, 9)
    one, two = (fit_hinge(rows, target, np.ones(target.shape), threads=n, **EXACT) for n in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_another_process_gives_the_same_bits() -> None:
    code = (
        "import numpy as np, hashlib; from scipy.sparse import csr_matrix, eye_array; "
        "from khabar.training._solver import fit_hinge; "
        "x = csr_matrix(eye_array(9, 5, dtype=np.float32)); t = np.where(np.arange(27).reshape(9, 3) % 4 < 2, 1, -1); "
        "c = fit_hinge(x, t, np.ones(t.shape), intercept=1.0, tolerance=1e-4, most_rounds=99, seed=5, threads=1); "
        "print(hashlib.sha256(c[0].tobytes()).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "ab"]
    assert len(runs[0].stdout) == 65
    assert runs[0].stdout == runs[1].stdout


def test_the_passes_are_counted_and_bounded(rows: csr_matrix) -> None:
    target = signs(rows, 3)
    *_, few = fit_hinge(rows, target, np.ones(target.shape), threads=1, **{**EXACT, "most_rounds": 2})
    *_, many = fit_hinge(rows, target, np.ones(target.shape), threads=1, **EXACT)
    assert few.tolist() == [2, 2, 2]
    assert (many > 2).all()
    assert (many < 20_000).all()


def test_rows_without_features_are_no_error() -> None:
    rows = csr_matrix((3, 4), dtype=np.float32)
    coefficients, intercepts, rounds = fit_hinge(rows, np.ones((3, 2), np.int8), np.ones((3, 2)), threads=1, **EXACT)
    assert not coefficients.any()
    assert intercepts.shape == rounds.shape == (2,)


def test_shapes_that_do_not_belong_together_are_refused(rows: csr_matrix) -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        fit_hinge(rows, np.ones((N, 2), np.int8), np.ones((N, 3)), threads=1, **EXACT)
