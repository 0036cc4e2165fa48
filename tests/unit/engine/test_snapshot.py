"""A snapshot comes back bit for bit, and is refused when damaged."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine import snapshot
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import UnreadableFile


def some():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 5, 2))
    values[2] = np.nan
    return Trajectories(
        names=("CD8", "plasma IL-2"),
        units=("cell/uL", "pM"),
        times_h=np.arange(5.0),
        values=values,
        resting=rng.normal(size=(4, 2)),
        peaks=rng.normal(size=(4, 2)),
        status=np.array([0, 0, 4, 0]),
        failed_h=np.array([np.nan, np.nan, 2.5, np.nan]),
        failed_state=np.array(["", "", "circulation.plasma", ""]),
        doses_h=np.array([0.0, 1.0]),
    )


def test_every_bit_comes_back(tmp_path):
    """Values, texts and failures are the same after writing and reading."""
    run, path = some(), tmp_path / "parts" / "one.npz"
    snapshot.write(run, path)
    back = snapshot.read(path)
    assert (back.names, back.units) == (run.names, run.units)
    for name in ("times_h", "values", "resting", "peaks", "status", "failed_h"):
        assert getattr(back, name).tobytes() == getattr(run, name).tobytes()
    assert back.failed_state.tolist() == run.failed_state.tolist()
    assert [one.name for one in path.parent.iterdir()] == ["one.npz"]


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "empty"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    """Cut off, changed by one byte in the middle, empty, or not there at all."""
    path = tmp_path / "one.npz"
    snapshot.write(some(), path)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "changed":
        place = whole.index(some().values.tobytes()[:16])
        path.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    else:
        path.write_bytes(b"")
    with pytest.raises(UnreadableFile, match="no complete portion"):
        snapshot.read(path)
