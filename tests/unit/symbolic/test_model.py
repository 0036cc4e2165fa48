"""Joining components: every name has one owner, units fit, values are found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from il2sim.errors import BadModel, UnitMismatch, UnknownName
from il2sim.symbolic import (
    Component,
    Model,
    Output,
    Reference,
    conserved_totals,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class Vessel(Component):
    """A fluid with IL-2."""

    volume = parameter("L", "of the fluid")
    amount = state("nmol", "IL-2")
    il2 = observed("nM", "IL-2", amount / volume)


class Uptake(Component):
    """Cells that take it up."""

    il2 = supplied("nM", "IL-2 next to the cells")
    source = supplied("nmol", "IL-2")
    taken = state("nmol", "IL-2 inside")
    clearance = parameter("mL/min", "of the cells", by="cell")
    take = process("source -> taken", rate=clearance * il2)


@dataclass(frozen=True)
class Row:
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    source: str = "E001"
    is_assumption: bool = False


ROWS = {
    "vessel.volume": Row(3000.0, "mL", 2000.0, 4000.0),
    "Treg.clearance": Row(0.06, "L/h"),
}


def join(*components, outputs=(), inlets=None, rows=ROWS):
    return Model(
        "test",
        "a vessel with cells",
        components,
        {one.name: one for one in outputs},
        inlets or {},
        rows.__getitem__,
    )


def both(**given):
    links = {"il2": "vessel.il2", "source": "vessel.amount", "cell": "Treg"} | given
    return Vessel("vessel"), Uptake("Treg", **links)


def test_values_arrive_in_the_declared_unit_and_in_the_engines():
    """3000 mL are 3 L; 0.06 L/h are 1 mL/min and stay 0.06 in the engine."""
    known = join(*both()).parameters
    assert known["vessel.volume"].value == 3.0
    assert (known["vessel.volume"].low, known["vessel.volume"].high) == (2.0, 4.0)
    assert known["Treg.clearance"].value == pytest.approx(1.0, rel=1e-15)
    assert known["Treg.clearance"].engine_value == pytest.approx(0.06, rel=1e-15)


def test_what_is_taken_up_is_conserved():
    """Two vessels' worth of IL-2 is one total of the joined model."""
    assert conserved_totals(join(*both())) == [
        {"vessel.amount": "1", "Treg.taken": "1"}
    ]


def test_an_unknown_name_answers_with_the_closest():
    """A link to nothing is found when the model is joined."""
    with pytest.raises(UnknownName, match=r"has no 'vessel.il'") as caught:
        join(*both(il2="vessel.il"))
    assert "'vessel.il2'" in str(caught.value)


def test_a_link_in_another_unit_is_refused():
    """An amount is no concentration."""
    with pytest.raises(UnitMismatch, match="'il2' given to"):
        join(*both(il2="vessel.amount"))


def test_a_process_changes_states_only():
    """What a process changes must be bound to a state, not to a formula."""
    with pytest.raises(BadModel, match="not bound to a state"):
        join(*both(source=Reference("vessel.amount") * 2))


def test_an_output_in_another_unit_is_refused():
    """The unit of an output is checked against its formula."""
    wrong = Output("IL-2", "cell/L", "wrong", Reference("vessel.amount"))
    with pytest.raises(UnitMismatch, match="the output 'IL-2'"):
        join(*both(), outputs=[wrong])


def test_two_components_of_one_name_are_refused():
    """Names are the only handles there are."""
    with pytest.raises(BadModel, match="two components"):
        join(Vessel("vessel"), Vessel("vessel"))


def test_a_table_in_a_wrong_unit_is_refused():
    """A clearance given as a volume cannot be used."""
    rows = ROWS | {"Treg.clearance": Row(1.0, "L")}
    with pytest.raises(UnitMismatch):
        join(*both(), rows=rows)


def test_copies_do_not_change_the_original():
    """Adding an output makes a new model with another fingerprint."""
    model = join(*both())
    more = model.with_outputs([Output("IL-2", "pM", "free", Reference("vessel.il2"))])
    assert "IL-2" not in model.outputs
    assert "IL-2" in more.outputs
    assert more.fingerprint != model.fingerprint


def test_the_fingerprint_is_of_the_structure_not_of_the_values():
    """Another value compiles nothing anew; another formula does."""
    other = ROWS | {"Treg.clearance": Row(0.12, "L/h")}
    assert join(*both()).fingerprint == join(*both(), rows=other).fingerprint


def test_a_model_prints_as_text_latex_and_table():
    """Names, units, rates, values and sources can be read; LaTeX has every state."""
    model = join(*both(), inlets={"iv": "vessel.amount"})
    text = str(model)
    assert "Treg: take: source -> taken at Treg.clearance*vessel.il2" in text
    assert "vessel.volume = 3 [L]  of the fluid  (E001)" in text
    assert "iv -> vessel.amount" in text
    latex = model.to_latex()
    assert latex.count(r"\frac{d}{dt}") == 2
    assert r"\mathrm{clearance}^{\text{Treg}}" in latex
    rows = {row["name"]: row for row in model.table()}
    assert rows["vessel.volume"]["range"] == "2 to 4"
    assert rows["Treg.taken"]["kind"] == "state"
