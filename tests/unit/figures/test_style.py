"""Colors that every reader can tell apart, and settings that stay inside."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from threading import Event, Thread

import matplotlib as mpl
import numpy as np
import pytest
from numpy.typing import NDArray

from il2sim.figures import beyer_figure, save
from il2sim.figures.arms import ARM_COLORS
from il2sim.figures.invented import invented
from il2sim.figures.style import (
    COLORS,
    SIGNALS,
    as_svg,
    color_of,
    first_in_rows,
    new_figure,
    styled,
)

SEEN_BY = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
"""Linear RGB as seen with a deficiency: Machado, Oliveira and Fernandes (2009),
IEEE Trans. Vis. Comput. Graph. 15, 1291, severity 1. doi:10.1109/TVCG.2009.113
"""

TOGETHER = (
    ("naive Treg", "memory Treg", "CD4 Tconv", "CD8"),
    ("plasma IL-2", "lymphocytes", "NK dim", "NK bright"),
    ("tumor", "Treg", "CD8"),
)
"""Colors that stand in one figure."""

EASILY_TOLD_APART = 20.0
"""CIELAB distance; 2.3 is just noticeable side by side."""


def lab(color: str, seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB (D65) of a color as someone sees it."""
    rgb = np.array(mpl.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(seen @ linear, 0, 1)
    to_xyz = np.array(
        [
            [0.4124, 0.3576, 0.1805],
            [0.2126, 0.7152, 0.0722],
            [0.0193, 0.1192, 0.9505],
        ]
    )
    x, y, z = np.cbrt(to_xyz @ linear / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("reader", SEEN_BY)
@pytest.mark.parametrize("names", TOGETHER, ids=lambda names: names[0])
def test_colors_in_one_figure_are_told_apart(
    names: tuple[str, ...], reader: str
) -> None:
    """Also by readers without one of the two long-wave cones."""
    for one, other in combinations(names, 2):
        there = [lab(COLORS[name], SEEN_BY[reader]) for name in (one, other)]
        assert np.linalg.norm(there[0] - there[1]) > EASILY_TOLD_APART, (one, other)


@pytest.mark.parametrize("reader", SEEN_BY)
@pytest.mark.parametrize("colors", [ARM_COLORS[:4], tuple(SIGNALS.values())])
def test_arms_and_signals_are_told_apart(colors: tuple[str, ...], reader: str) -> None:
    """Four arms of a trial, or scenarios of the page; receptors and their signal."""
    for one, other in combinations(colors, 2):
        there = [lab(color, SEEN_BY[reader]) for color in (one, other)]
        assert np.linalg.norm(there[0] - there[1]) > EASILY_TOLD_APART, (one, other)


def test_the_color_of_a_population_is_that_of_all_its_quantities() -> None:
    """Named first wins, then named inside, then the longest name."""
    assert color_of("naive Treg pool") == COLORS["naive Treg"]
    assert color_of("emigrants of naive Treg") == COLORS["naive Treg"]
    assert color_of("CD8 in tumor") == COLORS["CD8"]
    assert color_of("albumin") not in COLORS.values()


def test_drawing_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    """No setting of ours outlives a figure."""
    before = dict(mpl.rcParams)
    save(beyer_figure(invented(days=3)), tmp_path, "figure")
    with styled():
        assert dict(mpl.rcParams) != before
    assert dict(mpl.rcParams) == before


def test_threads_that_draw_leave_matplotlib_as_it_was() -> None:
    """One that begins while another draws does not keep the other's rules."""
    before = dict(mpl.rcParams)
    entered, leave = Event(), Event()

    def first() -> None:
        with styled():
            entered.set()
            leave.wait(10)

    def second() -> None:
        with styled():
            pass

    threads = [Thread(target=first), Thread(target=second)]
    threads[0].start()
    entered.wait(10)
    threads[1].start()
    threads[1].join(0.2)
    assert threads[1].is_alive()
    leave.set()
    for thread in threads:
        thread.join(10)
    assert dict(mpl.rcParams) == before


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    """No date, no random name inside."""
    run = invented(days=3)
    once, twice = (save(beyer_figure(run), tmp_path, name) for name in ("a", "b"))
    for one, other in zip(once, twice, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_rows_are_filled_alike_and_number_their_first_column():
    """Four panels at most three in a row are two and two; three stay one row."""
    for n, most, first in ((4, 3, 2), (3, 3, 1), (4, None, 1), (5, 3, 2)):
        figure, panels = new_figure(n, title="t", below="b", share_y=True, columns=most)
        assert len(figure.axes) == n
        assert len(first_in_rows(panels)) == first


def test_the_same_figure_gives_the_same_text():
    one, other = (as_svg(new_figure(1, title="t", below="b")[0]) for _ in range(2))
    assert one == other
    assert one.startswith("<?xml")
