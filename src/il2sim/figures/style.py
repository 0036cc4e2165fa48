"""Sizes, colors and fonts of every figure, decided once.

Regulatory cells are cool, effectors warm, NK cells purple: the colors are told apart by
readers with any of the common color deficiencies, and a test says so. Nothing here
changes Matplotlib's global settings, and the same figure gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from textwrap import fill
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS: Mapping[str, str] = MappingProxyType(
    {
        "naive Treg": "#2BA6DE",
        "memory Treg": "#0B4F8A",
        "Treg": "#1F78B4",
        "CD4 Tconv": "#E08A00",
        "CD8": "#C1440E",
        "NK dim": "#BD7CCB",
        "NK bright": "#7B2D8B",
        "NK": "#9C5AA8",
        "lymphocytes": "#4D4D4D",
        "plasma IL-2": "#23A377",
        "tumor": "#6B4423",
    }
)
"""One color for each population, in every figure."""

SIGNALS: Mapping[str, str] = MappingProxyType(
    {"CD25": "#2BA6DE", "CD122": "#0B4F8A", "pSTAT5": "#E08A00"}
)
"""Receptors of one cell, and what they signal."""

TWO_KINDS = ("#2F6DB5", "#C1440E")
"""Two kinds of one thing beside each other: two ligands, two fits."""

INK = "#1F2933"
"""Text and what was measured."""

FAINT = "#8A94A0"
"""Axes, dose marks, small print."""

PANEL_WIDTH, PANEL_HEIGHT = 2.35, 2.5
"""Of one panel, [inch]; four fill a page of 10 inches with their margins."""

DPI = 200

LETTERS_AN_INCH, LINE = 15, 0.15
"""Of the lines under a title: letters at most, and how high a line is [inch]."""

RULES: Mapping[str, Any] = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": FAINT,
        "axes.facecolor": "none",  # a number beside one panel may reach into the next
        "axes.labelcolor": INK,
        "axes.labelsize": 8.5,
        "axes.linewidth": 0.7,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlepad": 7,
        "figure.facecolor": "white",
        "font.family": "DejaVu Sans",  # comes with Matplotlib: the same everywhere
        "font.size": 8.5,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "lines.solid_capstyle": "round",
        "savefig.facecolor": "white",
        "svg.fonttype": "path",
        "svg.hashsalt": "il2sim",
        "text.color": INK,
        "xtick.color": FAINT,
        "xtick.labelcolor": INK,
        "xtick.labelsize": 8,
        "ytick.color": FAINT,
        "ytick.labelcolor": INK,
        "ytick.labelsize": 8,
    }
)
"""Matplotlib's settings inside `styled`."""


def color_of(name: str) -> str:
    """Find the color of a population, also of a quantity that is named after one.

    Examples
    --------
    >>> color_of("TREC per naive Treg") == color_of("naive Treg")
    True
    """
    first = [known for known in COLORS if name.startswith(known)]
    inside = first or [known for known in COLORS if known in name]
    return COLORS[max(inside, key=len)] if inside else INK


_DRAWING = RLock()
"""Matplotlib has one set of rules for all threads: they draw one after the other."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw by these rules inside a ``with``, and leave Matplotlib as it was."""
    import matplotlib as mpl

    rules: Any = dict(RULES)
    with _DRAWING, mpl.rc_context(rules):
        yield


def new_figure(
    n_panels: int,
    *,
    title: str,
    below: str,
    share_y: bool = False,
    columns: int | None = None,
) -> tuple[Figure, list[Axes]]:
    """Make empty panels under a title and a line that explains them.

    Parameters
    ----------
    n_panels
        How many.
    title, below
        The headline, and the line under it.
    share_y
        Whether all have one upright axis, numbered in the first column.
    columns
        Most panels in a row, and rows are filled alike; all in one unless it is said.
    """
    from matplotlib.figure import Figure

    rows = -(-n_panels // (columns or n_panels))
    columns = -(-n_panels // rows)
    margin, head, foot, between = 0.62, 0.92, 0.72, 0.9  # [inch]
    gap = 0.52 if share_y else 0.72
    width = margin + columns * PANEL_WIDTH + (columns - 1) * gap + 0.5
    text = fill(below, int(width * LETTERS_AN_INCH))
    head += LINE * text.count("\n")
    height = head + rows * PANEL_HEIGHT + (rows - 1) * between + foot
    figure = Figure(figsize=(width, height), dpi=DPI)
    panels: list[Axes] = []
    for i in range(n_panels):
        row, column = divmod(i, columns)
        left = (margin + column * (PANEL_WIDTH + gap)) / width
        low = (foot + (rows - 1 - row) * (PANEL_HEIGHT + between)) / height
        place = (left, low, PANEL_WIDTH / width, PANEL_HEIGHT / height)
        panels.append(
            figure.add_axes(place, sharey=panels[0] if share_y and panels else None)
        )
        if share_y and column:
            panels[i].tick_params(labelleft=False)
    left = 0.14 / width
    figure.text(left, 1 - 0.27 / height, title, fontsize=12, fontweight="bold")
    figure.text(left, 1 - 0.38 / height, text, fontsize=8.5, color="#52606D", va="top")
    return figure, panels


def first_in_rows(panels: Sequence[Axes]) -> list[Axes]:
    """The panels at the left end of a row."""
    places = [axes.get_position().x0 for axes in panels]
    return [axes for axes, x in zip(panels, places, strict=True) if x == min(places)]


def sign(figure: Figure, text: str) -> None:
    """Write in the lower right corner what produced the figure."""
    width, height = figure.get_size_inches()
    figure.text(
        1 - 0.12 / width, 0.09 / height, text, fontsize=6.5, color=FAINT, ha="right"
    )


def as_svg(figure: Figure) -> str:
    """Draw a figure as the text of an SVG; the same figure gives the same text."""
    file = StringIO()
    with styled():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": "il2sim"})
    return file.getvalue()


def save(figure: Figure, folder: Path | str, name: str) -> list[Path]:
    """Write a figure as PNG and as SVG.

    Parameters
    ----------
    figure
        What to write.
    folder
        Where; made if missing.
    name
        Of the files, without ending.

    Returns
    -------
    list of pathlib.Path
        The two files.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    with styled():
        figure.savefig(paths[0], dpi=DPI, metadata={"Software": "il2sim"})
    paths[1].write_text(as_svg(figure), encoding="utf-8")
    return paths
