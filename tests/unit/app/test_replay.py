"""A subject alone comes out as it did among all; what differs is named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from il2sim.app.replay import replay_run
from il2sim.app.run import Options, run_study
from il2sim.engine.store import read, write
from il2sim.errors import BadProblem, UnreadableFile
from il2sim.formats.study_file import read_study
from il2sim.provenance import Provenance
from tests.pictures import leave_out


def run(path, precision):
    """Five subjects."""
    study = read_study("daily-low-dose-cancer")
    chosen = Options(subjects=5, seed=3, precision=precision, out=path)
    run_study(study, "replayed", chosen)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of five subjects."""
    with pytest.MonkeyPatch.context() as patch:
        leave_out(patch)
        return run(tmp_path_factory.mktemp("run") / "here", None)


@pytest.mark.parametrize("subject", [0, 3, 4])
def test_every_bit_is_the_same(folder, subject):
    """One at a time, in lanes that were shared before."""
    found = replay_run(folder, subject)
    assert found.is_equal
    assert found.is_same_work
    assert "are equal" in found.sentence()


@pytest.mark.usefixtures("no_pictures")
def test_a_run_in_single_precision_comes_out_the_same(folder, tmp_path):
    """Its folder says how it was made; it is another run than that in doubles."""
    single = run(tmp_path / "single", "single")
    assert replay_run(single, 3).is_equal
    assert replay_run(single, 3).is_same_work
    one, other = (Provenance.read(at / "provenance.json") for at in (single, folder))
    assert (one.precision, other.precision) == ("single", "double")
    assert one.key != other.key
    assert not np.array_equal(read(single).values, read(folder).values)


def test_a_changed_number_is_found(folder, tmp_path):
    """One unit in the last place of one number is named with its time."""
    run = read(folder)
    values = np.array(run.values)
    column = run.names.index("memory Treg")
    values[2, 4, column] = np.nextafter(values[2, 4, column], np.inf)
    for name in ("study.toml", "provenance.json"):
        (tmp_path / name).write_text((folder / name).read_text("utf-8"), "utf-8")
    from dataclasses import replace

    write(replace(run, values=values), tmp_path)
    assert replay_run(tmp_path, 1).is_equal
    found = replay_run(tmp_path, 2)
    (difference,) = found.differences
    assert difference.what == "memory Treg"
    assert difference.where == f"at {run.times_h[4]:g} h"
    assert difference.ulps == pytest.approx(1.0)
    assert "1 ulp" in found.sentence()


def test_another_version_is_told(folder, tmp_path):
    """It is compared all the same."""
    write(read(folder), tmp_path)
    told = json.loads((folder / "provenance.json").read_text("utf-8"))
    told["version"] = "0.0.0"
    (tmp_path / "provenance.json").write_text(json.dumps(told), "utf-8")
    (tmp_path / "study.toml").write_text((folder / "study.toml").read_text("utf-8"))
    found = replay_run(tmp_path, 0)
    assert found.is_equal
    assert not found.is_same_work
    assert found.was_made_by == "0.0.0"


def test_what_is_not_there_is_named(folder, tmp_path):
    """A subject too many, and a folder without a run."""
    with pytest.raises(BadProblem, match="no such subject"):
        replay_run(folder, 5)
    with pytest.raises(UnreadableFile):
        replay_run(tmp_path, 0)
