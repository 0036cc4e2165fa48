"""What a worker of a cluster does: make the same work again, and solve a portion of it.

What travels is not the model but the files of the run, a few kilobytes; the worker
reads them as `il2sim replay` does, finds that the key is the same, and keeps the work
for the next portion. Its code is compiled once and kept on its disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from il2sim.app.run import (
    CATALOG_FILE,
    PEOPLE_FILE,
    POPULATION_FILE,
    STUDY_FILE,
    Options,
    task_of,
)
from il2sim.app.trial import TRIAL_FILE, plan_of
from il2sim.errors import ClusterUnusable
from il2sim.provenance import VERSION, code_fingerprint
from il2sim.study.populations import posterior_files
from il2sim.study.simulate import solve_task
from il2sim.study.workers import refuse_other_code

if TYPE_CHECKING:
    from il2sim.engine.solve import Device


class _Portions(Protocol):
    """Solves rows."""

    def __call__(self, some: range) -> Any: ...


@dataclass(frozen=True)
class Elsewhere:
    """The work of a run or trial, in a form that travels.

    Attributes
    ----------
    key, device
        Of the run.
    files
        What is needed to make it again: name and content of each.
    version, code
        Of il2sim where it was made; a worker with another refuses.
    """

    key: str
    device: Device
    files: tuple[tuple[str, bytes], ...]
    version: str = VERSION
    code: str = ""

    @classmethod
    def of(cls, folder: Path, key: str, device: Device) -> Elsewhere:
        """The work of a folder, as it was carried out so far."""
        names = _inputs(folder)
        files = tuple((name, (folder / name).read_bytes()) for name in names)
        return cls(key, device, files, code=code_fingerprint())

    @property
    def name(self) -> str:
        """Of the work by its content."""
        return f"il2sim-{self.key}-{self.code[:8]}"

    def __call__(self, some: range) -> Any:
        """Solve a portion on this machine, by one thread.

        Raises
        ------
        ClusterUnusable
            This machine has another il2sim, or makes another run of the same files.
        """
        refuse_other_code("this address", (self.version, self.code))
        return _made(self)(some)


def _inputs(folder: Path) -> list[str]:
    """Names of the files that a run is made again from."""
    names = [STUDY_FILE, TRIAL_FILE, POPULATION_FILE, PEOPLE_FILE, CATALOG_FILE]
    found = [name for name in names if (folder / name).is_file()]
    if POPULATION_FILE in found:
        found += posterior_files(folder / POPULATION_FILE)
    return found


@lru_cache(maxsize=4)
def _made(work: Elsewhere) -> _Portions:
    """Make the work again from its files."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        for name, content in work.files:
            (folder / name).write_bytes(content)
        options = Options(device=work.device, beside=folder)
        if (folder / TRIAL_FILE).is_file():
            key, solve = _trial(folder, options)
        else:
            key, solve = _study(folder, options)
    if key != work.key:
        raise ClusterUnusable(
            "a worker makes another run of the same files.",
            got=f"run {key}",
            expected=f"run {work.key}",
        )
    return solve


def _study(folder: Path, options: Options) -> tuple[str, _Portions]:
    from il2sim.formats.study_file import read_study

    task = task_of(read_study(folder / STUDY_FILE), options)

    def solve(some: range) -> Any:
        return solve_task(task, some, device=options.device, workers=1)

    return task.provenance(options.device).key, solve


def _trial(folder: Path, options: Options) -> tuple[str, _Portions]:
    from il2sim.formats.trial_file import read_trial

    plan = plan_of(read_trial(folder / TRIAL_FILE), options)

    def solve(some: range) -> Any:
        return plan.solve(some, device=options.device, workers=1)

    return plan.provenance(options.device).key, solve
