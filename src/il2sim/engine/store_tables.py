"""Trajectories as tables, Parquet or CSV, for other people's tools.

One table has a row for each subject and time, one a row for each subject; the unit is
in each column's name, and ``trajectories.json`` holds the rest. Rows over time go to
disk portion by portion. Of Parquet one column is read at a time, of CSV all are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.shelved import Shelved, broken

if TYPE_CHECKING:
    from il2sim.engine.store import Labeled
    from il2sim.engine.trajectories import Trajectories

MARKER = "trajectories.json"
"""Moved into place last: tables without it are not complete."""

OVER_TIME, EACH = "trajectories", "subjects"
"""The two tables."""

ROWS = 2**16
"""Rows over time that go to disk at once."""

WHOLE_NUMBERS = {
    *("subject", "status", "failed state"),
    *("steps", "rejected steps", "retries"),
}


class TableWriter:
    """Tables that are being written.

    Parameters
    ----------
    folder
        Where they are made.
    kind
        ``"parquet"`` or ``"csv"``.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder, self._kind = folder, kind
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._n = self._n_rows = 0

    def add(self, part: Trajectories) -> None:
        """Take the values of the next subjects."""
        import pyarrow

        n = len(part)
        subjects = np.arange(self._n, self._n + n)
        values = np.asarray(part.values)
        columns: dict[str, Any] = {
            "subject": np.repeat(subjects, part.n_times),
            "time [h]": np.tile(part.times_h, n),
        }
        for i, (name, unit) in enumerate(zip(part.names, part.units, strict=True)):
            columns[_heading(name, unit)] = values[:, :, i].ravel()
        self._waiting.append(pyarrow.table(columns))
        self._n, self._n_rows = self._n + n, self._n_rows + n * part.n_times
        if self._n_rows >= ROWS:
            self._write()

    def finish(self, arrays: Mapping[str, Labeled], about: Mapping[str, Any]) -> None:
        """Write what waits, and what there is once or once for each subject."""
        import pyarrow

        self._write()
        if self._writer is not None:
            self._writer.close()
        each: dict[str, Any] = {"subject": np.arange(self._n)}
        for name, (dimensions, values, unit) in arrays.items():
            if dimensions == ("subject",):
                each[_heading(name, unit)] = values
        table = pyarrow.table(each)
        with _writer(self._folder / f"{EACH}.{self._kind}", table.schema) as writer:
            writer.write_table(table)
        sizes = {
            file: (self._folder / file).stat().st_size
            for file in (f"{OVER_TIME}.{self._kind}", f"{EACH}.{self._kind}")
        }
        told = {
            **about,
            "format": self._kind,
            "times_h": arrays["time"].values.tolist(),
            "doses_h": arrays["dose"].values.tolist(),
            "bytes": sizes,
        }
        text = json.dumps(told, indent=1) + "\n"
        (self._folder / MARKER).write_text(text, encoding="utf-8")

    def _write(self) -> None:
        import pyarrow

        if self._waiting:
            table = pyarrow.concat_tables(self._waiting)
            if self._writer is None:
                path = self._folder / f"{OVER_TIME}.{self._kind}"
                self._writer = _writer(path, table.schema)
            self._writer.write_table(table)
            self._waiting, self._n_rows = [], 0


def read_tables(
    folder: Path,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any], Shelved]:
    """Everything but the values over time, what is said once, and those values.

    Raises
    ------
    UnreadableFile
        A table is missing, or has another size than when it was written.
    """
    about = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    for file, size in about["bytes"].items():
        path = folder / file
        found = path.stat().st_size if path.exists() else None
        if found != size:
            raise broken(path, f"{found} bytes in '{file}' instead of {size}")
    arrays = {"time": np.array(about["times_h"]), "dose": np.array(about["doses_h"])}
    kind = about["format"]
    for heading, values in _columns(folder / f"{EACH}.{kind}").items():
        name = heading.split(" [")[0]
        whole = np.int64 if name in WHOLE_NUMBERS else np.float64
        arrays[name] = values.astype(whole)
    names, units = about["names"], about["units"]
    shape = (len(arrays["status"]), len(arrays["time"]), len(names))
    path = folder / f"{OVER_TIME}.{kind}"
    all_of = cache(lambda: _columns(path))

    def fetch(i: int) -> NDArray[np.float64]:
        heading = _heading(names[i], units[i])
        columns = all_of() if kind == "csv" else _columns(path, heading)
        return columns[heading].astype(np.float64).reshape(shape[:2])

    return arrays, about, Shelved(shape, fetch)


def _heading(name: str, unit: str) -> str:
    return name if unit == "1" else f"{name} [{unit}]"


def _writer(path: Path, schema: Any) -> Any:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return parquet.ParquetWriter(path, schema, compression="zstd")
    from pyarrow import csv

    return csv.CSVWriter(path, schema)


def _columns(path: Path, heading: str | None = None) -> dict[str, NDArray[Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        chosen = None if heading is None else [heading]
        table = parquet.ParquetFile(path).read(columns=chosen)
    else:
        from pyarrow import csv

        table = csv.read_csv(path)
    return {name: table[name].to_numpy() for name in table.column_names}
