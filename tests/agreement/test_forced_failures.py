"""A bad subject in a hundred leaves the other ninety-nine as they were, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.problem import Problem
from il2sim.engine.program import Program
from il2sim.engine.records import Given
from il2sim.engine.reductions import Reduce, Reduction
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import Solution, solve
from il2sim.engine.status import Status
from il2sim.models import body
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.units import days
from tests.programs import Names, Term, write

N = 400
SPOILED = (0, 7, 8, 399)
"""The first, two side by side at the end and begin of a vector, and the last."""


def fragile() -> Program:
    """A drug, an amount that it lets grow by its square, and what it sets in motion.

    The amount is infinite after a finite time where `grow` is large; `stiffness` makes
    the motion as stiff as one likes. Without the drug nothing moves.
    """

    def rates(y: Names, p: Names) -> dict[str, Term]:
        grown, x, v = y["grown"], y["x"], y["v"]
        return {
            "drug": -p["k"] * y["drug"],
            "grown": p["grow"] * y["drug"] * grown**2 - grown + 1,
            "x": v,
            "v": p["stiffness"] * y["drug"] * ((1 - x**2) * v - x) - v,
        }

    return write(
        rates,
        starts={"drug": 0.0, "grown": 1.0, "x": 2.0, "v": 0.0},
        parameters=["k", "grow", "stiffness"],
        inlets={"iv": "drug"},
        scale=1e-3,
    )


def small_cohort() -> tuple[Problem, dict[int, tuple[str, float]]]:
    """Four hundred subjects of the small program, and how to spoil four of them."""
    chance = np.random.default_rng(4)
    rows = np.array([0.3, 0.05, 5.0]) * np.exp(chance.normal(0, 0.2, (N, 3)))
    problem = Problem(
        program=fragile(),
        parameters=rows,
        bases=np.ones((N, 1)),
        schedule=Schedule.of([Given(0.0, 0, 1.0), Given(5.0, 0, 2.0)]),
        sample_h=np.arange(0.0, 11.0),
        end_h=10.0,
        save=("drug", "grown", "x"),
        reductions=(Reduction(Reduce.PEAK, "grown", since_dose=True),),
    )
    ways = [("k", np.nan), ("grow", 1e6), ("stiffness", 1e250), ("stiffness", -np.inf)]
    return problem, dict(zip(SPOILED, ways, strict=True))


def cohort_of_body() -> tuple[Problem, dict[int, tuple[str, float]]]:
    """Four hundred adults with high doses, and how to spoil four of them."""
    regimen = "aldesleukin 600000 IU/kg iv over 15 min, every 8 h, 4 doses"
    people = adults(n=N, seed=3)
    times = days(0, 2, every=0.5)
    problem = prepare(body(), Regimen.parse(regimen), people, times=times).problem()
    ways = [
        ("naive Treg.baseline", np.nan),
        ("naive Treg.division_by_il2", 1e30),
        ("binding.k_assemble", 1e30),
        ("trafficking.k_lose_cd122", 1e9),
    ]
    return problem, dict(zip(SPOILED, ways, strict=True))


def spoiled(problem: Problem, ways: dict[int, tuple[str, float]]) -> Problem:
    """The same cohort with some values multiplied by something absurd."""
    rows = problem.parameters.copy()
    for subject, (name, factor) in ways.items():
        rows[subject, problem.program.parameters.index(name)] *= factor
    return replace(problem, parameters=rows)


def bits(solution: Solution, rows: np.ndarray) -> dict[str, bytes]:
    """Everything that a solve returns for some subjects."""
    return {name: values[rows].tobytes() for name, values in vars(solution).items()}


@pytest.mark.parametrize("cohort", [small_cohort, cohort_of_body])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_others_do_not_notice(cohort, workers):
    """Values, peaks, resting states, steps and retries of the others are the same."""
    problem, ways = cohort()
    others = np.setdiff1d(np.arange(N), SPOILED)
    whole = solve(problem, workers=workers)
    assert np.all(whole.status == Status.DONE)
    broken = solve(spoiled(problem, ways), workers=workers)
    assert bits(broken, others) == bits(whole, others)
    ends = [Status(int(code)) for code in broken.status[list(SPOILED)]]
    assert Status.DONE not in ends
    assert ends[0] == Status.NOT_FINITE
    assert all(end.sentence and end.advice for end in ends)


@pytest.mark.parametrize("cohort", [small_cohort, cohort_of_body])
def test_a_spoiled_subject_fails_alike_in_any_company(cohort):
    """Alone or among others: the same status, time, state, steps and retries."""
    problem, ways = cohort()
    broken = spoiled(problem, ways)
    among = solve(broken)
    for subject in SPOILED:
        alone = solve(
            replace(
                broken,
                parameters=broken.parameters[[subject]],
                bases=broken.bases[[subject]],
            )
        )
        assert bits(alone, np.array([0])) == bits(among, np.array([subject]))


def test_a_subject_that_explodes_says_when_and_what():
    """With y' = g u y^2 - y + 1 and g large, y is infinite before 2 / (g u)."""
    problem, ways = small_cohort()
    broken = solve(spoiled(problem, ways))
    subject = SPOILED[1]
    state = problem.program.states[broken.failed_state[subject]]
    assert state == "grown"
    rate = spoiled(problem, ways).parameters[subject, 1]
    assert 0 < broken.failed_h[subject] < 2 / rate
    assert broken.retries[subject] > 0


def test_what_is_no_number_is_found_without_an_attempt():
    """Not-a-number and infinity among the parameters cost no step."""
    problem, ways = small_cohort()
    broken = solve(spoiled(problem, ways))
    for subject in (SPOILED[0], SPOILED[3]):
        assert broken.status[subject] == Status.NOT_FINITE
        assert broken.attempts[subject] == 0
