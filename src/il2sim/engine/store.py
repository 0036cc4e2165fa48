"""Results on disk: written whole or not at all, refused when something is missing.

The one door to zarr, Parquet and xarray. A store is written beside its place and moved
there when it is complete, so a run that is stopped never leaves half a store under a
whole one's name. Zarr keeps every value in compressed chunks with a checksum; Parquet
and CSV are for other people's tools: one table over time, one of subjects, the unit in
each column's name, and ``trajectories.json`` with the rest.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import decisions as log
from il2sim.engine.status import Status
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import FolderInUse, Il2simError, UnknownName, UnreadableFile, closest
from il2sim.provenance import Provenance

if TYPE_CHECKING:
    import pyarrow
    import xarray

Format = Literal["zarr", "parquet", "csv"]

LAYOUT = 1
"""Number of the layout on disk; a store with another one is refused."""

CHUNK_VALUES = 2**20
"""Values in one chunk: 8 MB in memory, a few when compressed."""

MARKER = "trajectories.json"
"""Moved into place last: tables without it are not complete."""

LOG = "decisions.npz"
"""The log of decisions, every array as it is; ``decisions.csv`` is for readers."""

UNFINISHED = ".unfinished-"
"""Begin of the name of a folder in which a store is being written."""

BEFORE = ".before"
"""Where the old store stays until the new one has taken its place."""

WHOLE_NUMBERS = {
    *("subject", "status", "failed state"),
    *("steps", "rejected steps", "retries"),
}


class Labeled(NamedTuple):
    """An array with the names of its dimensions and its unit."""

    dimensions: tuple[str, ...]
    values: NDArray[Any]
    unit: str


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
    folder
        Where; made if missing.
    format
        ``"zarr"`` (compact, exact, opened by xarray), ``"parquet"`` or ``"csv"``.
    replace
        Whether trajectories that are there already may be replaced.

    Returns
    -------
    pathlib.Path
        What was written, such as ``folder/trajectories.zarr``.

    Raises
    ------
    UnknownName
        The format is none of the three.
    FolderInUse
        The folder holds trajectories already.
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
        if format == "zarr":
            _write_zarr(trajectories, temporary / "trajectories.zarr")
        else:
            _write_tables(trajectories, temporary, format)
        if trajectories.decisions is not None:
            arrays: dict[str, Any] = dict(log.arrays_of(trajectories.decisions))
            np.savez(temporary / LOG, **arrays)
        with _standing_in(folder, present):
            for path in present:
                path.rename(temporary / f"old {path.name}")
            made = [path for path in temporary.iterdir() if path.name[:4] != "old "]
            for path in sorted(made, key=lambda path: path.name == MARKER):
                path.rename(folder / path.name)
    return folder / f"trajectories.{format}"


def read(folder: Path | str) -> Trajectories:
    """Read the trajectories that `write` put into a folder.

    Raises
    ------
    UnreadableFile
        There are none, or a part of them is missing or broken.
    """
    folder = Path(folder)
    try:
        for place in (folder, folder / BEFORE):
            if (place / "trajectories.zarr").exists():
                return _whole(*_read_zarr(place / "trajectories.zarr"), place)
            if (place / MARKER).exists():
                return _whole(*_read_tables(place), place)
    except UnreadableFile:
        raise
    except Exception as error:  # the libraries below raise many kinds
        found = error.headline if isinstance(error, Il2simError) else repr(error)
        raise _broken(folder, found) from error
    there = ", ".join(sorted(path.name for path in folder.glob("*")))
    raise UnreadableFile(
        f"'{folder}' holds no complete trajectories.",
        got=there or "an empty or missing folder",
        expected=f"trajectories.zarr, or {MARKER} beside its tables",
        try_="run the study again",
    )


def to_xarray(trajectories: Trajectories) -> xarray.Dataset:
    """Label trajectories for xarray.

    There is one variable over subject and time for each name, its values at rest and
    its peak over subjects, and how each solve ended; ``units`` is among the attributes
    of each.
    """
    import xarray

    arrays, about = _take_apart(trajectories)
    return xarray.Dataset(
        {
            name: (array.dimensions, array.values, {"units": array.unit})
            for name, array in arrays.items()
        },
        attrs=about,
    ).set_coords(["time"])


def _take_apart(run: Trajectories) -> tuple[dict[str, Labeled], dict[str, Any]]:
    """Every array by name, and what is said once."""
    states = sorted(set(run.failed_state.tolist()))
    codes = np.searchsorted(states, run.failed_state).astype(np.int64)
    each, over_time = ("subject",), ("subject", "time")
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
        arrays[name] = Labeled(over_time, run.values[:, :, i], unit)
        arrays[f"{name} at rest"] = Labeled(each, run.resting[:, i], unit)
        arrays[f"{name} peak"] = Labeled(each, run.peaks[:, i], unit)
    about = {
        "layout": LAYOUT,
        "arrays": list(arrays),
        "names": list(run.names),
        "units": list(run.units),
        "statuses": {str(int(status)): status.sentence for status in Status},
        "failed states": states,
        "decisions": run.decisions is not None,
        "provenance": run.provenance.to_dict() if run.provenance else None,
    }
    return arrays, about


def _whole(
    arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any], folder: Path
) -> Trajectories:
    """Trajectories with their log of decisions, where there is one."""
    run = _assemble(arrays, about)
    if not about.get("decisions"):
        return run
    if not (folder / LOG).exists():
        raise _broken(folder, f"no '{LOG}'")
    with np.load(folder / LOG, allow_pickle=False) as kept:
        found = {name: kept[name] for name in kept.files}
    return dataclasses.replace(run, decisions=log.from_arrays(found))


def _assemble(
    arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]
) -> Trajectories:
    if about.get("layout") != LAYOUT:
        raise ValueError(f"layout {about.get('layout')} instead of {LAYOUT}")
    names, record = tuple(about["names"]), about["provenance"]
    shape = (len(arrays["status"]), len(names))
    if names:
        values = np.stack([arrays[name] for name in names], axis=-1)
    else:
        values = np.zeros((shape[0], len(arrays["time"]), 0))

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


def _write_zarr(run: Trajectories, path: Path) -> None:
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    arrays, about = _take_apart(run)
    group = zarr.create_group(store=path, zarr_format=3, attributes=about)
    for name, (dimensions, values, unit) in arrays.items():
        rows = max(1, CHUNK_VALUES // max(1, int(np.prod(values.shape[1:]))))
        chunks = (min(max(1, len(values)), rows), *values.shape[1:])
        array = group.create_array(
            name,
            shape=values.shape,
            dtype=values.dtype,
            chunks=tuple(max(1, size) for size in chunks),
            compressors=[ZstdCodec(level=3), Crc32cCodec()],
            dimension_names=dimensions,
            attributes={"units": unit},
            config={"write_empty_chunks": True},
        )
        array[...] = values


def _read_zarr(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    import zarr

    group = zarr.open_group(store=path, mode="r")
    about: dict[str, Any] = dict(group.attrs)
    arrays: dict[str, NDArray[Any]] = {}
    for name in about["arrays"]:
        array: Any = group[name]
        if array.nchunks_initialized < array.nchunks:
            missing = array.nchunks - array.nchunks_initialized
            raise _broken(path, f"{missing} chunks of '{name}' are missing")
        arrays[name] = np.asarray(array[...])
    return arrays, about


def _write_tables(run: Trajectories, folder: Path, kind: str) -> None:
    import pyarrow

    arrays, about = _take_apart(run)
    n_subjects, n_times = len(run), run.n_times
    long: dict[str, Any] = {
        "subject": np.repeat(np.arange(n_subjects), n_times),
        "time [h]": np.tile(run.times_h, n_subjects),
    }
    each: dict[str, Any] = {"subject": np.arange(n_subjects)}
    for name, (dimensions, values, unit) in arrays.items():
        column = name if unit == "1" else f"{name} [{unit}]"
        if dimensions == ("subject", "time"):
            long[column] = values.ravel()
        elif dimensions == ("subject",):
            each[column] = values
    files = {"trajectories": long, "subjects": each}
    for file, columns in files.items():
        _save_table(pyarrow.table(columns), folder / f"{file}.{kind}")
    about["format"] = kind
    about["times_h"], about["doses_h"] = run.times_h.tolist(), run.doses_h.tolist()
    about["bytes"] = {
        f"{file}.{kind}": (folder / f"{file}.{kind}").stat().st_size for file in files
    }
    (folder / MARKER).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _read_tables(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    about = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    arrays = {"time": np.array(about["times_h"]), "dose": np.array(about["doses_h"])}
    for file, size in about["bytes"].items():
        path = folder / file
        found = path.stat().st_size if path.exists() else None
        if found != size:
            raise _broken(folder, f"{found} bytes in '{file}' instead of {size}")
        shape = (-1, len(arrays["time"])) if file.startswith("trajectories") else (-1,)
        for column, values in _load_table(path).items():
            name = column.split(" [")[0]
            kind = np.int64 if name in WHOLE_NUMBERS else np.float64
            arrays.setdefault(name, values.astype(kind).reshape(shape))
    return arrays, about


def _save_table(table: pyarrow.Table, path: Path) -> None:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path, compression="zstd")
    else:
        from pyarrow import csv

        csv.write_csv(table, path)


def _load_table(path: Path) -> dict[str, NDArray[Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        table = parquet.read_table(path)
    else:
        from pyarrow import csv

        table = csv.read_csv(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def _present(folder: Path) -> list[Path]:
    """What of a store is there, the marker first, so that it is also removed first."""
    tables = [
        f"{file}.{kind}"
        for file in ("trajectories", "subjects")
        for kind in ("parquet", "csv")
    ]
    names = (MARKER, "trajectories.zarr", LOG, *tables)
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


def _broken(path: Path, found: str) -> UnreadableFile:
    return UnreadableFile(
        f"the trajectories in '{path}' are not complete.",
        got=found,
        expected="what was written, whole and unchanged",
        try_="run the study again",
    )
