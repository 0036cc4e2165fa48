"""Results on disk: written whole or not at all, refused when something is missing.

A store is written beside its place, portion by portion, and moved there when it is
complete: so results larger than memory can be written, and a run that is stopped never
leaves half a store under a whole one's name. What it looks like is said in
`store_zarr.py` (exact, compact, with checksums) and `store_tables.py` (for other
people's tools).
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import decisions as log
from il2sim.engine.rows import put_together, without_values
from il2sim.engine.shelved import Shelved, broken
from il2sim.engine.status import Status
from il2sim.engine.store_tables import EACH, MARKER, OVER_TIME, TableWriter, read_tables
from il2sim.engine.store_zarr import NAME as ZARR
from il2sim.engine.store_zarr import ZarrWriter, read_zarr
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import FolderInUse, Il2simError, UnknownName, UnreadableFile, closest
from il2sim.provenance import Provenance

if TYPE_CHECKING:
    import xarray

Format = Literal["zarr", "parquet", "csv"]

LAYOUT = 1
"""Number of the layout on disk; a store with another one is refused."""

LOG = "decisions.npz"
"""The log of decisions, every array as it is; ``decisions.csv`` is for readers."""

UNFINISHED = ".unfinished-"
"""Begin of the name of a folder in which a store is being written."""

BEFORE = ".before"
"""Where the old store stays until the new one has taken its place."""


class Labeled(NamedTuple):
    """An array with the names of its dimensions and its unit."""

    dimensions: tuple[str, ...]
    values: NDArray[Any]
    unit: str


class _Values(Protocol):
    """A store that is being written."""

    def add(self, part: Trajectories) -> None:
        """Take the values of the next subjects."""
        ...

    def finish(self, arrays: Mapping[str, Labeled], about: Mapping[str, Any]) -> None:
        """Write what waits, and what there is once or once for each subject."""
        ...


class Writer:
    """Trajectories on their way to disk, portion by portion.

    Parameters
    ----------
    folder
        Where the store is made.
    format
        Of the store.
    n
        How many subjects are expected; fewer may come.
    """

    def __init__(self, folder: Path, format: Format, n: int) -> None:  # noqa: A002
        self._folder, self._format, self._n = folder, format, n
        self._values: _Values | None = None
        self._parts: list[Trajectories] = []

    def add(self, part: Trajectories) -> None:
        """Write the next subjects."""
        if self._values is None:
            self._values = (
                ZarrWriter(self._folder, part, self._n)
                if self._format == "zarr"
                else TableWriter(self._folder, self._format)
            )
        self._values.add(part)
        self._parts.append(without_values(part))

    def finish(self) -> None:
        """Write what there is once or once for each subject.

        Raises
        ------
        BadProblem
            No subject came, or not all were of one study.
        """
        values = Shelved((0, 0, 0), lambda _: np.zeros((0, 0)))
        if self._parts:
            n, shape = sum(map(len, self._parts)), self._parts[0].values.shape
            values = Shelved((n, *shape[1:]), lambda _: np.full((n, shape[1]), np.nan))
        whole = put_together(self._parts, values)
        arrays, about = _take_apart(whole)
        assert self._values is not None  # noqa: S101 - parts came through it
        self._values.finish(arrays, about)
        if whole.decisions is not None:
            logged: dict[str, Any] = dict(log.arrays_of(whole.decisions))
            np.savez(self._folder / LOG, **logged)


@contextmanager
def writing(
    folder: Path | str,
    n: int,
    *,
    format: Format = "zarr",  # noqa: A002 - the word on the command line
    replace: bool = False,
) -> Iterator[Writer]:
    """Write trajectories into a folder, portion by portion.

    Parameters
    ----------
    folder
        Where; made if missing.
    n
        How many subjects are expected; fewer may come.
    format
        ``"zarr"`` (compact, exact, opened by xarray), ``"parquet"`` or ``"csv"``.
    replace
        Whether trajectories that are there already may be replaced.

    Yields
    ------
    Writer
        Takes portions. The store is in its place after the block, and nothing is left
        of it if the block fails.

    Raises
    ------
    UnknownName
        The format is none of the three.
    FolderInUse
        The folder holds trajectories already.
    BadProblem
        No portion came, or not all were of one study.
    """
    if format not in get_args(Format):
        raise UnknownName(
            f"there is no format '{format}'.",
            got=f"'{format}'",
            expected=closest(format, get_args(Format)),
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    present = _present(folder)
    if present and not replace:
        raise FolderInUse(
            f"'{folder}' already holds trajectories.",
            got=f"'{present[0].name}'",
            expected="a folder without any",
            try_="write to another folder",
        )
    with _beside(folder) as temporary:
        writer = Writer(temporary, format, n)
        yield writer
        writer.finish()
        with _standing_in(folder, present):
            for path in present:
                path.rename(temporary / f"old {path.name}")
            made = [path for path in temporary.iterdir() if path.name[:4] != "old "]
            for path in sorted(made, key=lambda path: path.name == MARKER):
                path.rename(folder / path.name)


def write(
    trajectories: Trajectories,
    folder: Path | str,
    *,
    format: Format = "zarr",  # noqa: A002 - the word on the command line
    replace: bool = False,
) -> Path:
    """Write trajectories into a folder.

    Parameters
    ----------
    trajectories
        What to keep.
    folder, format, replace
        As of `writing`.

    Returns
    -------
    pathlib.Path
        What was written, such as ``folder/trajectories.zarr``.

    Raises
    ------
    UnknownName, FolderInUse
        As of `writing`.
    """
    with writing(folder, len(trajectories), format=format, replace=replace) as writer:
        writer.add(trajectories)
    return Path(folder) / f"trajectories.{format}"


def read(folder: Path | str) -> Trajectories:
    """Read the trajectories that `write` put into a folder.

    Everything is looked at once; values over time then stay on disk, and each name is
    fetched when it is asked for (of CSV all are in memory).

    Raises
    ------
    UnreadableFile
        There are none, or a part of them is missing or broken.
    """
    folder = Path(folder)
    for place in (folder, folder / BEFORE):
        for marker, open_ in ((ZARR, read_zarr), (MARKER, read_tables)):
            if (place / marker).exists():
                with _refusing(place / marker):
                    arrays, about, values = open_(place)
                    values = _watched(values, place / marker)
                    values.check()
                    return _whole(arrays, about, values, place)
    there = ", ".join(sorted(path.name for path in folder.glob("*")))
    raise UnreadableFile(
        f"'{folder}' holds no complete trajectories.",
        got=there or "an empty or missing folder",
        expected=f"trajectories.zarr, or {MARKER} beside its tables",
        try_="run the study again",
    )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say of whatever goes wrong that the trajectories are not complete."""
    try:
        yield
    except UnreadableFile:
        raise
    except Exception as error:  # the libraries below raise many kinds
        found = error.headline if isinstance(error, Il2simError) else repr(error)
        raise broken(path, found) from error


def _watched(values: Shelved, path: Path) -> Shelved:
    """Values that are refused in the same words when they cannot be fetched later."""

    def fetch(name: int) -> NDArray[np.float64]:
        with _refusing(path):
            return values.column(name)

    return Shelved(values.shape, fetch)


def to_xarray(trajectories: Trajectories) -> xarray.Dataset:
    """Label trajectories for xarray.

    There is one variable over subject and time for each name, its values at rest and
    its peak over subjects, and how each solve ended; ``units`` is among the attributes
    of each.
    """
    import xarray

    arrays, about = _take_apart(trajectories)
    for i, (name, unit) in enumerate(
        zip(trajectories.names, trajectories.units, strict=True)
    ):
        values = trajectories.values[:, :, i]
        arrays[name] = Labeled(("subject", "time"), values, unit)
    return xarray.Dataset(
        {
            name: (array.dimensions, array.values, {"units": array.unit})
            for name, array in arrays.items()
        },
        attrs=about,
    ).set_coords(["time"])


def _take_apart(run: Trajectories) -> tuple[dict[str, Labeled], dict[str, Any]]:
    """Every array but the values over time, by name, and what is said once."""
    states = sorted(set(run.failed_state.tolist()))
    codes = np.searchsorted(states, run.failed_state).astype(np.int64)
    each = ("subject",)
    arrays = {
        "time": Labeled(("time",), run.times_h, "h"),
        "dose": Labeled(("dose",), run.doses_h, "h"),
        "status": Labeled(each, run.status.astype(np.int64), "1"),
        "failed at": Labeled(each, run.failed_h, "h"),
        "failed state": Labeled(each, codes, "1"),
        "steps": Labeled(each, run.steps, "1"),
        "rejected steps": Labeled(each, run.rejected, "1"),
        "retries": Labeled(each, run.retries, "1"),
        "prevalence": Labeled(each, run.prevalence, "1"),
    }
    for i, (name, unit) in enumerate(zip(run.names, run.units, strict=True)):
        arrays[f"{name} at rest"] = Labeled(each, run.resting[:, i], unit)
        arrays[f"{name} peak"] = Labeled(each, run.peaks[:, i], unit)
    about = {
        "layout": LAYOUT,
        "arrays": [*arrays, *run.names],
        "names": list(run.names),
        "units": list(run.units),
        "statuses": {str(int(status)): status.sentence for status in Status},
        "failed states": states,
        "decisions": run.decisions is not None,
        "provenance": run.provenance.to_dict() if run.provenance else None,
    }
    return arrays, about


def _whole(
    arrays: Mapping[str, NDArray[Any]],
    about: Mapping[str, Any],
    values: Shelved,
    folder: Path,
) -> Trajectories:
    """Trajectories with their log of decisions, where there is one."""
    run = _assemble(arrays, about, values)
    if not about.get("decisions"):
        return run
    if not (folder / LOG).exists():
        raise broken(folder, f"no '{LOG}'")
    with np.load(folder / LOG, allow_pickle=False) as kept:
        found = {name: kept[name] for name in kept.files}
    return dataclasses.replace(run, decisions=log.from_arrays(found))


def _assemble(
    arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any], values: Shelved
) -> Trajectories:
    if about.get("layout") != LAYOUT:
        raise ValueError(f"layout {about.get('layout')} instead of {LAYOUT}")
    names, record = tuple(about["names"]), about["provenance"]
    shape = (len(arrays["status"]), len(names))

    def side_by_side(what: str) -> NDArray[np.float64]:
        columns = [arrays[f"{name} {what}"] for name in names]
        return np.stack(columns, axis=-1) if columns else np.zeros(shape)

    return Trajectories(
        names=names,
        units=tuple(about["units"]),
        times_h=arrays["time"],
        values=values,
        resting=side_by_side("at rest"),
        peaks=side_by_side("peak"),
        status=arrays["status"],
        failed_h=arrays["failed at"],
        failed_state=np.array(about["failed states"], np.str_)[arrays["failed state"]],
        steps=arrays["steps"],
        rejected=arrays["rejected steps"],
        retries=arrays.get("retries", np.zeros(shape[0], np.int64)),
        prevalence=arrays.get("prevalence", np.ones(shape[0])),
        doses_h=arrays["dose"],
        provenance=Provenance.from_dict(record) if record else None,
    )


def _present(folder: Path) -> list[Path]:
    """What of a store is there, the marker first, so that it is also removed first."""
    tables = [
        f"{file}.{kind}" for file in (OVER_TIME, EACH) for kind in ("parquet", "csv")
    ]
    names = (MARKER, ZARR, LOG, *tables)
    return [folder / name for name in names if (folder / name).exists()]


@contextmanager
def _standing_in(folder: Path, present: list[Path]) -> Iterator[None]:
    """Keep the old store readable while the new one takes its place.

    If the process is killed between the two, `read` finds the old one here.
    """
    whole, half = folder / BEFORE, folder / f"{UNFINISHED}{os.getpid()}-before"
    shutil.rmtree(half, ignore_errors=True)
    if present:
        half.mkdir()
        for path in present:
            if path.is_dir():
                shutil.copytree(path, half / path.name, copy_function=_link)
            else:
                _link(path, half / path.name)
        shutil.rmtree(whole, ignore_errors=True)
        half.rename(whole)
    yield
    shutil.rmtree(whole, ignore_errors=True)


def _link(path: Path | str, other: Path | str) -> None:
    """Give a file a second name, or copy it where the disk cannot."""
    try:
        os.link(path, other)
    except OSError:
        shutil.copy2(path, other)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a hidden folder on the same disk, gone at the end whatever happens."""
    temporary = folder / f"{UNFINISHED}{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
