"""One square for each mechanism and dose, and the number it stands for."""

from il2sim.figures.switching import switching_figure
from tests.unit.study.test_switching import invented


def test_squares_show_the_parts_carried():
    found = invented([16.0, 1.0, 4.0, 32.0], [1.0, 1.0, 1.0, 1.0])
    words, panel = switching_figure(found, title="who").axes
    assert [text.get_text() for text in panel.texts] == ["100", "50", "-25"]
    assert [text.get_text() for text in words.texts] == [
        switch.name for switch in found.switches[1:]
    ]
