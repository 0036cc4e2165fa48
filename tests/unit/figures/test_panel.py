"""The figure of the panel shows every mean, ours and the published equilibrium."""

from il2sim.figures.panel import panel_figure
from il2sim.figures.style import as_svg
from il2sim.inference.panel import Seen, read_plan

PLAN = read_plan()
SEEN = [
    Seen("WT N-term Fc", arms, cell, "a day", 1.0, dose, 1000 * dose + arms)
    for arms in (1, 2)
    for cell in PLAN.cells
    for dose in PLAN.told["doses_nM"][::3]
]


def test_each_cell_type_has_a_panel_with_both_models():
    """Points of the published model, of one and of two arms; and a line."""
    figure = panel_figure(PLAN, SEEN, {}, made="a test")
    for axes, cell in zip(figure.axes, PLAN.cells, strict=True):
        published, one, two, line = axes.lines
        assert len(published.get_xdata()) == 8
        assert len(one.get_xdata()) == len(two.get_xdata()) == 4
        assert len(line.get_xdata()) == 2
        assert axes.get_title(loc="left").startswith(cell)


def test_the_same_means_give_the_same_picture():
    """Byte by byte."""
    one, two = (as_svg(panel_figure(PLAN, SEEN, {}, made="x")) for _ in range(2))
    assert one == two
