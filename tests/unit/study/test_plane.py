"""Molecules on a plane of affinities: which grid they get, and what it says of them."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.molecules.variant import NO_BINDING_NM
from il2sim.study.plane import STEP, Plane, planes_of
from il2sim.study.screening import Candidate

ONE = Candidate("one", 1.0, 1.0, "unfused IL-2")


def many(n, *, arms=1.0):
    """Molecules over a decade of each affinity, at random but for the seed."""
    rng = np.random.default_rng(n)
    return [
        replace(
            ONE,
            name=str(i),
            kd_alpha_nM=float(10**x),
            kd_beta_gamma_nM=float(10**y),
            arms=arms,
        )
        for i, (x, y) in enumerate(rng.uniform(0, 1, (n, 2)))
    ]


def logs(molecules):
    """Logarithms of both affinities."""
    return np.log10([(one.kd_alpha_nM, one.kd_beta_gamma_nM) for one in molecules]).T


def test_a_grid_says_cubics_of_its_molecules_exactly():
    """Any cubic in each logarithm, such as the product of two."""
    molecules = many(40)
    [plane] = planes_of(molecules)
    assert len(plane.grid) == 16

    def cubic(some):
        x, y = logs(some)
        return (1 + x - 2 * x**3) * (3 - y**2 + y**3)

    np.testing.assert_allclose(plane.weights @ cubic(plane.grid), cubic(molecules))
    np.testing.assert_allclose(plane.weights.sum(axis=1), 1)


def test_molecules_that_differ_otherwise_lie_on_planes_of_their_own():
    """One and two arms; a few that are fewer than a grid are on none."""
    one, two, few = many(30), many(25, arms=2.0), many(5, arms=3.0)
    planes = planes_of([*one, *few, *two])
    assert [plane.grid[0].arms for plane in planes] == [1.0, 2.0]
    assert planes[1].places.tolist() == list(range(35, 60))
    assert planes_of(few) == []


def test_molecules_without_a_site_for_cd25_are_on_no_plane_of_others():
    """They differ in one affinity alone."""
    without = [replace(one, kd_alpha_nM=NO_BINDING_NM) for one in many(20)]
    first, second = planes_of([*many(30), *without])
    assert len(first.grid) == 16
    assert len(second.grid) == 4
    assert {one.kd_alpha_nM for one in second.grid} == {NO_BINDING_NM}


def test_a_grid_is_as_fine_as_it_is_said_to_be():
    """Over three decades of one affinity, the other alike in all."""
    kds = np.logspace(0, 3, 50)
    [plane] = planes_of([replace(ONE, kd_alpha_nM=float(kd)) for kd in kds])
    x, y = logs(plane.grid)
    assert np.diff(x).max() < STEP + 1e-9
    assert (x[0], x[-1]) == pytest.approx((0, 3))
    assert not y.any()


def test_draws_move_a_curve_in_log_odds():
    """Half of the dose in a draw of every molecule of the grid, and so of this one."""
    doses = np.logspace(-2, 2, 9)

    def curve(half):
        return 100 * doses / (doses + half)

    plane = Plane(np.array([0]), (ONE, ONE), np.array([[0.25, 0.75]]))
    solved = np.array([[[curve(h)], [curve(h / 2)]] for h in (1.0, 3.0)])
    best = np.array([[[curve(2.0)]]])
    found = plane.moved(best, solved)
    np.testing.assert_array_equal(found[:, 0], best[:, 0])
    np.testing.assert_allclose(found[0, 1, 0], curve(1.0), rtol=1e-4)
