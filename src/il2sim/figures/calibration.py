"""What the trials say of each free number of the body, and of each card left out.

Left, every free number as a factor of its value in the tables: its range beforehand is
gray, what is left of it blue, the best value a point. Right, published over predicted
for each number of the cards of calibration: by the best values, and by a fit that did
not see the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from il2sim.figures.style import DPI, FAINT, INK, sign, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, SEEN, UNSEEN = "#0B4F8A", "#8A94A0", "#C1440E"


@dataclass(frozen=True)
class Number:
    """One free number, all as factors of its value in the tables, [1].

    Attributes
    ----------
    name, verdict
        Of it; what its profile says.
    before, after
        Nine tenths of the prior and of the posterior.
    best
        The best value.
    """

    name: str
    verdict: str
    before: tuple[float, float]
    after: tuple[float, float]
    best: float


def calibration_figure(
    numbers: Sequence[Number],
    errors: Mapping[str, tuple[float, float]],
    *,
    made: str,
) -> Figure:
    """Draw a fit of the body.

    Parameters
    ----------
    numbers
        What was free.
    errors
        By row: published over predicted by the best values, and by a fit without the
        card, [1].
    made
        What produced the figure.
    """
    from matplotlib.figure import Figure

    with styled():
        height = 1.3 + 0.19 * max(len(numbers), len(errors))
        figure = Figure(figsize=(11.6, height), dpi=DPI)
        title = "Calibration: what the trials leave of each assumption"
        figure.text(0.012, 1 - 0.27 / height, title, fontsize=13, fontweight="bold")
        bottom, tall = 0.62 / height, 1 - 1.25 / height
        _numbers(figure.add_axes((0.24, bottom, 0.28, tall)), numbers)
        _errors(figure.add_axes((0.72, bottom, 0.26, tall)), errors)
        sign(figure, made)
    return figure


def _numbers(axes: Axes, numbers: Sequence[Number]) -> None:
    for i, one in enumerate(numbers):
        axes.plot(one.before, [i, i], color="#D5DAE0", linewidth=6, zorder=1)
        axes.plot(one.after, [i, i], color=LEFT, linewidth=2.4, zorder=2)
        axes.plot([one.best], [i], "o", color=LEFT, markersize=4, zorder=3)
    axes.axvline(1.0, color=INK, linewidth=0.7, zorder=0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(numbers)))
    axes.set_yticklabels([f"{one.name} ({one.verdict})" for one in numbers], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("factor of the value in the tables")
    axes.set_title("range before (gray), 90 % after (blue)")


def _errors(axes: Axes, errors: Mapping[str, tuple[float, float]]) -> None:
    for i, (seen, unseen) in enumerate(errors.values()):
        axes.plot([seen, unseen], [i, i], color=FAINT, linewidth=0.8)
        axes.plot([seen], [i], "o", color=SEEN, markersize=4)
        axes.plot([unseen], [i], "D", color=UNSEEN, markersize=3.6)
    axes.axvline(1.0, color=INK, linewidth=0.7, zorder=0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(errors)))
    axes.set_yticklabels(list(errors), fontsize=6.5)
    axes.invert_yaxis()
    axes.set_xlabel("published over predicted")
    axes.set_title("fitted (gray), card left out (red)")
