"""Invented trajectories to try a figure on; they mean nothing.

Figures are drawn, tested and looked at without solving a model.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from il2sim.engine.trajectories import Trajectories

REST_AND_RISE: Mapping[str, tuple[str, float, float]] = {
    "naive Treg": ("cell/uL", 25.0, 2.0),
    "memory Treg": ("cell/uL", 35.0, 4.5),
    "CD4 Tconv": ("cell/uL", 650.0, 1.15),
    "CD8": ("cell/uL", 400.0, 1.05),
    "NK dim": ("cell/uL", 250.0, 2.0),
    "NK bright": ("cell/uL", 15.0, 9.0),
    "lymphocytes": ("cell/uL", 1500.0, 1.2),
    "plasma IL-2": ("pM", 0.01, 1.0),
    "emigrants of naive Treg": ("%", 30.0, 1.2),
    "TREC per naive Treg": ("molecule/cell", 0.1, 0.8),
    "TREC of naive Treg": ("molecule/uL", 2.0, 1.5),
    "tumor": ("mL", 40.0, 0.7),
    "Treg in tumor": ("cell/uL", 900.0, 2.0),
    "CD8 in tumor": ("cell/uL", 200.0, 3.0),
}
"""Unit, resting value and fold at the end of each name."""

DIP, RETURN_H = 0.4, 6.0
"""Share of cells that leave blood after a dose, [1], and how soon they return, [h]."""

PEAK, ABSORBED_H, CLEARED_H = 20.0, 2.0, 3.3
"""IL-2 after a dose, [pM], and its two time constants, [h]."""


def invented(
    *, days: int = 56, every_h: float = 24.0, n_subjects: int = 100, seed: int = 1
) -> Trajectories:
    """Make trajectories with the names of a body and a tumor.

    Examples
    --------
    >>> invented(days=2)["CD8"].values.shape
    (100, 13)
    """
    draw = np.random.default_rng(seed)
    doses_h = np.arange(0.0, days * 24.0, every_h)
    times_h = np.arange(0.0, days * 24.0 + 1, 4.0)
    rest = np.array([rest for _, rest, _ in REST_AND_RISE.values()])
    ends = np.array([end for _, _, end in REST_AND_RISE.values()])
    size = (n_subjects, len(rest))
    resting = rest * np.exp(0.3 * draw.standard_normal(size))
    rise = (ends - 1) * np.exp(0.4 * draw.standard_normal(size))
    done = 1 - np.exp(-4 * times_h / times_h[-1])
    values = resting[:, None] * (1 + rise[:, None] * done[:, None])
    since = times_h[:, None] - doses_h
    after = np.where(since > 0, since, np.inf)
    blood = [name in tuple(REST_AND_RISE)[:7] for name in REST_AND_RISE]
    values[:, :, blood] *= 1 - DIP * np.exp(-after.min(axis=1) / RETURN_H)[:, None]
    il2 = PEAK * (np.exp(-after / CLEARED_H) - np.exp(-after / ABSORBED_H)).sum(axis=1)
    values[:, :, list(REST_AND_RISE).index("plasma IL-2")] += il2 * resting[:, :1] / 25
    return Trajectories(
        names=tuple(REST_AND_RISE),
        units=tuple(unit for unit, _, _ in REST_AND_RISE.values()),
        times_h=times_h,
        values=values,
        resting=resting,
        peaks=values.max(axis=1),
        status=np.zeros(n_subjects, dtype=np.int64),
        doses_h=doses_h,
    )
