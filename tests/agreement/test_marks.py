"""Marks of a subject, by which rules and doses depend on each other, against sums.

A drug leaves in proportion to its amount, so what is there just after each visit is a
sum of exponentials that a few lines of Python write out.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from il2sim.engine.problem import Problem
from il2sim.engine.records import Check, Given
from il2sim.engine.rules import Action, Rule
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.errors import BadProblem
from tests.programs import one_compartment

DEVICES = ("cpu", "reference")
PROGRAM = one_compartment()
K, STEP_H, VISITS = 0.3, 4.0, 8
LEFT = math.exp(-K * STEP_H)
ALWAYS = -math.inf
A, B, SKIPPED = 1, 2, 4


def follow(rules, device="cpu", *, unless=0, n=1):
    """Amounts just after each visit; every rule is looked at before each dose."""
    records = [
        one
        for visit in range(VISITS)
        for one in (
            *(Check(STEP_H * visit, number) for number in range(len(rules))),
            Given(STEP_H * visit, 0, 1.0, unless=unless),
        )
    ]
    found = solve(
        Problem(
            program=PROGRAM,
            parameters=np.full((n, 1), K),
            bases=np.ones((n, 1)),
            schedule=Schedule.of(records),
            sample_h=np.repeat(STEP_H * np.arange(VISITS), 2),
            end_h=STEP_H * VISITS,
            save=("x",),
            tolerance=1e-8,
            rules=tuple(rules),
        ),
        device=device,
    )
    return found.values[0, 1::2, 0], found.decisions[0].reshape(VISITS, -1)


def amounts(dose_of):
    """What is there just after each visit, when `dose_of` gives the dose."""
    amount, seen = 0.0, []
    for visit in range(VISITS):
        amount += dose_of(visit, amount)
        seen.append(amount)
        amount *= LEFT
    return seen


@pytest.mark.parametrize("device", DEVICES)
def test_two_holds_end_each_by_a_recovery_of_its_own(device):
    """A dose comes back only when neither hold is on; one hold lasts longer."""
    rules = (
        Rule("x", 0.10, Action.MARK, above=False, clears=A),
        Rule("x", 0.02, Action.MARK, above=False, clears=B),
        Rule("x", 0.36, Action.MARK, sets=A),
        Rule("x", 0.39, Action.MARK, sets=B),
    )
    held = {"a": False, "b": False}

    def dose(_, amount):
        held["a"] = (held["a"] and amount >= 0.10) or amount >= 0.36
        held["b"] = (held["b"] and amount >= 0.02) or amount >= 0.39
        return 0.0 if any(held.values()) else 1.0

    got, _ = follow(rules, device, unless=A | B)
    exact = amounts(dose)
    assert 0 < sum(np.diff(exact) < 0) < VISITS - 1  # some doses are held, not all
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_a_skip_is_for_one_dose(device):
    """A mark that is cleared before every dose bars that dose alone."""
    rules = (
        Rule("x", ALWAYS, Action.MARK, clears=SKIPPED),
        Rule("x", 0.3, Action.MARK, sets=SKIPPED),
    )
    got, decisions = follow(rules, device, unless=SKIPPED)
    exact = amounts(lambda _, amount: 0.0 if amount >= 0.3 else 1.0)
    np.testing.assert_allclose(got, exact, rtol=1e-6)
    before = LEFT * np.array([0.0, *exact[:-1]])
    assert decisions[:, 1].tolist() == [2 if one >= 0.3 else 1 for one in before]
    assert decisions[:, 0].tolist() == [2] * VISITS


@pytest.mark.parametrize("device", DEVICES)
def test_a_rule_acts_once_and_another_after_it(device):
    """The first time the dose is halved, the second time it is halved again, no more.

    The rule of the second time is looked at first, so both never act at one visit.
    """
    rules = (
        Rule("x", 0.2, Action.SCALE, factor=0.5, needs=A, unless=B, sets=B),
        Rule("x", 0.2, Action.SCALE, factor=0.5, unless=A, sets=A),
    )
    got, decisions = follow(rules, device)
    factor = {"now": 1.0, "times": 0}

    def dose(_, amount):
        if amount >= 0.2 and factor["times"] < 2:
            factor["now"] *= 0.5
            factor["times"] += 1
        return factor["now"]

    np.testing.assert_allclose(got, amounts(dose), rtol=1e-6)
    assert np.sum(decisions == 2) == 2


def test_marks_do_not_reach_other_subjects():
    """Nine subjects beside each other have the bits of one alone."""
    rules = (Rule("x", 0.3, Action.MARK, sets=A),)
    alone, _ = follow(rules, unless=A)
    beside, _ = follow(rules, unless=A, n=9)
    assert alone.tobytes() == beside.tobytes()


@pytest.mark.parametrize("name", ["needs", "unless", "sets", "clears"])
@pytest.mark.parametrize("marks", [-1, 2**62])
def test_what_is_no_mark_is_refused(name, marks):
    """A subject carries 62 marks."""
    with pytest.raises(BadProblem, match=f"the '{name}' of a rule"):
        Rule("x", 1.0, Action.MARK, **{name: marks})


@pytest.mark.parametrize("device", DEVICES)
def test_the_log_holds_what_was_looked_at(device):
    """The value that a check compared is what was there before the dose."""
    records = [Given(0.0, 0, 2.0), Check(5.0, 0), Given(5.0, 0, 1.0), Check(7.0, 0)]
    found = solve(
        some(records, [[True] * 4, [True, True, False, False]]), device=device
    )
    exact = [2 * math.exp(-5 * K), 2 * math.exp(-7 * K) + math.exp(-2 * K)]
    np.testing.assert_allclose(found.looked_at[0], exact, rtol=1e-6)
    np.testing.assert_allclose(found.looked_at[1, 0], exact[0], rtol=1e-6)
    assert np.isnan(found.looked_at[1, 1])
    assert found.decisions.tolist() == [[1, 1], [1, 0]]


def some(records, kept) -> Problem:
    """Subjects of whom each follows some records; a rule that is never met."""
    return Problem(
        program=PROGRAM,
        parameters=np.full((len(kept), 1), K),
        bases=np.ones((len(kept), 1)),
        schedule=Schedule.for_some(records, np.array(kept)),
        sample_h=np.array([0.0, 10.0]),
        end_h=10.0,
        save=("x",),
        tolerance=1e-8,
        rules=(Rule("x", math.inf, Action.MARK),),
    )


@pytest.mark.parametrize("device", DEVICES)
def test_doses_that_a_subject_does_not_get_leave_no_trace(device):
    """Infusions too: whoever lacks one has the bits of a schedule without it."""
    records = [
        Given(0.0, 0, 2.0, duration_h=3.0),
        Given(1.0, 0, 1.0, duration_h=4.0),
        Given(6.0, 0, 1.0),
    ]
    kept = np.array([[True, True, True], [True, False, True], [False, True, False]])
    found = solve(some(records, kept), device=device).values
    for row, mine in enumerate(kept):
        own = [one for one, is_mine in zip(records, mine, strict=True) if is_mine]
        alone = solve(some(own, [[True] * len(own)]), device=device).values
        assert found[row].tobytes() == alone[0].tobytes()
