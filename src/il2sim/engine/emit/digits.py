"""The numbers that elementary functions are made of, for each precision.

Polynomials go through the Chebyshev nodes of their interval, and are as long as the
precision needs; the tests compare the functions made of them with mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from il2sim.engine.precision import DOUBLE, SINGLE, Precision

LN2 = Fraction(
    "0.693147180559945309417232121458176568075500134360255254120680009"
)  # OEIS A002162


@dataclass(frozen=True)
class Digits:
    """What depends on the length of a number.

    Attributes
    ----------
    artanh
        Coefficients of p, constant first: artanh(s)/s = 1 + z (1/3 + z p(z)) with
        z = s^2, up to the s of the root of two.
    exp
        The same for e^r = 1 + r + r^2 p(r), up to half the logarithm of two.
    overflow, underflow
        Arguments beyond which an exponential is infinite, or no normal number.
    root_half_bits
        Of the root of one half.
    tiny
        Below it expm1, log1p and tanh are their argument.
    nearly_minus_one, nearly_one
        Expm1 of less rounds to -1, tanh of more to 1.
    """

    precision: Precision
    artanh: tuple[float, ...]
    exp: tuple[float, ...]
    overflow: float
    underflow: float
    root_half_bits: int
    tiny: float
    nearly_minus_one: float
    nearly_one: float

    @property
    def ln2(self) -> tuple[float, float]:
        """Logarithm of two; times an exponent of its length the high part is exact."""
        precision = self.precision
        exponent_bits = precision.bits - 1 - precision.fraction_bits
        return _split(LN2, precision.fraction_bits + 1 - exponent_bits)

    @property
    def third(self) -> tuple[float, float]:
        """One third, and what rounding takes from it."""
        return _split(Fraction(1, 3), self.precision.fraction_bits + 1)

    def exponent_bits(self, exponent: int) -> int:
        """Bits of a power of two."""
        precision = self.precision
        return (precision.bias + exponent) << precision.fraction_bits


def _split(exact: Fraction, bits: int) -> tuple[float, float]:
    """A number as one of few bits and the double that remains."""
    size = 2 ** (bits - math.frexp(float(exact))[1])
    high = Fraction(round(exact * size), size)
    return float(high), float(exact - high)


_DOUBLE = Digits(
    DOUBLE,
    artanh=(
        *(0.2, 0.14285714285714682, 0.11111111110828116, 0.09090909167657202),
        *(0.07692297485447729, 0.06667402119112673),
        *(0.05853124270461193, 0.058615255140488765),
    ),
    exp=(
        *(0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136),
        *(0.0013888888888883748, 0.00019841269874820627, 2.4801587325547743e-05),
        *(2.7557255400206422e-06, 2.75572736431103e-07, 2.5105217004720745e-08),
        2.0914686968086876e-09,
    ),
    overflow=709.782712893384,
    underflow=-708.3964185322641,
    root_half_bits=0x3FE6A09E667F3BCD,
    tiny=2.0**-54,
    nearly_minus_one=-50.0,
    nearly_one=22.0,
)

_SINGLE = Digits(
    SINGLE,
    artanh=(0.2000000774860382, 0.14281119406223297, 0.11524076759815216),
    exp=(
        *(0.5, 0.16666577756404877, 0.041666556149721146),
        *(0.008363173343241215, 0.0013926175888627768),
    ),
    overflow=88.72283172607422,
    underflow=-87.33654022216797,
    root_half_bits=0x3F3504F3,
    tiny=2.0**-25,
    nearly_minus_one=-25.0,
    nearly_one=11.0,
)

DIGITS: Mapping[Precision, Digits] = {one.precision: one for one in (_DOUBLE, _SINGLE)}
"""By precision."""
