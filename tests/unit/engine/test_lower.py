"""From a model to assignments: values, balances and scales."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.errors import BadModel
from il2sim.models import body
from il2sim.symbolic import (
    Component,
    Model,
    Output,
    Reference,
    parameter,
    process,
    state,
)
from tests.unit.symbolic.test_model import Row


class Population(Component):
    """Cells that divide and die; death balances them at rest."""

    at_start = parameter("cell", "number at rest")
    birth = parameter("1/d", "division")
    supply = parameter("cell/d", "from outside")
    cells = state("cell", "cells", start=at_start, held=True)
    death = parameter("1/h", "death", balances=cells)
    born = process("-> cells", rate=birth * cells)
    come = process("-> cells", rate=supply)
    die = process("cells ->", rate=death * cells)


ROWS = {
    "population.at_start": Row(240.0, "cell"),
    "population.birth": Row(0.24, "1/d"),
    "population.supply": Row(48.0, "cell/d"),
}


def join(component):
    output = Output("cells", "cell", "cells", Reference("A.cells"))
    found = lambda name: ROWS["population." + name.split(".")[1]]  # noqa: E731
    return Model("m", "m", (component("A"),), {"cells": output}, {}, found)


def test_a_balancing_parameter_is_what_makes_the_state_rest():
    """Death = division + supply over number: 0.01 + 2/240 per hour."""
    program = lower(join(Population))
    given = np.array([[240.0, 0.01, 2.0]])
    states = np.array([[240.0]])
    (death,) = evaluate(program, program.formulas, given, states)[0]
    assert death == pytest.approx(0.01 + 2 / 240, rel=1e-15)
    vector = np.array([[*given[0], death]])
    assert evaluate(program, program.rates, vector, states)[0, 0] == pytest.approx(0)


def test_a_balance_that_is_no_plain_factor_is_refused():
    """A parameter inside a sum cannot be solved for."""

    class Odd(Population):
        die = process(
            "cells ->", rate=(Population.death + Population.birth) * Population.cells
        )

    with pytest.raises(BadModel, match="not a plain factor"):
        lower(join(Odd))


def test_scales_follow_starts_and_units():
    """Pools have their own size, receptors at least one molecule, IL-2 its floor."""
    program = lower(body())
    scale = dict(zip(program.states, program.scales, strict=True))
    assert scale["memory Treg.pool"] == pytest.approx(36e6 * 5 * 60, rel=1e-12)
    assert scale["memory Treg facing receptors.trimer"] == 1.0
    assert scale["site.depot"] == 1e-5
    assert scale["T cells margination.readiness"] == 1.0


def test_units_are_gone():
    """Outputs are in their own units, from states in the engine's."""
    program = lower(body())
    values = np.array([[one.engine_value for one in body().parameters.values()]])
    states = evaluate(program, program.starts, values)
    root = program.outputs["memory Treg"]
    assert evaluate(program, [root], values, states)[0, 0] == pytest.approx(36.0)
