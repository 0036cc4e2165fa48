"""A run is explained from its folder alone."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict

import pytest
from typer.testing import CliRunner

from il2sim.app.cli import app
from il2sim.app.explain import explain_run, task_of_run
from il2sim.app.run import Options, run_study
from il2sim.errors import UnreadableFile
from il2sim.formats.study_file import read_study
from il2sim.study.attribution import SUM
from tests.pictures import leave_out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four subjects of a short study, done."""
    study = read_study("daily-low-dose-cgvhd").model_copy(
        update={
            "regimen": "aldesleukin 1 MIU/m2 sc, daily, for 3 days",
            "days": 4.0,
            "end_day": 4.0,
            "record_finely_until_day": 1.0,
            "compare": [],
        }
    )
    path = tmp_path_factory.mktemp("runs") / "short"
    with pytest.MonkeyPatch.context() as patch:
        leave_out(patch)
        run_study(study, "short", Options(subjects=4, seed=3, out=path))
    return path


def test_the_folder_is_enough_to_do_the_run_again(folder):
    """The task made from the folder has the key of the run."""
    study, task = task_of_run(folder)
    assert (study.subjects, study.seed) == (4, 3)
    explained = explain_run(folder, "memory Treg", subjects=2)
    assert explained.is_same_model
    assert len(explained.shares.status) == 2
    assert task.population.n == 4


def test_written_shares_sum_to_the_last_row(folder):
    """In the table of every time; three files for each of two figures."""
    told = explain_run(folder, "Treg", by="event")
    assert len(told.written) == 6
    assert all(path.stat().st_size for path in told.written)
    sums: dict[str, float] = defaultdict(float)
    totals = {}
    with told.written[0].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            value = float(row["mean [1]"])
            if row["share"] == SUM:
                totals[row["day"]] = value
            else:
                sums[row["day"]] += value
    assert totals.keys() == sums.keys()
    for day, total in totals.items():
        assert sums[day] == pytest.approx(total, abs=1e-4)


def test_the_command_prints_both_tables(folder):
    done = CliRunner().invoke(app, ["explain", str(folder), "--subjects", "2"])
    assert done.exit_code == 0, done.output
    for word in ("memory Treg: division", "kidney", "over rest", "explain"):
        assert word in done.output


def test_a_folder_without_a_study_is_refused(folder, tmp_path):
    with pytest.raises(UnreadableFile, match="holds no run that can be solved again"):
        explain_run(tmp_path, "Treg")


def test_a_run_of_another_model_is_said_to_be(folder, tmp_path):
    """A provenance that today's model would not give."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    path = other / "provenance.json"
    text = path.read_text("utf-8").replace('"seed": 3', '"seed": 4')
    path.write_text(text, encoding="utf-8")
    assert not explain_run(other, "Treg", subjects=1).is_same_model
