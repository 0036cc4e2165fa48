"""Work carried out in portions, here or by a cluster, and kept as it comes.

Runs and trials go the same way: what is in the folder is left there, what is missing
is solved, and each portion lies in the folder before the next begins. Then they are
read back one after the other, so memory never holds them all unless whoever reads
keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar

from il2sim.app.folder import RunFolder
from il2sim.errors import UnreadableFile
from il2sim.study.portions import next_size

LEAST_PORTIONS = 32
"""Into how many a run is cut for a cluster, unless they would be tiny."""

Progress = Callable[[int, int], None]

T = TypeVar("T")


@dataclass(frozen=True)
class Sizes:
    """How large portions are.

    Attributes
    ----------
    first, least, most
        Subjects in the first portion, and in each of the others at least and at most.
    aim_s
        How long one should take, [s]: so much work is lost when a run is killed.
    """

    first: int
    most: int
    aim_s: float
    least: int = 1


class Portioned(Protocol[T]):
    """Work that can be cut anywhere between two subjects."""

    @property
    def n(self) -> int:
        """How many subjects there are."""
        ...

    @property
    def sizes(self) -> Sizes:
        """How large its portions are."""
        ...

    def read(self, start: int) -> tuple[range, T] | None:
        """Find the portion in the folder that begins with a subject."""
        ...

    def solve(self, some: range, progress: Progress) -> T:
        """Solve a portion here."""
        ...

    def keep(self, some: range, part: T) -> None:
        """Put a portion into the folder."""
        ...


def carry_out(
    work: Portioned[T],
    folder: RunFolder,
    *,
    device: Any,
    cluster: str | None,
    progress: Progress | None,
) -> bool:
    """See that every portion is in the folder; whether all are.

    Not all are if the user stopped; then the first ones are, up to a gap.

    Parameters
    ----------
    work
        What is to be done.
    folder
        Where portions are kept.
    device
        Of the run.
    cluster
        Address of a Dask scheduler whose workers solve it; None solves it here.
    progress
        Called with the number of subjects finished and of all.

    Raises
    ------
    ClusterUnusable
        The cluster cannot be reached, or is lost; what came is kept.
    """
    told = progress or (lambda *_: None)
    told(0, work.n)
    try:
        if cluster is not None:
            _solve_elsewhere(work, folder, device, cluster, told)
        done, size = 0, work.sizes.first
        while done < work.n:
            kept = work.read(done)
            if kept is None:
                some = range(done, min(done + size, folder.next_part(done, work.n)))
                began_s = monotonic()
                part = work.solve(some, _within(told, done, work.n))
                work.keep(some, part)
                size = _next(work.sizes, len(some), monotonic() - began_s)
            else:
                some, _ = kept
            done = some.stop
            told(done, work.n)
    except KeyboardInterrupt:
        return False
    return True


def read_back(work: Portioned[T], *, complete: bool) -> Iterator[T]:
    """Portions in order, each read when it is asked for.

    Parameters
    ----------
    work
        What was carried out.
    complete
        Whether every portion must be there; else they end at the first gap.

    Raises
    ------
    UnreadableFile
        One is not there that must be.
    """
    done = 0
    while done < work.n:
        kept = work.read(done)
        if kept is None:
            if complete:
                raise UnreadableFile(
                    f"the portion that begins with subject {done} is gone.",
                    got="a damaged or missing file",
                    expected="what was kept when it was solved",
                    try_="run the same again with --resume",
                )
            return
        some, part = kept
        yield part
        done = some.stop


def _within(progress: Progress, before: int, n: int) -> Progress:
    """Progress of a portion as progress of the whole."""
    return lambda done, _: progress(before + done, n)


def _next(sizes: Sizes, solved: int, took_s: float) -> int:
    """How many subjects the next portion has."""
    fair = next_size(solved, took_s, aim_s=sizes.aim_s, most=sizes.most)
    return max(fair, sizes.least)


def _solve_elsewhere(
    work: Portioned[T],
    folder: RunFolder,
    device: Any,
    address: str,
    progress: Progress,
) -> None:
    """Have missing portions solved by a cluster, and keep each as it comes."""
    from il2sim.app.elsewhere import Elsewhere
    from il2sim.study.workers import connected

    sizes = work.sizes
    size = min(sizes.most, max(sizes.first, work.n // LEAST_PORTIONS))
    missing = folder.missing_parts(work.n, size)
    done = work.n - sum(map(len, missing))
    travels = Elsewhere.of(folder.path, folder.provenance.key, device)
    with connected(address) as cluster:
        for some, part in cluster.each(travels, missing, name=travels.name):
            work.keep(some, part)
            done += len(some)
            progress(done, work.n)
