"""The public plate: read as laid out, and its curves put into numbers."""

import os
from pathlib import Path

import numpy as np
import pytest

from il2sim.errors import UnreadableFile
from il2sim.inference.plate import DOSES, FILES, ROWS, STEEPEST, hill_curve, read_plate

DATA = Path(
    os.environ.get("IL2SIM_DATA", Path(__file__).parents[4] / "shared" / "data")
)


def write_plate(folder: Path, gate: str = "NK") -> None:
    """One block; the signal is 1000 * row + column, plus 0.5 in replicate 2."""
    doses = ",".join(f"{84 / 3**i:.9f}" for i in range(DOSES))
    lines = ["note", f",{gate}" + "," * 15 + f",{gate}", f",nM treatment:,{doses}", ","]
    for i in range(len(ROWS)):
        first = ",".join(str(1000 * i + j) for j in range(DOSES))
        second = ",".join(str(1000 * i + j + 0.5) for j in range(DOSES - 1))
        lines.append(f"row,A,{first},,,,,,{second},")
    path = folder / FILES[1]
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_blocks_are_read_as_they_are_laid_out(tmp_path):
    """IL-2 at 4, 2, 1, 0.5 h, then IL-15; an empty well is no reading."""
    write_plate(tmp_path)
    wells = read_plate(tmp_path, ["NK"])
    assert len(wells) == len(ROWS) * (2 * DOSES - 1)
    found = {(one.ligand, one.time_h, one.replicate): [] for one in wells}
    for one in wells:
        found[one.ligand, one.time_h, one.replicate].append(one)
    last = found["IL15", 0.5, 2]
    assert [one.signal for one in last][:2] == [7000.5, 7001.5]
    assert found["IL2", 4.0, 1][1].dose_nM == pytest.approx(28)


def test_wells_that_fall_at_the_highest_doses_are_marked(tmp_path):
    """Replicate 1 at 2-4 h only."""
    write_plate(tmp_path)
    marked = {
        (one.replicate, one.time_h)
        for one in read_plate(tmp_path, ["NK"])
        if one.is_disturbed
    }
    assert marked == {(1, 2.0), (1, 4.0)}


def test_a_folder_without_the_plate_is_refused(tmp_path):
    """With the repository to fetch; and a file without the gate."""
    with pytest.raises(UnreadableFile, match="does not hold the public plate"):
        read_plate(tmp_path, ["NK"])
    write_plate(tmp_path)
    with pytest.raises(UnreadableFile, match="not laid out as published"):
        read_plate(tmp_path, ["Treg"])


@pytest.mark.parametrize(("half", "slope"), [(0.05, 1.1), (1.5, 3.0), (2.8, 5.0)])
def test_a_curve_gives_back_its_numbers(half, slope):
    """A Hill curve at the doses of the plate."""
    doses = 84 / 3.0 ** np.arange(DOSES)
    found = hill_curve(doses, 300 + 4000 / (1 + (half / doses) ** slope))
    assert found.half_nM == pytest.approx(half, rel=1e-3)
    assert found.slope == pytest.approx(slope, rel=1e-3)
    assert found.slope <= STEEPEST
    assert found.high - found.low == pytest.approx(4000, rel=1e-3)


@pytest.mark.skipif(not DATA.exists(), reason="needs the public plate in IL2SIM_DATA")
def test_the_two_wells_that_a_later_copy_overwrote_are_as_measured():
    """Treg, IL-2 at 1 h, replicate 1: 47,152.74 at 28 nM and 37,743.28 at 9.33 nM."""
    wells = [
        one.signal
        for one in read_plate(DATA, ["T-reg"])
        if (one.ligand, one.time_h, one.replicate) == ("IL2", 1.0, 1)
    ]
    assert wells[1:3] == pytest.approx([47152.74, 37743.28], abs=0.01)
