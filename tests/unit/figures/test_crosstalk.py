"""The figure of IL-7 and IL-4: four panels, two fits and the published model."""

from il2sim.figures.crosstalk import shipped_figure
from il2sim.figures.style import as_svg


def test_each_panel_has_points_and_three_lines():
    """Two or three curves that were read, two of ours, and the published; bytes."""
    figure = shipped_figure(made="a test")
    counts = [len(axes.lines) for axes in figure.axes]
    assert counts == [5, 5, 6, 6]
    assert as_svg(figure) == as_svg(shipped_figure(made="a test"))
