"""Receptors of blood cells as the plate tells them: values of the body from a fit.

The tables of evidence hold what is known without the plate, which is where the fit of
receptors begins (`fits/receptors.toml`). What it found is what the body uses, and is
found here, in one place, each as a function of fitted numbers. Its range is the middle
90 % of the draws of the fit.

CD56bright NK are on no plate: their CD25 was counted by another method, and their
threshold is an assumption of the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
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

MANY_CD25 = 3500.0
"""CD25 of a cell to which the fit compares others: where a count of it is true,
[molecule/cell]."""

STEP = 1e-5
"""Of a logarithm, where powers are taken from differences."""


@dataclass(frozen=True)
class Told:
    """One value of the body as a function of fitted numbers.

    Attributes
    ----------
    name, unit
        Of the parameter.
    numbers
        Names of the fitted numbers that it depends on.
    at
        The value [unit] for values of the fitted numbers by name.
    formula
        The same in words.
    """

    name: str
    unit: str
    numbers: tuple[str, ...]
    at: Callable[[Mapping[str, float]], float]
    formula: str

    def power(self, number: str, numbers: Mapping[str, float]) -> float:
        """By which power of a fitted number the value moves, near some values of all.

        Examples
        --------
        >>> square = Told("a.b", "1", ("x",), lambda numbers: 3 * numbers["x"] ** 2, "")
        >>> round(square.power("x", {"x": 5.0}), 6)
        2.0
        """
        ends = [
            math.log(self.at({**numbers, number: numbers[number] * math.exp(step)}))
            for step in (STEP, -STEP)
        ]
        return (ends[0] - ends[1]) / (2 * STEP)


def told() -> Iterator[Told]:
    """Everything that the plate tells of the body."""
    fitted = fitted_numbers(TABLE)
    for number, name in RATES.items():
        one = fitted[number]
        formula = f"{number}: {one.note}"
        yield Told(name, one.unit, (number,), itemgetter(number), formula)
    for cell in POPULATIONS:
        if cell != NK_BRIGHT:
            yield _threshold(cell)
        if cell != NK_BRIGHT and cell not in TREG:
            yield _cd25(cell)


def half_engaged(cd122: float, inhibitor: float, half_free: float) -> float:
    """Signaling receptors that give half of what all CD122 of a fresh cell give.

    Those that the inhibitor holds, and as many free ones as give that half.

    Parameters
    ----------
    cd122
        Of a resting cell, [molecule/cell].
    inhibitor
        Over CD122.
    half_free
        Free receptors that give half of what any number would, [molecule/cell].

    Examples
    --------
    >>> half_engaged(1e6, 0.4, 100.0)  # as good as saturated: held, and half_free
    400099.9...
    >>> half_engaged(1.0, 0.4, 100.0)  # far from it: held, and half of the free
    0.6991...
    """
    held = inhibitor * cd122
    half = (cd122 - held) / (cd122 - held + half_free) / 2
    return held + half_free * half / (1 - half)


def _threshold(cell: str) -> Told:
    """Receptors of half the signal: a share of CD122, and some free ones."""
    cd122 = library.parameter(f"{cell}.cd122_at_rest")
    return Told(
        f"{cell}.half_engaged",
        cd122.unit,
        ("inhibitor", "half_free"),
        lambda numbers: half_engaged(
            cd122.value, numbers["inhibitor"], numbers["half_free"]
        ),
        f"half of what {cd122.value:g} CD122 give: those held by inhibitor, some free",
    )


def _cd25(cell: str) -> Told:
    """CD25 of a cell with little of it: below the count of a stain."""
    count = library.parameter(f"{cell}.cd25_at_rest")
    decades = math.log10(count.value / MANY_CD25)
    return Told(
        count.name,
        count.unit,
        ("dim",),
        lambda numbers: MANY_CD25 * math.pow(numbers["dim"], decades),
        f"{MANY_CD25:g} dim^log10({count.value:g} counted / {MANY_CD25:g})",
    )


def powers_of(number: str) -> dict[str, float]:
    """By which power of a fitted number each value of the body moves, near the fit.

    Examples
    --------
    >>> {name: round(power, 6) for name, power in powers_of("assemble").items()}
    {'binding.k_assemble': 1.0}
    >>> powers_of("inhibitor")["NK dim.half_engaged"] > 0.9  # nearly a share of CD122
    True
    """
    fitted = {name: one.value for name, one in fitted_numbers(TABLE).items()}
    return {
        one.name: one.power(number, fitted) for one in told() if number in one.numbers
    }


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
