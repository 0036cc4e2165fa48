"""Two simple rivals of `body`, fitted to the same cards: what complexity earns.

Both follow five populations as folds over rest, driven by plasma IL-2 of one
compartment; the fold relaxes with one rate to what the level of IL-2 asks for. They
know no receptor, no naive and memory Treg, no margination, no thymus. They are fitted
to cards of calibration and predict those held out; a row that they cannot speak of is
not counted for anyone.

Plasma of the rivals: clearance 120 mL/min (E009), half-life 85 min (E007), absorption
half-life 3.3 h (E027) and 0.3 of a dose under the skin (0.13 to 0.5, E301 and E302), in
an adult of 1.75 m² and 70 kg.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from il2sim.molecules import catalog
from il2sim.provenance import hash_of
from il2sim.study.card import Measured, TrialCard
from il2sim.study.comparison import agrees
from il2sim.study.readings import FOLDS
from il2sim.study.regimen import Regimen
from il2sim.study.subjects import Floats

CELLS = ("Treg", "CD4 Tconv", "CD8", "NK", "NK bright")
"""What the rivals follow."""

STEP_H, DAYS = 1.0, 170.0
"""Grid of time."""

CLEARANCE, HALF_LIFE, ABSORPTION, AVAILABLE = 7.2, 85 / 60, 3.3, 0.3
"""[L/h], [h], [h], [1]; see the head of this file."""

SIZES = {"flat": 1.0, "m2": 1.75, "kg": 70.0}

SHARE = 0.072
"""Treg of CD4 at rest (E071)."""

TIGHT, LOOSE = 0.2, 1.5
"""Spread of a published fold, and of a parameter around its start, on logarithms."""


@dataclass(frozen=True)
class Rival:
    """One simple model.

    Attributes
    ----------
    name, meaning
        For tables.
    starts
        Parameters of one population with where their fit starts; the last is the rate
        of relaxation, [1/d].
    drive
        From IL-2 [pM], the parameters of a population and its name, to the fold at
        which it would rest.
    """

    name: str
    meaning: str
    starts: Mapping[str, float]
    drive: Callable[[Floats, Floats, str], Floats]


def _emax(il2: Floats, p: Floats, cell: str) -> Floats:
    del cell  # every population has the same form and its own numbers
    return np.asarray(1.0 + p[0] * il2 / (p[1] + il2))


HALF = {"Treg": 3.2}
"""IL-2 of half the effect on Treg [pM], as published; 320 for the others."""


def _generations(il2: Floats, p: Floats, cell: str) -> Floats:
    half = HALF.get(cell, 320.0)
    return np.asarray(2.0 ** (p[0] * il2 / (half + il2)))


RIVALS = (
    Rival(
        "Emax turnover",
        "each population answers plasma IL-2 with its own Emax, EC50 and turnover",
        {"Emax": 3.0, "EC50": 30.0, "rate": 0.05},
        _emax,
    ),
    Rival(
        "generations by IL-2",
        "as QSP-IO: IL-2 adds generations, half of them at a published level; its own "
        "consumption would clear a dose in seconds and is left out",
        {"generations": 2.0, "rate": 0.05},
        _generations,
    ),
)


@dataclass(frozen=True, eq=False)
class Row:
    """A published fold that the rivals can speak of."""

    card: TrialCard
    measured: Measured
    number: int
    il2: Floats

    @property
    def key(self) -> str:
        """Card and place in it."""
        return f"{self.card.name}/{self.number}"

    @cached_property
    def places(self) -> Any:
        """Where its times are on the grid."""
        one = self.measured
        times = one.times_h(one.arm, self.card.visits_h)
        return np.minimum(np.round(times / STEP_H).astype(int), len(self.il2) - 1)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A rival with its parameters, and what it says of every row.

    Attributes
    ----------
    rival
        Which.
    parameters
        Of each population, in the order of the rival's starts.
    predictions
        Folds by the key of the row.
    """

    rival: Rival
    parameters: Mapping[str, tuple[float, ...]]
    predictions: Mapping[str, float]


def rows_of(cards: Sequence[TrialCard]) -> tuple[Row, ...]:
    """Folds of the populations that the rivals follow, under plain IL-2."""
    found: list[Row] = []
    levels: dict[str, Floats] = {}
    for card in cards:
        for number, one in enumerate(card.measured):
            arm = card.arms.get(one.arm)
            can_be_said = (
                one.expected.endpoint in FOLDS
                and one.over is None
                and one.is_judged
                and not one.is_part
                and _parts(one.expected.name)
            )
            if not can_be_said or arm is None or arm.regimen is None:
                continue
            if arm.stand_in is None and not arm.remaining:
                text = str(arm.regimen)
                if text not in levels:
                    levels[text] = plasma(arm.regimen)
                found.append(Row(card, one, number, levels[text]))
    return tuple(found)


def plasma(regimen: Regimen) -> Floats:
    """Plasma IL-2 of the rivals on the grid of time, [pM]."""
    times = np.arange(0.0, 24.0 * DAYS + STEP_H / 2, STEP_H)
    out, into = np.log(2) / HALF_LIFE, np.log(2) / ABSORPTION
    level = np.zeros_like(times)
    for dose in regimen.doses:
        product = catalog.product(dose.product)
        nmol = float(product.to_nmol(dose.amount, dose.unit)) * SIZES[dose.per]
        since = np.maximum(times - dose.time_h, 0.0)
        if dose.route == "sc":
            rise = np.exp(-out * since) - np.exp(-into * since)
            level += AVAILABLE * nmol * into / (into - out) * rise
        elif dose.duration_h:
            after = np.maximum(since - dose.duration_h, 0.0)
            held = np.exp(-out * after) - np.exp(-out * since)
            level += nmol / dose.duration_h / out * held
        else:
            level += nmol * np.exp(-out * since) * (times >= dose.time_h)
    return np.asarray(1e3 * level * out / CLEARANCE)


def fit_rivals(cards: Sequence[TrialCard]) -> tuple[Fitted, ...]:
    """Fit each rival to the cards of calibration; predict every row."""
    from scipy.optimize import least_squares

    rows = rows_of(cards)
    known = [row for row in rows if row.card.role == "calibration"]
    fits: list[Fitted] = []
    for rival in RIVALS:
        starts = np.log(np.tile(list(rival.starts.values()), len(CELLS)))

        def misfit(logs: Floats, rival: Rival = rival, at: Floats = starts) -> Floats:
            said = predict(rival, logs, known)
            off = [
                _off(row.measured, fold) for row, fold in zip(known, said, strict=True)
            ]
            return np.concatenate([off, (logs - at) / LOOSE])

        logs = least_squares(misfit, starts, bounds=(starts - 6, starts + 6)).x
        by_cell = np.exp(logs).reshape(len(CELLS), -1)
        said = predict(rival, logs, rows)
        fits.append(
            Fitted(
                rival,
                {
                    cell: tuple(map(float, p))
                    for cell, p in zip(CELLS, by_cell, strict=True)
                },
                {row.key: float(fold) for row, fold in zip(rows, said, strict=True)},
            )
        )
    return tuple(fits)


def predict(rival: Rival, logs: Floats, rows: Sequence[Row]) -> Floats:
    """Readings of the rows, [1].

    Parameters
    ----------
    rival
        Which.
    logs
        Logarithms of the parameters, one population after the other.
    rows
        What is asked for.
    """
    by_cell = dict(zip(CELLS, np.exp(logs).reshape(len(CELLS), -1), strict=True))
    courses: dict[tuple[int, str], Floats] = {}
    said = np.empty(len(rows))
    for i, row in enumerate(rows):
        folds = {}
        for cell in _parts(row.measured.expected.name):
            key = id(row.il2), cell
            if key not in courses:
                courses[key] = follow(rival, row.il2, by_cell[cell], cell)
            folds[cell] = courses[key][row.places]
        said[i] = _read(row.measured, folds)
    return said


def follow(rival: Rival, il2: Floats, p: Floats, cell: str) -> Floats:
    """The fold of a population over the grid of time, [1]: exact for steps of drive."""
    from scipy.signal import lfilter

    kept = float(np.exp(-p[-1] * STEP_H / 24.0))
    drive = rival.drive(il2, p, cell)
    course, _ = lfilter([1.0 - kept], [1.0, -kept], drive, zi=[kept])
    return np.asarray(np.concatenate([[1.0], course[:-1]]))


def fingerprint(cards: Sequence[TrialCard]) -> str:
    """What decides the fits: the rows, their bands, and this file."""
    told = [
        (row.key, row.card.role, row.measured.expected.shown(), row.measured.number)
        for row in rows_of(cards)
    ]
    levels = [float(row.il2[row.places].sum()) for row in rows_of(cards)]
    code = Path(__file__).read_text("utf-8")
    return hash_of([str(told), [f"{one:.9g}" for one in levels], code])


def passes(row: Row, fold: float) -> bool:
    """Whether a fold is in the band of its row."""
    return agrees(row.measured.expected, fold) is True


def _parts(name: str) -> tuple[str, ...]:
    """Populations that a quantity is made of; empty if the rivals do not have it."""
    if name == "Treg of CD4":
        return ("Treg", "CD4 Tconv")
    parts = tuple(name.replace(" + ", " / ").split(" / "))
    return parts if all(one in CELLS for one in parts) else ()


def _read(one: Measured, folds: Mapping[str, Floats]) -> float:
    name, values = one.expected.name, list(folds.values())
    course = values[0]
    if name == "Treg of CD4":
        treg, tconv = SHARE * values[0], (1 - SHARE) * values[1]
        course = treg / (treg + tconv) / SHARE
    elif " / " in name:
        course = values[0] / values[1]
    elif " + " in name:
        course = SHARE * values[0] + (1 - SHARE) * values[1]
    if one.expected.endpoint == "trough fold":
        return float(course.min())
    return float(course.max() if one.expected.endpoint == "peak fold" else course[-1])


def _off(one: Measured, fold: float) -> float:
    """How far a fold is from what was published, on logarithms; a hinge for bounds."""
    expected, log = one.expected, float(np.log(max(fold, 1e-9)))
    if one.number is not None:
        return (log - float(np.log(one.number))) / TIGHT
    low, high = expected.low, expected.high
    if low is None and high is None:
        low = {"up": 1.1, "down": None, "ns": 0.8}[expected.direction or "ns"]
        high = {"up": None, "down": 0.9, "ns": 1.25}[expected.direction or "ns"]
    under = 0.0 if low is None else max(0.0, float(np.log(max(low, 1e-9))) - log)
    over = 0.0 if high is None else max(0.0, log - float(np.log(high)))
    return (under + over) / TIGHT
