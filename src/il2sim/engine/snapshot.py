"""Trajectories as one file, for results that wait to be put together.

A run is kept portion by portion while it goes on. A portion is written by us and read
by us, so it needs no chunks and no labels for others (`store.py` has those): one NumPy
archive behind the hash of its bytes, written whole or not at all, so that a file which
was cut off or changed by a single bit is no portion.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import decisions as log
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import UnreadableFile

SUFFIX = ".part"

_MAGIC = b"il2sim portion 3\n"
_HEAD = len(_MAGIC) + hashlib.sha256().digest_size
_TEXTS = ("names", "units")
_ARRAYS = tuple(
    one.name
    for one in fields(Trajectories)
    if one.name not in (*_TEXTS, "decisions", "provenance")
)
_LOG = "decisions."


def write(trajectories: Trajectories, path: Path) -> None:
    """Write trajectories, but for their provenance, into one file.

    Parameters
    ----------
    trajectories
        What to keep.
    path
        The file; a file of that name is replaced, its folder is made.
    """
    arrays: dict[str, Any] = {name: getattr(trajectories, name) for name in _ARRAYS}
    arrays |= {name: np.array(getattr(trajectories, name)) for name in _TEXTS}
    if trajectories.decisions is not None:
        kept = log.arrays_of(trajectories.decisions)
        arrays |= {f"{_LOG}{name}": array for name, array in kept.items()}
    write_arrays(arrays, path)


def read(path: Path) -> Trajectories:
    """Read what `write` wrote.

    Raises
    ------
    UnreadableFile
        The file is missing, cut off or damaged.
    """
    arrays = read_arrays(path, (*_ARRAYS, *_TEXTS))
    found = {name: arrays[name] for name in (*_ARRAYS, *_TEXTS)}
    logged = {
        name.removeprefix(_LOG): array
        for name, array in arrays.items()
        if name.startswith(_LOG)
    }
    everything: dict[str, Any] = dict(found)
    everything |= {name: tuple(map(str, found[name])) for name in _TEXTS}
    if logged:
        everything["decisions"] = log.from_arrays(logged)
    return Trajectories(**everything)


def write_arrays(arrays: Mapping[str, Any], path: Path) -> None:
    """Write arrays by name into one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    archive = io.BytesIO()
    np.savez(archive, **dict(arrays))
    content = archive.getbuffer()
    with beside.open("wb") as file:
        file.write(_MAGIC + hashlib.sha256(content).digest())
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Read the arrays that `write_arrays` wrote.

    Parameters
    ----------
    path
        The file.
    names
        Which must be there.

    Raises
    ------
    UnreadableFile
        The file is missing, cut off or damaged, or lacks one of them.
    """
    try:
        with np.load(io.BytesIO(_content(path)), allow_pickle=False) as archive:
            return {name: archive[name] for name in {*names, *archive.files}}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UnreadableFile(
            f"'{path}' holds no complete portion.",
            got=type(error).__name__,
            expected="a portion of a run",
            try_="run the same again with --resume",
        ) from error


def _content(path: Path) -> bytes:
    whole = path.read_bytes()
    content = whole[_HEAD:]
    if whole[:_HEAD] != _MAGIC + hashlib.sha256(content).digest():
        raise ValueError("other bytes than were written")
    return content
