"""Mechanisms of the gamma-c family: cytokines that share CD122 and gamma-c.

`sequential` composes the components of `sequential.py` and `endosome.py` for the
ligands asked for, each with its private chain. With more than one ligand they compete
for gamma-c on every cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from il2sim.errors import UnknownName, closest
from il2sim.models.endosome import (
    Chain,
    Counts,
    Endosome,
    Induction,
    LigandInside,
    OtherCounts,
    QuietComplex,
    SignalingComplex,
)
from il2sim.models.mechanisms import Mechanism
from il2sim.models.sequential import ThreeChains, TwoChains
from il2sim.symbolic import Component, Expression, Reference, total
from il2sim.symbolic.expression import Number

PRIVATE = {"il2": "cd25", "il15": "il15ra", "il7": "il7ra", "il4": "il4ra"}
"""The private chain of each ligand."""

THREE = ("il2", "il15")
"""Ligands that need CD122 too."""

QUIET = ("on_alpha", "on_beta", "on_alpha_beta", "on_alpha_gamma")
SIGNALING = ("on_beta_gamma", "on_all")

STAINED = {"cd25": "CD25", "cd122": "CD122", "cd132": "CD132"}
"""Chains whose surface numbers are outputs."""


@lru_cache(maxsize=16)
def sequential(*ligands: str) -> Mechanism:
    """Compose cells that gather chains one after the other, for some ligands.

    Parameters
    ----------
    ligands
        Of `PRIVATE`; default IL-2 alone.

    Raises
    ------
    UnknownName
        A ligand is not of the family.

    Examples
    --------
    >>> sequential("il2", "il15").ligands
    ('il2', 'il15')
    """
    chosen = ligands or ("il2",)
    for one in chosen:
        if one not in PRIVATE:
            raise UnknownName(
                "a ligand is not of the family.",
                got=f"'{one}'",
                expected=closest(one, PRIVATE),
            )
    return Mechanism(
        name="sequential",
        meaning="chains gathered one after the other, and endosomes",
        receptors=partial(_cell, chosen),
        engaged=partial(_engaged, chosen),
        surface=partial(_surface, chosen),
        ligands=chosen,
    )


def _cell(ligands: tuple[str, ...], cell: str) -> Iterator[Component]:
    yield Counts(f"{cell} counts", cell=cell)
    yield Induction(f"{cell} induction", cell=cell, pstat5=f"{cell} signaling.pstat5")
    yield Endosome(f"{cell} endosome", endosome="endosome")
    if ligands != ("il2",):
        yield OtherCounts(f"{cell} other counts", cell=cell)
    for chain in _chains(ligands):
        gain = f"{cell} induction.gain_cd25" if chain == "cd25" else Number(1.0)
        yield Chain(
            f"{cell} {chain}",
            at_rest=f"{cell}.{chain}_at_rest",
            gain=gain,
            endosome="endosome",
        )
    for ligand in ligands:
        yield from _ligand(ligand, cell)


def _chains(ligands: tuple[str, ...]) -> tuple[str, ...]:
    beta = ("cd122",) if set(ligands) & set(THREE) else ()
    return (*(PRIVATE[ligand] for ligand in ligands), *beta, "cd132")


def _ligand(ligand: str, cell: str) -> Iterator[Component]:
    """What one ligand does on a cell and in its endosomes."""
    inside = f"{cell} {ligand} in endosomes"
    yield LigandInside(inside, cells=f"{cell}.seeded", endosome="endosome")
    there: dict[str, dict[str, Any]] = {
        "": {
            "fluid": f"{ligand} medium.amount",
            "free": f"{ligand} medium.free",
            "crowding": Number(1.0),
            "loosening": Number(1.0),
        },
        " inside": {
            "fluid": f"{inside}.amount",
            "free": f"{inside}.free",
            "crowding": f"{cell} endosome.crowding",
            "loosening": f"{cell} endosome.loosening",
        },
    }
    for place, given in there.items():
        pool = "inside" if place else "surface"
        chains = {
            "alpha": f"{cell} {PRIVATE[ligand]}.{pool}",
            "gamma": f"{cell} cd132.{pool}",
        }
        kind: type[Component] = TwoChains
        if ligand in THREE:
            chains["beta"], kind = f"{cell} cd122.{pool}", ThreeChains
        yield kind(
            f"{cell} {ligand}{place}",
            cells=f"{cell}.seeded",
            ligand=ligand,
            membrane="membrane",
            **chains,
            **given,
        )
    for one in _complexes(ligand):
        quiet = one not in _signaling(ligand)
        yield (QuietComplex if quiet else SignalingComplex)(
            f"{cell} {ligand} {one}",
            surface=f"{cell} {ligand}.{one}",
            inside=f"{cell} {ligand} inside.{one}",
            endosome="endosome",
        )


def _complexes(ligand: str) -> tuple[str, ...]:
    return (*QUIET, *SIGNALING) if ligand in THREE else ("on_alpha", "on_all")


def _signaling(ligand: str) -> tuple[str, ...]:
    return SIGNALING if ligand in THREE else ("on_all",)


def _engaged(ligands: tuple[str, ...], cell: str) -> Expression:
    return total(
        [
            Reference(f"{cell} {ligand}{place}.engaged")
            for ligand in ligands
            for place in ("", " inside")
        ]
    )


def surface_parts(
    ligands: tuple[str, ...], cell: str
) -> dict[str, tuple[Expression, Expression]]:
    """Each chain that can be stained: what is free on the surface, and what is held."""
    found: dict[str, tuple[Expression, Expression]] = {}
    for chain, shown in STAINED.items():
        if chain in _chains(ligands):
            held = [
                Reference(f"{cell} {ligand}.{one}")
                for ligand in ligands
                for one in _complexes(ligand)
                if _holds(ligand, one, chain)
            ]
            found[shown] = (Reference(f"{cell} {chain}.surface"), total(held))
    return found


def _surface(ligands: tuple[str, ...], cell: str) -> dict[str, Expression]:
    parts = surface_parts(ligands, cell)
    return {shown: empty + held for shown, (empty, held) in parts.items()}


def _holds(ligand: str, one: str, chain: str) -> bool:
    if chain == "cd132":
        return one in ("on_alpha_gamma", "on_beta_gamma", "on_all")
    if chain == "cd122":
        return one in ("on_beta", "on_alpha_beta", "on_beta_gamma") or (
            ligand in THREE and one == "on_all"
        )
    is_private = PRIVATE[ligand] == chain
    return is_private and one not in ("on_beta", "on_beta_gamma")
