"""The folder of a run: what is in it, and when it may be written to.

A folder belongs to the run whose key stands in its ``provenance.json``. Portions that
are finished lie in ``unfinished/`` until all are; so a run that is stopped, by Ctrl-C
or by a power cut, leaves what it finished, and goes on from there.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import snapshot, store
from il2sim.engine.store import Format
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import FolderInUse, Il2simError, UnreadableFile
from il2sim.provenance import Provenance, code_fingerprint

PARTS = "unfinished"

TABLE_ROWS = 4096
"""Rows of a table that are written at once."""


def check_folder(path: Path) -> None:
    """See that a folder can be made where it is not there yet.

    Raises
    ------
    FolderInUse
        There is a file of its name, or of the name of a folder around it.
    """
    found = next((one for one in (path, *path.parents) if one.exists()), None)
    if found is not None and not found.is_dir():
        free = found.with_name(f"{found.stem}-folder")
        raise FolderInUse(
            f"'{path}' cannot be a folder.",
            got=f"'{found}', which is a file",
            expected="a folder, or a name that is free",
            try_=f"--out {free / path.relative_to(found)}",
        )


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other processes out of a folder, which is made if it is missing.

    The system lets go of it when the process ends, in whichever way.

    Raises
    ------
    FolderInUse
        Another process holds it.
    """
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows: two processes at once are not noticed
        yield
        return
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True)
    place = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            work = "a run that is going on"
            raise _in_use(path, work, "one process in one folder") from None
        except OSError:  # a disk that knows no locks
            pass
        yield
    finally:
        os.close(place)


@dataclass(frozen=True)
class RunFolder:
    """A folder that belongs to one run.

    Attributes
    ----------
    path
        Where it is.
    provenance
        Of the run.
    """

    path: Path
    provenance: Provenance

    @classmethod
    def claim(cls, path: Path, provenance: Provenance, *, resume: bool) -> RunFolder:
        """Take a folder for a run.

        Parameters
        ----------
        path
            New, empty, or (with `resume`) of the same run.
        provenance
            Of the run.
        resume
            Whether to go on with what is there.

        Raises
        ------
        FolderInUse
            The folder holds something else, or the same run and `resume` is not set.
        """
        folder = cls(path, provenance)
        if path.exists() and not path.is_dir():
            raise _in_use(path, "a file", "a folder that is new or empty")
        if not path.exists() or all(_is_half(one) for one in path.iterdir()):
            path.mkdir(parents=True, exist_ok=True)
            folder.write_text(
                "provenance.json", json.dumps(provenance.to_dict(), indent=2) + "\n"
            )
            return folder
        theirs = _key_of(path)
        if theirs != provenance.key:
            raise _in_use(
                path,
                f"the run '{theirs}'" if theirs else "files of something else",
                f"a new or empty folder, or the one of the run '{provenance.key}'",
            )
        if not resume:
            state = "finished" if folder.is_finished else "begun"
            raise _in_use(
                path,
                f"the same run, {state}",
                "another folder, or leave to return or go on with this one",
                try_="--resume",
            )
        folder._sweep()
        return folder

    def _sweep(self) -> None:
        """Remove what a killed process was about to write."""
        for path in self.path.iterdir():
            if _is_half(path):
                path.unlink()
            elif path.name.startswith(store.UNFINISHED):
                shutil.rmtree(path)

    @property
    def is_finished(self) -> bool:
        """Whether every subject was solved and everything was written."""
        try:
            return bool(self.read_summary().get("complete"))
        except UnreadableFile:
            return False

    def read_summary(self) -> dict[str, Any]:
        """Read ``summary.json``.

        Raises
        ------
        UnreadableFile
            It is missing or broken.
        """
        path = self.path / "summary.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UnreadableFile(
                f"'{path}' cannot be read.",
                got=f"{type(error).__name__}",
                expected="the summary of a finished run",
                try_="run the study again with --resume",
            ) from error
        return found

    def keep_part(self, some: range, run: Trajectories) -> None:
        """Keep the trajectories of a portion."""
        snapshot.write(run, self._part(some))

    def read_part(self, start: int) -> Trajectories | None:
        """Read the portion that begins with a subject; None if there is no whole one.

        A file that was damaged is removed.
        """
        for some, file in self._parts_from(start):
            try:
                part = snapshot.read(file)
            except Il2simError:
                part = None
            if part is not None and len(part) == len(some):
                return part
            file.unlink(missing_ok=True)
        return None

    def keep_arrays(self, some: range, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep what was found for a portion, as arrays by name."""
        snapshot.write_arrays(arrays, self._part(some))

    def read_arrays(
        self, start: int, names: Iterable[str]
    ) -> tuple[range, dict[str, NDArray[Any]]] | None:
        """Read the arrays of the portion that begins with a subject, as `read_part`."""
        for some, file in self._parts_from(start):
            try:
                return some, snapshot.read_arrays(file, names)
            except Il2simError:
                file.unlink(missing_ok=True)
        return None

    def missing_parts(self, n: int, size: int) -> list[range]:
        """Portions of at most `size` that are not there yet, of `n` subjects."""
        found, start = [], 0
        while start < n:
            kept = [some.stop for some, _ in self._parts_from(start)]
            stop = max(kept, default=min(start + size, self.next_part(start, n)))
            if not kept:
                found.append(range(start, stop))
            start = stop
        return found

    def next_part(self, start: int, n: int) -> int:
        """Where the first portion after a subject begins; `n` if there is none."""
        return min(
            (some.start for some, _ in self._parts() if some.start > start), default=n
        )

    @property
    def _parts_folder(self) -> Path:
        """Where portions lie that this very code solved."""
        return self.path / PARTS / code_fingerprint()[:8]

    def _part(self, some: range) -> Path:
        return self._parts_folder / f"{some.start:08d}-{some.stop:08d}{snapshot.SUFFIX}"

    def _parts_from(self, start: int) -> list[tuple[range, Path]]:
        return [(some, file) for some, file in self._parts() if some.start == start]

    def _parts(self) -> list[tuple[range, Path]]:
        """Portions that are there, by their names."""
        found = []
        for file in sorted(self._parts_folder.glob(f"*{snapshot.SUFFIX}")):
            first, _, last = file.stem.partition("-")
            if first.isdigit() and last.isdigit():
                found.append((range(int(first), int(last)), file))
        return found

    def drop_parts(self) -> None:
        """Remove the portions, once all are put together."""
        shutil.rmtree(self.path / PARTS, ignore_errors=True)

    def write_text(self, name: str, text: str) -> None:
        """Write a file whole or not at all, through a power cut too."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, through a power cut too."""
        whole, beside = self.path / name, self.path / f".{name}.part"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(whole)

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write ``summary.json``; what is not a number becomes null."""
        text = json.dumps(_plain(summary), indent=2, ensure_ascii=False) + "\n"
        self.write_text("summary.json", text)

    def write_table(
        self, name: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]]
    ) -> None:
        """Write a table as CSV: a heading and a column for each name."""
        whole, beside = self.path / name, self.path / f".{name}.part"
        n = len(next(iter(columns.values()), ()))
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for start in range(0, n, TABLE_ROWS):
                block = [one[start : start + TABLE_ROWS] for one in columns.values()]
                writer.writerows(zip(*map(_listed, block), strict=True))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(whole)

    def write_trajectories(
        self, parts: Iterable[Trajectories], n: int, kind: Format
    ) -> None:
        """Write the trajectories of the run, portion by portion.

        Parameters
        ----------
        parts
            In order.
        n
            How many subjects are expected; fewer may come.
        kind
            Format of the store.
        """
        with store.writing(self.path, n, format=kind, replace=True) as writer:
            for part in parts:
                writer.add(replace(part, provenance=self.provenance))


def _listed(values: Sequence[Any] | NDArray[Any]) -> Sequence[Any]:
    """Values as Python's own, whose text is read back to the same bits."""
    listed: Sequence[Any] = (
        values.tolist() if isinstance(values, np.ndarray) else values
    )
    return listed


def _is_half(path: Path) -> bool:
    """Whether a file of ours was being written when the process was killed."""
    return path.name.startswith(".") and path.name.endswith(".part")


def _key_of(path: Path) -> str | None:
    try:
        return Provenance.read(path / "provenance.json").key
    except UnreadableFile:
        return None


def _in_use(
    path: Path, got: str, expected: str, try_: str | None = None
) -> FolderInUse:
    return FolderInUse(
        f"the folder '{path}' is in use.",
        got=got,
        expected=expected,
        try_=try_ or "--out with another folder",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
