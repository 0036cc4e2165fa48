"""The figure of checks draws each number where it belongs."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from il2sim.figures.checks import draw_inverse, draw_uptake, draw_variance
from il2sim.inference.variance import Compared


@pytest.fixture
def axes():
    return Figure().add_subplot()


def points(axes):
    """What is drawn as points, by color."""
    dots = [one for one in axes.lines if one.get_linestyle() == "None"]
    return [one.get_xydata().tolist() for one in dots if len(one.get_xydata())]


def test_variance_is_one_cloud_for_each_cell_type(axes):
    """Predicted over measured; what is not above zero has no logarithm."""
    both = Compared(
        np.array(["Treg", "NK", "NK"]),
        np.array([1.0, 2.0, -1.0]),
        np.zeros(3),
        np.array([3.0, 4.0, 5.0]),
        np.ones(3),
    )
    draw_variance(axes, both)
    assert points(axes) == [[[1.0, 3.0]], [[2.0, 4.0]]]
    assert [one.get_text() for one in axes.get_legend().texts] == ["Treg", "NK"]


def test_the_inverse_begins_at_the_first_dose(axes):
    """A curve that is inverse to CD25 lies on its line."""
    draw_inverse(axes, (1.0, 10.0), {"exact": [2.0, 0.2], "off": [1.0, 0.3]})
    exact, off = points(axes)
    lines = [one for one in axes.lines if one.get_linestyle() == "-"]
    assert lines[0].get_xydata() == pytest.approx(np.array(exact))
    assert lines[1].get_xydata()[1].tolist() == pytest.approx([10.0, 0.1])
    assert off[1] == [10.0, 0.3]


def test_uptake_stands_before_its_band(axes):
    """Each gate at first and for good; the span from the least to the most."""
    draw_uptake(axes, {"Treg": (0.3, 0.1), "NK": (4.0, 2.0)}, (0.03, 15.0))
    assert points(axes) == [[[0, 0.3], [1, 4.0]], [[0, 0.1], [1, 2.0]]]
    [span] = axes.patches
    assert (span.get_y(), span.get_y() + span.get_height()) == pytest.approx((0.03, 15))
    assert [one.get_text() for one in axes.get_xticklabels()] == ["Treg", "NK"]
