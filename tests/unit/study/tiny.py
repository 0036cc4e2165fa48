"""A model of one fluid whose answer is known in closed form."""

from dataclasses import dataclass

from il2sim.symbolic import (
    Component,
    Model,
    Output,
    Reference,
    parameter,
    process,
    state,
)


class Plasma(Component):
    """IL-2 in one fluid, lost at a constant rate; cells that stay."""

    weight = parameter("kg", "body weight", by="subject")
    kd_alpha = parameter("nM", "affinity of the molecule", by="variant")
    baseline = parameter("cell/uL", "memory Treg", by="cell")
    volume = parameter("L/kg", "volume for each kg")
    k_lose = parameter("1/h", "loss")

    il2 = state("nmol", "IL-2")
    cells = state("cell/uL", "memory Treg", start=baseline, held=True)

    lose = process("il2 -> ", rate=k_lose * il2)
    turn_over = process("cells -> ", rate=0.0 * k_lose * cells)


@dataclass(frozen=True)
class Number:
    """A value of the tiny model."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    source: str = "made up for a test"
    is_assumption: bool = True


VALUES = {
    "subject.weight": Number(70.0, "kg"),
    "il2.kd_alpha": Number(1.0, "nM"),
    "memory Treg.baseline": Number(36.0, "cell/uL"),
    "plasma.volume": Number(40.0, "mL/kg"),
    "plasma.k_lose": Number(0.5, "1/h"),
}


def tiny() -> Model:
    """Join the one component."""
    plasma = Plasma("plasma", subject="subject", variant="il2", cell="memory Treg")
    held = Reference("plasma.il2")
    volume = Reference("plasma.volume") * Reference("subject.weight")
    outputs = [
        Output("amount", "nmol", "IL-2", held),
        Output("plasma IL-2", "pM", "IL-2", held / volume),
        Output("memory Treg", "cell/uL", "memory Treg", Reference("plasma.cells")),
    ]
    return Model(
        name="tiny",
        meaning="one fluid",
        components=(plasma,),
        outputs={one.name: one for one in outputs},
        inlets={"iv": "plasma.il2"},
        look_up=VALUES.__getitem__,
    )
