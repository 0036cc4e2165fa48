"""The statistics of a measurement: noise, background and scale of a plate, limits.

A cytometer gives fluorescence in units of its own: of each plate and day background
and scale are unknown. They enter linearly, so the best ones are found in closed form
for any parameters of the model (variable projection: Golub and Pereyra 1973, SIAM J
Numer Anal 10:413), and are no parameters of the fit. Derivatives heed that they move.

Noise of neighbors on one curve can go together: what is off is then compared with what
its neighbor leads to expect (autoregression of first order). And the scales of several
plates can be known to be alike: by how much their logarithms differ from their mean is
compared, too, so that a plateau that falls with time counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il2sim.errors import BadProblem

Floats = NDArray[np.float64]

NO_GROUP = -1
"""Of an observation that is in the units of the model."""

PER_VALUE = ("values", "spreads", "groups", "is_below", "curves", "families")
"""What observations have one of for each number."""

SMALLEST_SCALE = 0.01
"""Scale as good as none, part of the one that makes signals as large as values."""

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
    curves
        Number of the curve whose neighbors, in the order given, have noise that goes
        together; `NO_GROUP` where it does not. A curve lies in one group.
    families
        Number of what groups have scales that are alike; `NO_GROUP` for none.
    saturation
        Signal of the model at which the detector shows half of what is there; infinite
        for none.
    together
        Correlation of the noise of neighbors on a curve, [1].
    steady
        Standard deviation of the logarithms of scales in a family, [1].
    """

    values: Floats
    spreads: Floats
    groups: NDArray[np.int64]
    is_below: NDArray[np.bool_]
    curves: NDArray[np.int64]
    families: NDArray[np.int64]
    saturation: float = np.inf
    together: float = 0.0
    steady: float = 1.0

    def __post_init__(self) -> None:
        n = len(self.values)
        for name in PER_VALUE[1:]:
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
        alone = (self.groups == NO_GROUP) | self.is_below
        if not -1 < self.together < 1 or np.any((self.curves != NO_GROUP) & alone):
            raise BadProblem(
                "the noise of neighbors cannot go together.",
                got=f"a correlation of {self.together:g} of curves",
                expected="one below 1, of curves with a scale that is unknown",
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
            curves=np.full(shape, NO_GROUP),
            families=np.full(shape, NO_GROUP),
            saturation=saturation,
        )

    def linked(
        self, curves: ArrayLike, families: ArrayLike, together: float, steady: float
    ) -> Observations:
        """The same with noise that goes together, and with scales that are alike.

        The arguments are the attributes of these names.
        """
        return replace(
            self,
            curves=np.asarray(curves, dtype=np.int64),
            families=np.asarray(families, dtype=np.int64),
            together=together,
            steady=steady,
        )

    def only(self, kept: NDArray[np.bool_]) -> Observations:
        """Some of them, shape of `kept` ``(n_observed,)``."""
        return replace(self, **{name: getattr(self, name)[kept] for name in PER_VALUE})

    @property
    def n_compared(self) -> int:
        """How many residuals there are: one a value, one a scale of a family."""
        return len(self.values) + sum(len(one) for one in self._plates.kin)

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
            Residuals, shape ``(n_compared,)``, those of scales last, and their
            derivatives.
        """
        seen, gain = self._seen(signals)
        moved = None if slopes is None else slopes * gain[:, None]
        made = np.empty(self.n_compared)
        by = None if moved is None else np.empty((len(made), moved.shape[1]))
        plain, plates = np.flatnonzero(self.groups == NO_GROUP), self._plates
        some = None if moved is None else moved[plain]
        made[plain], plainly = self._plain(plain, seen[plain], some)
        rows, first = plates.rows, len(self.values)
        found = self._scaled(seen, moved)
        made[rows] = found.off
        made[first:] = self._alike(found.logs)
        if by is not None:
            by[plain], by[rows] = plainly, found.slopes
            if found.logs_by is not None:
                by[first:] = self._alike(found.logs_by)
        return made, by

    def fitted(self, signals: Floats) -> Floats:
        """What would be read without noise: with the best background and scale."""
        seen, _ = self._seen(signals)
        rows, place = self._plates.rows, self._plates.place
        best = self._scaled(seen, None).best[place]
        made = seen.copy()
        made[rows] = best[:, 0] + best[:, 1] * seen[rows]
        return made

    @cached_property
    def _plates(self) -> _Plates:
        rows = np.flatnonzero(self.groups != NO_GROUP)
        groups, place = np.unique(self.groups[rows], return_inverse=True)
        curves = self.curves[rows]
        before = np.full(len(rows), NO_GROUP)
        for curve in np.unique(curves[curves != NO_GROUP]):
            at = np.flatnonzero(curves == curve)
            before[at[1:]] = at[:-1]
        families = self.families[rows]
        return _Plates(
            rows=rows,
            place=place,
            member=np.equal.outer(np.arange(len(groups)), place).astype(np.float64),
            before=before,
            kin=tuple(
                np.unique(place[families == family])
                for family in np.unique(families[families != NO_GROUP])
            ),
        )

    def _weighed(self, columns: Floats) -> Floats:
        """Columns over the noise, less what neighbors lead to expect of it."""
        plates = self._plates
        made = columns / self.spreads[plates.rows][:, None]
        left = made.copy()
        later = np.flatnonzero(plates.before != NO_GROUP)
        left[later] -= self.together * made[plates.before[later]]
        left[later] /= np.sqrt(1 - self.together**2)
        return np.asarray(left)

    def _alike(self, logs: Floats) -> Floats:
        """Logarithms of scales less the mean of their family, by group, over noise."""
        kin = self._plates.kin
        parts = [(logs[one] - logs[one].mean(axis=0)) / self.steady for one in kin]
        return np.concatenate([*parts, logs[:0]])

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

    def _scaled(self, seen: Floats, slopes: Floats | None) -> _Scaled:
        """All groups with their best backgrounds and scales."""
        plates = self._plates
        rows, place, member = plates.rows, plates.place, plates.member
        columns = np.stack([np.ones(len(rows)), seen[rows], self.values[rows]], axis=1)
        one, sign, wanted = self._weighed(columns).T
        basis = np.stack([one, sign], axis=1)
        normal = np.einsum("gn,na,nb->gab", member, basis, basis, optimize=True)
        best = _solved(normal, (member @ (basis * wanted[:, None]))[..., None])[..., 0]
        off = np.sum(basis * best[place], axis=1) - wanted
        size = self._least_scales(seen)
        logs = np.log(np.maximum(best[:, 1], size))
        if slopes is None:
            return _Scaled(best, off, logs)
        moved = self._weighed(slopes[rows])
        # The normal equations, differentiated: the best scale moves with the signal.
        right = np.stack([member @ (moved * one[:, None]) for one in basis.T], axis=1)
        right *= -best[:, 1][:, None, None]
        right[:, 1] -= member @ (moved * off[:, None])
        by = _solved(normal, right)
        slopes = moved * best[place, 1][:, None]
        slopes += np.einsum("na,nak->nk", basis, by[place])
        known = best[:, 1] > size
        ways = by[:, 1] * (known / np.where(known, best[:, 1], 1.0))[:, None]
        return _Scaled(best, off, logs, slopes, ways)

    def _least_scales(self, seen: Floats) -> Floats:
        """Scales of the groups that are as good as none, shape ``(n_groups,)``."""
        plates = self._plates
        inside = plates.member > 0
        values = self.values[plates.rows]
        low = np.where(inside, values, np.inf).min(axis=1, initial=np.inf)
        high = np.where(inside, values, -np.inf).max(axis=1, initial=-np.inf)
        most = np.where(inside, seen[plates.rows], 0.0).max(axis=1, initial=0.0)
        rise = np.where(high > low, high - low, 1.0)
        return np.asarray(SMALLEST_SCALE * rise / np.where(most > 0, most, 1.0))


@dataclass(frozen=True, eq=False)
class _Plates:
    """Which observations are in which group; all about those that are in one.

    Attributes
    ----------
    rows
        Their numbers, shape ``(n_rows,)``.
    place, member
        Group of each, and 1 where one is in a group, shape ``(n_groups, n_rows)``.
    before
        The neighbor before each on its curve; `NO_GROUP` for none.
    kin
        Groups of each family.
    """

    rows: NDArray[np.int64]
    place: NDArray[np.int64]
    member: Floats
    before: NDArray[np.int64]
    kin: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, eq=False)
class _Scaled:
    """Groups with their best backgrounds and scales, ``(n_groups, 2)``.

    `off` is what is off, over the noise, and `logs` the logarithms of scales; `slopes`
    and `logs_by` are derivatives of these.
    """

    best: Floats
    off: Floats
    logs: Floats
    slopes: Floats | None = None
    logs_by: Floats | None = None


def growing_noise(values: ArrayLike, floor: float, share: float) -> Floats:
    """Noise that grows with what is read: a floor and a share of the value.

    Examples
    --------
    >>> growing_noise([0.0, 400.0], floor=30.0, share=0.1).tolist()
    [30.0, 50.0]
    """
    return np.asarray(np.hypot(floor, share * np.asarray(values, dtype=float)))


def _solved(normal: Floats, right: Floats) -> Floats:
    """Solve the normal equations of every group, ``(n_groups, 2, 2)``."""
    own = np.diagonal(normal, axis1=1, axis2=2)[..., None] * np.eye(2)
    ridge = SMALLEST * own + 1e-300 * np.eye(2)
    return np.asarray(np.linalg.solve(normal + ridge, right))


def _below(off: Floats) -> tuple[Floats, Floats]:
    """The residual whose half square is -log of the chance to be below the limit."""
    from scipy.special import log_ndtr

    chance = -log_ndtr(-off)
    made = np.sqrt(2 * np.maximum(chance, 1e-300))
    hazard = np.exp(-0.5 * off**2 - 0.5 * np.log(2 * np.pi) + chance)
    return made, hazard / made
