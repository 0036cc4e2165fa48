"""The figure of YT-1 cells shows every reading, ours and the published model."""

from il2sim.figures.style import as_svg
from il2sim.figures.yt1 import PANELS, line_figure
from il2sim.inference.yt1 import read_plan
from il2sim.inference.yt1_facts import Curve

CURVES = [
    Curve("pSTAT5", False, "il2", 0.0, 0.0, 100.0, 1.0, 1.5, 2.0, 8),
    Curve("CD122", True, "il15", 1.0, 80.0, 30.0, 20.0, 0.0, 2.0, 6),
]


def test_each_curve_is_three_lines_in_its_panel():
    """What was read, ours, and the published model; others are empty."""
    figure = line_figure(read_plan(), CURVES, {}, made="a test")
    for axes, (what, has_cd25, _) in zip(figure.axes, PANELS, strict=True):
        lines = [one for one in axes.lines if len(one.get_xdata()) > 2]
        is_there = any((c.what, c.has_cd25) == (what, has_cd25) for c in CURVES)
        assert len(lines) == (3 if is_there else 0)
    dots = figure.axes[3].lines[0]
    assert dots.get_markerfacecolor() == "none"
    assert dots.get_xydata()[0].tolist() == [2.0, float(CURVES[1].at(2.0))]


def test_the_same_curves_give_the_same_picture():
    """Byte by byte."""
    plan = read_plan()
    one, two = (as_svg(line_figure(plan, CURVES, {}, made="x")) for _ in range(2))
    assert one == two
