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

from collections.abc import Iterator

from il2sim.symbolic import (
    Component,
    Expression,
    observed,
    parameter,
    process,
    sqrt,
    state,
    supplied,
)


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

    The inhibitor of fresh cells is as much as makes `half_engaged` receptors give half
    of the pSTAT5.
    """

    engaged = supplied("molecule/cell", "signaling receptors")
    inhibitor = supplied("1", "inhibitor, part of that in fresh cells")

    half_engaged = parameter(
        "molecule/cell", "signaling receptors that give half of the pSTAT5", by="cell"
    )
    free_half = parameter("1", "part of half_engaged that is then free of inhibitor")
    tight = parameter("1", "KD of inhibitor and receptor, part of half_engaged")

    there = engaged / half_engaged
    most = (1 - free_half) * (1 + tight / free_half)
    excess = there - inhibitor * most - tight
    free = observed(
        "1",
        "receptors free of inhibitor, over half_engaged",
        (excess + sqrt(excess * excess + 4 * tight * there)) / 2,
    )

    pstat5 = observed("1", "pSTAT5, part of the most", free / (free + free_half))


class Fading(Component):
    """What holds STAT5 back and cells lose over hours in culture, whatever the dose."""

    k_fade = parameter("1/h", "each of two stages of its loss")

    fresh = state("1", "of it, as in fresh cells", start=1, held=True)
    aging = state("1", "of it, about to be lost", held=True)

    left = observed("1", "of it, part of that in fresh cells", fresh + aging)

    age = process("fresh -> aging", rate=k_fade * fresh)
    fade = process("aging ->", rate=k_fade * aging)


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
    yield from _held_back(Threshold, "phosphatase", cell, engaged)


def titrated(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Titrated` with an inhibitor that fades, for a `Mechanism`."""
    yield from _held_back(Titrated, "inhibitor", cell, engaged)


def _held_back(
    way: type[Component], by: str, cell: str, engaged: Expression
) -> Iterator[Component]:
    """Signaling that is held back by something that fades."""
    name = f"{cell} {by}"
    yield Fading(name)
    given = {by: f"{name}.left"}
    yield way(f"{cell} signaling", cell=cell, engaged=engaged, **given)


def cycle(cell: str, engaged: Expression) -> Iterator[Component]:
    """Signaling by `Stat5Cycle`, for a `Mechanism`."""
    yield Stat5Cycle(f"{cell} signaling", cell=cell, engaged=engaged)
