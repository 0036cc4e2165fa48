"""What can happen to a subject at a time: doses, changes, resets, checks.

Records are what a schedule is made of. They know targets, times and amounts in nmol;
they know neither molecules nor IU. Records of one time act in the order in which they
are given, after the infusions that end at that time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from il2sim.errors import BadProblem


@dataclass(frozen=True)
class Given:
    """One dose, or the steady state of many.

    Attributes
    ----------
    time_h
        When it is given, [h].
    target
        Number of the inlet that receives it.
    amount
        [nmol] for each unit of the basis, after bioavailability.
    basis
        Column of the subject's sizes that the amount is multiplied by.
    duration_h
        Zero for a bolus, else the length of the infusion, [h].
    lag_h
        How long after it is given it enters, [h].
    steady
        0: no steady state. 1: the subject is reset to its start and brought to the
        steady state of this dose every `every_h`, then the dose is given. 2: that
        steady state is added to what is there.
    every_h
        Interval of the steady state, [h]. Zero with a `duration_h` of infinity is an
        infusion that has always run, `amount` in [nmol/h]; it ends at `time_h`.
    unless
        Marks (`rules.py`), one bit each, of which any keeps the dose from being given.
    """

    time_h: float
    target: int
    amount: float
    basis: int = 0
    duration_h: float = 0.0
    lag_h: float = 0.0
    steady: int = 0
    every_h: float = 0.0
    unless: int = 0


@dataclass(frozen=True)
class Change:
    """A parameter takes a value from a time on.

    Attributes
    ----------
    time_h
        [h].
    parameter
        Its number in the program.
    value
        In the engine's unit.
    """

    time_h: float
    parameter: int
    value: float


@dataclass(frozen=True)
class Reset:
    """States return to their start, and infusions end, at `time_h` [h]."""

    time_h: float


@dataclass(frozen=True)
class Check:
    """A rule is looked at, by its number, at `time_h` [h]."""

    time_h: float
    rule: int


Record = Given | Change | Reset | Check


def check_record(record: Record) -> None:
    """Complain of a record that cannot be followed.

    Raises
    ------
    BadProblem
        A number is negative or not finite, or a steady state has no interval.
    """
    signed = {"value"}
    for field in fields(record):
        value = getattr(record, field.name)
        endless = field.name == "duration_h" and _has_always_run(record)
        bad = not np.isfinite(value) or (value < 0 and field.name not in signed)
        if bad and not endless:
            what = "dose" if isinstance(record, Given) else "record"
            raise BadProblem(
                f"a {what} has no usable {field.name}.",
                got=value,
                expected="a finite number" if field.name in signed else "zero or more",
            )
    if isinstance(record, Given):
        _check_steady(record)


def _check_steady(dose: Given) -> None:
    if dose.steady not in (0, 1, 2):
        raise BadProblem(
            "a dose has no usable steady state.", got=dose.steady, expected="0, 1 or 2"
        )
    if dose.steady and not dose.every_h and not _has_always_run(dose):
        raise BadProblem(
            "a steady state needs the interval of its doses.",
            got=f"every_h = {dose.every_h}",
            expected="more than zero, or an infusion of infinite duration",
        )


def _has_always_run(record: Record) -> bool:
    return (
        isinstance(record, Given)
        and bool(record.steady)
        and not record.every_h
        and record.duration_h == np.inf
    )
