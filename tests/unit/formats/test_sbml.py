"""A model written as SBML, read back by libsbml and evaluated by a small calculator."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.engine.records import Given, Reset
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadProblem
from il2sim.formats.sbml import write_sbml
from il2sim.models import body
from tests.programs import one_compartment

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed")

CALLS = {
    "AST_PLUS": lambda *args: sum(args),
    "AST_MINUS": lambda a, *b: a - b[0] if b else -a,
    "AST_TIMES": lambda *args: math.prod(args),
    "AST_DIVIDE": lambda a, b: a / b,
    "AST_POWER": lambda a, b: a**b,
    "AST_FUNCTION_POWER": lambda a, b: a**b,
    "AST_FUNCTION_EXP": math.exp,
    "AST_FUNCTION_LN": math.log,
    "AST_FUNCTION_ROOT": lambda *args: math.sqrt(args[-1]),
    "AST_RELATIONAL_LT": lambda a, b: a < b,
    "AST_RELATIONAL_GT": lambda a, b: a > b,
    "AST_RELATIONAL_NEQ": lambda a, b: a != b,
}


def calculate(tree, values):
    """The value of a formula, straight from its tree."""
    if tree.isName():
        return values[tree.getName()]
    if tree.isNumber():
        return tree.getValue()
    children = [tree.getChild(i) for i in range(tree.getNumChildren())]
    if tree.isPiecewise():
        for piece, condition in zip(children[::2], children[1::2], strict=False):
            if calculate(condition, values):
                return calculate(piece, values)
        return calculate(children[-1], values)
    name = next(key for key in CALLS if tree.getType() == getattr(libsbml, key))
    return CALLS[name](*(calculate(child, values) for child in children))


@lru_cache(maxsize=1)
def body_values():
    """The body's program, its parameters and states near the start, some solved."""
    program = lower(body())
    known = body().parameters
    given = np.array([known[name].engine_value for name in program.parameters])
    vector = np.append(given, np.full(len(program.solved), 1e-3))
    starts = evaluate(program, program.starts, given[None])[0]
    return program, vector, starts


def read(text):
    """A document that libsbml finds consistent, units aside."""
    document = libsbml.readSBMLFromString(text)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    problems = document.checkConsistency()
    assert not problems, document.getError(0).getMessage()
    return document.getModel(), document


def test_rates_and_outputs_are_those_of_the_program():
    """At random states, by a calculator that knows nothing of programs."""
    program, vector, starts = body_values()
    states = starts * np.random.default_rng(1).uniform(0.5, 2.0, len(starts)) + 1e-3
    model, _document = read(write_sbml(program, vector, states))
    values = {
        one.getId(): one.getValue()
        for one in (model.getParameter(i) for i in range(model.getNumParameters()))
    }
    rates = {}
    for i in range(model.getNumRules()):
        rule = model.getRule(i)
        result = calculate(rule.getMath(), values)
        (values if rule.isAssignment() else rates)[rule.getVariable()] = result
    exact = evaluate(program, program.rates, vector[None], states[None])[0]
    ours = [rates[f"y{i}"] for i in range(len(states))]
    size = np.abs(exact) + 1e-12 * np.max(np.abs(exact))
    assert np.max(np.abs(ours - exact) / size) < 1e-9
    shown = evaluate(program, program.outputs.values(), vector[None], states[None])[0]
    written = [values[f"o{i}"] for i in range(len(program.outputs))]
    np.testing.assert_allclose(written, shown, rtol=1e-12)


def test_names_stay():
    """Identifiers are numbered; the names of the model are beside them."""
    program, vector, starts = body_values()
    model, _document = read(write_sbml(program, vector, starts))
    names = [model.getParameter(f"y{i}").getName() for i in range(len(starts))]
    assert names == list(program.states)


def test_doses_become_events():
    """A bolus adds to its state; an infusion starts and stops a rate."""
    program = one_compartment()
    schedule = Schedule.of([Given(1.0, 0, 3.0), Given(2.0, 0, 8.0, duration_h=4.0)])
    text = write_sbml(
        program,
        np.array([0.5]),
        np.zeros(len(program.states)),
        schedule=schedule,
        sizes=np.array([2.0]),
    )
    model, _document = read(text)
    assert model.getParameter("b0").getValue() == 2.0
    written = [
        (
            libsbml.formulaToL3String(model.getEvent(i).getTrigger().getMath()),
            model.getEvent(i).getEventAssignment(0).getVariable(),
            libsbml.formulaToL3String(
                model.getEvent(i).getEventAssignment(0).getMath()
            ),
        )
        for i in range(model.getNumEvents())
    ]
    assert written == [
        ("time >= 1", "y0", "y0 + 3 * b0"),
        ("time >= 2", "r0", "r0 + 2 * b0"),
        ("time >= 6", "r0", "0"),
    ]


def test_what_has_no_event_is_refused():
    """A reset is not written as something else."""
    with pytest.raises(BadProblem, match="cannot be written as SBML"):
        write_sbml(
            one_compartment(),
            np.array([0.5]),
            np.zeros(1),
            schedule=Schedule.of([Reset(1.0)]),
        )
