"""`Trajectories`: what a solve returns, labeled.

Values over time for every subject and every saved name, each name with its unit, next
to what each subject was at rest, the highest value between the samples, and how its
solve ended. This file knows neither how results were made nor how they are kept on
disk (`store.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.quantiles import quantiles
from il2sim.engine.shelved import Shelved
from il2sim.engine.status import Status
from il2sim.errors import BadProblem, SolveFailed, UnknownName, closest
from il2sim.units import Quantity, convert

if TYPE_CHECKING:
    from il2sim.engine.decisions import Decisions
    from il2sim.provenance import Provenance

Floats = NDArray[np.float64]

SAME_TIME_H = 1e-6
"""Times closer than this are one time [h]: far below a minute, far above rounding."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Results over time of many subjects.

    Attributes
    ----------
    names
        What was recorded, ``n_saved`` names.
    units
        The unit of each name.
    times_h
        When, [h], shape ``(n_times,)``. A value at the time of a dose is taken before
        the dose.
    values
        Shape ``(n_subjects, n_times, n_saved)``; not-a-number where a subject failed.
        Of a run on disk they stay there, and each name is read when it is asked for.
    resting
        Before any dose, shape ``(n_subjects, n_saved)``.
    peaks
        The highest value after the first dose, between samples too, shape
        ``(n_subjects, n_saved)``.
    status
        How each subject's solve ended, a `Status`, shape ``(n_subjects,)``.
    failed_h
        When a subject failed, [h]; not-a-number for the others.
    failed_state
        Which state failed first, shape ``(n_subjects,)``; empty for the others.
    steps, rejected
        Steps accepted and rejected, shape ``(n_subjects,)``.
    retries
        How often a subject was solved again with smaller steps, shape
        ``(n_subjects,)``.
    prevalence
        How many persons each subject stands for, [1], shape ``(n_subjects,)``; one
        unless the population is weighted. Quantiles over subjects heed it.
    doses_h
        When doses began, [h], shape ``(n_doses,)``.
    decisions
        What was decided about each subject; None where nothing could be.
    provenance
        What produced the results.

    Examples
    --------
    >>> run = Trajectories(
    ...     names=("CD8",),
    ...     units=("cell/uL",),
    ...     times_h=np.array([0.0, 24.0]),
    ...     values=np.array([[[500.0], [550.0]], [[400.0], [600.0]]]),
    ...     resting=np.array([[500.0], [400.0]]),
    ...     peaks=np.array([[560.0], [600.0]]),
    ...     status=np.array([0, 0]),
    ... )
    >>> run["CD8"].fold().at(24.0).tolist()
    [1.1, 1.5]
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    times_h: Floats
    values: Floats | Shelved
    resting: Floats
    peaks: Floats
    status: NDArray[np.int64]
    failed_h: Floats = field(default_factory=lambda: np.zeros(0))
    failed_state: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, "U1"))
    steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    rejected: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    retries: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    prevalence: Floats = field(default_factory=lambda: np.zeros(0))
    doses_h: Floats = field(default_factory=lambda: np.zeros(0))
    decisions: Decisions | None = None
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        n_subjects = len(self.status)
        unsaid: dict[str, NDArray[Any]] = {
            "failed_h": np.full(n_subjects, np.nan),
            "failed_state": np.full(n_subjects, "", dtype=np.str_),
            "steps": np.zeros(n_subjects, dtype=np.int64),
            "rejected": np.zeros(n_subjects, dtype=np.int64),
            "retries": np.zeros(n_subjects, dtype=np.int64),
            "prevalence": np.ones(n_subjects),
        }
        for name, array in unsaid.items():
            if not len(getattr(self, name)):
                object.__setattr__(self, name, array)
        for name, shape in self._shapes(n_subjects).items():
            given = getattr(self, name)
            found = given if isinstance(given, Shelved) else np.asarray(given).view()
            if found.shape != shape:
                raise BadProblem(
                    f"the '{name}' of trajectories do not fit the others.",
                    got=found.shape,
                    expected=f"shape {shape}",
                )
            if not isinstance(found, Shelved):
                found.setflags(write=False)
            object.__setattr__(self, name, found)

    def _shapes(self, n_subjects: int) -> dict[str, tuple[int, ...]]:
        n_saved, each = len(self.names), (n_subjects,)
        return {
            "times_h": (len(self.times_h),),
            "values": (n_subjects, len(self.times_h), n_saved),
            "resting": (n_subjects, n_saved),
            "peaks": (n_subjects, n_saved),
            "status": each,
            "failed_h": each,
            "failed_state": each,
            "steps": each,
            "rejected": each,
            "retries": each,
            "prevalence": each,
            "doses_h": (len(self.doses_h),),
        }

    def __getitem__(self, name: str) -> TimeCourse:
        """Pick one name, over time and for every subject.

        Raises
        ------
        UnknownName
            The name was not recorded.
        """
        if name not in self.names:
            raise UnknownName(
                f"'{name}' was not recorded.",
                got=f"'{name}'",
                expected=closest(name, self.names),
            )
        column = self.names.index(name)
        return TimeCourse(
            name=name,
            unit=self.units[column],
            times_h=self.times_h,
            values=self.values[:, :, column],
            resting=self.resting[:, column],
            peak=self.peaks[:, column],
            prevalence=self.prevalence,
        )

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.status)

    def __str__(self) -> str:
        span = f"{self.times_h[0]:g} to {self.times_h[-1]:g} h" if self.n_times else "-"
        lines = [
            f"{len(self)} subjects, {self.n_times} times, {span}; "
            f"{self.n_failed} not solved",
            *(
                f"  {name} [{u}]"
                for name, u in zip(self.names, self.units, strict=True)
            ),
        ]
        return "\n".join(lines + self.failures())

    @property
    def n_times(self) -> int:
        """How many times were recorded."""
        return len(self.times_h)

    @property
    def is_done(self) -> NDArray[np.bool_]:
        """Which subjects were solved to the end, shape ``(n_subjects,)``."""
        return np.asarray(self.status == Status.DONE)

    @property
    def n_failed(self) -> int:
        """How many subjects were not."""
        return int(np.count_nonzero(~self.is_done))

    def failures(self) -> list[str]:
        """Say how many subjects failed in which way, and what to try; one line each."""
        counts = Counter(int(code) for code in self.status if code != Status.DONE)
        return [
            f"  {count} x {Status(code).sentence} {Status(code).advice}"
            for code, count in sorted(counts.items())
        ]

    def first_failure(self) -> SolveFailed:
        """What to raise where nobody may fail, for the first subject who did."""
        subject = int(np.flatnonzero(~self.is_done)[0])
        status = Status(int(self.status[subject]))
        state = str(self.failed_state[subject])
        return SolveFailed(
            f"subject {subject} could not be solved: {status.name}.",
            got=f"{status.sentence} At {self.failed_h[subject]:g} h"
            + (f", in '{state}'" if state else ""),
            expected="a solution for every subject, because on_failure is 'raise'",
            try_=status.advice,
        )


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """One recorded name over time, for every subject.

    Attributes
    ----------
    name, unit
        What it is, and in which unit.
    times_h
        [h], shape ``(n_times,)``.
    values
        Shape ``(n_subjects, n_times)``.
    resting, peak
        Before any dose, and the highest value after the first; ``(n_subjects,)``.
    prevalence
        How many persons each subject stands for, ``(n_subjects,)``; None is one each.
    """

    name: str
    unit: str
    times_h: Floats
    values: Floats
    resting: Floats
    peak: Floats
    prevalence: Floats | None = None

    def to(self, wanted: str) -> TimeCourse:
        """Express the same in another unit.

        Raises
        ------
        UnitMismatch
            The unit measures something else.
        """
        return replace(
            self,
            unit=wanted,
            values=convert(self.values, self.unit, wanted),
            resting=convert(self.resting, self.unit, wanted),
            peak=convert(self.peak, self.unit, wanted),
        )

    def fold(self) -> TimeCourse:
        """Relative to each subject's own rest; not-a-number where that is zero."""
        rest = self._divisor()
        return replace(
            self,
            unit="1",
            values=self.values / rest[:, None],
            resting=self.resting / rest,
            peak=self.peak / rest,
        )

    def _divisor(self) -> Floats:
        """What folds are over: the resting value, not-a-number where it is zero."""
        return np.where(self.resting == 0, np.nan, self.resting)

    def peak_fold(self) -> Floats:
        """The highest value over the resting one, [1], shape ``(n_subjects,)``."""
        return np.asarray(self.peak / self._divisor())

    def fold_at(self, time: Quantity | float) -> Floats:
        """`at` over the resting value, [1], without folds of all other times.

        Raises
        ------
        BadProblem
            Nothing was recorded then.
        """
        return np.asarray(self.at(time) / self._divisor())

    def at(self, time: Quantity | float) -> Floats:
        """Values at one recorded time, shape ``(n_subjects,)``.

        Parameters
        ----------
        time
            A quantity, or a number in [h].

        Raises
        ------
        BadProblem
            Nothing was recorded then.
        """
        time_h = float(time.to("h") if isinstance(time, Quantity) else time)
        near = np.flatnonzero(np.abs(self.times_h - time_h) <= SAME_TIME_H)
        if not near.size:
            raise BadProblem(
                f"'{self.name}' was not recorded at {time_h:g} h.",
                got=f"{time_h:g} h",
                expected=_nearest_times(self.times_h, time_h),
            )
        values: Floats = self.values[:, near[0]]
        return values

    def quantile(self, q: float | Sequence[float]) -> Floats:
        """Quantiles over the subjects that were solved, by prevalence, at each time.

        Parameters
        ----------
        q
            One or several numbers between 0 and 1.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_times,)`` or ``(n_quantiles, n_times)``; not-a-number if no
            subject was solved.
        """
        solved = np.all(np.isfinite(self.values), axis=1)
        known = None if self.prevalence is None else self.prevalence[solved]
        return quantiles(self.values[solved], q, known)

    def median(self) -> Floats:
        """The median over the subjects that were solved, shape ``(n_times,)``."""
        return self.quantile(0.5)


def _nearest_times(times_h: Floats, time_h: float) -> str:
    if not times_h.size:
        return "a recorded time; there is none"
    near = times_h[np.argsort(np.abs(times_h - time_h), kind="stable")[:2]]
    return "a recorded time, such as " + " or ".join(f"{t:g} h" for t in sorted(near))
