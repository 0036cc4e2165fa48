"""What a repeat of the panel on another day tells: the yardstick of a blind prediction.

A molecule that is left out is predicted with background and scale from the others. So
is it here, from what the same molecule did on another day. Two noisy days differ by
twice the variance of one, which says what a model that knows the truth could reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.inference.panel import Seen
from il2sim.inference.panel_judge import SCORED_H

Floats = NDArray[np.float64]

FEWEST = 3
"""Other means that a background and a scale are found from, at least."""


@dataclass(frozen=True)
class Repeat:
    """What another day tells.

    Attributes
    ----------
    r_squared
        Of means of one day, predicted from another.
    truth
        The R² that the noise of days leaves a model that knows the truth, over means
        of days as the panel has them.
    n
        How many means were predicted.
    """

    r_squared: float
    truth: float
    n: int


def repeat(seen: Sequence[Seen], cells: Sequence[str]) -> Repeat:
    """Predict means of each day from every other day that has the same.

    Parameters
    ----------
    seen
        Means, as read.
    cells
        Cell types that count.
    """
    found = [_means(seen, cell) for cell in cells]
    pairs = [_pairs(means) for means in found]
    wanted = np.concatenate([own for own, _ in pairs])
    left = np.concatenate([own - other for own, other in pairs])
    noise = sum(
        np.mean((own - other) ** 2) / 2 * sum(1 / len(days) for days in means.values())
        for means, (own, other) in zip(found, pairs, strict=True)
    )
    over_days = np.array(
        [np.mean(list(days.values())) for means in found for days in means.values()]
    )
    spread = np.sum((over_days - over_days.mean()) ** 2)
    total = np.sum((wanted - wanted.mean()) ** 2)
    return Repeat(
        float(1 - np.sum(left**2) / total), float(1 - noise / spread), len(wanted)
    )


def _means(seen: Sequence[Seen], cell: str) -> dict[tuple[Any, ...], dict[str, float]]:
    """Means of one cell type by time, molecule, arms and dose, then by day."""
    by: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for one in seen:
        if one.cell == cell and one.time_h in SCORED_H:
            key = (one.time_h, one.molecule, one.arms, one.dose_nM)
            by.setdefault(key, {}).setdefault(one.date, []).append(one.value)
    return {
        key: {date: float(np.mean(values)) for date, values in days.items()}
        for key, days in by.items()
    }


def _pairs(
    means: Mapping[tuple[Any, ...], Mapping[str, float]],
) -> tuple[Floats, Floats]:
    """Means of a day, and the same of another day on the scale of the first."""
    own, predicted = [], []
    days = sorted({date for some in means.values() for date in some})
    times = sorted({key[0] for key in means})
    for time_h in times:
        for day in days:
            for other in days:
                both = [
                    (key[1], some[day], some[other])
                    for key, some in means.items()
                    if key[0] == time_h and day != other and {day, other} <= set(some)
                ]
                for molecule in dict.fromkeys(one[0] for one in both):
                    rest = [one for one in both if one[0] != molecule]
                    here = [one for one in both if one[0] == molecule]
                    if len(rest) >= FEWEST:
                        own += [one[1] for one in here]
                        predicted += _scaled(rest, here)
    return np.array(own), np.array(predicted)


def _scaled(
    rest: Sequence[tuple[str, float, float]], here: Sequence[tuple[str, float, float]]
) -> list[float]:
    columns = np.stack([np.ones(len(rest)), [one[2] for one in rest]], axis=1)
    best, *_ = np.linalg.lstsq(columns, np.array([one[1] for one in rest]), rcond=None)
    return [float(best[0] + best[1] * one[2]) for one in here]
