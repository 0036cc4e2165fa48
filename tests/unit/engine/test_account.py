"""Shares of a change: closed forms, sums, and what cannot be shared out."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.account import AMOUNT, open_account
from il2sim.engine.problem import Problem
from il2sim.engine.program import Term
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import find_rest, solve
from il2sim.errors import BadProblem
from tests.programs import write

BIRTH, DEATH, FADE, FOLLOW = 0.02, 0.05, 0.3, 0.4
FIRST, SECOND, SUPPLY = 2.0, 5.0, 3.0
REST = SUPPLY / (DEATH - BIRTH)
DOSES = np.array([1.0, 4.0])


def cells():
    """Cells that a signal adds to in two ways; their count in blood follows."""

    def rates(y, p):
        moves = {
            "fade": ("signal", -FADE * y["signal"]),
            "supply": ("cells", 0.0 * y["cells"] + SUPPLY),
            "first": ("cells", FIRST * y["signal"]),
            "second": ("cells", SECOND * y["signal"]),
            "birth": ("cells", BIRTH * y["cells"]),
            "death": ("cells", -DEATH * y["cells"]),
            "enter": ("blood", FOLLOW * y["cells"]),
            "leave": ("blood", -FOLLOW * y["blood"]),
        }
        terms[:] = [Term(n, state, one.number) for n, (state, one) in moves.items()]
        totals = {}
        for state, one in moves.values():
            totals[state] = totals[state] + one if state in totals else one
        return totals

    terms: list[Term] = []
    program = write(
        rates,
        starts={"signal": 0.0, "cells": REST, "blood": REST},
        outputs=lambda y, p: {
            "both": y["cells"] + 0.5 * y["blood"],
            "ratio": y["blood"] / y["cells"],
            "square": y["cells"] * y["cells"],
        },
        inlets={"iv": "signal"},
    )
    return program, terms


def shares(amounts, *, by_cause, device="reference"):
    program, terms = cells()
    account = open_account(program, terms, amounts, by_cause=by_cause)
    problem = Problem(
        program=program,
        parameters=np.zeros((2, 0)),
        bases=DOSES[:, None],
        schedule=Schedule.of([Given(0.0, 0, 1.0)]),
        sample_h=np.array([0.0, 1.0, 8.0, 40.0]),
        end_h=40.0,
        save=("both",),
        tolerance=1e-9,
    )
    rest = find_rest(problem, device=device)
    problem = account.problem(problem, rest)
    got = solve(problem, device=device, rest=account.rest(rest))
    assert problem.save == (AMOUNT, *account.names)
    names = dict(zip(problem.save, np.moveaxis(got.values, 2, 0), strict=True))
    return problem.sample_h, names


def chain(gain, times, *, steps):
    """A fading dose, through cells that decay, and blood: a sum of exponentials."""
    poles = [FADE, DEATH - BIRTH, *([FOLLOW] if steps == 2 else [])]
    total = sum(
        np.exp(-one * times)
        / np.prod([other - one for other in poles if other is not one])
        for one in poles
    )
    return gain * (FOLLOW if steps == 2 else 1.0) * DOSES[:, None] * total


@pytest.mark.parametrize("device", ["reference", "cpu"])
def test_causes_are_carried_on_as_the_closed_form(device):
    """Only what the signal adds is a cause; births and deaths carry it on.

    Tolerance: a hundred times that of a step.
    """
    times, got = shares({"both": 1.0}, by_cause=True, device=device)
    assert set(got) == {AMOUNT, "first", "second"}
    for name, gain in (("first", FIRST), ("second", SECOND)):
        expected = chain(gain, times, steps=1) + 0.5 * chain(gain, times, steps=2)
        np.testing.assert_allclose(got[name], expected, rtol=1e-7, atol=1e-7)


def test_events_are_counted_as_the_closed_form():
    """Births beyond rest are the birth rate times the integral of the added cells."""
    times, got = shares({"cells": 1.0}, by_cause=False)
    assert set(got) == {AMOUNT, "first", "second", "birth", "death"}
    out = DEATH - BIRTH
    gained = (1 - np.exp(-out * times)) / out - (1 - np.exp(-FADE * times)) / FADE
    added = (FIRST + SECOND) * DOSES[:, None] * gained / (FADE - out)
    np.testing.assert_allclose(got["birth"], BIRTH * added, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(got["death"], -DEATH * added, rtol=1e-7, atol=1e-7)
    faded = (1 - np.exp(-FADE * times)) / FADE
    expected = FIRST * DOSES[:, None] * faded
    np.testing.assert_allclose(got["first"], expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("by_cause", [True, False])
def test_shares_sum_to_the_change(by_cause):
    """To rounding, at any tolerance: the sum is a linear invariant of the method."""
    _, got = shares({"both": 2.0, "blood": -1.0}, by_cause=by_cause)
    amount = got.pop(AMOUNT)
    change = amount - amount[:, :1]
    np.testing.assert_allclose(sum(got.values()), change, rtol=0, atol=1e-10 * REST)


def test_ratios_and_products_are_refused():
    program, terms = cells()
    for name in ("ratio", "square"):
        with pytest.raises(BadProblem, match=f"'{name}' cannot be shared out"):
            open_account(program, terms, {name: 1.0}, by_cause=False)
    with pytest.raises(BadProblem, match="doses bring"):
        open_account(program, terms, {"signal": 1.0}, by_cause=True)


def test_doses_and_events_sum_where_doses_enter():
    """The signal is its doses less what fades."""
    program, terms = cells()
    account = open_account(program, terms, {"signal": 1.0}, by_cause=False)
    problem = Problem(
        program=program,
        parameters=np.zeros((2, 0)),
        bases=DOSES[:, None],
        schedule=Schedule.of([Given(0.0, 0, 1.0), Given(2.0, 0, 3.0, duration_h=4.0)]),
        sample_h=np.array([0.0, 1.0, 4.0, 10.0]),
        end_h=10.0,
        save=("both",),
    )
    rest = find_rest(problem, device="reference")
    given = account.dosed(problem, rest)
    np.testing.assert_allclose(given, DOSES[:, None] * [0.0, 1.0, 2.5, 4.0])
    got = solve(
        account.problem(problem, rest), device="reference", rest=account.rest(rest)
    )
    amount, fade = got.values[:, :, 0], got.values[:, :, 1]
    np.testing.assert_allclose(given + fade, amount, atol=1e-9)
