"""What holds IL-2 in the medium, and what held IL-2 can still do on a cell.

Soluble CD25 and antibodies are `Trap`s. What they leave free decides for whom they
work: IL-2 whose CD25 site is taken still meets CD122 (`HeldMeetsDimer`; as by S4B6 or
NARA1, V335-V336), IL-2 whose CD122 site is taken is handed over to CD25
(`TriggeredExchange`; as by JES6-1, V334). The functions at the end compose mechanisms.
Binding of the trap and of the cell are independent, so every cycle is closed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

from il2sim.models.constants import AVOGADRO
from il2sim.models.family import sequential
from il2sim.models.mechanisms import PAIRED, Components, Mechanism, surface_of
from il2sim.symbolic import (
    Component,
    Expression,
    Reference,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class Trap(Component):
    """Something in the medium that holds IL-2 and lets it go."""

    ligand = supplied("nmol", "IL-2 in the medium")
    free_ligand = supplied("nM", "IL-2 in the medium")

    volume = parameter("L", "medium in the well", by="well")
    k_wash = parameter("1/h", "medium exchanged for fresh one, by a wash", by="well")
    k_hold = parameter("1/(nM*min)", "the trap meets IL-2", by="holder")
    kd = parameter("nM", "affinity of the trap for IL-2", by="holder")

    amount = state("nmol", "trap without IL-2")
    held = state("nmol", "IL-2 in the trap")

    empty = observed("nM", "trap without IL-2", amount / volume)
    complexes = observed("nM", "IL-2 in the trap", held / volume)

    hold = process("ligand + amount -> held", rate=k_hold * free_ligand * amount)
    let_go = process("held -> ligand + amount", rate=k_hold * kd * held)
    wash_out = process("amount ->", rate=k_wash * amount)
    wash_held = process("held ->", rate=k_wash * held)


class HeldMeetsDimer(Component):
    """IL-2 whose CD25 site is taken meets CD122 with gamma-c, and signals."""

    trap = supplied("nmol", "trap without IL-2, in the medium")
    empty_trap = supplied("nM", "the same")
    held = supplied("nmol", "IL-2 in the trap, in the medium")
    complexes = supplied("nM", "the same")
    cells = supplied("cell", "cells of the type")
    cd122 = supplied("molecule/cell", "CD122 with gamma-c, empty")
    dimer = supplied("molecule/cell", "IL-2 without a trap on CD122 and gamma-c")

    k_hold = parameter("1/(nM*min)", "the trap meets IL-2", by="holder")
    kd = parameter("nM", "affinity of the trap for IL-2", by="holder")
    kon_beta_gamma = parameter("1/(nM*min)", "IL-2 meets the dimer", by="variant")
    kd_beta_gamma = parameter("nM", "affinity of IL-2 for the dimer", by="variant")
    k_internalize = parameter("1/min", "bound receptors go inside", by="trafficking")

    covered = state("molecule/cell", "IL-2 in its trap on CD122 and gamma-c")

    catch = process(
        "held + cd122 -> covered",
        rate=kon_beta_gamma * complexes * cd122,
        exchange={"held": cells / AVOGADRO},
    )
    release = process(
        "covered -> held + cd122",
        rate=kon_beta_gamma * kd_beta_gamma * covered,
        exchange={"held": cells / AVOGADRO},
    )
    uncover = process(
        "covered -> trap + dimer",
        rate=k_hold * kd * covered,
        exchange={"trap": cells / AVOGADRO},
    )
    cover = process(
        "trap + dimer -> covered",
        rate=k_hold * empty_trap * dimer,
        exchange={"trap": cells / AVOGADRO},
    )
    digest = process("covered ->", rate=k_internalize * covered)


class TriggeredExchange(Component):
    """IL-2 whose CD122 site is taken lands on CD25, which loosens the trap."""

    trap = supplied("nmol", "trap without IL-2, in the medium")
    empty_trap = supplied("nM", "the same")
    held = supplied("nmol", "IL-2 in the trap, in the medium")
    complexes = supplied("nM", "the same")
    cells = supplied("cell", "cells of the type")
    cd25 = supplied("molecule/cell", "CD25 without IL-2")
    on_cd25 = supplied("molecule/cell", "IL-2 without a trap on CD25")

    k_hold = parameter("1/(nM*min)", "the trap meets IL-2", by="holder")
    kd = parameter("nM", "affinity of the trap for IL-2", by="holder")
    weakening = parameter(
        "1", "affinity of CD25 and the trap lost where they share IL-2", by="holder"
    )
    kon = parameter("1/(nM*min)", "ligand meets a single chain", by="ligand")
    kd_alpha = parameter("nM", "affinity for the alpha chain", by="ligand")

    ternary = state("molecule/cell", "IL-2 between its trap and CD25")

    land = process(
        "held + cd25 -> ternary",
        rate=kon * complexes * cd25,
        exchange={"held": cells / AVOGADRO},
    )
    leave = process(
        "ternary -> held + cd25",
        rate=kon * kd_alpha * weakening * ternary,
        exchange={"held": cells / AVOGADRO},
    )
    # The same weakening on both ways closes the cycle.
    hand_over = process(
        "ternary -> trap + on_cd25",
        rate=k_hold * kd * weakening * ternary,
        exchange={"trap": cells / AVOGADRO},
    )
    take_back = process(
        "trap + on_cd25 -> ternary",
        rate=k_hold * empty_trap * on_cd25,
        exchange={"trap": cells / AVOGADRO},
    )


def _in_medium(trap: str) -> Components:
    yield Trap(
        trap,
        holder=trap,
        well="well",
        ligand="il2 medium.amount",
        free_ligand="il2 medium.free",
    )


def _of_trap(trap: str) -> dict[str, str]:
    return {
        "trap": f"{trap}.amount",
        "empty_trap": f"{trap}.empty",
        "held": f"{trap}.held",
        "complexes": f"{trap}.complexes",
        "holder": trap,
    }


@lru_cache(maxsize=8)
def decoy(trap: str, mechanism: Mechanism = PAIRED) -> Mechanism:
    """Add a trap whose IL-2 meets no cell, such as soluble CD25 far from saturation.

    Examples
    --------
    >>> decoy("soluble CD25").traps
    ('soluble CD25',)
    """
    return replace(
        mechanism,
        name=f"{mechanism.name}, {trap}",
        traps=(trap,),
        in_medium=partial(_in_medium, trap),
    )


@lru_cache(maxsize=8)
def blocking_cd25(trap: str) -> Mechanism:
    """Add a trap that takes the CD25 site of IL-2 and leaves that of CD122.

    Examples
    --------
    >>> blocking_cd25("antibody").ligands
    ('il2',)
    """
    return replace(
        decoy(trap).with_components(partial(_held_meets_dimer, trap)),
        engaged=_with_covered,
        surface=_surface_with_covered,
    )


@lru_cache(maxsize=8)
def triggered_exchange(trap: str) -> Mechanism:
    """Add a trap that takes the CD122 site of IL-2 and hands it over to CD25.

    Examples
    --------
    >>> triggered_exchange("antibody").traps
    ('antibody',)
    """
    return decoy(trap, sequential()).with_components(partial(_exchange, trap))


def _held_meets_dimer(trap: str, cell: str) -> Components:
    yield HeldMeetsDimer(
        f"{cell} covered",
        **_of_trap(trap),
        cells=f"{cell}.seeded",
        cd122=f"{cell} receptors.cd122",
        dimer=f"{cell} receptors.dimer",
        variant="il2",
        trafficking="trafficking",
    )


def _exchange(trap: str, cell: str) -> Components:
    yield TriggeredExchange(
        f"{cell} exchange",
        **_of_trap(trap),
        cells=f"{cell}.seeded",
        cd25=f"{cell} cd25.surface",
        on_cd25=f"{cell} il2.on_alpha",
        ligand="il2",
    )


def _with_covered(cell: str) -> Expression:
    return Reference(f"{cell} receptors.engaged") + Reference(f"{cell} covered.covered")


def _surface_with_covered(cell: str) -> dict[str, Expression]:
    covered = surface_of(f"{cell} covered", {"CD122": ("covered",)})
    return {
        chain: held + covered[chain] if chain in covered else held
        for chain, held in PAIRED.surface(cell).items()
    }
