"""The folder of a run: held by one process, and read only where it is whole."""

import csv
import os
from dataclasses import replace

import numpy as np
import pytest

from il2sim.app.folder import PARTS, RunFolder, check_folder, held
from il2sim.engine import snapshot
from il2sim.errors import FolderInUse
from il2sim.provenance import provenance_of
from tests.unit.engine.test_snapshot import some

MINE = provenance_of(
    model="tiny", fingerprint="ab", inputs=1, seed=1, tolerance=1e-4, device="cpu"
)


@pytest.fixture
def folder(tmp_path):
    return RunFolder.claim(tmp_path / "run", MINE, resume=False)


def test_one_folder_belongs_to_one_process(tmp_path):
    """A lock is of the opened folder, so a second opening stands for a process."""
    path = tmp_path / "run"
    with held(path), pytest.raises(FolderInUse, match="going on"), held(path):
        raise AssertionError
    with held(tmp_path / "run"):
        pass


def test_a_file_is_no_folder(tmp_path):
    """Nor is anything in it; a free name, and a folder, are fine."""
    file = tmp_path / "taken.csv"
    file.write_text("")
    for path in (file, file / "inside"):
        with pytest.raises(
            FolderInUse, match=r"(?s)taken\.csv', which is a file.*--out"
        ):
            check_folder(path)
    for path in (tmp_path, tmp_path / "free" / "deep"):
        check_folder(path)
    assert not (tmp_path / "free").exists()


def test_what_a_killed_process_was_writing_is_nobodys(tmp_path):
    """Killed before its first file was whole, a folder is as good as new."""
    (tmp_path / ".provenance.json.part").write_text('{"key": "12')
    folder = RunFolder.claim(tmp_path, MINE, resume=False)
    for name in (".summary.json.part", ".unfinished-12", ".unfinished-12-before"):
        path = tmp_path / name
        path.write_text("half") if name.endswith("part") else path.mkdir()
    again = RunFolder.claim(tmp_path, replace(MINE, time="later"), resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["provenance.json"]
    assert again.path == folder.path


def test_portions_are_found_by_their_first_subject(folder):
    run = some()
    folder.keep_part(range(4), run)
    folder.keep_part(range(8, 12), run)
    (folder.path / PARTS / f"notes{snapshot.SUFFIX}").write_text("not ours")
    assert np.array_equal(folder.read_part(0).status, run.status)
    assert folder.read_part(4) is None
    assert (folder.next_part(0, 20), folder.next_part(8, 20)) == (8, 20)


def damaged(content, way):
    """A file that a disk, or another program, has changed."""
    changed = bytearray(content)
    if way == "one bit":
        changed[len(changed) // 2] ^= 4
    elif way == "cut":
        del changed[len(changed) // 2 :]
    elif way == "empty":
        changed.clear()
    elif way == "garbage with a right beginning":
        changed[64:] = os.urandom(len(changed) - 64)
    return bytes(changed)


@pytest.mark.parametrize(
    "way", ["one bit", "cut", "empty", "garbage with a right beginning"]
)
def test_a_damaged_portion_is_none_and_gone(folder, way):
    folder.keep_part(range(4), some())
    (file,) = (folder.path / PARTS).glob("*/*")
    file.write_bytes(damaged(file.read_bytes(), way))
    assert folder.read_part(0) is None
    assert not file.exists()


def test_a_portion_of_another_size_is_none(folder):
    """Its name says four subjects; the file holds as many as it was written with."""
    folder.keep_part(range(5), some())
    assert folder.read_part(0) is None


def test_a_table_in_blocks_is_the_table(folder, monkeypatch):
    """Arrays and lists, more rows than a block: each value comes back to its bits."""
    monkeypatch.setattr("il2sim.app.folder.TABLE_ROWS", 3)
    values = np.random.default_rng(1).normal(size=8)
    folder.write_table("t.csv", {"n": range(8), "value": values, "a": list("abcdefgh")})
    with (folder.path / "t.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [float(row["value"]) for row in found] == values.tolist()
    assert [row["n"] + row["a"] for row in found[6:]] == ["6g", "7h"]
    folder.write_table("t.csv", {"n": []})
    assert (folder.path / "t.csv").read_text() == "n\n"
    assert [one.name for one in folder.path.iterdir() if one.suffix == ".part"] == []
