"""Values that stay on disk and are fetched one name at a time.

A million subjects over time do not fit into memory; one name of them does. `Shelved`
stands where an array of values would, answers for its shape, and fetches the names
that are asked for. What was fetched last is kept as far as a budget of memory goes, so
a small run is read once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnreadableFile

Floats = NDArray[np.float64]

KEPT_BYTES = 2**28
"""How much of what was fetched is kept: 256 MB."""


class Shelved:
    """Values of many subjects over time, on disk; reads like an array of three axes.

    Parameters
    ----------
    shape
        ``(n_subjects, n_times, n_names)``.
    fetch
        Gives the values of one name by its number, shape ``(n_subjects, n_times)``.

    Examples
    --------
    >>> whole = np.arange(12.0).reshape(2, 3, 2)
    >>> shelved = Shelved(whole.shape, lambda name: whole[:, :, name])
    >>> shelved[:, 0, 1].tolist(), bool(np.all(np.asarray(shelved) == whole))
    ([1.0, 7.0], True)
    """

    def __init__(
        self, shape: tuple[int, int, int], fetch: Callable[[int], Floats]
    ) -> None:
        self.shape = shape
        self._fetch = fetch
        self._kept: OrderedDict[int, Floats] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, where: Any) -> Any:
        """As of an array; only what names a single column reads no more than that."""
        if isinstance(where, tuple) and len(where) == 3:
            subjects, times, name = where
            if isinstance(name, int | np.integer):
                return self.column(int(name))[subjects, times]
            chosen = np.arange(self.shape[2])[name]
            return self._stacked(chosen.tolist())[subjects, times]
        return np.asarray(self)[where]

    def __array__(self, dtype: Any = None, **_: Any) -> NDArray[Any]:
        """Everything, in memory."""
        whole = self._stacked(range(self.shape[2]))
        return whole if dtype is None else whole.astype(dtype)

    def column(self, name: int) -> Floats:
        """The values of one name, shape ``(n_subjects, n_times)``; not to be changed.

        Raises
        ------
        UnreadableFile
            They are not there any more.
        """
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
            found = self._fetch(name)
            found.setflags(write=False)
            self._kept[name] = found
            while len(self._kept) * found.nbytes > KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return found

    def check(self) -> None:
        """Read every name once, so that what is damaged is noticed now.

        Raises
        ------
        UnreadableFile
            A name cannot be read.
        """
        for name in range(self.shape[2]):
            self.column(name)

    def _stacked(self, names: Any) -> Floats:
        columns = [self.column(name) for name in names]
        if not columns:
            return np.zeros((*self.shape[:2], 0))
        return np.stack(columns, axis=-1)


def broken(path: Path, found: str) -> UnreadableFile:
    """What is said of trajectories that are not there whole."""
    return UnreadableFile(
        f"the trajectories in '{path}' are not complete.",
        got=found,
        expected="what was written, whole and unchanged",
        try_="run the study again",
    )
