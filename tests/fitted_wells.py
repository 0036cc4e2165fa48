"""Fits with known answers, in wells of one cell type."""

from __future__ import annotations

import numpy as np

from il2sim.inference import FitProblem, Free, Observations, Part, Reading
from il2sim.models.dish import dish
from il2sim.study.wells import Plate

EMPTY = {"NK.seeded": 1e-6}
"""So few cells that the medium stays as it was."""


def reading(wells: int, times: int) -> Reading:
    """Every well at every time is one observation of the first output."""
    well, time = np.divmod(np.arange(wells * times), times)
    n = wells * times
    return Reading(np.arange(n), well, time, np.zeros(n, int), np.ones(n))


def fading(values: np.ndarray, spread: float) -> FitProblem:
    """Plastic takes a ligand: ``dose * exp(-k t)`` at 1, 2 and 4 h, two doses."""
    part = Part(
        "fading",
        dish(("NK",)),
        Plate({"il2": [1.0, 3.0]}, [1.0, 2.0, 4.0], EMPTY | {"il2.k_plastic": 1.0}),
        ("il2 left",),
        reading(2, 3),
        Observations.of(values, spread),
    )
    free = Free("loss", 0.5, 3.0, {"il2.k_plastic": 1.0}, at=1.0)
    return FitProblem((free,), (part,))


def counting(values: np.ndarray, spread: float) -> FitProblem:
    """Stain resting cells: CD122 is what it is at rest, so the model is linear."""
    part = Part(
        "counting",
        dish(("NK",)),
        Plate({"il2": np.zeros(len(values))}, [0.5], EMPTY),
        ("CD122 on NK",),
        reading(len(values), 1),
        Observations.of(values, spread),
    )
    free = Free("CD122", 8000.0, 500.0, {"NK.cd122_at_rest": 1.0}, 8503.0, "linear")
    return FitProblem((free,), (part,))


def answering() -> FitProblem:
    """Dose-responses with a scale, and a free number on each kind of scale."""
    doses = np.logspace(-1, 1, 6)
    part = Part(
        "answering",
        dish(("NK",)),
        Plate({"il2": doses}, [0.5, 2.0], {"NK.cd122_at_rest": 8503.0}),
        ("pSTAT5 of NK",),
        reading(6, 2),
        Observations.of(np.linspace(5, 60, 12), 2.0, groups=np.arange(12) % 2),
        {("size", "NK.cd122_at_rest"): np.linspace(-0.5, 0.5, 6)},
    )
    free = (
        Free("steepness", 1.9, 2.0, {"signaling.steepness": 1.0}, at=1.9),
        Free("size", 1.2, 2.0, {"NK.cd122_at_rest": 0.0}, at=1.0),
        Free("count", 9000.0, 900.0, {"NK.cd122_at_rest": 1.0}, 8503.0, "linear"),
        Free("kept", 0.95, 1.0, {"trafficking.cd25_returned": 1.0}, 0.99, "logit"),
        Free("growth", 0.5, 1.5, {"NK.cd25_induction": 1.0}, at=0.5),
    )
    return FitProblem(free, (part,))
