"""A real cluster of processes on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import time

import pytest

from il2sim.errors import ClusterUnusable
from il2sim.provenance import VERSION, code_fingerprint
from il2sim.study import workers
from il2sim.study.portions import portions
from il2sim.study.workers import connected, refuse_other_code

distributed = pytest.importorskip("distributed", reason="no Dask: pip install .[test]")


@pytest.fixture(scope="module")
def cluster():
    """Three workers of one thread each."""
    with distributed.LocalCluster(
        n_workers=3,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
    ) as made:
        yield made


def slow_squares(some):
    """The rows squared, after a while."""
    time.sleep(0.3)
    return os.getpid(), [row * row for row in some]


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time(cluster):
    """Its portions are solved by others; each comes once."""
    found, killed = {}, False
    with connected(cluster.scheduler_address) as there:
        for some, (pid, squares) in there.each(
            slow_squares, list(portions(60, 4)), name="squares"
        ):
            found[some.start] = squares
            if not killed:
                os.kill(pid, signal.SIGKILL)
                killed = True
    assert sorted(found) == list(range(0, 60, 4))
    assert [one for start in sorted(found) for one in found[start]] == [
        row * row for row in range(60)
    ]


def test_nothing_answers(monkeypatch):
    """In seconds, and with a line to try."""
    monkeypatch.setattr(workers, "CONNECT_S", 0.5)
    with (
        pytest.raises(
            ClusterUnusable, match=r"nothing answers at 'tcp://127\.0\.0\.1:1'"
        ),
        connected("tcp://127.0.0.1:1"),
    ):
        pass


def test_a_scheduler_file_that_is_missing(tmp_path, monkeypatch):
    """Dask would wait for it; here it is said."""
    monkeypatch.setattr(workers, "CONNECT_S", 0.5)
    with (
        pytest.raises(ClusterUnusable, match="nothing answers at"),
        connected(str(tmp_path / "scheduler.json")),
    ):
        pass


def test_a_worker_with_another_version_is_refused():
    """By version, and by code of the same version."""
    ours = (VERSION, code_fingerprint())
    refuse_other_code("tcp://a", ours)
    for theirs in (("0.0.1", ours[1]), (VERSION, "0" * 64), ("none", "")):
        with pytest.raises(ClusterUnusable, match="tcp://a has another il2sim"):
            refuse_other_code("tcp://a", theirs)
