"""Programs: each statement once, what is plainly simpler made simpler."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il2sim.engine.evaluate import evaluate
from il2sim.engine.program import Program, ProgramBuilder, rewrite, text
from il2sim.errors import BadProblem
from tests.programs import Term, sink, write


def builder() -> ProgramBuilder:
    return ProgramBuilder(states=("x", "y"), parameters=("k",))


def test_equal_statements_are_one_statement():
    """Writing the same product twice, in either order, gives the same number."""
    b = builder()
    x, k = b.state("x"), b.parameter("k")
    assert b.mul(x, k) == b.mul(k, x)
    assert len(b.statements) == 3


@pytest.mark.parametrize(
    ("op", "args", "same"),
    [
        ("add", ("x", 0), "x"),
        ("sub", ("x", 0), "x"),
        ("sub", ("x", "x"), 0),
        ("mul", ("x", 1), "x"),
        ("mul", (0, "x"), 0),
        ("div", ("x", 1), "x"),
        ("div", (0, "x"), 0),
        ("pow", ("x", 1), "x"),
        ("pow", ("x", 0), 1),
        ("add", (2, 3), 5),
        ("pick", ("k", "x", "x"), "x"),
    ],
)
def test_what_is_plainly_simpler_is_made_simpler(op, args, same):
    """Neutral elements and sums of numbers leave no statement behind."""
    b = builder()
    known = {"x": b.state("x"), "k": b.parameter("k")}

    def number(one):
        return known[one] if isinstance(one, str) else b.const(one)

    assert getattr(b, op)(*map(number, args)) == number(same)


def test_small_whole_powers_are_products():
    """A cube needs no power: two multiplications are exact enough and fast."""
    b = builder()
    cube = b.pow(b.state("x"), b.const(3))
    assert b.statements[cube].op == "mul"
    assert "pow" not in {one.op for one in b.statements}
    assert b.statements[b.pow(b.state("x"), b.const(0.5))].op == "pow"


def test_a_minus_before_a_term_becomes_a_subtraction():
    """x + (-y) and x - (-y) are written without the minus."""
    b = builder()
    x, y = b.state("x"), b.state("y")
    assert b.add(x, b.neg(y)) == b.sub(x, y)
    assert b.sub(x, b.neg(y)) == b.add(x, y)
    assert b.neg(b.neg(x)) == x


def test_the_fingerprint_changes_with_what_shapes_the_computation():
    """Equal programs share a fingerprint; another number, rate or scale changes it."""

    def decay(rate: float, scale: float = 1.0) -> Program:
        return write(lambda y, p: {"x": -rate * y["x"]}, starts={"x": 1.0}, scale=scale)

    assert decay(2.0).fingerprint == decay(2.0).fingerprint
    different = {decay(2.0), decay(np.nextafter(2.0, 3.0)), decay(2.0, scale=0.5)}
    assert len({one.fingerprint for one in different}) == 3


def test_what_no_statement_reads_is_part_of_it():
    """Code finds a parameter by its place, which one that nothing reads moves too."""

    def with_parameters(*names: str) -> Program:
        b = ProgramBuilder(states=("x",), parameters=names)
        rate = b.mul(b.parameter("k"), b.state("x"))
        one = b.const(1.0)
        return b.finish(rates=[rate], starts=[one], outputs={}, scales=[1.0])

    few, more = with_parameters("k"), with_parameters("k", "unread")
    assert few.statements == more.statements
    assert few.fingerprint != more.fingerprint


def test_the_text_names_everything():
    """What is printed holds each list of the program, so a hash of it is enough."""
    printed = text(sink())
    for line in ("rates drug = ", "starts cells = ", "held cells", "inlet iv -> drug"):
        assert line in printed
    assert "solved death = v" in printed


def test_only_what_is_stood_on_is_needed():
    """The statements below one are found, each before those that use it."""
    b = builder()
    steady = b.exp(b.mul(b.parameter("k"), b.const(2)))
    moving = b.mul(steady, b.state("x"))
    program = b.finish(
        rates=[moving, steady], starts=[steady] * 2, outputs={}, scales=[1.0] * 2
    )
    below = program.needed([steady])
    assert moving not in below
    assert below == sorted(below)
    assert {program.statements[one].op for one in below} == {
        "const",
        "parameter",
        "mul",
        "exp",
    }


@pytest.mark.parametrize("what", ["rates", "starts", "scales", "formulas", "limits"])
def test_lists_fit_the_names(what):
    """A list with an entry too few is refused with its name."""
    b = ProgramBuilder(states=("x",), parameters=("k",), solved=("s",))
    k = b.parameter("k")
    lists = {"rates": [k], "starts": [k], "scales": [1.0], "formulas": [k]}
    lists["limits"] = [(0.0, 1.0)]
    lists[what] = []
    with pytest.raises(BadProblem, match=f"the {what} of a program"):
        b.finish(outputs={}, **lists)


@given(
    x=st.floats(0.01, 100),
    y=st.floats(0.01, 100),
    k=st.floats(0.01, 10),
    choices=st.lists(st.integers(0, 5), min_size=1, max_size=12),
)
def test_simplifying_keeps_the_value(x, y, k, choices):
    """A program computes what Python computes from the same operations.

    Tolerance: a few roundings, because sums may be written in another order.
    """
    b = builder()
    term, other = Term(b, b.state("x")), Term(b, b.state("y"))
    value = x
    for choice in choices:
        if choice == 0:
            term, value = term + other, value + y
        elif choice == 1:
            term, value = term * 0.5, value * 0.5
        elif choice == 2:
            term, value = -term, -value
        elif choice == 3:
            term, value = other - term, y - value
        elif choice == 4:
            term, value = term / Term(b, b.parameter("k")), value / k
        else:
            term, value = term.call("max", other), max(value, y)
    zero = b.const(0)
    program = b.finish(
        rates=[zero, zero],
        starts=[zero, zero],
        outputs={"value": term.number},
        scales=[1.0, 1.0],
    )
    got = evaluate(program, [term.number], np.array([[k]]), np.array([[x, y]]))
    assert got[0, 0] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_rewriting_replaces_states_and_parameters():
    """A copy with a state replaced by a number computes with that number."""
    program = sink()
    other = ProgramBuilder(states=("drug",), parameters=program.parameters)

    def leaf(one, copy):
        if one.op == "state":
            return other.const(2.0)
        return other.parameter(program.parameters[one.index])

    copied = rewrite(program, other, leaf)(program.formulas[0])
    made = other.finish(
        rates=[copied], starts=[copied], outputs={"death": copied}, scales=[1.0]
    )
    values = np.array([[1.0, 1.0, 1.0, 1.0, 0.5, 1.0]])
    assert evaluate(made, [copied], values)[0, 0] == 0.5 * (1 + 2.0)
