"""Fixed problems: the body's model, its subjects, and what they are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from il2sim.engine.problem import Problem
from il2sim.models import body
from il2sim.study.populations import cancer_patients
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.units import Quantity

REGIMENS = {
    "high dose": (
        "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses; again from day 14",
        28.0,
    ),
    "daily low dose": ("aldesleukin 1 MIU/m2 sc daily for 28 days", 28.0),
}
SEED = 1


def problem(name: str, n_subjects: int, tolerance: float = 1e-4) -> Problem:
    """One regimen in so many cancer patients, recorded at the end and nowhere else."""
    text, days = REGIMENS[name]
    task = prepare(
        body(),
        Regimen.parse(text),
        cancer_patients(n=n_subjects, seed=SEED),
        times=Quantity(np.array([24.0 * days]), "h"),
        tolerance=tolerance,
    )
    return replace(task.problem(), reductions=())
