"""Units: read once, checked everywhere, gone below the engine.

The one door to pint. `molecule`, `cell` and `IU` are dimensions of their own, so
"per cell" and "per liter", or a dose in IU and a dose in mg, cannot be mixed by
accident. The engine has one coherent system: nmol, L, h, cell, molecule, kg; a
`Unit` knows its factor into it. This file converts numbers; it does not know what
they mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from il2sim.errors import BadUnit, UnitMismatch

if TYPE_CHECKING:
    import pint

AVOGADRO = 6.02214076e14
"""Molecules in one nmol [molecule/nmol] (exact: SI definition of the mole, 2019)."""

BASES = ("nmol", "dm", "h", "kg", "cell", "molecule", "IU")
"""The engine's system; one dm³ is one liter."""

_DEFINITIONS = """
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = µ- = u-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
deci- = 1e-1 = d-
kilo- = 1e3 = k-
mega- = 1e6 = M-
meter = [length] = m
second = [time] = s
gram = [mass] = g
mole = [substance] = mol
cell = [cells] = _ = cells
molecule = [molecules] = _ = molecules
IU = [activity]
minute = 60 * second = min
hour = 60 * minute = h
day = 24 * hour = d = days
week = 7 * day = wk
year = 365.25 * day = yr
month = year / 12 = mo
liter = 1e-3 * meter ** 3 = L
molar = mole / liter = M
dalton = gram / mole = Da
mmHg = 133322.387415 * gram / meter / second ** 2
percent = 1e-2 = %
"""


@dataclass(frozen=True)
class Unit:
    """A unit as text, with its factor into the engine's system and its dimension.

    Examples
    --------
    >>> unit("pM").factor
    0.001
    """

    text: str
    factor: float
    dimension: tuple[Fraction, ...]

    def __str__(self) -> str:
        return self.text

    @property
    def is_dimensionless(self) -> bool:
        """Nothing but a number."""
        return not any(self.dimension)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(None)
    registry.load_definitions(_DEFINITIONS.strip().splitlines())
    return registry


@lru_cache(maxsize=4096)
def unit(text: str) -> Unit:
    """Read a unit.

    Parameters
    ----------
    text
        Such as ``"nM"``, ``"molecule/cell"``, ``"1/(nM*min)"``, ``"1"`` or
        ``""`` for a pure number.

    Raises
    ------
    BadUnit
        The text is not a unit.

    Examples
    --------
    >>> unit("1/min").factor
    60.0
    """
    if text in ("", "1"):
        return Unit("1", 1.0, (Fraction(0),) * len(BASES))
    registry = _registry()
    try:
        parsed: Any = registry.parse_expression(
            text.replace("µ", "u").replace("·", "*")
        )
        if isinstance(parsed, int | float):
            raise ValueError(text)  # noqa: TRY301
        into = registry.Quantity(1.0, parsed.units).to_base_units() * parsed.magnitude
    except Exception as error:  # pint raises many kinds, some of its tokenizer's
        raise BadUnit(
            f"the unit '{text}' cannot be read.",
            got=repr(text),
            expected="a unit such as 'nM', 'molecule/cell', '1/(nM*min)', 'MIU/m^2'",
        ) from error
    powers = dict(into.dimensionality)
    names = ("substance", "length", "time", "mass", "cells", "molecules", "activity")
    dimension = tuple(
        Fraction(powers.get(f"[{name}]", 0)).limit_denominator(12) for name in names
    )
    sizes = (1e9, 10.0, 1 / 3600.0, 1e-3, 1.0, 1.0, 1.0)  # mol, m, s, g in the bases
    factor = float(into.magnitude)
    for size, power in zip(sizes, dimension, strict=True):
        factor *= _power(size, power)
    return Unit(text, _clean(factor), dimension)


def _power(size: float, power: Fraction) -> float:
    """A power by products and roots, whose last bits no processor changes."""
    whole = 1.0
    for _ in range(abs(power.numerator)):
        whole *= size
    whole = 1 / whole if power < 0 else whole
    root = power.denominator
    while root % 2 == 0:
        whole, root = math.sqrt(whole), root // 2
    return whole if root == 1 else whole ** (1 / root)


def _clean(factor: float) -> float:
    """Undo the rounding of powers of ten: the nearest short fraction, if it is one."""
    size = factor if factor >= 1 else 1 / factor
    short = Fraction(size).limit_denominator(10**6)
    exact = float(short) if factor >= 1 else float(1 / short)
    return exact if abs(exact - factor) <= 1e-14 * factor else factor


@overload
def convert(value: float, given: str, wanted: str) -> float: ...
@overload
def convert(value: NDArray[Any], given: str, wanted: str) -> NDArray[np.float64]: ...
def convert(value: Any, given: str, wanted: str) -> Any:
    """Express a number given in one unit in another.

    Raises
    ------
    BadUnit
        One of the two cannot be read.
    UnitMismatch
        The two measure different things.

    Examples
    --------
    >>> convert(1.0, "nM", "pM")
    1000.0
    """
    one, other = unit(given), unit(wanted)
    if one.dimension != other.dimension:
        raise UnitMismatch(
            f"a value in '{given}' cannot be given in '{wanted}'.",
            got=f"{given}, which is {describe(one.dimension)}",
            expected=f"{wanted}, which is {describe(other.dimension)}",
        )
    if one.factor == other.factor:
        return value
    return value * _clean(one.factor / other.factor)


def describe(dimension: tuple[Fraction, ...]) -> str:
    """Write a dimension in the engine's bases, such as ``nmol/dm^3``."""
    over: list[str] = []
    under: list[str] = []
    for base, power in zip(BASES, dimension, strict=True):
        if power:
            size = abs(power)
            (over if power > 0 else under).append(
                base if size == 1 else f"{base}^{size}"
            )
    if not over and not under:
        return "a pure number"
    return "/".join(["*".join(over) or "1", *under])


@dataclass(frozen=True, eq=False)
class Quantity:
    """A number, or an array of them, with its unit.

    Examples
    --------
    >>> Quantity(90.0, "min").to("h")
    1.5
    """

    value: Any
    unit: str

    def __post_init__(self) -> None:
        unit(self.unit)
        if isinstance(self.value, list | tuple):
            object.__setattr__(self, "value", np.asarray(self.value, dtype=float))

    def to(self, wanted: str) -> Any:
        """The bare number, or array, in the unit wanted."""
        return convert(self.value, self.unit, wanted)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


def hours(start: float, stop: float, *, every: float) -> Quantity:
    """Times from start to stop, both included, in hours.

    Examples
    --------
    >>> hours(0, 2, every=1).value.tolist()
    [0.0, 1.0, 2.0]
    """
    return Quantity(_steps(start, stop, every), "h")


def days(start: float, stop: float, *, every: float) -> Quantity:
    """Times from start to stop, both included, in days.

    Examples
    --------
    >>> days(0, 1, every=0.5).value.tolist()
    [0.0, 0.5, 1.0]
    """
    return Quantity(_steps(start, stop, every), "d")


def _steps(start: float, stop: float, every: float) -> ArrayLike:
    count = int(np.floor((stop - start) / every * (1 + 1e-12)))
    return start + every * np.arange(count + 1, dtype=float)
