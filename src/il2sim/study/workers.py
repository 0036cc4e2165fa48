"""Portions solved elsewhere: on the workers of a Dask cluster, whoever made it.

The one door to Dask. A portion is a pure function of its rows, so workers may die, come
late, or solve one twice: whoever answers, the bits are the same. What a portion means
is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from il2sim.errors import ClusterUnusable
from il2sim.provenance import VERSION, code_fingerprint

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

CONNECT_S, WORKERS_S = 10.0, 60.0
"""How long to wait for the scheduler, and for its first worker, [s]."""

AHEAD = 2
"""Portions that wait for each thread: more would only fill the cluster's memory."""


class Cluster:
    """Workers to solve portions; see `connected`."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address

    def each(
        self, work: Callable[[range], T], portions: Sequence[range], *, name: str
    ) -> Iterator[tuple[range, T]]:
        """Have portions solved, and yield each as it comes.

        Parameters
        ----------
        work
            What to do with the rows of a portion; it travels to the workers.
        portions
            Rows of each.
        name
            Of the work by its content: equal names mean equal work.

        Raises
        ------
        ClusterUnusable
            Workers ended over one portion again and again, or the scheduler was lost.
        """
        from distributed import as_completed

        waiting = iter(portions)
        most = AHEAD * max(1, sum(self.client.nthreads().values()))
        rows: dict[str, range] = {}

        def submit(some: range) -> Any:
            key = f"{name}-{some.start}-{some.stop}"
            rows[key] = some
            return self.client.submit(work, some, key=key)

        first = [submit(some) for some in islice(waiting, most)]
        coming = as_completed(first, loop=self.client.loop)
        try:
            for future in coming:
                yield rows[future.key], self._result(future)
                future.release()
                following = next(waiting, None)
                if following is not None:
                    coming.add(submit(following))
        finally:
            self.client.cancel(list(coming.futures))

    def _result(self, future: Any) -> Any:
        from distributed.client import FutureCancelledError
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise ClusterUnusable(
                f"workers of the cluster '{self.address}' end over one portion.",
                got=str(error).splitlines()[0],
                expected="workers that stay, with memory for a portion of 250 subjects",
                try_="--resume, with more memory for each worker",
            ) from error
        except (CommClosedError, FutureCancelledError) as error:
            raise ClusterUnusable(
                f"the scheduler of the cluster '{self.address}' was lost.",
                got=type(error).__name__,
                expected="a scheduler that stays; finished portions are kept",
                try_="--resume, once it is back",
            ) from error


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a cluster whose workers run this very code.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.7:8786``, or its scheduler file.

    Raises
    ------
    ClusterUnusable
        There is no Dask here, nothing answers there, no worker comes, or a worker has
        another version of il2sim.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ClusterUnusable(
            "a cluster needs Dask.",
            got="no package 'distributed'",
            expected="the extra 'cluster'",
            try_="pip install 'il2sim[cluster]'",
        ) from error
    try:
        found = _in_file(address) if address.endswith(".json") else address
        client = Client(found, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, KeyError) as error:
        raise ClusterUnusable(
            f"nothing answers at '{address}'.",
            got=f"{type(error).__name__} within {CONNECT_S:g} s",
            expected="the address of a Dask scheduler, such as tcp://127.0.0.1:8786",
            try_="dask scheduler, and dask worker ADDRESS on each machine",
        ) from error
    with client:
        _await_workers(client, address)
        yield Cluster(client, address)


def _in_file(name: str) -> str:
    """The address in a scheduler file; Dask itself would wait for ever for the file."""
    return str(json.loads(Path(name).read_text("utf-8"))["address"])


def _await_workers(client: Client, address: str) -> None:
    """Wait for a worker, and refuse workers with other code."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        raise ClusterUnusable(
            f"the cluster '{address}' has no workers.",
            got=f"none within {WORKERS_S:g} s",
            expected="at least one",
            try_=f"dask worker {address}",
        ) from error

    def told() -> tuple[str, str]:  # travels whole: a worker may have no il2sim
        try:
            from il2sim import provenance

            return provenance.VERSION, provenance.code_fingerprint()
        except (ImportError, AttributeError):
            return "none", ""

    for where, theirs in client.run(told).items():
        refuse_other_code(where, theirs)


def refuse_other_code(where: str, theirs: tuple[str, str]) -> None:
    """Compare version and code of a worker with ours.

    Raises
    ------
    ClusterUnusable
        They differ.

    Examples
    --------
    >>> refuse_other_code("tcp://127.0.0.1:4000", (VERSION, code_fingerprint()))
    """
    ours = (VERSION, code_fingerprint())
    if theirs != ours:
        raise ClusterUnusable(
            f"the worker at {where} has another il2sim.",
            got=f"version {theirs[0]}, code {theirs[1][:8] or 'unknown'}",
            expected=f"version {ours[0]}, code {ours[1][:8]}, as here",
            try_=f"pip install il2sim=={ours[0]} on each worker, and start it again",
        )
