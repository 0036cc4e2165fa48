"""The ledger of failures: what it counts, tests and bounds, against known answers."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.quantiles import quantiles
from il2sim.engine.status import Status
from il2sim.engine.trajectories import Trajectories
from il2sim.study.ledger import keep_ledger
from il2sim.study.populations import adults

N = 60


def run_of(lost, values=None, n=N):
    """One name at rest and at 24 h; those who are lost have no values."""
    values = np.linspace(1.0, 2.0, n) if values is None else values
    shown = np.where(lost, np.nan, values)
    return Trajectories(
        names=("CD8",),
        units=("cell/uL",),
        times_h=np.array([0.0, 24.0]),
        values=np.stack([np.ones(n), shown], axis=1)[:, :, None],
        resting=np.ones((n, 1)),
        peaks=shown[:, None],
        status=np.where(lost, int(Status.TOO_MANY_STEPS), int(Status.DONE)),
        failed_h=np.where(lost, 3.5, np.nan),
        failed_state=np.where(lost, "plasma.il2", ""),
    )


def first(n_lost, n=N):
    return np.arange(n) < n_lost


def bound_of(ledger, kind, statistic):
    (found,) = (
        one for one in ledger.bounds if (one.kind, one.statistic) == (kind, statistic)
    )
    return found


def test_nobody_lost_nothing_said():
    found = keep_ledger(run_of(first(0)), adults(n=N).draw(), 24.0)
    assert not found
    assert found.words() == []
    assert found.rows["subject"] == []
    assert (found.compared, found.bounds) == ((), ())


def test_each_lost_subject_has_its_row():
    people = adults(n=N).draw()
    lost = np.isin(np.arange(N), [3, 40])
    rows = keep_ledger(run_of(lost), people, 24.0).rows
    assert rows["subject"] == [3, 40]
    assert rows["status"] == ["TOO_MANY_STEPS"] * 2
    assert rows["time [h]"] == [3.5] * 2
    assert rows["state"] == ["plasma.il2"] * 2
    assert all(rows["advice"])
    below = np.mean(people.weight_kg[~lost] < people.weight_kg[3])
    assert rows["quantile of weight [kg]"][0] == pytest.approx(below)


def test_the_rank_test_is_the_count_of_all_arrangements():
    """With the 3 lightest lost, 2 of all choices of 3 are as far from the middle."""
    n = 20
    people = adults(n=n).draw()
    lost = np.isin(np.arange(n), np.argsort(people.weight_kg)[:3])
    ranks = range(n)
    sums = [sum(some) for some in itertools.combinations(ranks, 3)]
    middle = 3 * (n - 1) / 2
    as_far = sum(abs(one - middle) >= middle - 3 for one in sums)
    found = keep_ledger(run_of(lost, n=n), people, 24.0)
    (weight,) = (one for one in found.compared if one.what == "weight [kg]")
    assert weight.p == pytest.approx(as_far / len(sums))
    apart = people.weight_kg[lost].mean() - people.weight_kg[~lost].mean()
    assert weight.difference == pytest.approx(apart / people.weight_kg[~lost].std())


def test_a_bias_is_noticed_and_said():
    """The heaviest tenth of 300 is lost: weight is named, with its size."""
    n = 300
    people = adults(n=n).draw()
    lost = people.weight_kg >= np.quantile(people.weight_kg, 0.9)
    found = keep_ledger(run_of(lost, n=n), people, 24.0)
    named = [one.what for one in found.differences]
    assert named[0] in ("weight [kg]", "surface [m^2]")
    assert "weight [kg]" in named
    assert "for the others only" in found.words()[1]


def test_losses_by_chance_are_seldom_called_a_bias():
    """In 60 cohorts with 12 lost by lot, about 3 are called different: fewer than 9.

    More than 8 of 60 at a level of 0.05 happen in 0.4 % of all series; the seed fixes
    the lot.
    """
    people = adults(n=N).draw()
    chance = np.random.default_rng(5)
    called = 0
    for _ in range(60):
        lost = np.isin(np.arange(N), chance.choice(N, 12, replace=False))
        called += bool(keep_ledger(run_of(lost), people, 24.0).differences)
    assert called < 9


def test_no_values_of_the_lost_leave_the_bounds():
    """Whatever the lost had, the true quantile lies inside; extremes reach the ends."""
    chance = np.random.default_rng(2)
    values = np.exp(chance.normal(size=N))
    lost = np.isin(np.arange(N), [11, 50])
    found = keep_ledger(run_of(lost, values), adults(n=N).draw(), 24.0)
    for statistic, q in (("median", 0.5), ("q05", 0.05), ("q95", 0.95)):
        bound = bound_of(found, "peak", statistic)
        for _ in range(50):
            guess = np.where(lost, np.exp(chance.normal(0, 3, N)), values)
            true = np.quantile(guess, q)
            assert bound.low - 1e-12 <= true <= bound.high + 1e-12
        for extreme, end in ((-1e6, bound.low), (1e6, bound.high)):
            if np.isfinite(end):
                reached = np.quantile(np.where(lost, extreme, values), q)
                assert reached == pytest.approx(end)
        assert bound.value == pytest.approx(np.quantile(values[~lost], q))


def test_bounds_heed_how_many_persons_a_subject_stands_for():
    """As above with unequal prevalences; the weighted quantile is tested on its own."""
    chance = np.random.default_rng(4)
    values, stand = np.exp(chance.normal(size=N)), chance.uniform(0.2, 3.0, N)
    lost = np.isin(np.arange(N), [11, 50])
    run = replace(run_of(lost, values), prevalence=stand)
    found = keep_ledger(run, adults(n=N).draw(), 24.0)
    for statistic, q in (("median", 0.5), ("q05", 0.05), ("q95", 0.95)):
        bound = bound_of(found, "peak", statistic)
        told = quantiles(values[~lost], q, stand[~lost])
        assert bound.value == pytest.approx(float(told))
        for extreme, end in ((-1e6, bound.low), (1e6, bound.high)):
            reached = quantiles(np.where(lost, extreme, values), q, stand)
            if np.isfinite(end) and abs(reached) < 1e3:
                assert end == pytest.approx(float(reached))
        for _ in range(30):
            guess = np.where(lost, np.exp(chance.normal(0, 3, N)), values)
            true = float(quantiles(guess, q, stand))
            assert bound.low - 1e-9 <= true <= bound.high + 1e-9


def test_more_lost_than_a_quantile_leaves_out_is_without_bound():
    found = keep_ledger(run_of(first(6)), adults(n=N).draw(), 24.0)
    assert bound_of(found, "peak", "q05").low == -np.inf
    assert bound_of(found, "peak", "q95").high == np.inf
    assert np.isfinite(bound_of(found, "peak", "median").shift)
    most = keep_ledger(run_of(first(40)), adults(n=N).draw(), 24.0)
    assert "nothing bounds" in most.words()[-1]


def test_all_lost_leaves_nothing_to_compare():
    found = keep_ledger(run_of(first(N)), adults(n=N).draw(), 24.0)
    assert len(found.words()) == 1
    assert found.compared == ()


def test_retries_are_said_whether_they_helped_or_not():
    lost = first(2)
    retries = np.where(np.arange(N) < 5, 2, 0)
    run = replace(run_of(lost), retries=retries)
    found = keep_ledger(run, adults(n=N).draw(), 24.0)
    assert (found.retried, found.rescued) == (5, 3)
    assert found.rows["retries"] == [2, 2]
    assert found.words()[0] == (
        "5 of 60 subjects broke down and were solved again with the tolerance times "
        "0.1 and 0.01; 3 came to the end."
    )


def test_what_is_no_number_is_named():
    """A factor beyond the doubles is infinite: named, and left out of the means."""
    people = adults(n=N).draw()
    name = next(iter(people.factors))
    spoiled = people.factors[name].copy()
    spoiled[1] = np.inf
    people = replace(people, factors={**people.factors, name: spoiled})
    found = keep_ledger(run_of(first(2)), people, 24.0)
    assert found.rows["no number"] == ["", name]
    assert np.isnan(found.rows[f"quantile of {name}"][1])
    assert all(np.isfinite(one.lost) for one in found.compared)
