"""A component is checked while its class is read, and an instance when it is made."""

from __future__ import annotations

import pytest

from il2sim.errors import BadModel, UnitMismatch
from il2sim.symbolic import (
    Component,
    Constant,
    observed,
    parameter,
    process,
    state,
    supplied,
)


class Binding(Component):
    """One-site binding."""

    il2 = supplied("nM", "free IL-2 next to the cell")
    at_rest = parameter("molecule/cell", "CD25 at rest", by="cell")
    cd25 = state("molecule/cell", "free CD25", start=at_rest)
    il2_cd25 = state("molecule/cell", "IL-2 held by CD25")
    k_on = parameter("1/(nM*min)", "IL-2 meets CD25", by="variant")
    k_off = parameter("1/min", "IL-2 leaves CD25")
    catch = process("cd25 -> il2_cd25", rate=k_on * il2 * cd25)
    release = process("il2_cd25 -> cd25", rate=k_off * il2_cd25)


def test_names_follow_the_labels_of_an_instance():
    """A parameter is shared by all instances that have its label in common."""
    one = Binding("Treg tissue", il2="plasma.c", cell="Treg", variant="il2")
    names = {name: one.qualified(q) for name, q in Binding.quantities.items()}
    assert names["cd25"] == "Treg tissue.cd25"
    assert names["at_rest"] == "Treg.at_rest"
    assert names["k_on"] == "il2.k_on"
    assert names["k_off"] == "binding.k_off"


def test_a_wrong_unit_is_refused_while_the_class_is_read():
    """The message names process, class, both units and the suspect."""
    with pytest.raises(UnitMismatch) as caught:

        class Wrong(Component):
            il2 = supplied("nM", "free IL-2")
            cd25 = state("molecule/cell", "free CD25")
            bound = state("molecule/cell", "bound CD25")
            k_on = parameter("1/min", "IL-2 meets CD25")
            catch = process("cd25 -> bound", rate=k_on * il2 * cd25)

    text = str(caught.value)
    assert "the rate of process 'catch' in Wrong" in text
    assert "nmol*molecule/dm^3/h/cell   from rate k_on*il2*cd25" in text
    assert "molecule/h/cell   because 'cd25' is in molecule/cell" in text
    assert "check the unit given to 'k_on'" in text


def test_per_cell_and_per_liter_cannot_be_mixed():
    """A process that crosses from cells to a fluid needs its exchange factor."""
    cells = supplied("cell", "cells")
    number = Constant("N_A", 6.02214076e14, "molecule/nmol")

    class Crossing(Component):
        fluid = supplied("nmol", "IL-2 in the fluid")
        count = supplied("cell", "cells in it")
        bound = state("molecule/cell", "bound")
        k = parameter("1/h", "leaves")
        leave = process(
            "bound -> fluid", rate=k * bound, exchange={"fluid": count / number}
        )

    assert set(Crossing.processes) == {"leave"}
    with pytest.raises(UnitMismatch, match="process 'leave'"):

        class Forgotten(Component):
            fluid = supplied("nmol", "IL-2 in the fluid")
            bound = state("molecule/cell", "bound")
            k = parameter("1/h", "leaves")
            leave = process("bound -> fluid", rate=k * bound)

    assert cells.kind == "supplied"


def test_unlike_things_are_not_added():
    """A sum of a time and a count is refused in any formula."""
    with pytest.raises(UnitMismatch, match="joins quantities of different units"):

        class Sum(Component):
            a = parameter("h", "a time")
            b = parameter("cell", "a count")
            c = observed("h", "nonsense", a + b)


def test_only_pure_numbers_have_powers():
    """A Hill ratio is pure, its numerator is not."""
    with pytest.raises(UnitMismatch, match="the base in 'x\\^n' is not a pure number"):

        class Power(Component):
            x = supplied("nM", "a concentration")
            n = parameter("1", "an exponent")
            y = observed("1", "nonsense", x**n)


def test_an_observed_quantity_cannot_be_changed():
    """Processes change states, not formulas."""
    with pytest.raises(BadModel, match="changes 'b', which it cannot"):

        class Change(Component):
            a = state("cell", "cells")
            b = observed("cell", "the same", a)
            k = parameter("1/h", "rate")
            go = process("a -> b", rate=k * a)


@pytest.mark.parametrize("arrow", ["a b", "a -> b -> c", "1.5 a -> b", "a -> a"])
def test_an_unreadable_arrow_is_refused(arrow):
    """Names and whole numbers around one arrow, with a net effect."""
    with pytest.raises(BadModel, match="the process"):
        process(arrow, rate=1.0)


def test_an_instance_says_what_it_lacks_and_what_it_does_not_take():
    """Missing and unknown names are told apart, with the closest known."""
    with pytest.raises(BadModel, match="lacks 'variant'"):
        Binding("x", il2="plasma.c", cell="Treg")
    with pytest.raises(BadModel, match="does not take 'il3'"):
        Binding("x", il2="plasma.c", il3="plasma.d", cell="Treg", variant="il2")
