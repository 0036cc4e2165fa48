"""Pictures of results: one way of drawing, decided once.

A figure is made from `Trajectories` alone, or from the `Findings` of a trial, and reads
every unit from them; how they were made it does not know. Figures are Matplotlib
objects that a user can go on changing, and `save` writes them as PNG and SVG.

Reading order: `style` (sizes, colors, fonts), `published` (what others measured, as it
is drawn), `panels` (one panel), `courses`, `attribution`, `switching`,
`responses`, `validation`, `claim` (the figures), `invented` (to try them on). Of
trials: `arms` (colors and sheets), `visits`, `persons`, `survival`, `comparisons`,
`flow`, `escalations`, `trials` (all of them).
"""

from il2sim.figures.courses import (
    beyer_figure,
    blood_figure,
    draw_all,
    thymus_figure,
    tumor_figure,
)
from il2sim.figures.published import Published
from il2sim.figures.style import COLORS, as_svg, save

__all__ = [
    "COLORS",
    "Published",
    "as_svg",
    "beyer_figure",
    "blood_figure",
    "draw_all",
    "save",
    "thymus_figure",
    "tumor_figure",
]
