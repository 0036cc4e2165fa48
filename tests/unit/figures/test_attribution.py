"""Figures of shares: what is stacked sums to the change."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.errors import BadProblem
from il2sim.figures.attribution import MOST_SHOWN, OTHERS, color_of_share, shares_figure
from il2sim.figures.style import color_of
from il2sim.study.attribution import Attribution


def invented(n_parts=3, failed=0):
    times = np.arange(0.0, 240.0, 24.0)
    sizes = np.array([(-1.0) ** i / (i + 1) for i in range(n_parts)])
    shares = np.tile(times[:, None] / 240 * sizes, (4, 1, 1))
    return Attribution(
        quantity="memory Treg",
        unit="1",
        by="cause",
        parts=tuple(f"part {i}" for i in range(n_parts)),
        times_h=times,
        shares=shares,
        change=shares.sum(axis=2),
        resting=np.ones(4),
        status=np.array([1] * failed + [0] * (4 - failed)),
        doses_h=np.array([0.0, 24.0]),
    )


@pytest.mark.parametrize("n_parts", [1, 3, 12])
def test_the_line_is_the_change_and_bars_are_the_largest_shares(n_parts):
    """Whatever is left out of the names is in the stack."""
    shares = invented(n_parts)
    course, bars = shares_figure(shares, at_h=216.0, title="why").axes
    drawn = course.lines[0].get_ydata()
    assert drawn[-1] == pytest.approx(shares.change[0, -1])
    assert len(bars.patches) == min(n_parts, MOST_SHOWN)
    widths = [abs(one.get_width()) for one in bars.patches]
    assert widths == sorted(widths, reverse=True)


def test_without_a_subject_there_is_nothing_to_draw():
    with pytest.raises(BadProblem, match="nothing to draw of 'memory Treg'"):
        shares_figure(invented(failed=4), at_h=216.0, title="why")


def test_colors_are_those_of_the_process_or_of_the_population():
    assert color_of_share("memory Treg: death") == color_of_share("NK dim: death")
    assert color_of_share("memory CD8") == color_of("CD8")
    assert color_of_share("naive CD8") != color_of_share("memory CD8")
    assert color_of_share(OTHERS) not in (color_of("CD8"), color_of("Treg"))
