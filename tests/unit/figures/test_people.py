"""The picture of a certificate shows what the certificate says."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.figures.people import certificate_figure
from il2sim.models import body
from il2sim.study.measures import Asked
from il2sim.study.populations import adults
from il2sim.study.targets import Target
from il2sim.study.virtual import Plan, build

TARGETS = (
    Target(Asked("age", "y"), mean=52.0, sd=9.0, shape="normal", source="t"),
    Target(Asked("CD4", "cell/uL"), mean=800.0, sd=250.0, source="t"),
    Target(Asked("weight", "kg"), mean=75.0, source="t", is_held_out=True),
    Target(
        Asked("is female", "1"),
        edges=(-np.inf, 0.5, np.inf),
        shares=(0.5, 0.5),
        source="t",
    ),
)


def test_every_target_has_a_panel_with_its_curves():
    people = build(
        Plan("old", "older adults", adults(n=400, seed=2), targets=TARGETS), body()
    ).people
    figure = certificate_figure(people)
    age, cd4, weight, women, weights, drift = figure.axes
    assert age.get_xlabel() == "age [y]"
    _, tilted, target = age.lines
    middle = float(np.interp(0.5, target.get_ydata(), target.get_xdata()))
    assert middle == pytest.approx(52.0, abs=0.2), "the median of a normal is its mean"
    reached = float(np.interp(0.5, tilted.get_ydata(), tilted.get_xdata()))
    assert reached == pytest.approx(52.0, abs=1.0)
    assert cd4.get_xlabel() == "CD4 [cell/uL]"
    assert "held out" in weight.texts[0].get_text()
    assert women.lines[-1].get_ydata().tolist() == [0.5]
    held = weights.lines[1]
    assert held.get_ydata()[-1] == pytest.approx(1.0)
    largest = people.made["quality"]["largest"]
    assert held.get_ydata()[1] == pytest.approx(largest)
    assert (
        drift.patches[0].get_width() == people.made["quality"]["drift"][0]["distance"]
    )
