"""What the figures of trials share: colors of arms, and sheets of any size.

An arm has one color in every figure; the control comes first, in blue. The colors are
told apart by readers with any of the common color deficiencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

from il2sim.figures.style import DPI, FAINT, LETTERS_AN_INCH, LINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from il2sim.study.trial import Trial

ARM_COLORS = ("#0B4F8A", "#D1620A", "#23A377", "#BD7CCB", "#C9A400", "#6B4423")
"""The control first."""

DOSE_COLORS = ("#8FC1E8", "#062A52")
"""The lowest and the highest dose of an escalation; the others lie between."""

QUIET = "#52606D"
"""The line under a title."""


def arm_colors(trial: Trial) -> list[str]:
    """The color of each arm, in their order."""
    if trial.design == "escalation":
        return _between(*DOSE_COLORS, len(trial.arms))
    names = [arm.name for arm in trial.arms]
    first = names.index(trial.control)
    order = [first, *(i for i in range(len(names)) if i != first)]
    found = [""] * len(names)
    for place, arm in enumerate(order):
        found[arm] = ARM_COLORS[place % len(ARM_COLORS)]
    return found


def _between(first: str, last: str, n: int) -> list[str]:
    """Colors in equal steps from one to another.

    Examples
    --------
    >>> _between("#000000", "#0A1400", 3)
    ['#000000', '#050A00', '#0A1400']
    """
    ends = [[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in (first, last)]
    parts = [place / max(1, n - 1) for place in range(n)]
    mixed = (
        [round(a + part * (b - a)) for a, b in zip(*ends, strict=True)]
        for part in parts
    )
    return ["#" + "".join(f"{one:02X}" for one in color) for color in mixed]


def group_colors(trial: Trial) -> list[str]:
    """The color of each allocated group: of its arm, or of a sequence."""
    if trial.design == "crossover":
        return [ARM_COLORS[2], ARM_COLORS[3]]
    return arm_colors(trial)


@dataclass(frozen=True)
class Sheet:
    """A figure under a title, in which panels are placed by the inch.

    Attributes
    ----------
    figure
        What is drawn on.
    width, height, head
        Of the whole, and how much of it the title takes, [inch].
    """

    figure: Figure
    width: float
    height: float
    head: float

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner is so far below the head, [inch]."""
        low = self.height - self.head - top - height
        return self.figure.add_axes(
            (
                left / self.width,
                low / self.height,
                width / self.width,
                height / self.height,
            )
        )


def sheet(width: float, height: float, *, title: str, below: str) -> Sheet:
    """Make an empty sheet.

    Parameters
    ----------
    width, height
        Of what is below the head, [inch].
    title, below
        The headline, and the lines under it.
    """
    from matplotlib.figure import Figure

    text = fill(below, int(width * LETTERS_AN_INCH))
    head = 0.42 + LINE * (text.count("\n") + 1)
    figure = Figure(figsize=(width, head + height), dpi=DPI)
    whole = head + height
    left = 0.14 / width
    figure.text(left, 1 - 0.27 / whole, title, fontsize=12, fontweight="bold")
    figure.text(left, 1 - 0.38 / whole, text, fontsize=8.5, color=QUIET, va="top")
    return Sheet(figure, width, whole, head)


def bare(axes: Axes) -> None:
    """Leave no axis, for what is written or drawn by hand."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def quiet_grid(axes: Axes, *, axis: str = "x") -> None:
    """Faint lines along one axis."""
    axes.grid(visible=True, axis=axis, color=FAINT, alpha=0.22, linewidth=0.6)  # type: ignore[arg-type]
