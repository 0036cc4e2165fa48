"""`body`: injection, circulation, receptors, lymphocytes and toxicity, joined.

Each population has two sets of receptors, one on the cells that face plasma and one on
the cells in tissue; everything else is written once and used by name. Values come from
the fit of receptors, the tables of evidence and the molecule given; none stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from il2sim.evidence import library
from il2sim.models.absorption import InjectionSite
from il2sim.models.activation import Activation
from il2sim.models.binding import Binding
from il2sim.models.blood_cells import own_values
from il2sim.models.cells import (
    BYSTANDERS,
    CONVERSIONS,
    MEMORY_CD4,
    MEMORY_TREG,
    NAIVE_TREG,
    NK,
    NK_BRIGHT,
    NK_DIM,
    POPULATIONS,
    TCONV,
    THYMIC,
)
from il2sim.models.circulation import BodySize, Circulation, Secretion
from il2sim.models.eosinophils import Eosinophils
from il2sim.models.interleukin7 import Interleukin7
from il2sim.models.lymphocytes import Bystanders, Lymphocytes, Margination, Survivors
from il2sim.models.outputs import body_outputs
from il2sim.models.signaling import Signaling
from il2sim.models.thymus import Conversion, MarrowExport, ThymicExport
from il2sim.models.toxicity import Alarm, CapillaryLeak, Hemodynamics, Neurotoxicity
from il2sim.models.trafficking import Trafficking
from il2sim.molecules import Variant, catalog
from il2sim.symbolic import Component, Model, Reference, total
from il2sim.symbolic.model import Value

PLACES = {"facing": "plasma", "tissue": "tissue"}
"""Where cells meet IL-2, and in which fluid of the circulation."""

WILD_TYPE = "wild-type IL-2"


@lru_cache(maxsize=4)
def body(variant: str = WILD_TYPE) -> Model:
    """Join the body's model around one molecule.

    Parameters
    ----------
    variant
        Whose binding values are the defaults. Another molecule is another set of
        values of the parameters ``il2.…``, never another model.

    Raises
    ------
    UnknownName
        No such variant, or the tables lack a parameter.

    Examples
    --------
    >>> len(body().states) < 120
    True
    """
    return Model(
        name="body",
        meaning="IL-2 in a person: plasma, tissue, lymphocytes, toxicity",
        components=tuple(body_components()),
        outputs=body_outputs(),
        inlets={"iv": "circulation.plasma", "sc": "site.depot"},
        look_up=body_values_for(variant),
    )


def values_for(variant: str | Variant) -> Callable[[str], Value]:
    """Look parameters up: the molecule's in the catalog, the rest in the tables."""
    molecule = catalog.found(variant).values()

    def look_up(name: str) -> Value:
        return molecule[name] if name in molecule else library.parameter(name)

    return look_up


def body_values_for(variant: str) -> Callable[[str], Value]:
    """The same, with receptors as the plate tells them and what else is the body's."""
    own, known = own_values(), values_for(variant)

    def look_up(name: str) -> Value:
        return own[name] if name in own else known(name)

    return look_up


def body_components() -> Iterator[Component]:
    """Every component of the body, in the order in which it is read."""
    yield InjectionSite(
        "site", plasma="circulation.plasma", tissue="circulation.tissue"
    )
    yield BodySize("size", subject="subject")
    yield Circulation(
        "circulation",
        volume_scale="size.volume_scale",
        flow_scale="size.flow_scale",
        variant="il2",
    )
    yield Secretion(
        "secretion",
        cell=MEMORY_CD4,
        tissue="circulation.tissue",
        cells=f"{MEMORY_CD4}.pool",
        restraint=f"{MEMORY_CD4}.restraint",
    )
    for group in ("T cells", "NK cells"):
        yield Margination(
            f"{group} margination", group=group, il2="circulation.il2_plasma"
        )
    yield Interleukin7(
        "il7",
        receptors=total([Reference(f"{cell}.receptors") for cell in POPULATIONS]),
        blood_volume="size.blood_volume",
    )
    for cell in POPULATIONS:
        yield from _population(cell)
    yield Activation(
        f"{MEMORY_TREG} activation",
        cell=MEMORY_TREG,
        pstat5=f"{MEMORY_TREG}.pstat5",
    )
    yield Bystanders(
        BYSTANDERS,
        cell=BYSTANDERS,
        withdrawal="T cells margination.withdrawal",
    )
    yield from _supply()
    yield from _toxicity()


def _population(cell: str) -> Iterator[Component]:
    group = "NK cells" if cell in NK else "T cells"
    kept = f"{cell} survivors.kept" if cell in TCONV else f"{cell}.pstat5"
    yield Lymphocytes(
        cell,
        cell=cell,
        blood_volume="size.blood_volume",
        pstat5_facing=f"{cell} facing.pstat5",
        pstat5_tissue=f"{cell} tissue.pstat5",
        treg=_treg_fold(),
        withdrawal=f"{group} margination.withdrawal",
        kept=kept,
        il7="il7.level",
    )
    if cell in TCONV:
        yield Survivors(f"{cell} survivors", pstat5=f"{cell}.pstat5")
    for place, fluid in PLACES.items():
        yield from _receptors(cell, place, fluid)


def _treg_fold() -> object:
    pools = total([Reference(f"{cell}.pool") for cell in (NAIVE_TREG, MEMORY_TREG)])
    rests = total([Reference(f"{cell}.at_rest") for cell in (NAIVE_TREG, MEMORY_TREG)])
    return pools / rests


def _receptors(cell: str, place: str, fluid: str) -> Iterator[Component]:
    cells = f"{cell}.facing" if place == "facing" else f"{cell}.in_tissue"
    binding, signaling = f"{cell} {place} receptors", f"{cell} {place}"
    yield Binding(
        binding,
        cell=cell,
        variant="il2",
        fluid=f"circulation.{fluid}",
        il2=f"circulation.il2_{fluid}",
        cells=cells,
    )
    yield Trafficking(
        f"{cell} {place} trafficking",
        cell=cell,
        cells=cells,
        soluble_cd25="circulation.soluble_cd25",
        pstat5=f"{signaling}.pstat5",
        **{name: f"{binding}.{name}" for name in ("cd25", "cd122", "dimer", "trimer")},
    )
    yield Signaling(signaling, cell=cell, engaged=f"{binding}.engaged")


def _supply() -> Iterator[Component]:
    for cell in THYMIC:
        converted = Reference(f"{cell} to {CONVERSIONS[cell]}.rate_per_cell")
        yield ThymicExport(
            f"{cell} export",
            cell=cell,
            pool=f"{cell}.pool",
            at_rest=f"{cell}.at_rest",
            division_rate=f"{cell}.division_rate",
            loss_rate=Reference(f"{cell}.death_rate") + converted,
            pstat5=f"{cell} tissue.pstat5",
            subject="subject",
        )
    yield MarrowExport(
        f"{NK_BRIGHT} export",
        cell=NK_BRIGHT,
        pool=f"{NK_BRIGHT}.pool",
        at_rest=f"{NK_BRIGHT}.at_rest",
    )
    yield Eosinophils("eosinophils", engaged=f"{NK_BRIGHT} tissue receptors.engaged")
    for source, target in CONVERSIONS.items():
        yield Conversion(
            f"{source} to {target}",
            cell=source,
            source=f"{source}.pool",
            target=f"{target}.pool",
            pstat5=f"{source}.pstat5",
        )


def _toxicity() -> Iterator[Component]:
    yield Alarm("alarm", engaged=f"{NK_DIM} facing receptors.engaged")
    yield CapillaryLeak("leak", opening="alarm.opening", subject="subject")
    yield Hemodynamics(
        "hemodynamics", mediators="alarm.mediators", opening="alarm.opening"
    )
    yield Neurotoxicity("neurotoxicity", opening="alarm.opening")
