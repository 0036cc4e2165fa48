"""`dish`: cells in a well, competing for the ligands in its medium.

Each cell type has its own receptors, trafficking and signaling, composed by a
`Mechanism`; that of `body` is the default, so that what is learned in a dish holds for
the body. How long, how much and when to wash is data (`study/wells.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from il2sim.models.body import WILD_TYPE, values_for
from il2sim.models.fusions import is_fusion, values_of_fusion
from il2sim.models.mechanisms import PAIRED, Mechanism
from il2sim.models.traps import refuse_unknown
from il2sim.models.well import Seeded, Well
from il2sim.molecules import Variant, catalog
from il2sim.symbolic import Component, Model, Output, Reference
from il2sim.symbolic.model import Value

CELLS = ("Treg", "CD4 Tconv", "CD8", "NK")
"""The gates of the published plates, in the order of their sensitivity."""


def dish(
    cells: tuple[str, ...] = CELLS,
    mechanism: Mechanism = PAIRED,
    variant: str | Variant = WILD_TYPE,
    *,
    look_up: Callable[[str], Value] | None = None,
) -> Model:
    """Join cells of several types with one medium.

    Parameters
    ----------
    cells
        Names of cell types that the tables of parameters know, such as those of
        `CELLS` and of `il2sim.models.cells.POPULATIONS`.
    mechanism
        What each of them does with the ligands.
    variant
        The molecule whose binding values are the defaults of ``il2.…``: a name of the
        shipped catalog, or a `Variant`, such as one of `read_catalog`. Another
        molecule is another set of values, never another model. What is not measured
        of an Fc fusion is a marked assumption (`fusions.py`).
    look_up
        Finds the value of a parameter by its name; default in the molecule and in the
        tables of evidence.

    Raises
    ------
    UnknownName
        The tables lack a parameter of a cell type, a trap or the mechanism, or the
        catalog the molecule.
    BadVariant
        The molecule lacks a number that binding needs.

    Examples
    --------
    >>> dish(("Treg", "NK")).outputs["pSTAT5 of NK"].unit
    '%'
    """
    make = _dish if isinstance(variant, Variant) else _kept
    return make(cells, mechanism, variant, look_up)


def _dish(
    cells: tuple[str, ...],
    mechanism: Mechanism,
    variant: str | Variant,
    look_up: Callable[[str], Value] | None,
) -> Model:
    components = tuple(_components(cells, mechanism))
    if look_up is None:
        refuse_unknown(components)
    return Model(
        name="dish",
        meaning=f"cells in a well; {mechanism.meaning}",
        components=components,
        outputs={one.name: one for one in _outputs(cells, mechanism)},
        inlets={one: f"{one} {mechanism.entry}" for one in mechanism.ligands}
        | {one: f"{one}.amount" for one in mechanism.traps},
        look_up=look_up or _values(variant),
    )


_kept = lru_cache(maxsize=8)(_dish)
"""A name stands for the same numbers each time, so its dish is kept."""


def _values(variant: str | Variant) -> Callable[[str], Value]:
    if is_fusion(catalog.found(variant)):
        return values_of_fusion(variant)
    return values_for(variant)


def _components(cells: tuple[str, ...], mechanism: Mechanism) -> Iterator[Component]:
    yield Well("well")
    for ligand in mechanism.ligands:
        yield from mechanism.medium(ligand)
    yield from mechanism.in_medium()
    for cell in cells:
        yield Seeded(f"{cell} seeded", cell=cell)
        yield from mechanism.components(cell)


def _outputs(cells: tuple[str, ...], mechanism: Mechanism) -> Iterator[Output]:
    for cell in cells:
        signal = Reference(f"{cell} signaling.pstat5")
        yield Output(f"pSTAT5 of {cell}", "%", "part of the most", signal)
        engaged = mechanism.engaged(cell)
        yield Output(f"engaged on {cell}", "molecule/cell", "signaling", engaged)
        for chain, held in mechanism.surface(cell).items():
            yield Output(f"{chain} on {cell}", "molecule/cell", "on the surface", held)
        for chain, seen in mechanism.stains(cell).items():
            yield Output(f"stained {chain} of {cell}", "%", "of resting cells", seen)
    for ligand in mechanism.ligands:
        left = Reference(f"{ligand} medium.free")
        yield Output(f"{ligand} left", "nM", "in the medium", left)
    for trap in mechanism.traps:
        held = Reference(f"{trap}.complexes")
        yield Output(f"held by {trap}", "nM", "IL-2 in the medium", held)
