"""Trajectories as a zarr store: values by name, in compressed chunks with checksums.

Values come portion by portion and go to disk whenever a chunk of subjects is full, so
that no more than one chunk of every name waits in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.shelved import Shelved, broken

if TYPE_CHECKING:
    from il2sim.engine.store import Labeled
    from il2sim.engine.trajectories import Trajectories

NAME = "trajectories.zarr"

CHUNK_VALUES = 2**17
"""Values of one name in one chunk: 1 MB in memory, less when compressed."""


class ZarrWriter:
    """A store that is being written.

    Parameters
    ----------
    folder
        Where ``trajectories.zarr`` is made.
    first
        The first portion, for its names, units and times.
    n
        How many subjects are expected; fewer may come.
    """

    def __init__(self, folder: Path, first: Trajectories, n: int) -> None:
        import zarr

        self._group = zarr.create_group(store=folder / NAME, zarr_format=3)
        self._rows = min(max(1, n), max(1, CHUNK_VALUES // max(1, first.n_times)))
        self._arrays = [
            self._create(name, (n, first.n_times), unit, ("subject", "time"))
            for name, unit in zip(first.names, first.units, strict=True)
        ]
        self._waiting: list[NDArray[np.float64]] = []
        self._n_waiting = self._n_written = 0

    def add(self, part: Trajectories) -> None:
        """Take the values of the next subjects."""
        self._waiting.append(np.asarray(part.values))
        self._n_waiting += len(part)
        whole_chunks = self._n_waiting // self._rows * self._rows
        if whole_chunks:
            self._write(whole_chunks)

    def finish(self, arrays: Mapping[str, Labeled], about: Mapping[str, Any]) -> None:
        """Write what waits, and what there is once or once for each subject."""
        if self._n_waiting:
            self._write(self._n_waiting)
        for array in self._arrays:
            if array.shape[0] != self._n_written:
                array.resize((self._n_written, array.shape[1]))
        for name, (dimensions, values, unit) in arrays.items():
            self._create(name, values.shape, unit, dimensions, values.dtype)[...] = (
                values
            )
        self._group.attrs.update(about)

    def _write(self, n: int) -> None:
        """Write the first subjects of those that wait."""
        waiting = np.concatenate(self._waiting)
        some = slice(self._n_written, self._n_written + n)
        for i, array in enumerate(self._arrays):
            array[some] = waiting[:n, :, i]
        self._waiting = [waiting[n:].copy()]
        self._n_waiting, self._n_written = len(waiting) - n, some.stop

    def _create(
        self,
        name: str,
        shape: tuple[int, ...],
        unit: str,
        dimensions: tuple[str, ...],
        dtype: Any = np.float64,
    ) -> Any:
        from zarr.codecs import Crc32cCodec, ZstdCodec

        rows = self._rows if len(shape) > 1 else CHUNK_VALUES
        chunks = (min(max(1, shape[0]), rows), *shape[1:])
        return self._group.create_array(
            name,
            shape=shape,
            dtype=dtype,
            chunks=tuple(max(1, size) for size in chunks),
            compressors=[ZstdCodec(level=3), Crc32cCodec()],
            dimension_names=dimensions,
            attributes={"units": unit},
            config={"write_empty_chunks": True},
        )


def read_zarr(
    folder: Path,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any], Shelved]:
    """Everything but the values over time, what is said once, and those values.

    Raises
    ------
    UnreadableFile
        Chunks are missing.
    """
    import zarr

    group = zarr.open_group(store=folder / NAME, mode="r")
    about: dict[str, Any] = dict(group.attrs)
    names: list[str] = about["names"]
    for name in about["arrays"]:
        array: Any = group[name]
        if array.nchunks_initialized < array.nchunks:
            missing = array.nchunks - array.nchunks_initialized
            raise broken(folder / NAME, f"{missing} chunks of '{name}' are missing")
    arrays = {
        name: _all_of(group, name) for name in about["arrays"] if name not in names
    }
    shape = (len(arrays["status"]), len(arrays["time"]), len(names))
    return arrays, about, Shelved(shape, lambda i: _all_of(group, names[i]))


def _all_of(group: Any, name: str) -> NDArray[Any]:
    return np.asarray(group[name][...])
