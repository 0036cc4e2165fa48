"""Killing the process at any moment leaves a run that resumes to the same bits.

SIGKILL cannot be caught: nothing is tidied up, no buffer is written. Once it comes at
every single touch of the folder, and once at random moments of the real command, which
other signals end too.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.run import Options, run_study
from il2sim.formats.study_file import as_toml
from tests.killing import STUDY, results

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def at_every(touch: int, kind: str, tmp_path: Path, repository: Path) -> dict:
    """Kill at every so many touches of the folder; see `tests.killing`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(tmp_path), kind, str(touch)],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": f"src{os.pathsep}."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_run_survives_its_end_at_every_touch_of_its_folder(tmp_path, repository):
    """Portions, tables, summary: each file opened, moved or removed is one try."""
    found = at_every(1, "csv", tmp_path, repository)
    assert found["kills"] > 25
    assert found["wrong"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "touch"), [("zarr", 97), ("parquet", 1)])
def test_so_does_one_in_another_format(kind, touch, tmp_path, repository):
    """Zarr makes a thousand files and more; every 97th is tried."""
    found = at_every(touch, kind, tmp_path, repository)
    assert found["kills"] > 15
    assert found["wrong"] == []


@pytest.mark.slow
def test_so_does_a_trial(tmp_path, repository):
    """Its portions, tables and decisions, at every touch of its folder."""
    found = at_every(1, "trial", tmp_path, repository)
    assert found["kills"] > 20
    assert found["wrong"] == []


ENDS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def command(folder: Path) -> list[str]:
    """The command that is killed, and that goes on."""
    file = str(folder.parent / "killed.toml")
    run = [sys.executable, "-m", "il2sim", "run", file, "--resume"]
    return [*run, "--subjects", "60", "--out", str(folder)]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_the_command_survives_its_end_at_random_moments(kills, tmp_path):
    """Killed again and again, also while it resumes, it ends as if undisturbed.

    Now and then it is asked to stop instead, by Ctrl-C or as a cluster does.
    """
    (tmp_path / "killed.toml").write_text(as_toml(STUDY), encoding="utf-8")
    run_study(STUDY, "compiles", Options(out=tmp_path / "compiles"))
    began_s = time.monotonic()
    subprocess.run(command(tmp_path / "straight"), check=True, capture_output=True)
    takes_s = time.monotonic() - began_s
    chance = random.Random(8)
    died = 0
    for _ in range(kills):
        with subprocess.Popen(
            command(tmp_path / "killed"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                process.wait(chance.uniform(0.2, 0.8) * takes_s)
            except subprocess.TimeoutExpired:
                process.send_signal(chance.choice(ENDS))
        died += process.returncode != 0
    subprocess.run(command(tmp_path / "killed"), check=True, capture_output=True)
    assert died
    assert results(tmp_path / "killed") == results(tmp_path / "straight")


CRAMPED = """
import resource, sys
from il2sim.app.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
main()
"""
"""The command on a disk that takes no file above 2 kB."""


@pytest.mark.usefixtures("no_pictures")
def test_a_disk_that_refuses_is_said_and_the_run_goes_on_later(tmp_path):
    """The first portion cannot be kept; with room again the same command finishes."""
    (tmp_path / "killed.toml").write_text(as_toml(STUDY), encoding="utf-8")
    words = command(tmp_path / "cramped")
    refused = subprocess.run(
        [sys.executable, "-c", CRAMPED, *words[words.index("run") :]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "The system refused: [Errno" in refused.stderr
    assert "Traceback" not in refused.stderr
    done = CliRunner().invoke(app, words[words.index("run") :])
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "cramped" / "summary.json").read_text())["complete"]
