"""Eosinophils and long-lived CD4, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.models import body


def _rates(states=(), parameters=()):
    """Rates of the body by name [engine's units], away from rest in what is given."""
    model = body()
    program = lower(model)
    values = {name: one.engine_value for name, one in model.parameters.items()}
    values.update(parameters)
    vector = np.array([*values.values(), *np.ones(len(program.solved))])
    point = dict.fromkeys(program.states, 1.0)
    point.update(states)
    found = evaluate(
        program, program.rates, vector[None], np.array([[*point.values()]])
    )[0]
    return dict(zip(program.states, found, strict=True)), values


def test_the_marrow_releases_more_in_proportion_to_its_drive():
    """At the count of rest the inflow is release times 1 + most_gain * drive."""
    quiet, p = _rates({"eosinophils.drive": 0.0})
    full, _ = _rates({"eosinophils.drive": 1.0})
    gained = full["eosinophils.blood"] - quiet["eosinophils.blood"]
    expected = p["eosinophils.most_gain"] * p["eosinophils.baseline"]
    assert gained == pytest.approx(expected, rel=1e-12)


def test_half_of_the_engagement_gives_half_of_the_drive():
    """From nothing, the drive rises at half of its rate."""
    _, p = _rates()
    at = "NK bright tissue receptors"
    rates, _ = _rates(
        {
            "eosinophils.drive": 0.0,
            f"{at}.dimer": 0.0,
            f"{at}.trimer": p["eosinophils.half_engaged"],
        }
    )
    half = 0.5 * p["eosinophils.k_drive"]
    assert rates["eosinophils.drive"] == pytest.approx(half, rel=1e-12)


def test_what_keeps_cd4_alive_fades_at_its_own_rate():
    """Without a signal the kept fade; where all are kept no more can be added."""
    silent = {
        f"memory CD4 Tconv {place} receptors.{kind}": 0.0
        for place in ("facing", "tissue")
        for kind in ("dimer", "trimer")
    }
    name = "memory CD4 Tconv survivors.kept"
    rates, p = _rates({**silent, name: 0.4})
    assert rates[name] == pytest.approx(-0.4 * p["survivors.k_forget"], rel=1e-12)
    rates, _ = _rates({name: 1.0})
    assert rates[name] == pytest.approx(-p["survivors.k_forget"], rel=1e-12)


def test_export_of_the_thymus_fades_with_age():
    """The reference age exports as in the table; one fading later 1/e of it."""
    base = _rates()[0]["naive CD8 export.emigrants"]
    _, p = _rates()
    later = p["subject.age"] + p["thymic_export.age_of_fading"]
    none = _rates(parameters={"naive CD8.export_at_rest": 0.0})[0]
    old = _rates(parameters={"subject.age": later})[0]
    part = old["naive CD8 export.emigrants"] - none["naive CD8 export.emigrants"]
    whole = base - none["naive CD8 export.emigrants"]
    assert part / whole == pytest.approx(np.exp(-1), rel=1e-9)
