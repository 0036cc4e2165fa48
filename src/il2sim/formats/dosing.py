"""What an event table means: records of a schedule, times to record, covariates.

The order of the table decides among rows of one time; infusions that end at that time
end first. An observation sees everything in the rows above it. The rules are those of
NONMEM's PREDPP:

- A dose enters after its lag, with its amount times the bioavailability. An infusion
  of a given RATE lasts amount times bioavailability over rate; a modeled duration
  (RATE -2) or rate (RATE -1) is a parameter of the subject at the time of the dose.
- ADDL repeats a dose every II. SS 1 resets the subject to the steady state of the dose
  every II, SS 2 adds that steady state; AMT 0 with RATE and no II is an infusion that
  has always run and ends at the record.
- EVID 3 returns all states to their start, EVID 4 does so and gives the dose. States
  that do not start at zero return to their start, not to zero.
- A covariate named like a parameter sets it. Between records it has the value of the
  next one (``"next"``, as in NONMEM) or of the last one (``"last"``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from il2sim.engine.problem import DEFAULT_TOLERANCE, Problem
from il2sim.engine.program import Program
from il2sim.engine.records import Change, Given, Record, Reset
from il2sim.engine.schedule import Schedule
from il2sim.errors import BadTable, UnknownName, closest
from il2sim.formats.nonmem import (
    DOSE,
    MODELED_DURATION,
    MODELED_RATE,
    RESET,
    RESET_AND_DOSE,
    EventTable,
    Floats,
)

Covariates = Literal["next", "last"]

BEFORE, AFTER = "before", "after"

LAST_LOOK_H = 1e-3
"""How long after its last row a table is followed, to see what that row does, [h]."""


@dataclass(frozen=True)
class Compartment:
    """Where a dose of one CMT goes, and the parameters that shape it.

    Attributes
    ----------
    inlet
        Name of an inlet of the program.
    lag, bioavailability, duration, rate
        Names of parameters: how long after the record the dose enters [h], the part of
        it that does [1], and the modeled duration [h] or rate [nmol/h].
    """

    inlet: str
    lag: str | None = None
    bioavailability: str | None = None
    duration: str | None = None
    rate: str | None = None


@dataclass(frozen=True)
class Dosing:
    """How tables are read for one program.

    Attributes
    ----------
    program
        Whose inlets and parameters are meant.
    compartments
        By the number in CMT.
    covariates
        Column to parameter, beyond those of the same name (letter case aside).
    between
        Which record a covariate is taken from between two.
    nmol
        Amount of one unit of AMT, [nmol].
    """

    program: Program
    compartments: Mapping[int, Compartment]
    covariates: Mapping[str, str] = field(default_factory=dict)
    between: Covariates = "next"
    nmol: float = 1.0

    def __post_init__(self) -> None:
        parameters = self.program.parameters
        for one in self.compartments.values():
            if one.inlet not in self.program.inlets:
                raise _unknown("inlet", one.inlet, self.program.inlets)
            for name in (one.lag, one.bioavailability, one.duration, one.rate):
                if name is not None and name not in parameters:
                    raise _unknown("parameter", name, parameters)
        for name in self.covariates.values():
            if name not in parameters:
                raise _unknown("parameter", name, parameters)

    def problem(
        self,
        table: EventTable,
        parameters: Floats,
        save: Sequence[str],
        *,
        tolerance: float = DEFAULT_TOLERANCE,
    ) -> Problem:
        """The problem of a table.

        A subject whose own lag, bioavailability, duration or rate cannot be followed
        (below zero, infinite, no number) loses its parameters, so it ends as NOT_FINITE
        and nobody else notices.

        Parameters
        ----------
        table
            Its subjects are those of the problem, in its order.
        parameters
            Of every subject, or of all, shape ``(n_subjects or 1, n_parameters)``;
            covariates replace theirs.
        save
            Names of outputs to record.
        tolerance
            Largest accepted relative error of one step, [1].

        Raises
        ------
        BadTable
            A row names a compartment or a modeled rate that is not described.
        """
        n = len(table.subjects)
        values = np.array(np.broadcast_to(parameters, (n, np.shape(parameters)[1])))
        each = [
            self._records(table, rows, values[subject])
            for subject, rows in enumerate(table.subjects)
        ]
        for subject, records in enumerate(each):
            if not all(_is_usable(one) for one in records):
                values[subject], each[subject] = np.nan, []
        times = self._times(table)
        return Problem(
            program=self.program,
            parameters=values,
            bases=np.ones((n, 1)),
            schedule=Schedule.for_each(each),
            sample_h=times,
            end_h=float(times[-1]) + LAST_LOOK_H,
            save=tuple(save),
            tolerance=tolerance,
        )

    def predictions(self, table: EventTable, values: Floats) -> Floats:
        """What was recorded, at every row of the table.

        Parameters
        ----------
        table
            That the problem was made of.
        values
            Of its solution, shape ``(n_subjects, n_times, n_saved)``.

        Returns
        -------
        array
            Shape ``(n_rows, n_saved)``; a row of a dose shows what is there after it.
        """
        times = self._times(table)
        after = self._is_after(table)
        places = np.searchsorted(times, table["TIME"], side="left")
        twice = np.isin(table["TIME"], times[1:][np.diff(times) == 0])
        places = places + (twice & after)
        subjects = np.repeat(
            np.arange(len(table.subjects)), [len(rows) for rows in table.subjects]
        )
        return np.asarray(values[subjects, places])

    def _times(self, table: EventTable) -> Floats:
        """Times to record: those of all rows, twice where a row comes after events."""
        times = np.unique(table["TIME"])
        late = np.unique(table["TIME"][self._is_after(table)])
        return np.sort(np.concatenate([times, late]))

    def _is_after(self, table: EventTable) -> np.ndarray:
        """Rows that see an event of their own time, in a row above or their own."""
        after = np.zeros(len(table), dtype=bool)
        acts = np.isin(table["EVID"], (DOSE, RESET, RESET_AND_DOSE))
        for rows in table.subjects:
            time, seen = -np.inf, False
            for row in rows:
                if table["TIME"][row] != time:
                    time, seen = table["TIME"][row], False
                seen = seen or bool(acts[row])
                after[row] = seen
        return after

    # records

    def _records(self, table: EventTable, rows: range, values: Floats) -> list[Record]:
        records: list[Record] = []
        changes = self._changes(table, rows, values)
        for row in rows:
            records += changes.get((row, BEFORE), ())
            evid = table["EVID"][row]
            if evid in (RESET, RESET_AND_DOSE):
                records.append(Reset(float(table["TIME"][row])))
            if evid in (DOSE, RESET_AND_DOSE):
                records += self._doses(table, row, self._at(records, values))
            records += changes.get((row, AFTER), ())
        return records

    def _columns(self, table: EventTable) -> dict[str, int]:
        """Covariate column to the number of its parameter."""
        parameters = self.program.parameters
        by_name = {name.upper(): i for i, name in enumerate(parameters)}
        given = {column.upper(): name for column, name in self.covariates.items()}
        found = {}
        for column in table.covariates:
            if column in given:
                found[column] = parameters.index(given[column])
            elif column in by_name:
                found[column] = by_name[column]
        return found

    def _changes(
        self, table: EventTable, rows: range, values: Floats
    ) -> dict[tuple[int, str], list[Record]]:
        """First values go into `values`; later ones change before or after a row."""
        changes: dict[tuple[int, str], list[Record]] = {}
        for column, parameter in self._columns(table).items():
            series = _carried(table.covariates[column][rows.start : rows.stop])
            if np.isnan(series[0]):
                continue
            values[parameter] = series[0]
            for k in np.flatnonzero(np.diff(series)):
                last = self.between == "last"
                row, when = (rows[k + 1], BEFORE) if last else (rows[k], AFTER)
                time = float(table["TIME"][row])
                change = Change(time, parameter, float(series[k + 1]))
                changes.setdefault((row, when), []).append(change)
        return changes

    def _at(self, records: Sequence[Record], values: Floats) -> Floats:
        """Parameters of a subject after the changes so far."""
        now = values.copy()
        for record in records:
            if isinstance(record, Change):
                now[record.parameter] = record.value
        return now

    def _doses(self, table: EventTable, row: int, values: Floats) -> list[Record]:
        compartment = self._compartment(table, row)
        part = self._value(compartment.bioavailability, values, 1.0)
        amount = float(table["AMT"][row]) * part * self.nmol
        first = Given(
            time_h=float(table["TIME"][row]),
            target=list(self.program.inlets).index(compartment.inlet),
            amount=amount,
            duration_h=self._duration(table, row, values, amount),
            lag_h=self._value(compartment.lag, values, 0.0),
            steady=int(table["SS"][row]),
            every_h=float(table["II"][row]) if table["SS"][row] else 0.0,
        )
        if not table["AMT"][row]:
            rate = float(table["RATE"][row]) * self.nmol
            first = Given(
                first.time_h, first.target, rate, 0, np.inf, steady=first.steady
            )
        every = float(table["II"][row])
        more = [
            Given(
                time_h=first.time_h + k * every,
                target=first.target,
                amount=amount,
                duration_h=first.duration_h,
                lag_h=first.lag_h,
            )
            for k in range(1, int(table["ADDL"][row]) + 1)
        ]
        return [first, *more]

    def _compartment(self, table: EventTable, row: int) -> Compartment:
        number = int(table["CMT"][row])
        if number not in self.compartments:
            raise BadTable(
                f"row {row + 1} of an event table gives a dose to a compartment that "
                "is not described.",
                got=f"CMT {number}",
                expected=", ".join(f"{one}" for one in self.compartments),
            )
        return self.compartments[number]

    def _duration(
        self, table: EventTable, row: int, values: Floats, amount: float
    ) -> float:
        rate, compartment = float(table["RATE"][row]), self._compartment(table, row)
        if rate == MODELED_DURATION:
            return self._modeled(table, row, compartment.duration, values)
        if rate == MODELED_RATE:
            pace = self._modeled(table, row, compartment.rate, values)
            return amount / pace if pace else np.inf
        return amount / (rate * self.nmol) if rate else 0.0

    def _modeled(
        self, table: EventTable, row: int, name: str | None, values: Floats
    ) -> float:
        if name is None:
            raise BadTable(
                f"row {row + 1} of an event table asks for a modeled rate or duration.",
                got=f"RATE {table['RATE'][row]:g}",
                expected="a compartment that names the parameter",
                try_="Compartment('iv', duration='D1')",
            )
        return self._value(name, values, 0.0)

    def _value(self, name: str | None, values: Floats, default: float) -> float:
        if name is None:
            return default
        return float(values[self.program.parameters.index(name)])


def _is_usable(record: Record) -> bool:
    """Whether what the subject's own parameters made of a dose can be followed."""
    if not isinstance(record, Given):
        return True
    sizes = [record.amount, record.lag_h]
    if not record.steady or record.every_h:  # else an infusion that has always run
        sizes.append(record.duration_h)
    return all(0 <= one < np.inf for one in sizes)


def _carried(series: Floats) -> Floats:
    """Blanks take the value before; leading ones that of the first known."""
    known = np.flatnonzero(~np.isnan(series))
    if not known.size:
        return series
    last = np.maximum.accumulate(np.where(np.isnan(series), 0, np.arange(len(series))))
    last[: known[0]] = known[0]
    return np.asarray(series[last])


def _unknown(what: str, name: str, among: object) -> UnknownName:
    names = list(among)  # type: ignore[call-overload]
    return UnknownName(
        f"the program has no {what} '{name}'.",
        got=f"'{name}'",
        expected=closest(name, names),
    )
