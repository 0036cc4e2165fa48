"""Event tables as NONMEM, Monolix, mrgsolve and nlmixr2 read them.

One row is one record of one subject: a dose, an observation, another event, or a
reset. Columns are ID TIME AMT CMT EVID MDV RATE II ADDL SS DV CENS LIMIT; every other
column is a covariate. A dot or an empty cell is missing. What the rows mean for a
program is written in `dosing.py`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadTable, closest

Floats = NDArray[np.float64]

COLUMNS = {
    "ID": 1.0,
    "TIME": 0.0,
    "AMT": 0.0,
    "CMT": 1.0,
    "EVID": 0.0,
    "MDV": 0.0,
    "RATE": 0.0,
    "II": 0.0,
    "ADDL": 0.0,
    "SS": 0.0,
    "DV": np.nan,
    "CENS": 0.0,
    "LIMIT": np.nan,
}
"""Reserved columns, in the order in which they are written, and what a blank means."""

OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
"""The values of EVID."""

MODELED_RATE, MODELED_DURATION = -1.0, -2.0
"""The values of RATE that stand for a parameter."""


@dataclass(frozen=True, eq=False)
class EventTable:
    """Records of subjects, row by row.

    Attributes
    ----------
    columns
        Every reserved column, shape ``(n_rows,)``; TIME and II in h, AMT and RATE in
        the unit of the table.
    covariates
        The other columns, by name; missing values are not-a-number.
    """

    columns: Mapping[str, Floats]
    covariates: Mapping[str, Floats]

    def __post_init__(self) -> None:
        _check(self)

    def __len__(self) -> int:
        return len(self.columns["ID"])

    def __getitem__(self, column: str) -> Floats:
        return self.columns[column]

    @cached_property
    def subjects(self) -> list[range]:
        """Rows of each subject, in the order of the table."""
        ids = self["ID"]
        starts = [0, *(np.flatnonzero(np.diff(ids)) + 1).tolist(), len(ids)]
        return [range(a, b) for a, b in pairwise(starts) if a < b]

    @property
    def is_observed(self) -> NDArray[np.bool_]:
        """Rows that hold an observation, shape ``(n_rows,)``."""
        return np.asarray((self["EVID"] == OBSERVATION) & (self["MDV"] == 0))

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, float]]) -> EventTable:
        """A table of rows that each name only what is not blank.

        Raises
        ------
        BadTable
            A row cannot be followed.

        Examples
        --------
        >>> table = EventTable.of([{"AMT": 3.0, "EVID": 1.0}, {"TIME": 2.0}])
        >>> table["TIME"].tolist()
        [0.0, 2.0]
        """
        listed = [{name.upper(): value for name, value in row.items()} for row in rows]
        others = dict.fromkeys(name for row in listed for name in row)
        return cls(
            {
                name: np.array([row.get(name, blank) for row in listed], dtype=float)
                for name, blank in COLUMNS.items()
            },
            {
                name: np.array([row.get(name, np.nan) for row in listed], dtype=float)
                for name in others
                if name not in COLUMNS
            },
        )

    @classmethod
    def read(cls, path: str | Path) -> EventTable:
        """Read a file; see `parse`."""
        return cls.parse(Path(path).read_text(encoding="utf-8"), name=str(path))

    @classmethod
    def parse(cls, text: str, *, name: str = "the event table") -> EventTable:
        """Read a table with a header, separated by commas, semicolons, tabs or blanks.

        Lines that begin with ``#`` are comments. EVID is 1 where it is not given and
        AMT or RATE is not zero; MDV is 1 where it is not given and EVID is not 0.

        Raises
        ------
        BadTable
            A cell is not a number, a column is missing, or a row cannot be followed;
            the line is named.
        """
        lines = [line for line in text.splitlines() if line.strip()]
        lines = [line for line in lines if not line.lstrip().startswith("#")]
        if not lines:
            raise BadTable(f"{name} is empty.", got="no line", expected="a header")
        header, *body = (_cells(line) for line in lines)
        header = [one.strip().strip('"').upper() for one in header]
        for wanted in ("ID", "TIME"):
            if wanted not in header:
                raise BadTable(
                    f"{name} has no column {wanted}.",
                    got=", ".join(header),
                    expected=closest(wanted, header),
                )
        twice = [column for column in header if header.count(column) > 1]
        if twice:
            raise BadTable(
                f"{name} has two columns of one name.",
                got=", ".join(twice),
                expected="each column once",
            )
        rows = [
            _row(header, cells, f"row {number} of {name}")
            for number, cells in enumerate(body, 1)
        ]
        return cls.of(_filled(rows))

    def write(self, path: str | Path) -> None:
        """Write a file that reads as this table."""
        Path(path).write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """Print as comma separated values; missing values are dots.

        Examples
        --------
        >>> table = EventTable.of([{"AMT": 3.0, "EVID": 1.0, "MDV": 1.0}])
        >>> EventTable.parse(table.text()).text() == table.text()
        True
        """
        whole = {**self.columns, **self.covariates}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(whole)
        for row in zip(*whole.values(), strict=True):
            writer.writerow(["." if np.isnan(one) else _number(one) for one in row])
        return out.getvalue()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _cells(line: str) -> list[str]:
    for separator in (",", ";", "\t"):
        if separator in line:
            return next(csv.reader([line], delimiter=separator))
    return line.split()


def _row(header: list[str], cells: list[str], where: str) -> dict[str, float]:
    if len(cells) != len(header):
        raise BadTable(
            f"{where} does not fit the header.",
            got=f"{len(cells)} cells",
            expected=f"{len(header)}: {', '.join(header)}",
        )
    row = {}
    for name, cell in zip(header, cells, strict=True):
        text = cell.strip().strip('"')
        if text in ("", ".", "NA", "NaN"):
            if name not in COLUMNS:
                row[name] = np.nan
            continue
        try:
            row[name] = float(text)
        except ValueError:
            raise BadTable(
                f"{where} has no number in column {name}.",
                got=f"'{text}'",
                expected="a number, or a dot for what is missing",
            ) from None
    return row


def _filled(rows: Iterable[dict[str, float]]) -> Iterator[dict[str, float]]:
    """Rows with EVID and MDV where the table leaves them out."""
    for row in rows:
        gives = row.get("AMT", 0.0) != 0 or row.get("RATE", 0.0) != 0
        evid = row.setdefault("EVID", float(DOSE if gives else OBSERVATION))
        row.setdefault("MDV", 0.0 if evid == OBSERVATION else 1.0)
        yield row


def _check(table: EventTable) -> None:
    """Complain of the first row that cannot be followed."""
    if not len(table):
        raise BadTable("an event table has no rows.", got="none", expected="a dose")
    for name, is_bad, expected in _faults(table):
        bad = np.flatnonzero(is_bad)
        if bad.size:
            raise _bad(table, int(bad[0]), name, expected)
    known: set[float] = set()
    for rows in table.subjects:
        number = float(table["ID"][rows[0]])
        if number in known:
            raise _bad(table, rows[0], "ID", "all rows of a subject together")
        known.add(number)
    for row in np.flatnonzero(_gives(table)):
        _check_dose(table, int(row))


def _faults(table: EventTable) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """Columns, the rows in which each is wrong, and what would be right."""
    allowed = {
        "EVID": (0.0, 1.0, 2.0, 3.0, 4.0),
        "MDV": (0.0, 1.0),
        "SS": (0.0, 1.0, 2.0),
        "CENS": (-1.0, 0.0, 1.0),
    }
    for name, values in allowed.items():
        expected = ", ".join(f"{value:g}" for value in values)
        yield name, ~np.isin(table[name], values), f"one of {expected}"
    yield "ID", ~np.isfinite(table["ID"]), "a number"
    for name in ("TIME", "AMT", "II", "ADDL", "CMT"):
        yield name, ~(np.isfinite(table[name]) & (table[name] >= 0)), "zero or more"
    for name in ("ADDL", "CMT"):
        yield name, table[name] != np.floor(table[name]), "a whole number"
    for name in ("AMT", "RATE", "SS", "ADDL"):
        unused = ~_gives(table) & (table[name] != 0)
        yield name, unused, "zero or a dot, or EVID 1 or 4 for a dose"
    back = (np.diff(table["TIME"]) < 0) & (np.diff(table["ID"]) == 0)
    yield "TIME", np.append(False, back), "no time before that of the row above"


def _gives(table: EventTable) -> NDArray[np.bool_]:
    """Rows that give a dose."""
    return np.isin(table["EVID"], (DOSE, RESET_AND_DOSE))


def _check_dose(table: EventTable, row: int) -> None:
    amount, rate = table["AMT"][row], table["RATE"][row]
    steady, every = table["SS"][row], table["II"][row]
    modeled = rate in (MODELED_RATE, MODELED_DURATION)
    if not (modeled or 0 <= rate < np.inf):
        raise _bad(table, row, "RATE", "a rate, or -1 or -2 for a modeled one")
    endless = steady and not every and not amount and rate > 0
    if not amount and not endless:
        raise _bad(table, row, "AMT", "more than zero, or RATE with SS and no II")
    if steady and not every and not endless:
        raise _bad(table, row, "II", "the interval of the steady state")
    if table["ADDL"][row] and not every:
        raise _bad(table, row, "II", "the interval of the additional doses")


def _bad(table: EventTable, row: int, column: str, expected: str) -> BadTable:
    return BadTable(
        f"row {row + 1} of an event table (ID {table['ID'][row]:g}) has no usable "
        f"{column}.",
        got=f"{table[column][row]:g}",
        expected=expected,
    )
