"""Parts of the body's model against closed forms, with the rest switched off."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.lower import lower
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.models import body
from il2sim.models.cells import POPULATIONS


def _without_receptors():
    """The reference subject, whose cells have next to no receptors and shed nothing."""
    model = body()
    values = {name: one.engine_value for name, one in model.parameters.items()}
    for cell in POPULATIONS:
        values[f"{cell}.cd25_at_rest"] *= 1e-12
        values[f"{cell}.cd122_at_rest"] *= 1e-12
    return model, values


def _plasma_nM(model, values, doses, times_h):  # noqa: N802 - the unit is written so
    task = Problem(
        program=lower(model),
        parameters=np.array([list(values.values())]),
        bases=np.ones((1, 1)),
        schedule=Schedule.of(doses),
        sample_h=times_h,
        end_h=float(times_h[-1]),
        save=("plasma IL-2",),
        tolerance=1e-8,
    )
    found = solve(task)
    return (found.values[0, :, 0] - found.resting[0, 0]) * 1e-3


def _rates(values):
    """Two-compartment rate constants and volume."""
    v1, v2 = values["circulation.plasma_volume"], values["circulation.tissue_volume"]
    q, cl = values["circulation.exchange_flow"], values["circulation.renal_clearance"]
    matrix = np.array([[-(q + cl) / v1, q / v2], [q / v1, -q / v2]])
    return matrix, v1


@pytest.mark.parametrize("duration_h", [0.0, 0.25])
def test_iv_doses_follow_two_compartments(duration_h):
    """A bolus is a sum of two exponentials, an infusion its integral.

    1e-6 of the peak is a hundred times the tolerance of a step.
    """
    model, values = _without_receptors()
    times = np.array([0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
    got = _plasma_nM(model, values, [Given(0.0, 0, 10.0, duration_h=duration_h)], times)
    matrix, v1 = _rates(values)
    exact = [_amount(matrix, t, duration_h) / v1 for t in times]
    np.testing.assert_allclose(got[1:], exact[1:], atol=1e-6 * max(exact))


def _amount(matrix, t, duration_h, dose=10.0):
    """Amount in plasma after a dose, by the eigenvectors of the rate matrix."""
    poles, vectors = np.linalg.eig(matrix)
    weights = vectors[0] * np.linalg.solve(vectors, [dose, 0.0])
    if duration_h == 0:
        return float(np.sum(weights * np.exp(poles * t)))
    run, past = min(t, duration_h), max(0.0, t - duration_h)
    grown = (np.exp(poles * run) - 1) / poles / duration_h
    return float(np.sum(weights * grown * np.exp(poles * past)))


def test_a_small_sc_dose_is_absorbed_by_the_share_of_the_rates():
    """Far below saturation the area under the curve is F times dose over clearance."""
    model, values = _without_receptors()
    times = np.arange(0.0, 96.0, 0.05)
    dose = 1e-3
    curve = _plasma_nM(model, values, [Given(0.0, 1, dose)], times)
    absorbed = values["injection_site.k_absorb"]
    share = absorbed / (absorbed + values["injection_site.k_destroy"])
    expected = share * dose / values["circulation.renal_clearance"]
    assert np.trapezoid(curve, times) == pytest.approx(expected, rel=1e-3)
