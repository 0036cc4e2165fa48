"""Numbers found while solving, against closed forms and against the reference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.problem import Problem
from il2sim.engine.records import Check, Given
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.rules import Action, Rule
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.errors import BadProblem
from tests.conformance import KA, PROGRAM, K, oral, parameters

DEVICES = ("cpu", "reference")
T_PEAK = math.log(KA / K) / (KA - K)


def problem(records, reductions=(), rules=(), *, times=(1.0,), end=20.0, n=1):
    """One depot and its central compartment."""
    return Problem(
        program=PROGRAM,
        parameters=np.repeat(parameters(), n, axis=0),
        bases=np.ones((n, 1)),
        schedule=Schedule.of(records),
        sample_h=np.array(times),
        end_h=end,
        save=("central",),
        tolerance=1e-8,
        reductions=tuple(reductions),
        rules=tuple(rules),
    )


def area(t: float) -> float:
    """Area under the central amount of one unit in the depot, up to t."""
    return KA / (KA - K) * ((1 - math.exp(-K * t)) / K - (1 - math.exp(-KA * t)) / KA)


def crossing(level: float, low: float, high: float) -> float:
    """Where the course passes a level, by halving."""
    rises = oral(high) > oral(low)
    for _ in range(200):
        middle = (low + high) / 2
        if (oral(middle) > level) == rises:
            high = middle
        else:
            low = middle
    return low


UP, DOWN = crossing(0.3, 0.0, T_PEAK), crossing(0.3, T_PEAK, 20.0)
EXACT = {
    "value": (Reduction(Reduce.VALUE, "central", 3.0), oral(3.0)),
    "peak": (Reduction(Reduce.PEAK, "central"), oral(T_PEAK)),
    "late peak": (Reduction(Reduce.PEAK, "central", 4.0, 9.0), oral(4.0)),
    "trough": (Reduction(Reduce.TROUGH, "central", 0.5, 3.0), oral(3.0)),
    "time of peak": (Reduction(Reduce.TIME_OF_PEAK, "central"), T_PEAK),
    "area": (Reduction(Reduce.AREA, "central"), area(20.0)),
    "area in a window": (
        Reduction(Reduce.AREA, "central", 1.3, 7.1),
        area(7.1) - area(1.3),
    ),
    "time above": (
        Reduction(Reduce.TIME_ABOVE, "central", threshold=0.3),
        DOWN - UP,
    ),
    "first above": (Reduction(Reduce.FIRST_ABOVE, "central", threshold=0.3), UP),
    "first below": (
        Reduction(Reduce.FIRST_BELOW, "central", 2.0, threshold=0.3),
        DOWN,
    ),
    "never": (Reduction(Reduce.FIRST_ABOVE, "central", threshold=0.9), math.inf),
    "no time": (Reduction(Reduce.TIME_ABOVE, "central", threshold=0.9), 0.0),
    "window after the end": (Reduction(Reduce.PEAK, "central", 30.0, 40.0), math.nan),
}


@pytest.mark.parametrize("device", DEVICES)
def test_closed_forms(device):
    """Tolerance: cubics in steps at 1e-8 leave 1e-6; a flat top hides its time more."""
    reductions, exact = zip(*EXACT.values(), strict=True)
    found = solve(problem([Given(0.0, 0, 1.0)], reductions), device=device).reduced[0]
    rtol = [3e-5 if name == "time of peak" else 1e-6 for name in EXACT]
    for name, one, true, near in zip(EXACT, found, exact, rtol, strict=True):
        np.testing.assert_allclose(one, true, rtol=near, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("device", DEVICES)
def test_folds_are_over_the_resting_value(device):
    """A state at rest at 0.5 of its own kind: peaks and thresholds are folds."""
    task = problem([Given(0.0, 1, 1.0)], [])
    starts = np.array([[0.0, 0.5]])
    relative = [
        Reduction(Reduce.PEAK, "central", relative=True),
        Reduction(Reduce.TIME_ABOVE, "central", threshold=1.0, relative=True),
    ]
    task = replace(task, reductions=tuple(relative))
    from il2sim.engine.backends import cpu, reference

    backend = {"cpu": cpu, "reference": reference}[device]
    found = backend.run(task, starts, np.zeros((1, 0))).reduced[0]
    np.testing.assert_allclose(found, [3.0, math.log(3.0) / K], rtol=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_folds_over_a_negative_resting_value(device):
    """What falls rises as a fold: from -0.5 a dose of 1 leads to 0.5, which decays."""
    asked = (
        Reduction(Reduce.PEAK, "central", 1.0, relative=True),
        Reduction(Reduce.TROUGH, "central", 1.0, relative=True),
    )
    task = replace(problem([Given(0.0, 1, 1.0)], []), reductions=asked)
    starts = np.array([[0.0, -0.5]])
    from il2sim.engine.backends import cpu, reference

    backend = {"cpu": cpu, "reference": reference}[device]
    found = backend.run(task, starts, np.zeros((1, 0))).reduced[0]
    folds = [-math.exp(-K * time) for time in (task.end_h, 1.0)]
    np.testing.assert_allclose(found, folds, rtol=1e-6, atol=1e-8)


def test_nothing_is_found_before_the_first_dose():
    """A window since the dose opens with it."""
    since = Reduction(Reduce.TROUGH, "central", since_dose=True)
    found = solve(problem([Given(2.0, 1, 1.0)], [since], end=5.0)).reduced
    np.testing.assert_allclose(found, math.exp(-3 * K), rtol=1e-7)


def test_reductions_change_no_bit_of_the_rest():
    """The course is the same with and without them."""
    plain = problem([Given(0.0, 0, 1.0)], times=(1.0, 2.0, 5.0))
    asked = replace(plain, reductions=tuple(one for one, _ in EXACT.values()))
    assert solve(plain).values.tobytes() == solve(asked).values.tobytes()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Reduction(Reduce.TIME_ABOVE, "central"),
        lambda: Reduction(Reduce.PEAK, "central", 2.0, 1.0),
        lambda: Rule("central", 1.0, Action.SCALE, factor=-1.0),
    ],
)
def test_what_cannot_be_asked_is_refused(wrong):
    """A threshold that is missing, a window that ends before it begins."""
    with pytest.raises(BadProblem):
        wrong()


DOSES = [
    one
    for day in range(6)
    for one in (Check(4.0 * day, 0), Check(4.0 * day, 1), Given(4.0 * day, 1, 1.0))
]
"""A unit every four hours; both rules are looked at before each."""


def expected(decide) -> list[float]:
    """Amounts just after each visit, when `decide` gives the dose for an amount."""
    amount, seen = 0.0, []
    for _ in range(6):
        amount += decide(amount)
        seen.append(amount)
        amount *= math.exp(-4 * K)
    return seen


RULES = {
    "hold and resume": (
        (
            Rule("central", 0.22, Action.HOLD),
            Rule("central", 0.22, Action.RESUME, above=False),
        ),
        lambda amount: 0.0 if amount >= 0.22 else 1.0,
    ),
    "stop": (
        (
            Rule("central", 0.25, Action.STOP),
            Rule("central", 9.0, Action.RESUME, above=False),
        ),
        None,
    ),
}


def looked_at(rules, device):
    """Amounts after each visit and decisions, under rules."""
    times = np.repeat(4.0 * np.arange(6), 2)
    task = problem(DOSES, (), rules, times=times, end=21.0)
    solution = solve(task, device=device)
    return solution.values[0, 1::2, 0], solution.decisions[0], solution


@pytest.mark.parametrize("device", DEVICES)
def test_doses_are_held_and_resumed(device):
    """Whoever still has much of the drug does not get more."""
    rules, decide = RULES["hold and resume"]
    got, decisions, _ = looked_at(rules, device)
    exact = expected(decide)
    np.testing.assert_allclose(got, exact, rtol=1e-6)
    before = np.array([0.0, *exact[:-1]]) * math.exp(-4 * K)
    assert decisions[::2].tolist() == [2 if one >= 0.22 else 1 for one in before]


@pytest.mark.parametrize("device", DEVICES)
def test_a_stop_is_for_good(device):
    """A later rule that lets doses resume does not undo it."""
    rules, _ = RULES["stop"]
    got, _, _ = looked_at(rules, device)
    left = math.exp(-4 * K)
    series, given = [], True
    amount = 0.0
    for _ in range(6):
        given = given and amount < 0.25
        amount += 1.0 if given else 0.0
        series.append(amount)
        amount *= left
    np.testing.assert_allclose(got, series, rtol=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_doses_are_reduced_step_by_step(device):
    """Each time the rule is met, what is to come is halved."""
    rules = (
        Rule("central", 0.2, Action.SCALE, factor=0.5),
        Rule("central", 9.0, Action.HOLD),
    )
    got, decisions, _ = looked_at(rules, device)
    amount, factor, series = 0.0, 1.0, []
    for _ in range(6):
        factor *= 0.5 if amount >= 0.2 else 1.0
        amount += factor
        series.append(amount)
        amount *= math.exp(-4 * K)
    np.testing.assert_allclose(got, series, rtol=1e-6)
    assert 2 in decisions[::2]


@pytest.mark.parametrize("device", DEVICES)
def test_a_rule_withdraws(device):
    """What was recorded before stays; nothing is recorded after."""
    rules = (
        Rule("central", 0.2, Action.WITHDRAW),
        Rule("central", 9.0, Action.HOLD),
    )
    _, _, solution = looked_at(rules, device)
    assert solution.status.tolist() == [Status.STOPPED_BY_RULE]
    values = solution.values[0, :, 0]
    assert np.all(np.isfinite(values[:3]))
    assert np.all(np.isnan(values[3:]))
    assert solution.decisions[0].tolist()[:3] == [1, 1, 2]


def test_rules_do_not_reach_other_lanes():
    """Nine subjects of which one stops; the others have the bits of one alone."""
    rules, _ = RULES["hold and resume"]
    times = np.repeat(4.0 * np.arange(6), 2)
    alone = solve(problem(DOSES, (), rules, times=times, end=21.0))
    many = problem(DOSES, (), rules, times=times, end=21.0, n=9)
    many.parameters[4, PROGRAM.parameters.index("k")] = 0.05
    together = solve(many)
    others = [row for row in range(9) if row != 4]
    for row in others:
        assert together.values[row].tobytes() == alone.values[0].tobytes()
    assert not np.array_equal(together.decisions[4], alone.decisions[0])
