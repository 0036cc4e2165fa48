"""The fit of cards against a model whose best point is known in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnreadableFile
from il2sim.inference import body, body_draws
from il2sim.inference.body_plan import (
    BodyPlan,
    FreeFactor,
    SpreadPrior,
    expected_range,
    read_body_plan,
)
from il2sim.inference.body_profiles import Profile, profiles
from il2sim.inference.surrogate import Surrogate, best_of
from il2sim.study.ensemble import key_of, readings_at
from il2sim.study.populations import population
from tests.unit.study.test_validation import RATE, card_of, published
from tests.unit.study.tiny import tiny

TOLD = {
    "title": "tiny",
    "patients": 4,
    "patients_of_differences": 2,
    "tolerance": 1e-8,
    "rounds": 6,
    "step": 0.25,
}
SPREADS = tuple(
    SpreadPrior(f"{kind}, {what}", 0.05, 1.2)
    for kind in ("folds", "levels")
    for what in ("between studies", "residual")
)
HALF_H = math.log(2) / RATE


def plan_of(*free):
    return BodyPlan("tiny", TOLD, free, SPREADS, {})


RATE_FREE = FreeFactor(
    "rate", "loss", {"plasma.k_lose": 1.0}, RATE, "1/h", RATE / 10, RATE * 10
)


def half_life(hours, name="a trial"):
    one = published(
        *("plasma IL-2", "half-life"),
        window=(0.001, 8.0),
        every_h=0.5,
        unit="h",
        value=hours,
        low=hours / 2,
        high=2 * hours,
    )
    return replace(card_of(one), name=name)


def solver_of(plan):
    def solve(cards, points, n_subjects):
        return readings_at(
            cards,
            plan.factors(points),
            models={"tiny": tiny()},
            population=lambda name, n: population(name, n=n).without_spread(),
            n_subjects=n_subjects,
            tolerance=1e-8,
        )

    return solve


def test_the_best_point_is_where_prior_and_number_meet():
    """One number and a normal prior: the mean weighted by one over the variances."""
    plan = plan_of(RATE_FREE)
    found = body.fit_body(plan, [half_life(HALF_H / 2)], solver_of(plan))
    variance = float(np.sum(found.found.spreads[2:] ** 2))
    wanted = math.log(2) / variance / (1 / variance + 1 / RATE_FREE.sd**2)
    assert found.found.point[0] == pytest.approx(wanted, abs=0.003)
    assert found.best > found.start
    left = body.unidentified(plan, found.found, found.surrogate)[0]
    alone = math.sqrt(1 / (1 / variance + 1 / RATE_FREE.sd**2)) / RATE_FREE.sd
    assert left == pytest.approx(alone, rel=0.01)


def test_draws_have_the_moments_of_the_posterior(monkeypatch):
    """One number: nearly normal, with the variance of prior and number together.

    320 draws: their mean is good to a sixth of the spread, with room for what walkers
    share with their own past.
    """
    monkeypatch.setattr(body_draws, "STEPS", 1600)
    plan = plan_of(RATE_FREE)
    cards = [half_life(HALF_H / 2)]
    found = body.fit_body(plan, cards, solver_of(plan))
    drawn, _ = body_draws.draw_body(plan, cards, solver_of(plan), found)
    wide = math.sqrt(body.covariance_of(found.found, found.surrogate)[0, 0])
    assert np.mean(drawn.points) == pytest.approx(found.found.point[0], abs=0.4 * wide)
    assert np.std(drawn.points) == pytest.approx(wide, rel=0.4)
    assert drawn.r_hat < 1.05
    assert drawn.first.pareto_k < 0.7
    assert drawn.off < 0.01
    assert min(drawn.accepted) > 0.9  # the surrogate of one number is hardly off


def test_solves_decide_where_the_surrogate_is_wrong(monkeypatch):
    """A surrogate that is off by half of the way is corrected by what is solved."""
    monkeypatch.setattr(body_draws, "STEPS", 1600)
    monkeypatch.setattr(body_draws, "SWEEPS", 12)
    monkeypatch.setattr(body_draws, "RIDGE", 1e9)
    plan = plan_of(RATE_FREE)
    cards = [half_life(HALF_H / 2)]
    found = body.fit_body(plan, cards, solver_of(plan))
    wide = math.sqrt(body.covariance_of(found.found, found.surrogate)[0, 0])
    bent = replace(found.surrogate, bend=found.surrogate.bend + 0.3 * wide)
    wrong = replace(found, surrogate=bent)
    drawn, _ = body_draws.draw_body(plan, cards, solver_of(plan), wrong)
    assert np.mean(drawn.points) == pytest.approx(found.found.point[0], abs=0.3 * wide)


def test_a_card_left_out_is_predicted_by_the_others():
    """Two trials that contradict each other: each is predicted by the other."""
    plan = plan_of(RATE_FREE)
    cards = [half_life(HALF_H / 2, "fast"), half_life(HALF_H, "slow")]
    solver = solver_of(plan)
    found = body.fit_body(plan, cards, solver)
    left = body.leave_one_out(
        plan, cards, solver, found, lambda _, values: float(np.median(values))
    )
    said = {one.card: one.values[key_of(cards[i], 0)] for i, one in enumerate(left)}
    assert said["fast"] == pytest.approx(HALF_H, rel=0.02)
    assert said["slow"] == pytest.approx(HALF_H / 2, rel=0.02)


def test_what_no_row_depends_on_keeps_its_prior():
    """A free number without a slope: all of its prior is left, at the mean of it."""
    nothing = FreeFactor("b", "nothing", ("b.b",), 1.0, "1", 0.5, 4.0)
    plan = plan_of(RATE_FREE, nothing)
    cards = [half_life(HALF_H)]
    rows = body.fit_body(plan_of(RATE_FREE), cards, solver_of(plan_of(RATE_FREE))).rows
    lines = np.array([[-1.0, 0.0]])
    surrogate = Surrogate(
        np.zeros(2), np.eye(2), rows.seen.copy(), lines, np.zeros_like(lines)
    )
    found = best_of(surrogate, rows, plan)
    assert body.unidentified(plan, found, surrogate)[1] == pytest.approx(1.0)
    assert found.point[1] == pytest.approx(nothing.mean)
    sizes, directions = body.directions_of(plan, found, surrogate)
    assert sizes[0] == pytest.approx(1.0)
    assert abs(directions[0]) == pytest.approx([0.0, 1.0], abs=1e-9)


def test_a_surrogate_meets_what_was_solved():
    """Enough points of a bent line give it back, however wrong the lines were."""
    random = np.random.default_rng(1)
    empty = Surrogate(
        np.zeros(2), np.eye(2), np.zeros(1), np.zeros((1, 2)), np.zeros((1, 2))
    )
    truth = Surrogate(
        np.zeros(2), np.eye(2), np.zeros(1), np.array([[1.0, -2]]), np.array([[0.5, 0]])
    )
    places = random.standard_normal((200, 2))
    found = empty.corrected(places, truth.scores(places), 1e-6)
    assert found.slope == pytest.approx(truth.slope, abs=1e-6)
    assert found.bend == pytest.approx(truth.bend, abs=1e-6)


def test_the_shipped_plan_is_about_what_can_be_moved():
    """Each prior is the range of its value, and every row it names is there."""
    from il2sim.formats.card_file import read_cards

    plan = read_body_plan()
    rows = {key_of(card, i) for card in read_cards() for i in range(len(card.measured))}
    assert set(plan.summaries) <= rows
    assert set(plan.told["taken"]) <= rows
    assert 10 <= len(plan.free) <= 40
    for one in plan.free:
        assert one.low < one.value < one.high
        middle = one.value * math.exp(one.mean)
        assert middle == pytest.approx(math.sqrt(one.low * one.high))


def test_the_width_of_a_sample_is_as_tabulated():
    """Tippett 1925: 2.326, 3.078 and 3.735 for 5, 10 and 20 normal numbers."""
    for n, wanted in ((5, 2.326), (10, 3.078), (20, 3.735)):
        assert expected_range(n) == pytest.approx(wanted, rel=0.03)


def test_a_plan_that_cannot_be_used_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_body_plan(tmp_path / "none.toml")
    path = tmp_path / "fit.toml"
    path.write_text(
        'title = "a"\nspread = []\n[[free]]\nname = "a"\nmeaning = "b"\n'
        'moves = ["NK dim.division_by_il2"]\n'
    )
    with pytest.raises(BadProblem, match="the prior of 'a' has no width"):
        read_body_plan(path)
    path.write_text(
        'title = "a"\nspread = []\nfree = []\n[[summary]]\nrow = "a/0"\nn = 1\n'
        'how = "guess"\n'
    )
    with pytest.raises(BadProblem, match="the published spread of 'a/0'"):
        read_body_plan(path)


def test_a_profile_is_the_parabola_of_the_data_alone():
    """One number: half the square of the distance over its variance, no prior in it."""
    plan = plan_of(RATE_FREE)
    found = body.fit_body(plan, [half_life(HALF_H)], solver_of(plan))
    (one,) = profiles(plan, found)
    variance = float(np.sum(found.found.spreads[2:] ** 2))
    wanted = 0.5 * np.log(one.factors) ** 2 / variance
    assert one.falls == pytest.approx(wanted - wanted.min(), rel=0.02, abs=0.02)
    assert one.verdict == "known"
    assert Profile("a", (0.5, 2.0), (0.0, 3.0)).verdict == "not too high"
    assert Profile("a", (0.5, 2.0), (2.0, 0.0)).verdict == "not too low"
    assert Profile("a", (0.5, 2.0), (1.0, 1.0)).verdict == "not known"
