"""The statistics of a measurement: noise, background and scale of a plate, limits.

A cytometer gives fluorescence in units of its own: of each plate and day background
and scale are unknown. They enter linearly, so the best ones are found in closed form
for any parameters of the model (variable projection: Golub and Pereyra 1973, SIAM J
Numer Anal 10:413), and are no parameters of the fit. Derivatives heed that they move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il2sim.errors import BadProblem

Floats = NDArray[np.float64]

NO_GROUP = -1
"""Of an observation that is in the units of the model."""

SMALLEST = 1e-9
"""Ridge, part of the weights: a group without any signal has a scale of zero."""


@dataclass(frozen=True, eq=False)
class Observations:
    """What was measured, ``n_observed`` numbers.

    Attributes
    ----------
    values
        What was read; of a censored one, the limit that it is below.
    spreads
        Standard deviation of the noise, in the same units.
    groups
        Number of the plate and day that share a background and a scale; `NO_GROUP`
        where there is neither.
    is_below
        Which are only known to be below their value. They cannot be in a group.
    saturation
        Signal of the model at which the detector shows half of what is there; infinite
        for none.
    """

    values: Floats
    spreads: Floats
    groups: NDArray[np.int64]
    is_below: NDArray[np.bool_]
    saturation: float = np.inf

    def __post_init__(self) -> None:
        n = len(self.values)
        for name in ("spreads", "groups", "is_below"):
            if len(getattr(self, name)) != n:
                raise BadProblem(
                    "observations do not fit together.",
                    got=f"{n} values and {len(getattr(self, name))} {name}",
                    expected="one for each value",
                )
        if not np.all(self.spreads > 0):
            raise BadProblem(
                "the noise of an observation cannot be used.",
                got=f"{np.min(self.spreads):g}",
                expected="a standard deviation above 0",
            )
        if np.any(self.is_below & (self.groups != NO_GROUP)):
            raise BadProblem(
                "an observation below a limit is in a group.",
                got="a scale that is unknown",
                expected="a known scale, so that the limit means something",
            )

    @classmethod
    def of(
        cls,
        values: ArrayLike,
        spreads: ArrayLike,
        *,
        groups: ArrayLike = NO_GROUP,
        is_below: ArrayLike = False,
        saturation: float = np.inf,
    ) -> Observations:
        """Make observations of arrays or single numbers.

        Examples
        --------
        >>> Observations.of([1.0, 2.0], 0.1).groups.tolist()
        [-1, -1]
        """
        found = np.asarray(values, dtype=float)
        shape = found.shape
        return cls(
            values=found,
            spreads=np.broadcast_to(np.asarray(spreads, dtype=float), shape),
            groups=np.broadcast_to(np.asarray(groups, dtype=np.int64), shape),
            is_below=np.broadcast_to(np.asarray(is_below, dtype=bool), shape),
            saturation=saturation,
        )

    def residuals(
        self, signals: Floats, slopes: Floats | None = None
    ) -> tuple[Floats, Floats | None]:
        """Compare with what a model gives.

        Half the sum of their squares is the negative logarithm of the likelihood, up
        to a constant; of a group with its best background and scale.

        Parameters
        ----------
        signals
            Shape ``(n_observed,)``.
        slopes
            Their derivatives, shape ``(n_observed, n_free)``.

        Returns
        -------
        tuple
            Residuals, shape ``(n_observed,)``, and their derivatives.
        """
        seen, gain = self._seen(signals)
        moved = None if slopes is None else slopes * gain[:, None]
        made = np.empty(len(seen))
        by = None if moved is None else np.empty(moved.shape)
        for rows, group in self._groups():
            some = None if moved is None else moved[rows]
            if group == NO_GROUP:
                found = self._plain(rows, seen[rows], some)
            else:
                found = self._scaled(rows, seen[rows], some)
            made[rows] = found[0]
            if by is not None and found[1] is not None:
                by[rows] = found[1]
        return made, by

    def fitted(self, signals: Floats) -> Floats:
        """What would be read without noise: with the best background and scale."""
        seen, _ = self._seen(signals)
        made = seen.copy()
        for rows, group in self._groups():
            if group != NO_GROUP:
                made[rows] = _basis(seen[rows]) @ self.scale(rows, seen[rows])
        return made

    def scale(self, rows: NDArray[np.int64], seen: Floats) -> Floats:
        """Best background and scale of one group, shape ``(2,)``."""
        weights = 1 / self.spreads[rows]
        basis = _basis(seen) * weights[:, None]
        return _solved(basis.T @ basis, basis.T @ (weights * self.values[rows]))

    def _groups(self) -> list[tuple[NDArray[np.int64], int]]:
        return [
            (np.flatnonzero(self.groups == group), int(group))
            for group in np.unique(self.groups)
        ]

    def _seen(self, signals: Floats) -> tuple[Floats, Floats]:
        """What the detector shows of a signal, and its derivative."""
        left = 1 / (1 + signals / self.saturation)
        return signals * left, left * left

    def _plain(
        self, rows: NDArray[np.int64], seen: Floats, slopes: Floats | None
    ) -> tuple[Floats, Floats | None]:
        spreads = self.spreads[rows]
        off = (seen - self.values[rows]) / spreads
        gain = 1 / spreads
        below = self.is_below[rows]
        if below.any():
            off[below], steeper = _below(off[below])
            gain = gain.copy()
            gain[below] *= steeper
        return off, None if slopes is None else slopes * gain[:, None]

    def _scaled(
        self, rows: NDArray[np.int64], seen: Floats, slopes: Floats | None
    ) -> tuple[Floats, Floats | None]:
        weights = 1 / self.spreads[rows]
        basis = _basis(seen) * weights[:, None]
        wanted = weights * self.values[rows]
        normal = basis.T @ basis
        best = _solved(normal, basis.T @ wanted)
        off = basis @ best - wanted
        if slopes is None:
            return off, None
        moved = slopes * weights[:, None]
        # The normal equations, differentiated: the best scale moves with the signal.
        right = -(basis.T @ moved) * best[1]
        right[1] -= off @ moved
        return off, moved * best[1] + basis @ _solved(normal, right)


def growing_noise(values: ArrayLike, floor: float, share: float) -> Floats:
    """Noise that grows with what is read: a floor and a share of the value.

    Examples
    --------
    >>> growing_noise([0.0, 400.0], floor=30.0, share=0.1).tolist()
    [30.0, 50.0]
    """
    return np.asarray(np.hypot(floor, share * np.asarray(values, dtype=float)))


def _basis(seen: Floats) -> Floats:
    return np.stack([np.ones(len(seen)), seen], axis=1)


def _solved(normal: Floats, right: Floats) -> Floats:
    ridge = SMALLEST * np.diag(np.diag(normal)) + 1e-300 * np.eye(2)
    return np.asarray(np.linalg.solve(normal + ridge, right))


def _below(off: Floats) -> tuple[Floats, Floats]:
    """The residual whose half square is -log of the chance to be below the limit."""
    from scipy.special import log_ndtr

    chance = -log_ndtr(-off)
    made = np.sqrt(2 * np.maximum(chance, 1e-300))
    hazard = np.exp(-0.5 * off**2 - 0.5 * np.log(2 * np.pi) + chance)
    return made, hazard / made
