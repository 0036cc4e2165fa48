"""Receptors of blood cells as the plate tells them: values of the body from a fit.

The tables of evidence hold what is known without the plate, which is where the fit of
receptors begins (`fits/receptors.toml`). What it found is what the body uses, and is
found here, in one place: every such value is a product of powers of fitted numbers. Its
range is the middle 90 % of the draws of the fit.

CD56bright NK are on no plate: their CD25 was counted by another method, and their
threshold is an assumption of the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import quantiles
from types import MappingProxyType

from il2sim.evidence import ParameterValue, library
from il2sim.evidence.fitted import fitted_draws, fitted_numbers
from il2sim.models.cells import NK_BRIGHT, POPULATIONS, TREG

TABLE, DRAWS = "receptors.tsv", "receptor_draws.tsv"
"""Of the shipped fit of receptors."""

RATES = {
    "assemble": "binding.k_assemble",
    "meet": "binding.meeting",
    "internalize": "trafficking.k_internalize",
}
"""Fitted numbers that are values of the body as they are."""

OWN = {"signaling.steepness": "division.steepness"}
"""Parameters that body and dish share, and the row that the body has instead: a dish
follows receptors to pSTAT5, the body to division."""

MANY_CD122, MANY_CD25 = 500.0, 3500.0
"""Cells to which the fit compares others: where `share` is the share, and where a
count of CD25 is true, [molecule/cell]."""


@dataclass(frozen=True)
class Told:
    """One value of the body as a product of powers of fitted numbers.

    Attributes
    ----------
    name, unit
        Of the parameter.
    scale
        What the product is multiplied by [unit].
    powers
        By the name of a fitted number.
    formula
        The same in words.
    """

    name: str
    unit: str
    scale: float
    powers: Mapping[str, float]
    formula: str

    def at(self, numbers: Mapping[str, float]) -> float:
        """The value for values of the fitted numbers [unit].

        Examples
        --------
        >>> half = Told("a.b", "1", 500.0, {"share": 1.0, "tenfold": 2.0}, "")
        >>> half.at({"share": 0.5, "tenfold": 10.0})
        25000.0
        """
        value = self.scale
        for name, power in self.powers.items():
            value *= math.pow(numbers[name], power)
        return value


def told() -> Iterator[Told]:
    """Everything that the plate tells of the body."""
    fitted = fitted_numbers(TABLE)
    for number, name in RATES.items():
        one = fitted[number]
        yield Told(name, one.unit, 1.0, {number: 1.0}, f"{number}: {one.note}")
    for cell in POPULATIONS:
        if cell != NK_BRIGHT:
            yield _threshold(cell)
        if cell != NK_BRIGHT and cell not in TREG:
            yield _cd25(cell)


def _threshold(cell: str) -> Told:
    """Receptors of half the signal: nearly a share of CD122."""
    cd122 = library.parameter(f"{cell}.cd122_at_rest")
    return Told(
        f"{cell}.half_engaged",
        cd122.unit,
        MANY_CD122,
        {"share": 1.0, "tenfold": math.log10(cd122.value / MANY_CD122)},
        f"{MANY_CD122:g} share tenfold^log10({cd122.value:g} CD122 / {MANY_CD122:g})",
    )


def _cd25(cell: str) -> Told:
    """CD25 of a cell with little of it: below the count of a stain."""
    count = library.parameter(f"{cell}.cd25_at_rest")
    return Told(
        count.name,
        count.unit,
        MANY_CD25,
        {"dim": math.log10(count.value / MANY_CD25)},
        f"{MANY_CD25:g} dim^log10({count.value:g} counted / {MANY_CD25:g})",
    )


def powers_of(number: str) -> dict[str, float]:
    """By which power of a fitted number each value of the body moves.

    Examples
    --------
    >>> powers_of("assemble")
    {'binding.k_assemble': 1.0}
    >>> round(powers_of("tenfold")["NK dim.half_engaged"], 2)  # 17 times 500 CD122
    1.23
    """
    return {one.name: one.powers[number] for one in told() if number in one.powers}


@lru_cache(maxsize=1)
def plate_values() -> Mapping[str, ParameterValue]:
    """Values of the body that the plate tells, by the name of the parameter.

    Examples
    --------
    >>> plate_values()["memory CD8.half_engaged"].how
    'fitted'
    """
    return MappingProxyType({one.name: _value(one) for one in told()})


def _value(one: Told) -> ParameterValue:
    fitted = fitted_numbers(TABLE)
    value = one.at({name: known.value for name, known in fitted.items()})
    drawn = quantiles(
        (one.at(draw) for draw in fitted_draws(DRAWS)), n=20, method="inclusive"
    )
    return ParameterValue(
        name=one.name,
        value=value,
        unit=one.unit,
        low=min(drawn[0], value),
        high=max(drawn[-1], value),
        source=next(iter(fitted.values())).source,
        how="fitted",
        note=one.formula,
    )


@lru_cache(maxsize=1)
def own_values() -> Mapping[str, ParameterValue]:
    """Values in which the body differs from a dish: of the plate, and rows of its own.

    Examples
    --------
    >>> own_values()["signaling.steepness"].value > 1
    True
    """
    rows = {
        name: replace(library.parameter(row), name=name) for name, row in OWN.items()
    }
    return MappingProxyType({**plate_values(), **rows})


def value_of(name: str) -> ParameterValue:
    """A value as the body has it: its own, or that of the tables.

    Raises
    ------
    UnknownName
        Neither has the name.
    """
    known = own_values().get(name)
    return library.parameter(name) if known is None else known
