"""Reproducible draws: subject 7 is the same in any population.

A draw is a function of the seed, the number of the subject and the name of what is
drawn, by a counter-based generator [1]_: no draw depends on how many others are made,
or in which order. `normal` is the one place where a uniform number becomes a normal
one. Exponentials and logarithms are the engine's, and sums run in the order written, so
a draw has the same bits on every processor.

References
----------
.. [1] Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3, SC11.
   doi:10.1145/2063384.2063405 (Philox-4x32-10)
.. [2] Wichura (1988), Algorithm AS 241, Applied Statistics 37, 477. doi:10.2307/2347330
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import elementary

Floats = NDArray[np.float64]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_ROUNDS = 10

# Wichura's rational approximations, highest power first: numerator, denominator.
_CENTER = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_NEAR_TAIL = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_FAR_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


@dataclass(frozen=True, eq=False)
class Subjects:
    """Persons drawn from a population, one row each.

    Attributes
    ----------
    age_y, height_cm, weight_kg, surface_m2
        Age [y], height [cm], weight [kg], body surface [m²]; shape ``(n_subjects,)``.
    is_female
        Shape ``(n_subjects,)``.
    counts
        Blood counts at rest by population of cells, [cell/uL].
    factors
        By parameter of the model, what its value is multiplied by, [1].
    """

    age_y: Floats
    height_cm: Floats
    weight_kg: Floats
    surface_m2: Floats
    is_female: NDArray[np.bool_]
    counts: Mapping[str, Floats]
    factors: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.age_y)

    def rows(self, chosen: NDArray[np.int64]) -> Subjects:
        """Some of them, by their numbers, in the order given."""
        sizes = {
            name: getattr(self, name)[chosen]
            for name in ("age_y", "height_cm", "weight_kg", "surface_m2", "is_female")
        }
        made = Subjects(
            **sizes,
            counts={name: one[chosen] for name, one in self.counts.items()},
            factors={name: one[chosen] for name, one in self.factors.items()},
        )
        for one in (*sizes.values(), *made.counts.values(), *made.factors.values()):
            one.setflags(write=False)
        return made


def uniform(seed: int, subjects: NDArray[np.uint64], name: str) -> Floats:
    """One uniform number per subject, inside (0, 1).

    Parameters
    ----------
    seed
        0 to 2⁶⁴ - 1.
    subjects
        Their numbers, shape ``(n_subjects,)``.
    name
        Of what is drawn; each name has a stream of its own.

    Examples
    --------
    >>> first = np.arange(3, dtype=np.uint64)
    >>> bool(uniform(1, first, "age")[2] == uniform(1, first[2:], "age")[0])
    True
    """
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    numbers = np.asarray(subjects, dtype=np.uint64)
    counter = (
        numbers & _LOW,
        numbers >> np.uint64(32),
        np.full_like(numbers, stream & 0xFFFFFFFF),
        np.full_like(numbers, stream >> 32),
    )
    high, low, _, _ = philox(counter, (seed & 0xFFFFFFFF, seed >> 32))
    bits = ((high << np.uint64(32)) | low) >> np.uint64(
        12
    )  # 52 bits: the half is exact
    return (bits.astype(float) + 0.5) * 2.0**-52


def philox(
    counter: tuple[NDArray[np.uint64], ...], key: tuple[int, int]
) -> tuple[NDArray[np.uint64], ...]:
    """Turn a counter of four 32-bit words into four random ones [1]_."""
    a, b, c, d = counter
    one, other = key
    for _ in range(_ROUNDS):
        left = a * np.uint64(_MULTIPLIERS[0])
        right = c * np.uint64(_MULTIPLIERS[1])
        a, b, c, d = (
            (right >> np.uint64(32)) ^ b ^ np.uint64(one),
            right & _LOW,
            (left >> np.uint64(32)) ^ d ^ np.uint64(other),
            left & _LOW,
        )
        one, other = (one + _WEYL[0]) & 0xFFFFFFFF, (other + _WEYL[1]) & 0xFFFFFFFF
    return a, b, c, d


def normal(share: Floats) -> Floats:
    """The standard normal number below which a share of all lies [2]_.

    Examples
    --------
    >>> float(normal(np.array([0.5]))[0])
    0.0
    """
    away = share - 0.5
    inside = 0.180625 - away * away
    result = away * _ratio(inside, _CENTER)
    outer = np.abs(away) > 0.425
    if np.any(outer):
        tail = np.minimum(share[outer], 1.0 - share[outer])
        depth = np.sqrt(-elementary.log(tail))
        size = np.where(
            depth <= 5.0,
            _ratio(depth - 1.6, _NEAR_TAIL),
            _ratio(depth - 5.0, _FAR_TAIL),
        )
        result[outer] = np.where(away[outer] < 0, -size, size)
    return result


def _ratio(
    x: Floats, coefficients: tuple[tuple[float, ...], tuple[float, ...]]
) -> Floats:
    over, under = (np.full_like(x, series[0]) for series in coefficients)
    for a, b in zip(coefficients[0][1:], coefficients[1][1:], strict=True):
        over = over * x + a
        under = under * x + b
    return over / under
