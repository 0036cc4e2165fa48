"""What holds IL-2 in the medium, and what held IL-2 can still do on a cell.

Soluble CD25 and antibodies are `Trap`s. What they leave free decides for whom they
work: IL-2 whose CD25 site is taken still meets CD122 (`HeldMeetsDimer`; as by S4B6 or
NARA1, V335-V336), IL-2 whose CD122 site is taken is handed over to CD25
(`TriggeredExchange`; as by JES6-1, V334). Binding of the trap and of the cell are
independent, so every cycle is closed.

The functions at the end each add a trap to a mechanism, also to one that has traps. No
IL-2 is in two of them at once: traps compete, whatever site each takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from il2sim.errors import BadModel, UnknownName
from il2sim.evidence import library
from il2sim.models.constants import AVOGADRO
from il2sim.models.family import sequential
from il2sim.models.mechanisms import PAIRED, Components, Mechanism
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
from il2sim.symbolic.quantity import Parameter, State


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


@lru_cache(maxsize=8)
def decoy(trap: str, mechanism: Mechanism = PAIRED) -> Mechanism:
    """Add a trap whose IL-2 meets no cell, such as soluble CD25 far from saturation.

    Parameters
    ----------
    trap
        Its name: that of its amount among the doses, and of its parameters, as in
        ``"<trap>.kd"``. `dish` finds these in the tables, or by your own `look_up`.
    mechanism
        What it is added to, with whatever traps that has.

    Raises
    ------
    BadModel
        The mechanism has the name in its medium already, or has no IL-2.

    Examples
    --------
    >>> decoy("soluble CD25", decoy("antibody")).traps
    ('antibody', 'soluble CD25')
    """
    _refuse_taken(trap, mechanism)
    return replace(
        mechanism,
        name=f"{mechanism.name}, {trap}",
        traps=(*mechanism.traps, trap),
        in_medium=partial(_in_medium, trap, mechanism.in_medium),
    )


@lru_cache(maxsize=8)
def blocking_cd25(trap: str, mechanism: Mechanism = PAIRED) -> Mechanism:
    """Add a trap that takes the CD25 site of IL-2 and leaves that of CD122.

    What it covers signals on the surface, and is lost when it goes inside.

    Parameters
    ----------
    trap, mechanism
        As in `decoy`; the cells have the dimer of `PAIRED`.

    Raises
    ------
    BadModel
        The mechanism has the name in its medium already, or cells of another kind.

    Examples
    --------
    >>> blocking_cd25("antibody", decoy("soluble CD25")).traps
    ('soluble CD25', 'antibody')
    """
    _refuse_other_cells(
        f"'{trap}' blocks CD25",
        mechanism,
        ("receptors.cd122", "receptors.dimer"),
        f"blocking_cd25('{trap}', PAIRED)",
    )
    covered = _Bound(f"covered by {trap}.covered", "CD122", mechanism)
    return replace(
        decoy(trap, mechanism).with_components(partial(_held_meets_dimer, trap)),
        engaged=covered.engaged,
        surface=covered.surface,
    )


@lru_cache(maxsize=8)
def triggered_exchange(trap: str, mechanism: Mechanism | None = None) -> Mechanism:
    """Add a trap that takes the CD122 site of IL-2 and hands it over to CD25.

    Parameters
    ----------
    trap, mechanism
        As in `decoy`; the cells gather chains one after the other. Default
        `sequential` with IL-2 alone.

    Raises
    ------
    BadModel
        The mechanism has the name in its medium already, or cells of another kind.

    Examples
    --------
    >>> triggered_exchange("antibody").traps
    ('antibody',)
    """
    plain = mechanism or sequential()
    _refuse_other_cells(
        f"'{trap}' hands IL-2 over",
        plain,
        ("cd25.surface", "il2.on_alpha"),
        f"triggered_exchange('{trap}', sequential())",
    )
    ternary = _Bound(f"exchange by {trap}.ternary", "CD25", plain)
    return replace(
        decoy(trap, plain).with_components(partial(_exchange, trap)),
        surface=ternary.surface,
    )


def refuse_unknown(components: Iterable[Component]) -> None:
    """Complain of a trap for which the tables of evidence have no values.

    Raises
    ------
    UnknownName
        They lack a parameter that a component takes from its trap.
    """
    needed: dict[str, set[str]] = {}
    for one in components:
        for declared in one.of_kind(Parameter):
            if declared.by == "holder":
                of_trap = needed.setdefault(one.labels["holder"], set())
                of_trap.add(declared.name)
    if not needed:
        return
    known = {one.name for one in library.parameters()}
    for trap, names in needed.items():
        missing = sorted(one for one in names if f"{trap}.{one}" not in known)
        if missing:
            raise UnknownName(
                f"the tables have no {' and '.join(missing)} of the trap '{trap}'.",
                got=f"'{trap}'",
                expected=f"a name that has {', '.join(sorted(names))}: "
                f"{_with_all(names, known)}; or a look_up of your own",
            )


def _with_all(names: Iterable[str], known: set[str]) -> str:
    """Every scope of the tables that has all of some names, quoted."""
    wanted = list(names)
    scopes = {one.rpartition(".")[0] for one in known}
    found = [one for one in scopes if all(f"{one}.{name}" in known for name in wanted)]
    return ", ".join(f"'{one}'" for one in sorted(found))


def _refuse_taken(trap: str, mechanism: Mechanism) -> None:
    if "il2" not in mechanism.ligands:
        raise BadModel(
            f"the trap '{trap}' has nothing to hold.",
            got=f"a mechanism for {', '.join(mechanism.ligands)}",
            expected="one with 'il2' among its ligands",
        )
    taken = (*mechanism.ligands, *mechanism.traps)
    if trap in taken:
        raise BadModel(
            f"the mechanism '{mechanism.name}' has '{trap}' in its medium already.",
            got=f"'{trap}'",
            expected=f"a name that is not one of {', '.join(taken)}",
        )


def _refuse_other_cells(
    what: str, mechanism: Mechanism, wanted: tuple[str, ...], try_: str
) -> None:
    """Complain of cells that lack a state which a trap changes."""
    cell = "NK"
    states = {
        component.qualified(one)
        for component in mechanism.receptors(cell)
        for one in component.of_kind(State)
    }
    missing = [one for one in wanted if f"{cell} {one}" not in states]
    if missing:
        raise BadModel(
            f"{what}, which cells of the mechanism '{mechanism.name}' cannot show.",
            got=f"no '<cell> {missing[0]}'",
            expected=f"cells with {' and '.join(wanted)}",
            try_=try_,
        )


def _in_medium(trap: str, before: Callable[[], Iterable[Component]]) -> Components:
    yield from before()
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


def _held_meets_dimer(trap: str, cell: str) -> Components:
    yield HeldMeetsDimer(
        f"{cell} covered by {trap}",
        **_of_trap(trap),
        cells=f"{cell}.seeded",
        cd122=f"{cell} receptors.cd122",
        dimer=f"{cell} receptors.dimer",
        variant="il2",
        trafficking="trafficking",
    )


def _exchange(trap: str, cell: str) -> Components:
    yield TriggeredExchange(
        f"{cell} exchange by {trap}",
        **_of_trap(trap),
        cells=f"{cell}.seeded",
        cd25=f"{cell} cd25.surface",
        on_cd25=f"{cell} il2.on_alpha",
        ligand="il2",
    )


@dataclass(frozen=True)
class _Bound:
    """A state of each cell in which a chain has IL-2 and its trap, beside others."""

    state: str
    chain: str
    others: Mechanism

    def engaged(self, cell: str) -> Expression:
        return self.others.engaged(cell) + Reference(f"{cell} {self.state}")

    def surface(self, cell: str) -> Mapping[str, Expression]:
        shown = dict(self.others.surface(cell))
        shown[self.chain] = shown[self.chain] + Reference(f"{cell} {self.state}")
        return shown
