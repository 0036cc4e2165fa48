"""`TrialCard`: a published trial as data, with what would be accepted as agreement.

A card says who was treated with what, when blood was drawn, what was measured by which
gate and assay, what was published with its spread and evidence keys, the band within
which our prediction passes, and whether the trial may be used for calibration. It is
read from TOML by `formats/card_file.py`; `validation.py` judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from il2sim.study.comparison import Expected
from il2sim.study.readings import FOLDS
from il2sim.study.readouts import Assay, needed
from il2sim.study.regimen import Regimen
from il2sim.study.stand_in import StandIn
from il2sim.study.subjects import Floats

Role = Literal["calibration", "held out"]

Statistic = Literal["median", "mean"]

Basis = Literal["acceptance", "spread", "direction", "assumption", "none"]
"""Where a band is from: set beforehand for all models, the published spread, only a
direction, an assumption of the card, or there is none and the number is reported."""

DOSE = "dose"
"""As the other side of a ratio: the dose given, over an area, is a clearance."""


@dataclass(frozen=True)
class Arm:
    """One group of patients.

    Attributes
    ----------
    regimen
        What they were given; None for untreated persons.
    factors
        What parameters of the model are multiplied by, [1]: pharmacokinetics that a
        source gives, never efficacy.
    remaining
        Part of each population of cells that is left when treatment begins, [1]; empty
        where nothing was depleted. ``"all"`` stands for every population.
    stand_in
        Whose binding is used where that of the molecule is not known.
    """

    regimen: Regimen | None
    factors: Mapping[str, float] = field(default_factory=dict)
    remaining: Mapping[str, float] = field(default_factory=dict)
    stand_in: StandIn | None = None


@dataclass(frozen=True)
class Measured:
    """One published number, direction or bound.

    Attributes
    ----------
    expected
        What passes: quantity, reading, band or direction, unit, evidence keys.
    arm, over
        Whose; and the arm it is divided by, ``"dose"``, or None.
    over_h
        The window of what it is divided by, [h]; None for the same one.
    start_h, end_h
        The window, [h]; the same twice for one visit.
    every_h
        Between records in the window, [h]; None for the visits of the card.
    value, value_low, value_high
        What was published, in the unit of `expected`, as far as it is a number.
    statistic
        Of the patients.
    n
        How many patients; None for that of the card.
    below, above
        If given, what is compared is the part of patients whose reading is at most, or
        more than, this, [%].
    assay
        How it was measured.
    gate, basis, why
        The gate in words; where the band is from; why a prediction outside of the band
        fails and what would settle it.
    """

    expected: Expected
    arm: str
    start_h: float
    end_h: float
    over: str | None = None
    over_h: tuple[float, float] | None = None
    every_h: float | None = None
    value: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    statistic: Statistic = "median"
    n: int | None = None
    below: float | None = None
    above: float | None = None
    assay: Assay | None = None
    gate: str = ""
    basis: Basis = "acceptance"
    why: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether there is something to pass."""
        one = self.expected
        band = (one.low, one.high, one.direction)
        return any(side is not None for side in band)

    @property
    def is_part(self) -> bool:
        """Whether the part of patients beyond a threshold is compared."""
        return self.below is not None or self.above is not None

    @property
    def is_fold(self) -> bool:
        """Whether it is a fold over rest or a ratio of two arms, without a unit."""
        is_ratio = self.over is not None and self.over != DOSE
        return (self.expected.endpoint in FOLDS and not self.is_part) or is_ratio

    @property
    def number(self) -> float | None:
        """The published number; of a range its geometric middle; None for bounds."""
        if self.value is not None:
            return self.value
        if self.value_low is not None and self.value_high is not None:
            return float(np.sqrt(self.value_low * self.value_high))
        return None

    def shown_published(self) -> str:
        """What was published, as read by people."""
        unit = "" if self.expected.unit == "1" else f" {self.expected.unit}"
        low, high = self.value_low, self.value_high
        spread = "" if low is None or high is None else f"{low:g}–{high:g}"
        if self.value is not None:
            return f"{self.value:g}" + (f" ({spread})" if spread else "") + unit
        if spread:
            return spread + unit
        if low is not None:
            return f"> {low:g}{unit}"
        if high is not None:
            return f"< {high:g}{unit}"
        return self.expected.direction or "–"

    @property
    def window_h(self) -> tuple[float, float]:
        """From when to when, [h]."""
        return self.start_h, self.end_h

    def times_h(self, arm: str, visits_h: Floats) -> Floats:
        """When to record one arm for it, [h]; empty if it needs nothing of the arm."""
        windows = [self.window_h] if arm == self.arm else []
        if arm == self.over:
            windows.append(self.over_h or self.window_h)
        times = [self._in(start, end, visits_h) for start, end in windows]
        return np.concatenate([np.zeros(0), *times])

    def _in(self, start_h: float, end_h: float, visits_h: Floats) -> Floats:
        if self.expected.endpoint == "rest" or start_h == end_h:
            return np.array([end_h])
        if self.every_h is None:
            inside = (visits_h >= start_h) & (visits_h <= end_h)
            return np.array([start_h, *visits_h[inside], end_h])
        return np.linspace(start_h, end_h, 1 + round((end_h - start_h) / self.every_h))

    def shown_when(self) -> str:
        """What is read and when, in words."""
        one = self.expected
        if one.endpoint == "rest":
            return "at rest"
        start, end = self.window_h
        is_long = end >= 72 and (start == end or end - start >= 48)
        scale, unit = (24.0, "d") if is_long else (1.0, "h")
        when = f"{end / scale:.3g} {unit}"
        if start != end:
            when = f"{start / scale:.3g}–{when}"
        return f"{one.endpoint}, {when}"


@dataclass(frozen=True)
class TrialCard:
    """A published trial.

    Attributes
    ----------
    name, title
        Of the file, and for the reader.
    kind
        Such as ``"daily low dose"``: cards of one kind stand together.
    role
        Whether the trial may be used for calibration.
    model, population
        By their names.
    arms
        Groups of patients by name.
    n
        Patients in all.
    visits_h
        When blood was drawn, [h].
    measured
        What was published.
    notes
        Assumptions, and what a reader should know.

    Examples
    --------
    >>> from il2sim.formats.card_file import read_card
    >>> card = read_card("daily-cgvhd-phase-2")
    >>> card.role, len(card.arms)
    ('calibration', 1)
    """

    name: str
    title: str
    kind: str
    role: Role
    model: str
    population: str
    arms: Mapping[str, Arm]
    n: int
    visits_h: Floats
    measured: tuple[Measured, ...]
    notes: tuple[str, ...] = ()

    def evidence(self) -> tuple[str, ...]:
        """Every evidence key, each once."""
        keys = [key for one in self.measured for key in one.expected.evidence]
        return tuple(dict.fromkeys(keys))

    def times_h(self, arm: str) -> Floats:
        """When one arm is to be recorded, [h]; time zero and a later one are too."""
        some = [one.times_h(arm, self.visits_h) for one in self.measured]
        return np.unique(np.concatenate([np.array([0.0, 1.0]), *some]))

    def outputs(self, arm: str) -> tuple[str, ...]:
        """What of one arm is to be recorded."""
        found = [name for one in self._of(arm) for name in needed(one.expected.name)]
        return tuple(dict.fromkeys(found))

    def _of(self, arm: str) -> list[Measured]:
        return [one for one in self.measured if arm in (one.arm, one.over)]
