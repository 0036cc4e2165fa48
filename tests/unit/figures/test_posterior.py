"""Draws beside their prior: one panel a number, areas of one."""

import numpy as np
import pytest

from il2sim.figures.posterior import posterior_figure
from il2sim.inference import Free


def test_each_number_has_a_panel_with_bars_and_prior():
    """Bars hold all draws and have the area of the prior, on the scale."""
    free = [Free(name, 2.0, 1.5, {}, at=1.0) for name in "ab"]
    values = np.exp(np.random.default_rng(1).normal(0.5, 0.2, (64, 2)))
    draws = [dict(zip("ab", row, strict=True)) for row in values]
    told = {
        "a": {"meaning": "a dose", "unit": "nM"},
        "b": {"meaning": "a part", "unit": "1"},
    }
    figure = posterior_figure(free, draws, told, made="test")
    assert [one.get_title(loc="left") for one in figure.axes] == ["a", "b"]
    assert [one.get_xlabel() for one in figure.axes] == ["a dose [nM]", "a part"]
    for axes in figure.axes:
        area = sum(
            bar.get_height() * np.log((bar.get_x() + bar.get_width()) / bar.get_x())
            for bar in axes.patches
        )
        assert area == pytest.approx(1.0, rel=1e-6)
        x, y = axes.lines[0].get_data()
        assert np.trapezoid(y, np.log(x)) == pytest.approx(1.0, abs=0.01)
