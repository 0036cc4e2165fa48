"""The figure of a fit says what it was given."""

from il2sim.figures.fits import responses_figure
from il2sim.figures.style import as_svg
from il2sim.inference.checks import Check
from il2sim.inference.facts import Response
from il2sim.inference.plate import Curve

MEASURED, MODEL = Curve(0.0, 1.0, 0.5, 2.0), Curve(0.0, 1.0, 0.25, 3.0)
RESPONSES = [
    Response(gate, ligand, 0.5, (MEASURED, MEASURED), MODEL)
    for gate in ("Treg", "NK")
    for ligand in ("IL2", "IL15")
]


def test_each_response_is_one_sign_at_its_measured_and_modeled_dose():
    """Half-maximal doses by ligand, slopes of both; a panel of checks if there are."""
    check = Check(5, "a ratio", 3.0, 1.0, 2.0, "Farhat 2021: 9", "fitted")
    assert not check.passes
    figure = responses_figure(RESPONSES, made="a test", checks=[check])
    first, second, slopes, bands = figure.axes
    for axes in (first, second):
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        drawn = [dot.get_xydata().tolist() for dot in dots if len(dot.get_xydata())]
        assert drawn == [[[0.5, 0.25]]] * 2
    assert [one.get_text() for one in first.get_legend().texts] == ["Treg", "NK"]
    assert [2.0, 3.0] in slopes.lines[0].get_xydata().tolist()
    [sign] = bands.lines
    assert (sign.get_marker(), sign.get_markerfacecolor()) == ("s", "none")  # it fails
    assert [one.get_text() for one in bands.texts] == ["5  blood cells: curves"]
    assert len(responses_figure(RESPONSES, made="a test").axes) == 3


def test_checks_beyond_the_list_are_circles_after_the_squares():
    """Of one row: what passes comes first among each."""
    told = {"row": 5, "name": "", "low": 1.0, "high": 2.0, "baseline": "", "how": ""}
    checks = [
        Check(value=value, beyond=beyond, **told)
        for value, beyond in ((3.0, True), (1.5, True), (3.0, False))
    ]
    bands = responses_figure(RESPONSES, made="a test", checks=checks).axes[3]
    places = {float(one.get_xdata()[0]): one.get_marker() for one in bands.lines}
    assert places == {0.0: "s", 1.0: "o", 2.0: "o"}
    full = [one.get_markerfacecolor() != "none" for one in bands.lines]
    assert full == [False, True, False]


def test_the_same_responses_give_the_same_picture():
    """Byte by byte."""
    one, two = (as_svg(responses_figure(RESPONSES, made="x")) for _ in range(2))
    assert one == two
