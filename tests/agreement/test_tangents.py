"""Tangents against closed forms, the reference's differences, and themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.backends import cpu
from il2sim.engine.backends.differences import central, fill_differences
from il2sim.engine.backends.raw import Raw
from il2sim.engine.directions import Directions, moved
from il2sim.engine.evaluate import evaluate
from il2sim.engine.problem import Problem
from il2sim.engine.records import Change, Check, Given, Reset
from il2sim.engine.rules import Action, Rule
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.models import body
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.units import Quantity
from tests import programs

DEVICES = pytest.mark.parametrize("device", ["cpu", "reference"])


def problem(program, parameters, doses=(), *, times, along, **more):
    """A problem in which everything is recorded and every basis is one."""
    parameters = np.atleast_2d(np.array(parameters, dtype=float))
    schedule, along = Schedule.of(doses), dict(along)
    along["events"] = [moved(doses, one) for one in along.pop("moves", ())]
    along["n_events"] = len(schedule.times_h)
    return Problem(
        program=program,
        parameters=parameters,
        bases=np.ones((len(parameters), 1)),
        schedule=schedule,
        sample_h=np.array(times, dtype=float),
        end_h=float(times[-1]),
        save=tuple(program.outputs),
        tolerance=more.pop("tolerance", 1e-8),
        directions=Directions.of(program, **along),
        **more,
    )


def from_start(task, **more):
    """Solve from the starts of the program instead of from rest."""
    starts = evaluate(task.program, task.program.starts, task.parameters)
    return cpu.run(task, starts, np.zeros((task.n_subjects, 0)), **more)


@DEVICES
@pytest.mark.parametrize("method", ["rodas5p", "rodas4", "tsit5"])
def test_exponential_decay(device, method):
    """D exp(-k t): by k, by what was there at first, and by the dose."""
    k, times = 0.3, np.array([0.0, 0.5, 2.0, 6.0, 12.0])
    task = problem(
        programs.one_compartment(),
        [[k]],
        [Given(0.0, 0, 5.0)],
        times=times,
        along={"parameters": ["k"], "starts": ["x"], "moves": [[(0, "amount", 1.0)]]},
        method=method,
    )
    got = solve(task, device=device).tangents[0, :, 0]
    decay, dosed = np.exp(-k * times), np.where(times > 0, 1.0, 0.0)
    exact = np.stack([-5 * times * decay, decay, dosed * decay], axis=1)
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@DEVICES
def test_infusions(device):
    """R/k (1 - exp(-k t)) while it runs, then what is left; by k, rate, duration."""
    k, rate, length = 0.4, 2.0, 3.0
    times = np.array([1.0, 2.5, 3.5, 7.0])
    task = problem(
        programs.one_compartment(),
        [[k]],
        [Given(0.0, 0, rate * length, duration_h=length)],
        times=times,
        along={
            "parameters": ["k"],
            "moves": [[(0, "amount", length)], [(0, "duration_h", 1.0)]],
        },
    )
    got = solve(task, device=device).tangents[0, :, 0]
    run, past = np.minimum(times, length), np.maximum(times - length, 0.0)
    level = (1 - np.exp(-k * run)) / k
    by_k = (
        rate * np.exp(-k * past) * ((run * np.exp(-k * run) - level) / k - past * level)
    )
    by_rate = level * np.exp(-k * past)
    by_length = -rate / length * by_rate + np.where(past, rate * np.exp(-k * past), 0.0)
    exact = np.stack([by_k, by_rate, by_length], axis=1)
    np.testing.assert_allclose(got, exact, rtol=1e-6)


@DEVICES
def test_absorption_with_a_lag(device):
    """D ka/(ka - k) (exp(-k s) - exp(-ka s)), s after the lag; two doses.

    The lag moves both doses; the second meets what is left of the first.
    Tolerance: differences have the absolute error of two solves over their length.
    """
    ka, k, lag, amount = 0.9, 0.2, 0.7, 5.0
    times = np.array([0.5, 1.5, 6.0, 9.0, 20.0])
    doses = [Given(start, 0, amount, lag_h=lag) for start in (0.0, 8.0)]
    task = problem(
        programs.absorbed(),
        [[ka, k]],
        doses,
        times=times,
        along={"moves": [[(0, "lag_h", 1.0), (1, "lag_h", 1.0)]]},
    )
    got = solve(task, device=device).tangents[0, :, :, 0]
    since = np.maximum(times[:, None] - [lag, 8.0 + lag], 0.0)
    some, fast, slow = since > 0, np.exp(-ka * since), np.exp(-k * since)
    depot = (some * amount * ka * fast).sum(axis=1)
    central = some * amount * ka / (ka - k) * (k * slow - ka * fast)
    exact = np.stack([depot, central.sum(axis=1)], axis=1)
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-7)


@DEVICES
def test_the_time_of_a_bolus_into_a_saturable_enzyme(device):
    """A moved bolus meets other rates before and after it: against differences."""
    doses = [Given(0.5, 0, 4.0), Given(3.0, 0, 2.0), Given(3.0, 0, 1.0)]
    task = problem(
        programs.saturable(),
        [[2.0, 3.0, 1e-3]],
        doses,
        times=[2.0, 4.0, 6.0],
        along={"moves": [[(1, "time_h", 1.0), (2, "time_h", 1.0)]]},
    )
    got = solve(task, device=device).tangents[0, :, 0, 0]

    def ends(shift):
        later = [replace(one, time_h=one.time_h + shift) for one in doses[1:]]
        tight = replace(task, directions=None, tolerance=1e-11)
        some = replace(tight, schedule=Schedule.of([doses[0], *later]), absolute=None)
        return solve(some).values[0, :, 0]

    np.testing.assert_allclose(got, central(ends, 1e-2), rtol=1e-6, atol=1e-9)


def test_resets_steady_states_and_changes():
    """At steady state D/(1 - exp(-k τ)) by k; then k is changed; then a reset."""
    k, every, amount, after = 0.4, 6.0, 3.0, 0.1
    records = [
        Given(0.0, 0, amount, steady=1, every_h=every),
        Change(4.0, 0, after),
        Reset(10.0),
        Given(11.0, 0, amount),
    ]
    moves = [[(0, "amount", 1.0)], [(1, "value", 1.0)]]
    task = problem(
        programs.one_compartment(),
        [[k]],
        records,
        times=[2.0, 8.0, 10.5, 13.0],
        along={"parameters": ["k"], "moves": moves},
    )
    got = solve(task).tangents[0, :, 0]
    ratio = np.exp(-k * every)
    top = amount / (1 - ratio)
    top_by_k = -amount * every * ratio / (1 - ratio) ** 2
    at_4, at_4_by_k = np.exp(-4 * k), (top_by_k - 4 * top) * np.exp(-4 * k)
    late, fall = np.exp(-4 * after), np.exp(-2 * k)
    exact = [
        [(top_by_k - 2 * top) * fall, fall / (1 - ratio), 0.0],
        [at_4_by_k * late, top / amount * at_4 * late, -4 * top * at_4 * late],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, -2 * amount * np.exp(-2 * after)],
    ]
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-9)


@DEVICES
def test_what_a_rule_has_reduced_or_held(device):
    """The second dose is halved, the third is held: by k, amount, time, and the check.

    D exp(-k t) + D/2 exp(-k (t - s)): what a rule decides does not move, so neither the
    time of its check nor that of a dose that it has barred matters.
    """
    k, amount, second = 0.4, 3.0, 2.0
    records = [
        Given(0.0, 0, amount),
        Check(1.5, 0),
        Given(second, 0, amount),
        Check(3.5, 1),
        Given(4.0, 0, amount),
    ]
    moves = [
        [(0, "amount", 1.0), (2, "amount", 1.0), (4, "amount", 1.0)],
        [(2, "time_h", 1.0)],
        [(1, "time_h", 1.0), (3, "time_h", 1.0), (4, "time_h", 1.0)],
    ]
    times = np.array([1.0, 3.0, 6.0])
    task = problem(
        programs.one_compartment(),
        [[k]],
        records,
        times=times,
        along={"parameters": ["k"], "moves": moves},
        rules=(
            Rule("x", 1.0, Action.SCALE, factor=0.5),
            Rule("x", 1.0, Action.HOLD),
        ),
    )
    got = solve(task, device=device).tangents[0, :, 0]
    since = np.maximum(times - second, 0.0)
    one, other = np.exp(-k * times), (times > second) * 0.5 * np.exp(-k * since)
    by_k = -amount * (times * one + since * other)
    exact = [by_k, one + other, amount * k * other, np.zeros(3)]
    np.testing.assert_allclose(got, np.array(exact).T, rtol=1e-6, atol=1e-8)


def test_a_chain():
    """(k t)^n exp(-k t)/n!, which peaks and whose tangent changes its sign."""
    k, times = 0.5, np.array([0.5, 1.0, 3.0, 9.0])
    task = problem(
        programs.chain(3),
        [[k]],
        [Given(0.0, 0, 1.0)],
        times=times,
        along={"parameters": ["k"]},
    )
    got = solve(task).tangents[0, :, :2, 0]
    decay = np.exp(-k * times)
    exact = np.stack([-times * decay, times * decay * (1 - k * times)], axis=1)
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-9)


def test_the_resting_state_moves_as_its_formula_says():
    """Drug = made/(cleared + taken cells), death = birth (1 + drug)."""
    made, cleared, taken, lost, _, cells = given = (2.0, 0.5, 0.1, 0.2, 0.01, 15.0)
    program = programs.sink()
    along = {"parameters": list(program.parameters)}
    found = solve(problem(program, [given], times=[0.0, 5.0], along=along))
    all_cleared = cleared + taken * cells
    drug = made / all_cleared
    by = drug * np.array(
        [1 / made, *(-np.array([1, cells, 0, 0, taken]) / all_cleared)]
    )
    exact = {
        "drug": by,
        "bound": (taken * cells * by + drug * np.array([0, 0, cells, 0, 0, taken]))
        / lost
        - taken * cells * drug / lost**2 * np.eye(6)[3],
        "cells": np.eye(6)[5],
    }
    for column, name in enumerate(program.outputs):
        for tangent in (
            found.resting_tangents[0, column],
            found.tangents[0, 1, column],
        ):
            np.testing.assert_allclose(tangent, exact[name], rtol=1e-8, atol=1e-10)


def test_a_stiff_problem_against_differences_of_a_tight_solve():
    """Robertson up to 40 by the start of its first species, at tolerance 1e-8."""
    program = programs.robertson()
    task = problem(
        program, np.zeros((1, 0)), times=[0.4, 40.0], along={"starts": ["a"]}
    )
    got = from_start(task)
    tight = replace(task, tolerance=1e-12, absolute=np.full(3, 1e-18))
    starts = evaluate(program, program.starts, task.parameters)
    exact = Raw.empty(tight)
    fill_differences(cpu.run, tight, starts, np.zeros((1, 0)), exact)
    np.testing.assert_allclose(got.tangents, exact.tangents, rtol=1e-6)


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_lanes_change_no_bit_and_the_plain_solution_stays(lanes):
    """Tangents at every width; values as without tangents."""
    rng = np.random.default_rng(11)
    rows = np.exp(rng.normal(0, 0.5, size=(7, 3))) * [2.0, 3.0, 1.0]
    doses = [Given(2.0 * i, 0, 4.0, duration_h=0.5 * (i % 2)) for i in range(4)]
    along = {"parameters": ["v", "k", "start"], "starts": ["x"]}
    task = problem(
        programs.saturable(), rows, doses, times=np.arange(0.0, 9.0), along=along
    )
    one = from_start(task, workers=1, lanes=1)
    many = from_start(task, workers=2, lanes=lanes)
    plain = from_start(replace(task, directions=None), lanes=lanes)
    for name in ("tangents", "resting_tangents"):
        assert getattr(one, name).tobytes() == getattr(many, name).tobytes(), name
    for name in ("values", "resting", "reduced", "status", "attempts", "rejected"):
        assert getattr(many, name).tobytes() == getattr(plain, name).tobytes(), name


@pytest.mark.parametrize("method", ["rodas5p", "tsit5"])
def test_steps_can_be_chosen_by_the_tangents_too(method):
    """At a loose tolerance the tangent of a decay is nearer to its closed form.

    -t exp(-k t) changes faster than exp(-k t) does.
    """
    k, times = 2.0, np.array([1.0, 3.0, 8.0])
    task = problem(
        programs.absorbed(),
        [[k, 0.1]],
        [Given(0.0, 0, 1.0)],
        times=times,
        along={"parameters": ["ka"]},
        method=method,
        tolerance=1e-3,
    )
    judged = replace(task.directions, lengths=np.array([k]))
    plain, careful = (
        solve(replace(task, directions=one)) for one in (task.directions, judged)
    )
    exact = -times * np.exp(-k * times)
    errors = [
        np.abs(one.tangents[0, :, 0, 0] - exact).max() for one in (plain, careful)
    ]
    assert careful.attempts[0] > plain.attempts[0]
    assert errors[1] < errors[0]
    assert errors[1] < 1e-3


@pytest.mark.parametrize("chosen", [["k"], ["n"], ["later n"], ["k", "n", "later n"]])
def test_exponents_that_move_and_that_do_not(chosen):
    """x' = -k xⁿ, n changed midway: by k, by n, by n after the change, and by all.

    Exact: x = (x₀^(1-n) + (n-1) k t)^(-1/(n-1)), differentiated by a complex step.
    """
    amount, at_h, given = 2.0, 3.0, {"k": 0.3, "n": 1.7, "later n": 2.4}
    times = np.array([1.0, 2.5, 4.0, 8.0])

    def fallen(x, k, n, t):
        return (x ** (1 - n) + (n - 1) * k * t) ** (-1 / (n - 1))

    def course(k, n, later):
        before = fallen(amount, k, n, np.minimum(times, at_h))
        past = np.maximum(times - at_h, 0.0)
        return np.where(past, fallen(before, k, later, past), before)

    program = programs.write(
        lambda y, p: {"x": -1.0 * p["k"] * y["x"] ** p["n"]},
        starts={"x": 0.0},
        parameters=["k", "n"],
        inlets={"iv": "x"},
    )
    task = problem(
        program,
        [[given["k"], given["n"]]],
        [Given(0.0, 0, amount), Change(at_h, 1, given["later n"])],
        times=times,
        along={
            "parameters": [one for one in chosen if one in ("k", "n")],
            "moves": [[(1, "value", 1.0)]] if "later n" in chosen else [],
        },
        tolerance=1e-9,
    )
    exact = []
    for one in chosen:
        moved_by = {
            name: value + 1e-20j * (name == one) for name, value in given.items()
        }
        exact.append(course(*moved_by.values()).imag / 1e-20)
    got = solve(task).tangents[0, :, 0]
    np.testing.assert_allclose(got, np.array(exact).T, rtol=1e-6, atol=1e-12)


def test_a_power_that_rests_at_zero_has_finite_tangents():
    """x^n of a state that is zero is zero, and so are its derivatives."""

    def rates(y, p):
        return {"x": -1.0 * y["x"], "z": y["x"] ** p["n"] - p["k"] * y["z"]}

    program = programs.write(
        rates,
        starts={"x": 0.0, "z": 0.0},
        parameters=["n", "k"],
        inlets={"iv": "x"},
    )
    task = problem(
        program,
        [[1.4, 0.3]],
        [Given(1.0, 0, 2.0)],
        times=[0.5, 3.0],
        along={"parameters": ["n", "k"]},
    )
    found = solve(task)
    assert not found.resting_tangents.any()
    assert not found.tangents[0, 0].any()
    assert np.isfinite(found.tangents).all()
    slow = solve(task, device="reference")
    np.testing.assert_allclose(found.tangents, slow.tangents, rtol=1e-6, atol=1e-8)


MOVED = ("circulation.renal_clearance", "memory Treg.division_by_il2", "il2.kd_alpha")


@pytest.mark.slow
def test_a_body_against_differences_of_tight_solves():
    """A day of high dose from rest; 1e-6 of each output's largest derivative.

    Differences of solves at 1e-11, of two lengths, so that their own error is below
    that of the tangents at 1e-8.
    """
    work = prepare(
        body(),
        Regimen.parse("aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 3 doses"),
        cancer_patients(n=1, seed=4),
        times=Quantity(np.array([2.0, 8.0, 24.0]), "h"),
        tolerance=1e-8,
    ).problem()
    plain = replace(work, reductions=())
    along = Directions.of(plain.program, MOVED, n_events=len(plain.schedule.times_h))
    got = solve(replace(plain, directions=along)).tangents[0]
    sharp = replace(plain, tolerance=1e-11, absolute=None)
    for direction, name in enumerate(MOVED):
        column = plain.program.parameters.index(name)
        exact = _difference(sharp, column)
        size = np.max(np.abs(exact), axis=0)
        apart = np.max(np.abs(got[..., direction] - exact), axis=0)
        assert np.all(apart <= 1e-6 * size + 1e-30), name


def _difference(task, column):
    """Central differences by one parameter, of two lengths, to fourth order.

    As long as they may be: shorter ones carry the rounding of the values that they are
    taken from, which for CD25 by the division of Treg is a millionth of the derivative.
    """
    size = task.parameters[0, column]

    def slope(part):
        ends = []
        for sign in (1, -1):
            values = task.parameters.copy()
            values[0, column] = size * (1 + sign * part)
            ends.append(solve(replace(task, parameters=values)).values[0])
        return (ends[0] - ends[1]) / (2 * size * part)

    return (4 * slope(4e-3) - slope(8e-3)) / 3
