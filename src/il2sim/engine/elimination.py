"""Which pivot when, and the sparse LU factors written out once and for all.

The structure of ``W = I/(γh) - J`` is the same for every subject and every step, so
order and fill are found once: minimum degree in the sense of Markowitz, with pivots on
the diagonal (``W`` is dominated by it where steps are accurate). What comes out is a
list of plain operations over the slots of one array.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Elimination:
    """The factors of a sparse matrix, as slots and operations.

    Attributes
    ----------
    order
        Rows (and columns) in the order in which they are pivots.
    slots
        (row, column) to the place of that factor; fill-in included.
    updates
        For each pivot, in order: its rows below, each with the pairs of columns whose
        factor is changed, ``W[row, column] -= W[row, pivot] * W[pivot, column]``.
    """

    order: tuple[int, ...]
    slots: dict[tuple[int, int], int]
    updates: tuple[tuple[int, tuple[tuple[int, tuple[int, ...]], ...]], ...]


def eliminate(size: int, entries: Iterable[tuple[int, int]]) -> Elimination:
    """Find order and fill of a matrix whose diagonal is all there.

    Examples
    --------
    >>> arrow = [(0, 1), (1, 0), (0, 2), (2, 0)]
    >>> len(eliminate(3, arrow).slots)  # no fill: the tip goes last
    7
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for row, column in entries:
        rows[row].add(column)
        columns[column].add(row)
    left = set(range(size))
    order, updates = [], []
    while left:
        pivot = min(left, key=lambda i: (_degree(rows[i], columns[i], left), i))
        left.remove(pivot)
        order.append(pivot)
        below = sorted(columns[pivot] & left)
        right = tuple(sorted(rows[pivot] & left))
        for row in below:
            rows[row].update(right)
        for column in right:
            columns[column].update(below)
        updates.append((pivot, tuple((row, right) for row in below)))
    slots: dict[tuple[int, int], int] = {}
    for row in range(size):
        for column in sorted(rows[row]):
            slots[row, column] = len(slots)
    return Elimination(tuple(order), slots, tuple(updates))


def _degree(row: set[int], column: set[int], left: set[int]) -> int:
    return (len(row & left) - 1) * (len(column & left) - 1)
