"""The conformance matrix of dosing: every feature, and a closed form that judges it.

The model is a depot from which a drug is absorbed into a central compartment and leaves
it; both steps are linear, so every answer is a sum of exponentials over all doses that
have been given. Steady states are such sums over very many doses: slow and obvious.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from il2sim.engine.program import Program
from il2sim.formats.dosing import Compartment, Dosing
from il2sim.formats.nonmem import EventTable
from tests.programs import write

KA, K = 1.3, 0.4  # [1/h]
SUBJECT = {"ka": KA, "k": K, "lag": 0.7, "F": 0.6, "D1": 2.5, "R1": 1.5}
MANY = 400  # doses after which a dose more changes nothing

PROGRAM = write(
    lambda y, p: {
        "depot": -p["ka"] * y["depot"],
        "central": p["ka"] * y["depot"] - p["k"] * y["central"],
    },
    starts={"depot": 0.0, "central": 0.0},
    parameters=list(SUBJECT),
    inlets={"oral": "depot", "iv": "central"},
)

TRANSIT = write(
    lambda y, p: {
        "first": -p["ka"] * y["first"],
        "second": p["ka"] * (y["first"] - y["second"]),
        "third": p["ka"] * (y["second"] - y["third"]),
        "central": p["ka"] * y["third"] - p["k"] * y["central"],
    },
    starts={"first": 0.0, "second": 0.0, "third": 0.0, "central": 0.0},
    parameters=list(SUBJECT),
    inlets={"oral": "first", "iv": "central"},
)

PLAIN = {1: Compartment("oral"), 2: Compartment("iv")}
LAGGED = {1: Compartment("oral", lag="lag"), 2: Compartment("iv", lag="lag")}
PART = {1: Compartment("oral", bioavailability="F"), 2: Compartment("iv")}
MODELED = {
    1: Compartment("oral", duration="D1"),
    2: Compartment("iv", duration="D1", rate="R1", bioavailability="F"),
}

Row = Mapping[str, float]
Answer = Callable[[float], float]


def bolus(t: float, k: float = K) -> float:
    """Central amount of one unit put there, after t."""
    return float(np.exp(-k * t)) if t >= 0 else 0.0


def oral(t: float) -> float:
    """Central amount of one unit put into the depot."""
    return float(KA / (KA - K) * (np.exp(-K * t) - np.exp(-KA * t))) if t >= 0 else 0.0


def transit(t: float) -> float:
    """Central amount of one unit put into the first of three compartments before it.

    A gamma density of shape 3 and rate KA, taken up by an exponential of rate K.
    """
    x = (KA - K) * max(t, 0.0)
    arrived = 1 - math.exp(-x) * (1 + x + x * x / 2)
    return (KA / (KA - K)) ** 3 * bolus(t) * arrived


def infusion(t: float, duration: float) -> float:
    """Central amount while one unit each hour enters it for a duration."""
    if t < 0:
        return 0.0
    return float((np.exp(-K * max(t - duration, 0.0)) - np.exp(-K * t)) / K)


def zero_order(t: float, duration: float) -> float:
    """Central amount while one unit each hour enters the depot for a duration."""
    if t < 0:
        return 0.0
    since = max(t - duration, 0.0)

    def whole(rate: float) -> float:
        return float(np.exp(-rate * since) - np.exp(-rate * t)) / rate

    return KA / (KA - K) * (whole(K) - whole(KA))


def always(kernel: Answer, every: float) -> Answer:
    """The same, given every so often since ever."""
    return lambda t: sum(kernel(t + i * every) for i in range(MANY))


@dataclass(frozen=True)
class Case:
    """One feature: rows that use it, and the central amount they must lead to."""

    feature: str
    rows: Sequence[Row]
    answer: Answer
    compartments: Mapping[int, Compartment] = field(default_factory=lambda: PLAIN)
    times: Sequence[float] = (0.5, 1.0, 2.2, 5.0, 11.0, 25.0)
    dosing: Mapping[str, object] = field(default_factory=dict)
    program: Program = PROGRAM

    def table(self) -> EventTable:
        """Its rows, and an observation at every time."""
        looks = [{"TIME": time, "EVID": 0.0} for time in self.times]
        given = [{"MDV": 1.0, "EVID": 1.0, "CMT": 2.0, **row} for row in self.rows]
        rows = sorted([*given, *looks], key=lambda row: row.get("TIME", 0.0))
        return EventTable.of(rows)

    def written(self) -> str:
        """Its rows as the page of the documents shows them."""
        rows = (
            ", ".join(f"{name} {value:g}" for name, value in row.items())
            for row in self.rows
        )
        return "; ".join(rows)

    def how(self) -> Dosing:
        """How its table is read."""
        return Dosing(self.program, self.compartments, **self.dosing)  # type: ignore[arg-type]


def parameters() -> np.ndarray:
    """Those of the one subject."""
    return np.array([list(SUBJECT.values())])


def _switch(t: float) -> float:
    """A bolus of 3 whose elimination doubles at 4 h."""
    return 3 * bolus(min(t, 4.0)) * bolus(max(t - 4.0, 0.0), 2 * K)


CASES = (
    Case("bolus", [{"AMT": 3}], lambda t: 3 * bolus(t)),
    Case("first-order absorption", [{"AMT": 3, "CMT": 1}], lambda t: 3 * oral(t)),
    Case(
        "transit absorption, three compartments",
        [{"AMT": 3, "CMT": 1}],
        lambda t: 3 * transit(t),
        program=TRANSIT,
    ),
    Case(
        "infusion by rate",
        [{"AMT": 3, "RATE": 1.5}],
        lambda t: 1.5 * infusion(t, 2),
    ),
    Case(
        "zero-order into the depot",
        [{"AMT": 3, "RATE": 1.5, "CMT": 1}],
        lambda t: 1.5 * zero_order(t, 2),
    ),
    Case(
        "parallel routes",
        [{"AMT": 3, "CMT": 1}, {"AMT": 2, "CMT": 2}],
        lambda t: 3 * oral(t) + 2 * bolus(t),
    ),
    Case("lag of a bolus", [{"AMT": 3}], lambda t: 3 * bolus(t - 0.7), LAGGED),
    Case(
        "lag of an infusion",
        [{"AMT": 3, "RATE": 1.5}],
        lambda t: 1.5 * infusion(t - 0.7, 2),
        LAGGED,
    ),
    Case(
        "bioavailability",
        [{"AMT": 3, "CMT": 1}],
        lambda t: 1.8 * oral(t),
        PART,
    ),
    Case(
        "bioavailability shortens an infusion of given rate",
        [{"AMT": 3, "RATE": 1.5}],
        lambda t: 1.5 * infusion(t, 1.2),
        MODELED,
    ),
    Case(
        "modeled duration (RATE -2)",
        [{"AMT": 3, "RATE": -2}],
        lambda t: 1.8 / 2.5 * infusion(t, 2.5),
        MODELED,
    ),
    Case(
        "modeled duration into the depot",
        [{"AMT": 3, "RATE": -2, "CMT": 1}],
        lambda t: 3 / 2.5 * zero_order(t, 2.5),
        MODELED,
    ),
    Case(
        "modeled rate (RATE -1)",
        [{"AMT": 3, "RATE": -1}],
        lambda t: 1.5 * infusion(t, 1.2),
        MODELED,
    ),
    Case(
        "additional doses (ADDL, II)",
        [{"AMT": 3, "ADDL": 4, "II": 2}],
        lambda t: sum(3 * bolus(t - 2 * i) for i in range(5)),
    ),
    Case(
        "additional infusions that overlap",
        [{"AMT": 3, "RATE": 1, "ADDL": 4, "II": 2}],
        lambda t: sum(infusion(t - 2 * i, 3) for i in range(5)),
    ),
    Case(
        "steady state of boluses (SS 1)",
        [{"AMT": 3, "SS": 1, "II": 8}],
        always(lambda t: 3 * bolus(t), 8),
    ),
    Case(
        "steady state by mouth",
        [{"AMT": 3, "SS": 1, "II": 6, "CMT": 1}],
        always(lambda t: 3 * oral(t), 6),
    ),
    Case(
        "steady state with lag",
        [{"AMT": 3, "SS": 1, "II": 2}],
        always(lambda t: 3 * bolus(t - 0.7), 2),
        LAGGED,
    ),
    Case(
        "steady state with a lag longer than its interval",
        [{"AMT": 3, "SS": 1, "II": 0.5}],
        always(lambda t: 3 * bolus(t - 0.7), 0.5),
        LAGGED,
    ),
    Case(
        "steady state of infusions",
        [{"AMT": 3, "RATE": 1.5, "SS": 1, "II": 6}],
        always(lambda t: 1.5 * infusion(t, 2), 6),
    ),
    Case(
        "steady state of infusions longer than their interval",
        [{"AMT": 3, "RATE": 0.5, "SS": 1, "II": 2.5}],
        always(lambda t: 0.5 * infusion(t, 6), 2.5),
    ),
    Case(
        "steady state of infusions with lag",
        [{"AMT": 3, "RATE": 0.5, "SS": 1, "II": 2.5}],
        always(lambda t: 0.5 * infusion(t - 0.7, 6), 2.5),
        LAGGED,
    ),
    Case(
        "steady state of modeled durations",
        [{"AMT": 3, "RATE": -2, "SS": 1, "II": 2}],
        always(lambda t: 1.8 / 2.5 * infusion(t, 2.5), 2),
        MODELED,
    ),
    Case(
        "steady state of modeled rates",
        [{"AMT": 3, "RATE": -1, "SS": 1, "II": 2}],
        always(lambda t: 1.5 * infusion(t, 1.2), 2),
        MODELED,
    ),
    Case(
        "steady state of infusions of which nothing arrives",
        [{"AMT": 3, "RATE": 1.5, "SS": 1, "II": 6, "F": 0}],
        lambda t: 0.0,
        MODELED,
    ),
    Case(
        "infusion that has always run (SS 1, AMT 0)",
        [{"RATE": 0.8, "SS": 1, "TIME": 1.0}],
        lambda t: 0.8 / K * bolus(t - 1.0),
        times=(2.0, 4.0),
    ),
    Case(
        "steady state and additional doses",
        [{"AMT": 3, "SS": 1, "II": 8, "ADDL": 2}],
        lambda t: (
            always(lambda s: 3 * bolus(s), 8)(t)
            + sum(3 * bolus(t - 8 * i) for i in (1, 2))
        ),
    ),
    Case(
        "SS 1 forgets what was there",
        [{"AMT": 50}, {"AMT": 3, "SS": 1, "II": 8, "TIME": 1.5}],
        lambda t: (
            50 * bolus(t) if t < 1.5 else always(lambda s: 3 * bolus(s), 8)(t - 1.5)
        ),
    ),
    Case(
        "SS 2 adds to what is there",
        [{"AMT": 50}, {"AMT": 3, "SS": 2, "II": 8, "TIME": 1.5}],
        lambda t: (
            50 * bolus(t)
            + (always(lambda s: 3 * bolus(s), 8)(t - 1.5) if t >= 1.5 else 0.0)
        ),
    ),
    Case(
        "SS 2 of infusions",
        [{"AMT": 50}, {"AMT": 3, "RATE": 1.5, "SS": 2, "II": 6, "TIME": 1.5}],
        lambda t: (
            50 * bolus(t)
            + (always(lambda s: 1.5 * infusion(s, 2), 6)(t - 1.5) if t >= 1.5 else 0.0)
        ),
    ),
    Case(
        "SS 2 with lag",
        [{"AMT": 50}, {"AMT": 3, "SS": 2, "II": 8, "TIME": 1.4}],
        lambda t: (
            50 * bolus(t - 0.7)
            + (always(lambda s: 3 * bolus(s - 0.7), 8)(t - 1.4) if t >= 1.4 else 0.0)
        ),
        LAGGED,
    ),
    Case(
        "SS 2 of infusions with lag, longer than their interval",
        [{"AMT": 50}, {"AMT": 3, "RATE": 0.5, "SS": 2, "II": 2.5, "TIME": 1.5}],
        lambda t: (
            50 * bolus(t - 0.7)
            + (
                always(lambda s: 0.5 * infusion(s - 0.7, 6), 2.5)(t - 1.5)
                if t >= 1.5
                else 0.0
            )
        ),
        LAGGED,
    ),
    Case(
        "SS 2 while an infusion runs",
        [{"AMT": 8, "RATE": 2}, {"AMT": 3, "SS": 2, "II": 8, "TIME": 1.5}],
        lambda t: (
            2 * infusion(t, 4)
            + (always(lambda s: 3 * bolus(s), 8)(t - 1.5) if t >= 1.5 else 0.0)
        ),
    ),
    Case(
        "reset (EVID 3)",
        [{"AMT": 3}, {"EVID": 3, "TIME": 1.5}],
        lambda t: 3 * bolus(t) if t < 1.5 else 0.0,
    ),
    Case(
        "reset ends infusions",
        [{"AMT": 30, "RATE": 2}, {"EVID": 3, "TIME": 1.5}, {"AMT": 1, "TIME": 4}],
        lambda t: 2 * infusion(t, 15) if t < 1.5 else bolus(t - 4),
    ),
    Case(
        "reset and dose (EVID 4)",
        [{"AMT": 3}, {"EVID": 4, "AMT": 2, "TIME": 1.5}],
        lambda t: 3 * bolus(t) if t < 1.5 else 2 * bolus(t - 1.5),
    ),
    Case(
        "reset below a dose of its time takes it away",
        [{"AMT": 3, "TIME": 2}, {"EVID": 3, "TIME": 2}],
        lambda t: 0.0,
    ),
    Case(
        "reset above a dose of its time leaves it",
        [{"AMT": 5}, {"EVID": 3, "TIME": 2}, {"AMT": 3, "TIME": 2}],
        lambda t: 5 * bolus(t) if t < 2 else 3 * bolus(t - 2),
    ),
    Case(
        "another event (EVID 2) gives nothing",
        [{"AMT": 3}, {"EVID": 2, "TIME": 1.5}],
        lambda t: 3 * bolus(t),
    ),
    Case(
        "covariate that changes, next value",
        [
            {"AMT": 3, "K": K},
            {"EVID": 2, "TIME": 4.0, "K": K},
            {"EVID": 2, "TIME": 4.5, "K": 2 * K},
        ],
        _switch,
        dosing={"between": "next"},
    ),
    Case(
        "covariate that changes, last value",
        [{"AMT": 3, "K": K}, {"EVID": 2, "TIME": 4.0, "K": 2 * K}],
        _switch,
        dosing={"between": "last"},
    ),
    Case(
        "covariate at the time of a dose",
        [{"AMT": 3, "F": 0.25, "CMT": 1}, {"AMT": 2, "F": 0.5, "TIME": 3, "CMT": 1}],
        lambda t: 0.75 * oral(t) + oral(t - 3),
        PART,
        dosing={"between": "last"},
    ),
    Case(
        "dose at the time of an observation: seen by rows below it",
        [{"AMT": 3, "TIME": 5.0}],
        lambda t: 3 * bolus(t - 5.0) if t > 5.0 else 0.0,
        times=(1.0, 5.0 - 1e-9, 7.0),
    ),
    Case(
        "two drugs, one unit each",
        [{"AMT": 3, "CMT": 1}, {"AMT": 2, "TIME": 1, "CMT": 2}],
        lambda t: 3 * oral(t) + 2 * bolus(t - 1),
    ),
)
