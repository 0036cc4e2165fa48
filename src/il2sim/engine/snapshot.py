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
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

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
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    arrays: dict[str, Any] = {name: getattr(trajectories, name) for name in _ARRAYS}
    arrays |= {name: np.array(getattr(trajectories, name)) for name in _TEXTS}
    if trajectories.decisions is not None:
        kept = log.arrays_of(trajectories.decisions)
        arrays |= {f"{_LOG}{name}": array for name, array in kept.items()}
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    content = archive.getbuffer()
    with beside.open("wb") as file:
        file.write(_MAGIC + hashlib.sha256(content).digest())
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path) -> Trajectories:
    """Read what `write` wrote.

    Raises
    ------
    UnreadableFile
        The file is missing, cut off or damaged.
    """
    try:
        with np.load(io.BytesIO(_content(path)), allow_pickle=False) as archive:
            found = {name: archive[name] for name in (*_ARRAYS, *_TEXTS)}
            logged = {
                name.removeprefix(_LOG): archive[name]
                for name in archive.files
                if name.startswith(_LOG)
            }
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UnreadableFile(
            f"'{path}' holds no complete trajectories.",
            got=type(error).__name__,
            expected="a portion of a run",
            try_="run the study again with --resume",
        ) from error
    everything: dict[str, Any] = dict(found)
    everything |= {name: tuple(map(str, found[name])) for name in _TEXTS}
    if logged:
        everything["decisions"] = log.from_arrays(logged)
    return Trajectories(**everything)


def _content(path: Path) -> bytes:
    whole = path.read_bytes()
    content = whole[_HEAD:]
    if whole[:_HEAD] != _MAGIC + hashlib.sha256(content).digest():
        raise ValueError("other bytes than were written")
    return content
