"""What the body's model shows to the outside, in the clinic's words and units."""

from __future__ import annotations

from collections.abc import Iterator

from il2sim.models.cells import (
    BYSTANDERS,
    CONVERSIONS,
    MEMORY_CD4,
    MEMORY_TREG,
    NAIVE_CD4,
    POPULATIONS,
    REPORTED,
    THYMIC,
    TREG,
)
from il2sim.symbolic import Output, Reference, total


def body_outputs() -> dict[str, Output]:
    """The outputs of `body` by name."""
    every = (*_counts(), *_fluids(), *_toxicity(), *_details(), *_turnover())
    return {output.name: output for output in every}


def _counts() -> Iterator[Output]:
    for name, parts in REPORTED.items():
        blood = total([Reference(f"{cell}.blood") for cell in parts])
        yield Output(name, "cell/uL", f"{name} in blood", blood)
    every = [Reference(f"{cell}.blood") for cell in (*POPULATIONS, BYSTANDERS)]
    yield Output("lymphocytes", "cell/uL", "lymphocytes in blood", total(every))
    yield Output(
        "eosinophils",
        "cell/uL",
        "eosinophils in blood",
        Reference("eosinophils.blood"),
    )
    treg, tconv = (
        total([Reference(f"{cell}.blood") for cell in REPORTED[name]])
        for name in ("Treg", "CD4 Tconv")
    )
    yield Output(
        "Treg of CD4", "%", "Treg, part of CD4 in blood", treg / (treg + tconv)
    )
    active, memory = (
        Reference(f"{MEMORY_TREG} activation.share"),
        Reference(f"{MEMORY_TREG}.blood"),
    )
    yield Output("ICOS+ Treg", "cell/uL", "in blood", active * memory)
    yield Output("ICOS+ of memory Treg", "%", "those with ICOS", active)
    for name, parts in REPORTED.items():
        pool = total([Reference(f"{cell}.pool") for cell in parts])
        yield Output(f"{name} pool", "cell", f"{name} in the body, wherever", pool)


def _fluids() -> Iterator[Output]:
    free = Reference("circulation.il2_plasma")
    yield Output("plasma IL-2", "pM", "free IL-2 in plasma", free)
    yield Output("tissue IL-2", "pM", "free IL-2", Reference("circulation.il2_tissue"))
    shed = Reference("circulation.sites")
    yield Output("soluble CD25", "pM", "soluble CD25 in plasma", shed)
    il7 = Reference("il7.level")
    yield Output("IL-7", "1", "over that of a person with normal counts", il7)


def _toxicity() -> Iterator[Output]:
    for name, unit, meaning, of in (
        ("albumin", "g/dL", "albumin in plasma", "leak.albumin"),
        ("weight gain", "kg", "fluid outside vessels over rest", "leak.fluid"),
        ("systolic pressure", "mmHg", "untreated", "hemodynamics.systolic"),
        ("urine output", "mL/(kg*h)", "urine", "hemodynamics.urine"),
        ("creatinine", "mg/dL", "creatinine in serum", "hemodynamics.creatinine"),
        ("leak grade", "1", "0 to 4, a surrogate", "leak.grade"),
        (
            *("hypotension grade", "1", "0 to 4, a surrogate"),
            "hemodynamics.hypotension_grade",
        ),
        ("oliguria grade", "1", "0 to 4, a surrogate", "hemodynamics.oliguria_grade"),
        ("neurotoxicity grade", "1", "0 to 4, a surrogate", "neurotoxicity.grade"),
    ):
        yield Output(name, unit, meaning, Reference(of))


def _details() -> Iterator[Output]:
    for cell in POPULATIONS:
        signal = Reference(f"{cell}.pstat5")
        yield Output(f"pSTAT5 of {cell}", "%", "mean of its cells", signal)
        yield from _occupied(cell)
    for cell in (*TREG, NAIVE_CD4, MEMORY_CD4):
        receptors = Reference(f"{cell} facing receptors.cd25")
        bound = Reference(f"{cell} facing receptors.trimer")
        yield Output(
            f"CD25 on {cell}", "molecule/cell", "facing plasma", receptors + bound
        )
    for cell in THYMIC:
        export = f"{cell} export"
        recent, trec = Reference(f"{export}.emigrants"), Reference(f"{export}.trec")
        pool = Reference(f"{cell}.pool")
        blood = Reference(f"{cell}.blood")
        yield Output(f"emigrants of {cell}", "%", "not yet divided", recent / pool)
        yield Output(f"TREC per {cell}", "molecule/cell", "TREC content", trec / pool)
        yield Output(
            f"TREC of {cell}", "molecule/uL", "TREC in blood", trec / pool * blood
        )


def _turnover() -> Iterator[Output]:
    """What labels and consumption assays see: rates of a mean cell."""
    naive, memory = (Reference(f"{cell}.blood") for cell in (NAIVE_CD4, MEMORY_CD4))
    yield Output("naive of CD4 Tconv", "%", "in blood", naive / (naive + memory))
    for cell in POPULATIONS:
        division = Reference(f"{cell}.division_rate")
        losses = [Reference(f"{cell}.death_rate")]
        if cell in CONVERSIONS:
            converted = f"{cell} to {CONVERSIONS[cell]}.rate_per_cell"
            losses.append(Reference(converted))
        yield Output(f"division of {cell}", "1/d", "divisions of a cell", division)
        yield Output(f"loss of {cell}", "1/d", "dies or becomes another", total(losses))
        receptors = f"{cell} facing receptors"
        bound = Reference(f"{receptors}.dimer") + Reference(f"{receptors}.trimer")
        inside = Reference("trafficking.k_internalize")
        yield Output(
            f"uptake of {cell}",
            "molecule/(cell*s)",
            "IL-2 taken inside, facing plasma",
            inside * bound,
        )


def _occupied(cell: str) -> Iterator[Output]:
    """Shares of the receptors that hold IL-2, on cells that face plasma."""
    receptors = f"{cell} facing receptors"
    trimer, dimer, empty = (
        Reference(f"{receptors}.{name}") for name in ("trimer", "dimer", "cd122")
    )
    alone, cd25 = Reference(f"{receptors}.il2_cd25"), Reference(f"{receptors}.cd25")
    yield Output(
        f"CD122 on {cell}", "molecule/cell", "facing plasma", empty + dimer + trimer
    )
    yield Output(
        f"CD122 of {cell} occupied",
        "%",
        "holding IL-2, facing plasma",
        (dimer + trimer) / (dimer + trimer + empty),
    )
    yield Output(
        f"CD25 of {cell} occupied",
        "%",
        "holding IL-2, facing plasma",
        (alone + trimer) / (cd25 + trimer),
    )
