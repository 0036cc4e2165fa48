"""Many molecules from a few: a grid over the plane of their affinities.

Thousands of molecules that differ in two affinities lie on one plane. Draws are solved
on a grid of it, and those of a molecule are its own best curve, moved in log odds as
the draws move curves nearby (cubic through the four nearest of the grid in each
direction; Lagrange's form, Abramowitz and Stegun 25.2). The best curve of a molecule is
never made so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.molecules.variant import NO_BINDING_NM

if TYPE_CHECKING:
    from il2sim.study.screening import Candidate

Floats = NDArray[np.float64]

STEP = 0.4
"""Between molecules of the grid, at most, [decade]."""

NEAREST = 4
"""Of the grid in each direction, for a cubic."""

LEAST = 1e-7
"""Of a response, and from the most: less has no odds."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Molecules that differ in two affinities, and the grid they lie on.

    Attributes
    ----------
    places
        Which molecules, ``n``.
    grid
        The molecules that are solved, ``n_grid``.
    weights
        Of the grid in each molecule, shape ``(n, n_grid)``; they sum to one.
    """

    places: NDArray[np.int64]
    grid: tuple[Candidate, ...]
    weights: Floats

    def moved(self, best: Floats, solved: Floats) -> Floats:
        """Draws of the molecules from those of the grid.

        Parameters
        ----------
        best
            Responses of the molecules at the best set, [%], shape
            ``(n, 1, n_cells, n_doses)``.
        solved
            Of the grid, the best set first, shape
            ``(n_grid, n_sets, n_cells, n_doses)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, n_sets, n_cells, n_doses)``; the best set as it was.
        """
        odds = _log_odds(solved)
        moves = (odds - odds[:, :1]).reshape(len(solved), -1)
        shape = (len(best), *solved.shape[1:])
        drawn = _log_odds(best) + (self.weights @ moves).reshape(shape)
        made = 100 / (1 + np.exp(-drawn))
        made[:, :1] = best
        return np.asarray(made)


def planes_of(candidates: Sequence[Candidate]) -> list[Plane]:
    """Find the planes that hold more molecules than their grid has.

    Parameters
    ----------
    candidates
        Molecules; those on a plane share all but their affinities, and whether they
        bind CD25.
    """
    groups: dict[tuple[Candidate, bool], list[int]] = {}
    for place, one in enumerate(candidates):
        rest = replace(one, name="", note="", kd_alpha_nM=1.0, kd_beta_gamma_nM=1.0)
        key = rest, one.kd_alpha_nM >= NO_BINDING_NM
        groups.setdefault(key, []).append(place)
    return [
        plane
        for places in groups.values()
        if (plane := _plane_of(candidates, places)) is not None
    ]


def _plane_of(candidates: Sequence[Candidate], places: list[int]) -> Plane | None:
    some = [candidates[place] for place in places]
    alphas = np.log10([one.kd_alpha_nM for one in some])
    betas = np.log10([one.kd_beta_gamma_nM for one in some])
    rows, columns = _grid(alphas), _grid(betas)
    if len(rows) * len(columns) >= len(some):
        return None
    grid = tuple(
        replace(some[0], kd_alpha_nM=float(10**x), kd_beta_gamma_nM=float(10**y))
        for x in rows
        for y in columns
    )
    both = _cubic(alphas, rows)[:, :, None] * _cubic(betas, columns)[:, None, :]
    return Plane(np.array(places), grid, both.reshape(len(some), len(grid)))


def _grid(values: Floats) -> Floats:
    """Places at most `STEP` apart that hold all values; one if all are alike."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return np.array([low])
    return np.linspace(low, high, max(NEAREST, int(np.ceil((high - low) / STEP)) + 1))


def _cubic(values: Floats, grid: Floats) -> Floats:
    """Weights of a grid at values, ``(n, n_grid)``: cubics through the nearest four."""
    made = np.zeros((len(values), len(grid)))
    if len(grid) == 1:
        return made + 1
    apart = grid[1] - grid[0]
    first = np.floor((values - grid[0]) / apart).astype(int) - 1
    first = np.clip(first, 0, len(grid) - NEAREST)
    for one in range(NEAREST):
        weight = np.ones(len(values))
        for other in range(NEAREST):
            if other != one:
                weight *= (values - grid[first + other]) / ((one - other) * apart)
        made[np.arange(len(values)), first + one] = weight
    return made


def _log_odds(responses: Floats) -> Floats:
    part = np.clip(responses / 100, LEAST, 1 - LEAST)
    return np.asarray(np.log(part / (1 - part)))
