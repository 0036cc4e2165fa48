"""Mechanisms of the gamma-c family: cytokines that share CD122 and gamma-c.

`sequential` composes the components of `sequential.py` and `endosome.py` for the
ligands asked for, each with its private chain. With more than one ligand they compete
for gamma-c on every cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
            **_sorting(cell),
        )
    for ligand in ligands:
        yield from _ligand(ligand, cell)


def _chains(ligands: tuple[str, ...]) -> tuple[str, ...]:
    beta = ("cd122",) if set(ligands) & set(THREE) else ()
    return (*(PRIVATE[ligand] for ligand in ligands), *beta, "cd132")


def _sorting(cell: str) -> dict[str, str]:
    """What is given to all that goes inside and is sorted there."""
    names = {one: f"{cell} endosome.{one}" for one in ("returning", "leaving")}
    return {"endosome": "endosome", **names}


def _ligand(ligand: str, cell: str) -> Iterator[Component]:
    """What one ligand does on a cell and in its endosomes."""
    inside = f"{cell} {ligand} in endosomes"
    yield LigandInside(inside, cells=f"{cell}.seeded", endosome="endosome")
    for place in places(ligand, cell):
        name = f"{cell} {ligand}{place.name}"
        if ligand in THREE:
            yield ThreeChains(name, beta=f"{cell} cd122.{place.pool}", **place.given)
        else:
            yield TwoChains(name, **place.given)
    for one in _complexes(ligand):
        name = f"{cell} {ligand} {one}"
        surface, inside = (f"{cell} {ligand}{place}.{one}" for place in ("", " inside"))
        if one in _signaling(ligand):
            yield SignalingComplex(
                name, surface=surface, inside=inside, endosome="endosome"
            )
        else:
            yield quiet(name, cell, surface, inside)


def quiet(name: str, cell: str, surface: str, inside: str) -> Component:
    """Let a complex that does not signal go in and return, between two states."""
    return QuietComplex(name, surface=surface, inside=inside, **_sorting(cell))


@dataclass(frozen=True)
class Place:
    """Where a ligand meets chains of a cell: on its surface, or in endosomes.

    Attributes
    ----------
    name
        What is added to the names of components there.
    pool
        The state of a `Chain` there.
    given
        To every component there that joins the ligand, its private chain and gamma-c.
    """

    name: str
    pool: str
    given: Mapping[str, Any]


def places(ligand: str, cell: str) -> Iterator[Place]:
    """Where a ligand meets chains of a cell: on the surface, then in endosomes."""
    as_outside = (Number(1.0), Number(1.0))
    denser = (f"{cell} endosome.crowding", f"{cell} endosome.loosening")
    for name, pool, fluid, (crowding, loosening) in (
        ("", "surface", f"{ligand} medium", as_outside),
        (" inside", "inside", f"{cell} {ligand} in endosomes", denser),
    ):
        given = {
            "fluid": f"{fluid}.amount",
            "free": f"{fluid}.free",
            "cells": f"{cell}.seeded",
            "alpha": f"{cell} {PRIVATE[ligand]}.{pool}",
            "gamma": f"{cell} cd132.{pool}",
            "crowding": crowding,
            "loosening": loosening,
            "ligand": ligand,
            "membrane": "membrane",
        }
        yield Place(name, pool, given)


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
