"""Rows of a table of tab-separated text, each knowing its file and line.

The files are plain: one header, one line a row, no quotes, so that a change of a number
is a change of one line. This file knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from il2sim.errors import BadEvidence, BadUnit, UnreadableFile, closest
from il2sim.evidence.words import UNITS
from il2sim.units import unit


@dataclass(frozen=True)
class Row:
    """One row, with the place where it stands."""

    file: str
    line: int
    name: str
    cells: Mapping[str, str]

    def text(self, column: str, *, required: bool = False) -> str:
        """The text of a cell; an absent optional column is empty."""
        found = self.cells.get(column, "")
        if required and not found:
            self.refuse(column, "is empty", expected="some text")
        return found

    def word(self, column: str, allowed: Collection[str]) -> str:
        """The text of a cell that must be one of a few words."""
        found = self.cells.get(column, "")
        if found not in allowed:
            near = closest(found, [word for word in allowed if word])
            self.refuse(column, "is not a word of this column", expected=near)
        return found

    def number(self, column: str) -> float | None:
        """The number in a cell; None where the cell is empty."""
        found = self.cells.get(column, "")
        if not found:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.refuse(column, "is not a number", expected="a finite number")
        return value

    def unit(self, column: str) -> str:
        """The unit in a cell, which must be readable."""
        found = self.text(column, required=True)
        if found not in UNITS:
            try:
                unit(found)
            except BadUnit:
                known = closest(found, UNITS)
                self.refuse(column, "is not a unit that can be read", expected=known)
        return found

    def refuse(self, column: str, problem: str, *, expected: str) -> NoReturn:
        """Name the cell and what is wrong with it.

        Raises
        ------
        BadEvidence
            Always.
        """
        raise BadEvidence(
            f"{self.file}, line {self.line}, column '{column}' {problem}.",
            got=f"{self.cells.get(column, '')!r} in row '{self.name}'",
            expected=expected,
        )


def read_rows(
    path: Path, *, required: Collection[str], optional: Collection[str] = ()
) -> Iterator[Row]:
    """Read the rows of one table in their order; the first column names the row.

    Raises
    ------
    UnreadableFile
        The file is missing, or is not text in UTF-8.
    BadEvidence
        A column is unknown or absent, or a row has too few or too many cells.
    """
    lines = csv.reader(_read(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(lines, [])
    _check_header(path.name, header, required, optional)
    for cells in lines:
        row = Row(
            path.name,
            lines.line_num,
            cells[0] if cells else "",
            dict(zip(header, cells, strict=False)),
        )
        if len(cells) != len(header):
            count = f"{len(cells)} cells where the header has {len(header)}"
            row.refuse(header[0], f"begins a row of {count}", expected="one tab each")
        row.text(header[0], required=True)
        yield row


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"the table '{path.name}' cannot be read.",
            got=str(error),
            expected="tab-separated text in UTF-8",
        ) from error


def _check_header(
    file: str, header: list[str], required: Collection[str], optional: Collection[str]
) -> None:
    known = [*required, *optional]
    for column in header:
        if column not in known or header.count(column) > 1:
            raise BadEvidence(
                f"{file}, line 1 has the column '{column}', "
                f"{'twice' if column in known else 'which is not known'}.",
                got=repr(column),
                expected=closest(column, known),
            )
    absent = [column for column in required if column not in header]
    if absent:
        raise BadEvidence(
            f"{file}, line 1 lacks the column '{absent[0]}'.",
            got=", ".join(header) or "an empty file",
            expected=", ".join(required),
        )
