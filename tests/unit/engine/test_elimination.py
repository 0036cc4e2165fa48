"""Sparse elimination: the factors are those of the matrix."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.elimination import Elimination, eliminate


def solve_with(lu: Elimination, matrix: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Carry out the operations of an elimination, plainly."""
    w = {place: matrix[place] for place in lu.slots}
    for pivot, below in lu.updates:
        for row, columns in below:
            w[row, pivot] /= w[pivot, pivot]
            for column in columns:
                w[row, column] -= w[row, pivot] * w[pivot, column]
    x = b.copy()
    for place, row in enumerate(lu.order):
        for column in lu.order[:place]:
            x[row] -= w.get((row, column), 0.0) * x[column]
    for place, row in reversed(list(enumerate(lu.order))):
        for column in lu.order[place + 1 :]:
            x[row] -= w.get((row, column), 0.0) * x[column]
        x[row] /= w[row, row]
    return x


@pytest.mark.parametrize("seed", range(10))
def test_factors_solve_what_numpy_solves(seed):
    """Random sparse matrices with a strong diagonal, against LAPACK.

    Tolerance: roundings of matrices whose condition is below 1e3.
    """
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 30))
    entries = {tuple(place) for place in rng.integers(0, size, (3 * size, 2))}
    matrix = np.diag(rng.uniform(5, 9, size))
    for row, column in entries:
        matrix[row, column] += rng.uniform(-0.5, 0.5)
    b = rng.normal(size=size)
    lu = eliminate(size, [(int(row), int(column)) for row, column in entries])
    expected = np.linalg.solve(matrix, b)
    np.testing.assert_allclose(solve_with(lu, matrix, b), expected, rtol=1e-10)


def test_an_arrow_fills_nothing():
    """The state that all others see is eliminated last, so no zero is filled."""
    size = 20
    entries = [(0, i) for i in range(1, size)] + [(i, 0) for i in range(1, size)]
    lu = eliminate(size, entries)
    assert len(lu.slots) == size + len(entries)
    assert 0 in lu.order[-2:]


def test_every_row_is_a_pivot_once():
    """The order is a permutation, the same each time."""
    entries = [(i, (7 * i + 3) % 12) for i in range(12)]
    assert sorted(eliminate(12, entries).order) == list(range(12))
    assert eliminate(12, entries) == eliminate(12, entries[::-1])
