"""STAT5: alternatives to the Hill function of `signaling.py`.

`Proportional` is what most published models have. `Threshold` is the cycle of
phosphorylation and dephosphorylation with a phosphatase that saturates, which makes a
threshold (Goldbeter and Koshland 1981, PNAS 78:6840). `Titrated` makes one by an
inhibitor that holds signaling receptors (molecular titration: Buchler and Louis 2008,
J Mol Biol 384:1106). `Fading` is what cells in culture lose: phosphatase or inhibitor.
`Stat5Cycle` follows the six states of gcSolver.jl, with dimers and the nucleus. A
`Mechanism` takes `proportional`, `threshold`, `fading`, `titrated` or `cycle` as its
signaling.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from il2sim.symbolic import (
    Component,
    Expression,
    exp,
    observed,
    parameter,
    process,
    sqrt,
    state,
    supplied,
    total,
)

NODES, APART = 5, 0.9
"""Of the mean over cells that differ in inhibitor: cells, and how many standard
deviations apart."""


def kinds_of_cells() -> list[tuple[float, float]]:
    """Cells that differ in inhibitor: standard deviations from the middle, and weight.

    Examples
    --------
    >>> [round(place, 1) for place, _ in kinds_of_cells()]
    [-1.8, -0.9, 0.0, 0.9, 1.8]
    """
    places = [APART * (i - (NODES - 1) / 2) for i in range(NODES)]
    heights = [math.exp(-place * place / 2) for place in places]
    return [
        (x, height / sum(heights)) for x, height in zip(places, heights, strict=True)
    ]


def among_cells(
    engaged: Expression,
    inhibitor: Expression,
    apart: Expression,
    constant: Expression,
    half_free: Expression,
) -> Expression:
    """Mean pSTAT5 of cells that differ in the inhibitor of their receptors.

    Parameters
    ----------
    engaged
        Signaling receptors, bound by inhibitor or not, [molecule/cell].
    inhibitor
        Of a cell in the middle, [molecule/cell].
    apart
        Standard deviation of its logarithm among cells.
    constant
        KD of inhibitor and receptor, [molecule/cell].
    half_free
        Free receptors that give half of the most, [molecule/cell].
    """
    made = []
    for place, weight in kinds_of_cells():
        free = free_of(engaged, inhibitor * exp(apart * place), constant)
        made.append(weight * (free / (free + half_free)))
    return total(made)


def free_of(
    receptors: Expression, inhibitor: Expression, constant: Expression
) -> Expression:
    """Receptors that an inhibitor leaves free: one binds one, settled at once.

    Parameters
    ----------
    receptors, inhibitor
        All of them, bound or not, [molecule/cell].
    constant
        KD of both, [molecule/cell].
    """
    excess = receptors - inhibitor - constant
    return (excess + sqrt(excess * excess + 4 * constant * receptors)) / 2


class Proportional(Component):
    """PSTAT5 of one cell type in proportion to what is engaged."""

    engaged = supplied("molecule/cell", "signaling receptors")

    unit_engaged = parameter("molecule/cell", "signaling receptors that count as one")

    pstat5 = observed("1", "pSTAT5, in units of its own", engaged / unit_engaged)


class Threshold(Component):
    """STAT5 of one cell type, phosphorylated against a phosphatase that saturates."""

    engaged = supplied("molecule/cell", "signaling receptors")
    phosphatase = supplied("1", "phosphatase, part of that in fresh cells")

    half_engaged = parameter(
        "molecule/cell", "signaling receptors that give half of the pSTAT5", by="cell"
    )
    k_turnover = parameter("1/min", "phosphatase at capacity, part of the STAT5")
    saturation = parameter("1", "STAT5 that half saturates kinase and phosphatase")

    pstat5 = state("1", "pSTAT5, part of the most")

    phosphorylate = process(
        "-> pstat5",
        rate=k_turnover
        * (engaged / half_engaged)
        * ((1 - pstat5) / (saturation + 1 - pstat5)),
    )
    dephosphorylate = process(
        "pstat5 ->", rate=k_turnover * phosphatase * pstat5 / (saturation + pstat5)
    )


class Titrated(Component):
    """PSTAT5 of one cell type, by the receptors that an inhibitor leaves free now.

    Fresh cells have inhibitor in proportion to their CD122, some more and some less of
    it. What is free phosphorylates STAT5 without a threshold.
    """

    engaged = supplied("molecule/cell", "signaling receptors")
    left = supplied("1", "inhibitor, part of that in fresh cells")

    cd122_at_rest = parameter("molecule/cell", "CD122 of a resting cell", by="cell")
    per_cd122 = parameter("1", "inhibitor of a fresh cell, over its CD122")
    apart = parameter("1", "standard deviation of its logarithm among cells")
    tight = parameter("1", "KD of inhibitor and receptor, over the inhibitor")
    half_free = parameter(
        "molecule/cell", "signaling receptors free of inhibitor that give half"
    )

    fresh = per_cd122 * cd122_at_rest

    pstat5 = observed(
        "1",
        "pSTAT5, part of the most, mean over cells",
        among_cells(engaged, fresh * left, apart, fresh * tight, half_free),
    )


class Fading(Component):
    """What holds STAT5 back and cells lose over hours in culture, whatever the dose."""

    k_fade = parameter("1/h", "each of five stages of its loss")

    fresh = state("1", "of it, as in fresh cells", start=1, held=True)
    second = state("1", "of it, after one stage", held=True)
    third = state("1", "of it, after two", held=True)
    fourth = state("1", "of it, after three", held=True)
    last = state("1", "of it, about to be lost", held=True)

    left = observed(
        "1",
        "of it, part of that in fresh cells",
        fresh + second + third + fourth + last,
    )

    age = process("fresh -> second", rate=k_fade * fresh)
    age_again = process("second -> third", rate=k_fade * second)
    age_more = process("third -> fourth", rate=k_fade * third)
    age_on = process("fourth -> last", rate=k_fade * fourth)
    fade = process("last ->", rate=k_fade * last)


class Stat5Cycle(Component):
    """STAT5 of one cell type: single or paired, in cytosol or nucleus."""

    engaged = supplied("molecule/cell", "signaling receptors")

    stat5 = parameter("1", "all STAT5, in the units of its read-out", by="cell")
    k_phosphorylate = parameter(
        "cell/(molecule*min)", "one signaling receptor phosphorylates STAT5"
    )
    k_pair = parameter("1/min", "phosphorylated STAT5 pairs")
    k_enter = parameter("1/min", "pairs enter the nucleus")
    k_dephosphorylate = parameter("1/min", "pairs are dephosphorylated in the nucleus")
    k_separate = parameter("1/min", "dephosphorylated pairs separate")
    k_leave = parameter("1/min", "STAT5 leaves the nucleus")

    empty = state("1", "STAT5, not phosphorylated, in the cytosol", start=stat5)
    single = state("1", "pSTAT5, not paired")
    pair = state("1", "pairs of pSTAT5 in the cytosol")
    nuclear_pair = state("1", "pairs of pSTAT5 in the nucleus")
    spent_pair = state("1", "pairs in the nucleus, not phosphorylated")
    nuclear = state("1", "STAT5 in the nucleus, not phosphorylated")

    pstat5 = observed(
        "1",
        "pSTAT5, part of all STAT5",
        (single + 2 * (pair + nuclear_pair)) / stat5,
    )

    phosphorylate = process("empty -> single", rate=k_phosphorylate * engaged * empty)
    pair_up = process("2 single -> pair", rate=0.5 * k_pair * single * single)
    enter = process("pair -> nuclear_pair", rate=k_enter * pair)
    dephosphorylate = process(
        "nuclear_pair -> spent_pair", rate=k_dephosphorylate * nuclear_pair
    )
    separate = process("spent_pair -> 2 nuclear", rate=0.5 * k_separate * spent_pair)
    leave = process("nuclear -> empty", rate=k_leave * nuclear)


def proportional(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Proportional`, for a `Mechanism`."""
    yield Proportional(f"{cell} signaling", engaged=engaged)


def threshold(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Threshold`, for a `Mechanism`."""
    yield Threshold(f"{cell} signaling", cell=cell, engaged=engaged, phosphatase=1)


def fading(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Threshold` with a phosphatase that fades, for a `Mechanism`."""
    name = f"{cell} phosphatase"
    yield Fading(name)
    yield Threshold(
        f"{cell} signaling", cell=cell, engaged=engaged, phosphatase=f"{name}.left"
    )


def titrated(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Titrated` with an inhibitor that fades, for a `Mechanism`."""
    name = f"{cell} inhibitor"
    yield Fading(name)
    yield Titrated(f"{cell} signaling", cell=cell, engaged=engaged, left=f"{name}.left")


def cycle(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Stat5Cycle`, for a `Mechanism`."""
    yield Stat5Cycle(f"{cell} signaling", cell=cell, engaged=engaged)
