"""The laboratory's view against closed forms."""

import math

import numpy as np
import pytest

from il2sim.engine.trajectories import TimeCourse, Trajectories
from il2sim.errors import BadProblem
from il2sim.molecules import product
from il2sim.study.readouts import (
    CD4,
    MARGIN,
    READOUTS,
    Assay,
    cd25hi_edge,
    edge_for,
    needed,
    normal_below,
    read_out,
    share_above,
)


def run_of(values, units):
    """One subject, rest and one time, from ``name: (at rest, later)``."""
    names = tuple(values)
    table = np.array([[list(pair) for pair in zip(*values.values(), strict=True)]])
    return Trajectories(
        names=names,
        units=tuple(units.get(name, "cell/uL") for name in names),
        times_h=np.array([0.0, 24.0]),
        values=table,
        resting=table[:, 0],
        peaks=table.max(axis=1),
        status=np.array([0]),
    )


def stained(cd25, *, occupied=0.0, tregs=(30.0, 30.0), tconv=800.0):
    """A run with CD25 of all CD4 raised by a factor, and part of it hidden."""
    rest = dict(zip(CD4, (3429.0, 3542.0, 270.0, 438.0), strict=True))
    values = {"naive Treg": (30.0, tregs[0]), "memory Treg": (30.0, tregs[1])}
    values |= {"CD4 Tconv": (800.0, tconv), "naive of CD4 Tconv": (45.0, 45.0)}
    for cell, count in rest.items():
        values[f"CD25 on {cell}"] = (count, count * cd25)
        values[f"CD25 of {cell} occupied"] = (0.0, 100.0 * occupied)
    return run_of(values, {})


def test_the_normal_distribution_is_that_of_the_error_function():
    """Within 1e-7, as the formula promises."""
    z = np.linspace(-5.0, 5.0, 201)
    exact = [0.5 * math.erfc(-one / math.sqrt(2)) for one in z]
    np.testing.assert_allclose(normal_below(z), exact, atol=1e-7)


def test_a_gate_one_sigma_above_the_middle_holds_a_sixth():
    sigma, middle = 0.8, np.array([500.0])
    edge = 500.0 * math.exp(sigma)
    assert share_above(edge, middle, sigma)[0] == pytest.approx(0.158655, abs=1e-6)


def test_the_edge_of_a_gate_holds_the_share_asked_for():
    """Of one population it is the quantile; of two it is found where both sum to it."""
    quantile = 100.0 * math.exp(0.5 * 1.644854)
    assert edge_for(0.05, [1.0], [100.0], 0.5) == pytest.approx(quantile, rel=1e-5)
    edge = edge_for(0.1, [60.0, 800.0], [3500.0, 350.0], 0.8)
    held = 60 * share_above(edge, np.array(3500.0), 0.8)
    held += 800 * share_above(edge, np.array(350.0), 0.8)
    assert float(held) / 860 == pytest.approx(0.1, rel=1e-6)
    with pytest.raises(BadProblem, match="cannot hold"):
        edge_for(1.0, [1.0], [1.0], 0.5)


def test_normal_donors_have_what_was_published_in_the_gate():
    """2.24 % of CD4 are CD25hi (E073); the donor here has 7 % Treg of CD4."""
    course = read_out(stained(1.0), "CD25hi of CD4")
    assert course.resting[0] == pytest.approx(2.24, rel=0.1)
    assert 2000 < cd25hi_edge() < 20000  # beyond the median Treg


def test_brighter_treg_enter_the_gate_beyond_their_number():
    """CD25 times exp(sigma) moves every cell one sigma: shares follow the normal."""
    bright = read_out(stained(math.exp(0.8)), "CD25bright Treg")
    edge = cd25hi_edge()
    z = [math.log(cd25 / edge) / 0.8 for cd25 in (3429.0, 3542.0)]
    before = sum(30.0 * 0.5 * math.erfc(-one / math.sqrt(2)) for one in z)
    after = sum(30.0 * 0.5 * math.erfc(-(one + 1) / math.sqrt(2)) for one in z)
    assert bright.resting[0] == pytest.approx(before, rel=1e-5)
    assert bright.values[0, 1] == pytest.approx(after, rel=1e-5)


def test_il2_hides_cd25_from_the_antibody():
    """Twice the CD25, half of it occupied, looks like no change."""
    hidden = stained(2.0, occupied=0.5)
    seen = read_out(hidden, "visible CD25 on memory Treg").fold()
    assert seen.values[0, 1] == pytest.approx(1.0)
    bright = read_out(hidden, "CD25bright Treg").fold()
    assert bright.values[0, 1] == pytest.approx(1.0)


def test_percentages_are_of_cd4_and_counts_are_not():
    run = stained(1.0, tregs=(60.0, 60.0), tconv=740.0)
    share = read_out(run, "naive Treg of CD4")
    assert share.unit == "%"
    assert share.resting[0] == pytest.approx(100 * 30 / 860)
    assert share.values[0, 1] == pytest.approx(100 * 60 / 860)
    young = read_out(run, "CD45RA+ of Treg")
    assert young.values[0].tolist() == [50.0, 50.0]
    foxp3 = read_out(run, "FOXP3+ of CD4")
    assert foxp3.resting[0] == pytest.approx(0.75 * 100 * 60 / 860)


@pytest.mark.parametrize(
    ("folds", "margin"),
    [((3.0, 2.0, 0.5, 0.8), 2.0), ((3.0, 2.0, 4.0, 1.0), 0.5), ((0.9, 2.0, 1, 1), 0.9)],
)
def test_the_margin_of_the_claim_is_set_by_the_weakest(folds, margin):
    names = ("naive Treg", "memory Treg", "CD4 Tconv", "CD8")
    values = {
        name: (10.0, 10.0 * fold) for name, fold in zip(names, folds, strict=True)
    }
    course = read_out(run_of(values, {}), MARGIN)
    assert course.resting[0] == 1.0
    assert course.values[0, 1] == pytest.approx(margin)


def test_an_assay_adds_its_offset_and_sees_nothing_below_its_limit():
    course = TimeCourse(
        "plasma IL-2",
        "pM",
        np.array([0.0, 1.0]),
        np.array([[0.01, 39.9]]),
        np.array([0.01]),
        np.array([39.9]),
    )
    seen = Assay("pM", offset=0.1, limit=0.137).report(course)
    np.testing.assert_allclose(seen.values, [[0.137, 40.0]])
    active = Assay("IU/mL").report(course, product("aldesleukin"))
    assert active.values[0, 1] == pytest.approx(10.0, rel=2e-3)  # 3.99 pM (E296)
    with pytest.raises(BadProblem, match="without a product"):
        Assay("IU/mL").report(course)


def test_what_must_be_recorded_is_known_beforehand():
    assert needed("Treg / CD4 Tconv") == ("Treg", "CD4 Tconv")
    for readout in READOUTS.values():
        assert needed(readout.name) == readout.needs
