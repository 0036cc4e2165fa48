"""A study and a trial on a real cluster, a worker killed: the bits of one machine."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from il2sim.app import run as app_run
from il2sim.app import trial as app_trial
from il2sim.app.elsewhere import Elsewhere
from il2sim.app.run import Options, run_study
from il2sim.app.trial import run_trial
from il2sim.engine import store
from il2sim.errors import ClusterUnusable
from tests.killing import ARRAYS, STUDY, TRIAL

distributed = pytest.importorskip("distributed", reason="no Dask: pip install .[test]")

WORKERS = 3


@pytest.fixture(scope="module")
def cluster():
    """Workers of one thread each."""
    with distributed.LocalCluster(
        n_workers=WORKERS,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
    ) as made:
        yield made


@pytest.fixture
def small(monkeypatch):
    """Portions of two subjects, so that there are some to lose."""
    for door in (app_run, app_trial):
        monkeypatch.setattr(door, "PORTION", 2)


def kill_one(cluster, folder):
    """End a worker by SIGKILL once the first portion is there."""

    def wait():
        until = time.monotonic() + 120
        while time.monotonic() < until and not [*folder.glob("unfinished/*/*")]:
            time.sleep(0.01)
        nanny = next(iter(cluster.workers.values()))
        os.kill(nanny.pid, signal.SIGKILL)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.slow
def test_a_study_has_the_same_bits_on_a_cluster(cluster, small, tmp_path):
    """Endpoints and trajectories, with a worker killed in between."""
    study = STUDY.model_copy(update={"subjects": 24})
    here = run_study(study, "here", Options(out=tmp_path / "here"))
    folder = tmp_path / "there"
    killer = kill_one(cluster, folder)
    address = cluster.scheduler_address
    there = run_study(study, "there", Options(out=folder, cluster=address))
    killer.join()
    assert there.is_complete
    one, other = (store.read(outcome.folder) for outcome in (here, there))
    for name in ARRAYS:
        mine, theirs = (np.asarray(getattr(run, name)) for run in (one, other))
        assert mine.tobytes() == theirs.tobytes(), name
    for name in ("endpoints.csv", "summary.json"):
        assert (here.folder / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.slow
def test_a_trial_has_the_same_bits_on_a_cluster(cluster, small, tmp_path):
    """Every endpoint of every subject, with doses skipped by a rule."""
    here = run_trial(TRIAL, "here", Options(out=tmp_path / "here"))
    folder = tmp_path / "there"
    killer = kill_one(cluster, folder)
    address = cluster.scheduler_address
    there = run_trial(TRIAL, "there", Options(out=folder, cluster=address))
    killer.join()
    for name, column in here.endpoints.items():
        np.testing.assert_array_equal(column, there.endpoints[name], err_msg=name)
    assert here.summary == there.summary


@pytest.mark.usefixtures("no_pictures")
def test_a_cluster_that_is_not_there_leaves_a_run_to_resume(tmp_path):
    """What is there stays, and the same command goes on here."""
    folder = tmp_path / "run"
    options = Options(out=folder, cluster=str(tmp_path / "scheduler.json"))
    with pytest.raises(ClusterUnusable, match="nothing answers"):
        run_study(STUDY, "lost", options)
    done = run_study(STUDY, "lost", Options(out=folder, resume=True))
    assert done.is_complete


def test_other_code_refuses_the_work_that_reaches_it(tmp_path):
    """A worker that joins late is not asked before; it says so itself."""
    (tmp_path / "study.toml").write_text("", encoding="utf-8")
    work = Elsewhere("key", "cpu", (), code="0" * 64)
    with pytest.raises(ClusterUnusable, match="another il2sim"):
        work(range(1))
