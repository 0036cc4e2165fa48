"""Shares of the body: sums, a slow twin, the fate of doses, and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.models import body
from il2sim.study.attribution import DOSES, SUM, attribute, consumption
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, simulate
from il2sim.symbolic import Output, Reference
from il2sim.units import hours
from tests.unit.study.tiny import VALUES, tiny

REGIMEN = Regimen.parse("aldesleukin 1 MIU/m2 sc daily, 4 doses")


@pytest.fixture(scope="module")
def task():
    return prepare(body(), REGIMEN, adults(n=3, seed=2), times=hours(0, 120, every=0.5))


@pytest.mark.parametrize("by", ["cause", "event"])
def test_shares_sum_to_the_change_that_a_run_shows(task, by):
    """To rounding among themselves; to the tolerance of two solves with the run."""
    why = attribute(task, "Treg", by=by)
    assert why.gap < 1e-10
    run = simulate(
        task.model,
        REGIMEN,
        task.population,
        times=hours(0, 120, every=0.5),
        save=["Treg"],
    )
    change = run["Treg"].values - run["Treg"].resting[:, None]
    size = np.abs(change).max()
    np.testing.assert_allclose(why.change, change, rtol=0, atol=2e-3 * size)


def test_divisions_are_the_integral_of_their_rate(task):
    """A slow twin: the rate recorded every half hour, summed by trapezoids.

    Tolerance: a trapezoid of half an hour misses about 1e-3 of a course of hours.
    """
    rate = Reference("memory Treg.division_rate") * Reference("memory Treg.pool")
    model = body().with_outputs([Output("births", "cell/h", "births", rate)])
    run = simulate(
        model,
        REGIMEN,
        task.population,
        times=hours(0, 120, every=0.5),
        save=["births"],
        tolerance=1e-6,
    )
    births = run["births"].values - run["births"].resting[:, None]
    slow = np.cumsum(0.25 * (births[:, 1:] + births[:, :-1]), axis=1)
    why = attribute(task, "memory Treg pool", by="event")
    shown = why.shares[:, 1:, why.parts.index("memory Treg: division")]
    np.testing.assert_allclose(shown, slow, rtol=0, atol=5e-3 * slow.max())


def test_a_cause_is_what_can_be_switched_off(task):
    """Without a response of the thymus its share is exactly nothing."""
    quiet = replace(task, factors={"naive Treg.export_by_il2": 0.0})
    why = attribute(quiet, "naive Treg")
    share = why.shares[:, :, why.parts.index("naive Treg export")]
    assert np.all(share == 0)


def test_doses_end_in_cells_and_the_kidney(task):
    """What was given is what was taken and what is left, for every subject."""
    fate = consumption(task)
    assert fate.gap < 1e-12
    gone = fate.of_dose()
    end = {row["share"]: row["mean"] for row in gone.table(120.0)}
    total = end.pop(SUM)
    assert sum(end.values()) == pytest.approx(total)
    left = (fate.change[:, -1] / fate.shares[:, -1, 0]).mean()
    assert total == pytest.approx(100 * (1 - left))
    assert end["memory Treg"] > end["naive CD8"] > 0
    amount = fate.shares[:, -1, 0]
    task_amounts = [
        task.products["aldesleukin"].to_nmol(dose.amount, dose.unit)
        for dose in REGIMEN.doses
    ]
    surface = task.population.draw().surface_m2
    np.testing.assert_allclose(amount, sum(task_amounts) * surface, rtol=1e-12)


def test_a_fluid_with_one_way_out():
    """The tiny model loses what it is given at one rate: a single exponential."""
    people = adults(n=2, seed=4).without_spread()
    regimen = Regimen.parse("aldesleukin 1 MIU/m2 iv once")
    one = prepare(tiny(), regimen, people, times=hours(0, 6, every=1), tolerance=1e-8)
    why = attribute(one, "amount", by="event", device="reference")
    assert why.parts == (DOSES, "plasma: lose")
    given = why.shares[:, -1, 0]
    lost = -given[:, None] * (1 - np.exp(-VALUES["plasma.k_lose"].value * one.times_h))
    np.testing.assert_allclose(why.shares[:, :, 1], lost, rtol=1e-6, atol=1e-9)
    gone = why.of_dose().shares[:, -1, 0]
    np.testing.assert_allclose(gone, -100 * lost[:, -1] / given, rtol=1e-6)


def test_shares_can_be_told_over_rest_and_at_recorded_times(task):
    why = attribute(task, "memory Treg")
    fold = why.relative()
    np.testing.assert_allclose(fold.resting, 1.0)
    np.testing.assert_allclose(
        fold.mean().sum(axis=1), fold.change.mean(axis=0), atol=1e-9
    )
    with pytest.raises(BadProblem, match=r"not known at 1\.3 h"):
        why.table(1.3)
    with pytest.raises(UnknownName, match="no doses enter"):
        why.of_dose()


def test_what_has_no_shares_is_refused(task):
    with pytest.raises(BadProblem, match="'Treg of CD4' cannot be shared out"):
        attribute(task, "Treg of CD4")
    with pytest.raises(UnknownName, match="shows no 'memry Treg'"):
        attribute(task, "memry Treg")
    with pytest.raises(UnknownName, match="no account by 'luck'"):
        attribute(task, "Treg", by="luck")


def test_means_of_shares_are_by_prevalence(task):
    """Who stands for nobody is not in the mean; the sum of shares stays the change."""
    why = attribute(task, "memory Treg")
    n = len(why.status)
    alone = replace(why, prevalence=np.eye(n)[0])
    np.testing.assert_allclose(alone.mean(), why.shares[0], rtol=1e-12)
    (*parts, total) = alone.table(task.times_h[-1])
    assert sum(row["mean"] for row in parts) == pytest.approx(total["mean"])
    assert total["mean"] == total["q05"] == total["q95"] == why.change[0, -1]
