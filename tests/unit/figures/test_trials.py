"""Figures of trials: what is drawn is what was found."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.app.run import Options
from il2sim.app.trial import plan_of
from il2sim.figures.arms import ARM_COLORS
from il2sim.figures.comparisons import forest
from il2sim.figures.survival import survival
from il2sim.figures.trials import draw_trial
from il2sim.figures.visits import followed, spaghetti
from il2sim.study.effects import kaplan_meier
from il2sim.study.findings import find
from tests.killing import TRIAL


@pytest.fixture(scope="module")
def findings():
    plan = plan_of(TRIAL, Options())
    return find(plan, plan.solve(range(12)))


def test_every_figure_is_drawn_and_says_its_units(findings):
    """Each has a title, and no panel with axes is without a label."""
    drawn = draw_trial(findings)
    assert set(drawn) == {
        *("flow", "table1", "spaghetti", "predictive-check", "waterfall"),
        *("swimmer", "survival", "forest", "power", "exposure-response"),
    }
    for name, figure in drawn.items():
        assert figure.texts[0].get_text(), name
    axes = drawn["exposure-response"].axes[0]
    assert axes.get_xlabel() == "exposure [pM·d]"


def test_the_curve_is_that_of_kaplan_and_meier(findings):
    """Steps of the control, from the readings."""
    measure = findings.trial.measure("growth")
    column = findings.trial.measures.index(measure)
    axes = survival(findings, measure).axes[0]
    for arm in (0, 1):
        mine = findings.readings.arm == arm
        curve = kaplan_meier(
            findings.readings.values[mine, column],
            findings.readings.is_event[mine, column],
        )
        steps = [
            line
            for line in axes.lines
            if line.get_drawstyle() == "steps-post"
            and np.array_equal(line.get_ydata()[:-1], curve.share)
        ]
        assert steps, arm


def test_the_forest_shows_the_pooled_effect(findings):
    """Its first mark is the effect over all subjects."""
    (found,) = findings.of("Treg, fold")
    axes = forest(findings, findings.trial.measure("Treg, fold"), 0).axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "D"]
    assert marks[0].get_xdata()[0] == found.pooled.estimate


def test_lines_are_subjects(findings):
    """A row for each arm, a column for each quantity, the primary one first."""
    assert followed(findings)[0] == "Treg"
    assert len(spaghetti(findings).axes) == 2 * 2


def test_colors_of_arms_are_apart():
    """Also in gray: no two arms have the same lightness and hue."""
    seen = [tuple(int(one[i : i + 2], 16) for i in (1, 3, 5)) for one in ARM_COLORS]
    for i, one in enumerate(seen):
        for other in seen[:i]:
            assert np.linalg.norm(np.subtract(one, other)) > 60
