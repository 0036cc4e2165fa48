"""IL-7: what CD127 leaves of it, and how fast T cells divide by it."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.models import body
from il2sim.models.cells import POPULATIONS
from il2sim.study.populations import population
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import hours

PUBLISHED = -0.68
"""Correlation of serum IL-7 with CD4 counts, 51 adults with HIV (E237)."""


def test_normal_counts_give_the_normal_level():
    """CD127 of the reference adult, summed by hand, is the normal one of the table."""
    p = {name: one.engine_value for name, one in body().parameters.items()}
    whole = sum(
        p[f"{cell}.baseline"] * p[f"{cell}.body_multiple"] * p[f"{cell}.il7ra_at_rest"]
        for cell in POPULATIONS
    )
    assert whole == pytest.approx(p["interleukin7.normal_receptors"], rel=0.005)


@pytest.mark.parametrize("left", [0.0, 0.1, 0.5, 1.0, 2.0])
def test_the_level_balances_what_is_made(left):
    """What CD127 and the rest clear is what is made, however many cells are left."""
    model = body()
    program = lower(model)
    p = {name: one.engine_value for name, one in model.parameters.items()}
    solved = dict.fromkeys(program.solved, 1.0)
    point = dict.fromkeys(program.states, 1.0)
    for cell in POPULATIONS:
        rest = p[f"{cell}.baseline"] * p[f"{cell}.body_multiple"]
        point[f"{cell}.pool"] = left * rest * p["body_size.blood_at_reference"]
    known = np.array([[*p.values(), *solved.values()]])
    root, states = program.outputs["IL-7"], np.array([[*point.values()]])
    level = evaluate(program, [root], known, states)[0, 0]
    share = p["interleukin7.uptake_share"]
    assert level * (share * left + 1 - share) == pytest.approx(1.0, rel=0.01)


@pytest.mark.slow
def test_patients_with_few_cd4_have_more():
    """The sign and rough size of the published correlation, predicted."""
    names = ["Treg", "CD4 Tconv", "IL-7"]
    found = simulate(
        body(),
        Regimen.parse("aldesleukin 1 kIU sc, once"),
        population("hiv_patients", n=200, seed=4),
        times=hours(0, 1, every=1),
        save=names,
    )
    treg, tconv, level = (found[name].resting for name in names)
    r = np.corrcoef(treg + tconv, level)[0, 1]
    assert -1.0 < r < PUBLISHED / 2
