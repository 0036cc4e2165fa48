"""Toxicity at rest and under constant engagement, against closed forms.

What is published about it is compared in `tests/published/test_toxicity.py`.
"""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.lower import lower
from il2sim.engine.problem import Problem
from il2sim.engine.schedule import Schedule
from il2sim.engine.solve import solve
from il2sim.engine.status import Status
from il2sim.evidence import library
from il2sim.models import body
from il2sim.models.toxicity import Alarm, CapillaryLeak, Hemodynamics, Neurotoxicity
from il2sim.symbolic import Component, Model, Output, Reference, observed, parameter
from tests.unit.study.tiny import Number


class Clamp(Component):
    """NK cells held at a constant engagement."""

    level = parameter("molecule/cell", "signaling receptors")
    engaged = observed("molecule/cell", "signaling receptors", 1 * level)


RECORDED = {
    "alarm.mediators": "1",
    "alarm.opening": "1",
    "leak.albumin": "g/dL",
    "leak.outside": "g/dL",
    "leak.fluid": "kg",
    "leak.grade": "1",
    "hemodynamics.systolic": "mmHg",
    "hemodynamics.urine": "mL/(kg*h)",
    "hemodynamics.creatinine": "mg/dL",
    "hemodynamics.hypotension_grade": "1",
    "neurotoxicity.grade": "1",
}


def _clamped() -> Model:
    def look_up(name):
        return (
            Number(1.0, "molecule/cell")
            if name == "clamp.level"
            else library.parameter(name)
        )

    return Model(
        name="clamped",
        meaning="toxicity under constant engagement",
        components=(
            Clamp("clamp"),
            Alarm("alarm", engaged="clamp.engaged"),
            CapillaryLeak("leak", opening="alarm.opening", subject="subject"),
            Hemodynamics(
                "hemodynamics", mediators="alarm.mediators", opening="alarm.opening"
            ),
            Neurotoxicity("neurotoxicity", opening="alarm.opening"),
        ),
        outputs={
            n: Output(n, u, "recorded", Reference(n)) for n, u in RECORDED.items()
        },
        inlets={},
        look_up=look_up,
    )


def _at_rest(engaged):
    """Resting values at each level of engagement, by name, and the parameters."""
    model = _clamped()
    values = {name: one.value for name, one in model.parameters.items()}
    rows = np.tile(
        [one.engine_value for one in model.parameters.values()], (len(engaged), 1)
    )
    rows[:, list(model.parameters).index("clamp.level")] = engaged
    found = solve(
        Problem(
            program=lower(model),
            parameters=rows,
            bases=np.ones((len(engaged), 1)),
            schedule=Schedule.of([]),
            sample_h=np.array([1.0]),
            end_h=1.0,
            save=tuple(RECORDED),
            tolerance=1e-8,
        )
    )
    assert np.all(found.status == Status.DONE)
    return dict(zip(RECORDED, found.resting.T, strict=True)), values


def test_constant_engagement_settles_at_the_closed_form():
    """At half the engagement, mediators, opening, fluid and pressure are known."""
    half = library.parameter("alarm.half_engaged").value
    found, p = _at_rest([half])
    for name in ("alarm.mediators", "alarm.opening"):
        assert found[name] == pytest.approx(0.5, rel=1e-9)
    fluid = 0.5 * p["capillary_leak.leak_of_fluid"] * p["subject.weight"]
    fluid /= p["capillary_leak.k_mobilize"]
    assert found["leak.fluid"] == pytest.approx(fluid, rel=1e-8)
    gain = 1 + 0.5 * p["capillary_leak.leak_of_albumin"]
    shared = gain * p["capillary_leak.k_escape"] / p["capillary_leak.k_return"]
    assert found["leak.outside"] == pytest.approx(shared * found["leak.albumin"])
    fall = p["hemodynamics.fall_by_mediators"] + p["hemodynamics.fall_by_leak"]
    systolic = p["hemodynamics.systolic_at_rest"] * np.exp(-0.5 * fall)
    assert found["hemodynamics.systolic"] == pytest.approx(systolic, rel=1e-9)


def test_grades_rise_from_zero_to_four():
    """Nothing engaged is grade 0; grades rise with engagement and stay below 4."""
    found, _ = _at_rest([0.0, 10.0, 30.0, 100.0, 1000.0])
    for name in ("leak", "hypotension", "neurotoxicity"):
        grade = found[
            "hemodynamics.hypotension_grade"
            if name == "hypotension"
            else f"{name}.grade"
        ]
        assert grade[0] == 0
        assert np.all(np.diff(grade) > 0)
        assert grade[-1] < 4


def test_the_body_rests_without_toxicity():
    """At the IL-2 of a resting person nothing of it can be measured."""
    outputs = body().outputs
    program = lower(body())
    rows = np.array([[one.engine_value for one in body().parameters.values()]])
    names = (
        "albumin",
        "weight gain",
        "systolic pressure",
        "urine output",
        "creatinine",
    )
    found = solve(
        Problem(
            program=program,
            parameters=rows,
            bases=np.ones((1, 1)),
            schedule=Schedule.of([]),
            sample_h=np.array([1.0]),
            end_h=1.0,
            save=names,
            tolerance=1e-6,
        )
    )
    albumin, gain, systolic, urine, creatinine = found.resting[0]
    p = {name: one.value for name, one in body().parameters.items()}
    assert albumin == pytest.approx(p["capillary_leak.albumin_at_rest"], rel=1e-12)
    assert 0 <= gain < 1e-6
    assert systolic == pytest.approx(p["hemodynamics.systolic_at_rest"], rel=1e-7)
    assert urine == pytest.approx(p["hemodynamics.urine_at_rest"], rel=1e-6)
    assert creatinine == pytest.approx(p["hemodynamics.creatinine_at_rest"], rel=1e-12)
    assert outputs["systolic pressure"].unit == "mmHg"
