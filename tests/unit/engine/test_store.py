"""What is written is read back bit for bit; what is not whole is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from il2sim.engine import shelved, store, store_tables, store_zarr
from il2sim.engine.rows import rows
from il2sim.engine.shelved import Shelved
from il2sim.engine.status import Status
from il2sim.engine.trajectories import Trajectories
from il2sim.errors import BadProblem, FolderInUse, UnknownName, UnreadableFile
from il2sim.provenance import provenance_of

ARRAYS = (
    "times_h",
    "values",
    "resting",
    "peaks",
    "status",
    "failed_h",
    "failed_state",
    "steps",
    "rejected",
    "retries",
    "doses_h",
)


def some_run(n_subjects: int = 5) -> Trajectories:
    """Random numbers of many sizes, with one failed subject."""
    draw = np.random.default_rng(1)
    values = np.exp(draw.normal(0, 20, (n_subjects, 7, 2)))
    values[2] = np.nan
    status = np.zeros(n_subjects, np.int64)
    status[2] = Status.NOT_FINITE
    return Trajectories(
        names=("memory Treg", "plasma IL-2"),
        units=("cell/uL", "pM"),
        times_h=np.linspace(0, 1, 7) / 3,
        values=values,
        resting=values[:, 0],
        peaks=values.max(axis=1),
        status=status,
        failed_h=np.where(status, 0.1, np.nan),
        failed_state=np.where(status, "circulation.plasma", ""),
        steps=np.arange(n_subjects),
        rejected=np.arange(n_subjects),
        retries=np.arange(n_subjects) % 3,
        doses_h=np.array([0.0, 0.25]),
        provenance=provenance_of(
            model="body",
            fingerprint="ab",
            inputs=1,
            seed=1,
            tolerance=1e-4,
            device="cpu",
        ),
    )


@pytest.fixture(params=["zarr", "parquet", "csv"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_reading_undoes_writing(kind: str, tmp_path: Path) -> None:
    run = some_run()
    path = store.write(run, tmp_path, format=kind)
    again = store.read(tmp_path)
    assert path.exists()
    assert (again.names, again.units) == (run.names, run.units)
    assert again.provenance == run.provenance
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(run, name))


def test_portions_are_written_as_the_whole_is(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut anywhere, and with more subjects announced than came: the same arrays."""
    run = some_run(23)
    monkeypatch.setattr(store_zarr, "CHUNK_VALUES", 4 * run.n_times)
    monkeypatch.setattr(store_tables, "ROWS", 3 * run.n_times)
    with store.writing(tmp_path, 30, format=kind) as writer:
        for some in (range(1), range(1, 10), range(10, 12), range(12, 23)):
            writer.add(rows(run, some))
    again = store.read(tmp_path)
    assert isinstance(again.values, Shelved)
    assert again.provenance == run.provenance
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(run, name))
    with pytest.raises(BadProblem, match="nothing to put together"):  # noqa: SIM117
        with store.writing(tmp_path / "none", 3, format=kind):
            pass
    assert not list((tmp_path / "none").iterdir())


@pytest.mark.parametrize("kind", ["zarr", "parquet"])
def test_values_that_vanish_later_are_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelved, "KEPT_BYTES", 0)
    path = store.write(some_run(), tmp_path, format=kind)
    run = store.read(tmp_path)
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(UnreadableFile, match="not complete"):
        run["memory Treg"]


def test_a_run_of_nobody_and_one_of_nothing(kind: str, tmp_path: Path) -> None:
    nobody = Trajectories(
        names=("CD8",),
        units=("cell/uL",),
        times_h=np.array([0.0, 1.0]),
        values=np.zeros((0, 2, 1)),
        resting=np.zeros((0, 1)),
        peaks=np.zeros((0, 1)),
        status=np.zeros(0, np.int64),
    )
    nothing = Trajectories(
        names=(),
        units=(),
        times_h=np.array([0.0]),
        values=np.zeros((3, 1, 0)),
        resting=np.zeros((3, 0)),
        peaks=np.zeros((3, 0)),
        status=np.zeros(3, np.int64),
    )
    for i, run in enumerate((nobody, nothing)):
        store.write(run, tmp_path / str(i), format=kind)
        assert store.read(tmp_path / str(i)).values.shape == run.values.shape


def test_no_file_may_be_missing_or_cut(kind: str, tmp_path: Path) -> None:
    """Remove, then shorten, each file of a store in turn: never a silent answer."""
    store.write(some_run(), tmp_path / "whole", format=kind)
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(UnreadableFile):
            store.read(tmp_path / "whole")
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(UnreadableFile):
            store.read(tmp_path / "whole")
        path.write_bytes(content)
    store.read(tmp_path / "whole")


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    store.write(some_run(), tmp_path)
    chunk = next((tmp_path / "trajectories.zarr" / "memory Treg" / "c").rglob("0"))
    chunk = next(path for path in [chunk, *chunk.rglob("*")] if path.is_file())
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(UnreadableFile, match="not complete"):
        store.read(tmp_path)


def test_nothing_is_left_of_a_write_that_fails(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(some_run(), tmp_path, format=kind)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(store, "_take_apart", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write(some_run(), tmp_path, format=kind, replace=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_results_are_replaced_only_when_asked(kind: str, tmp_path: Path) -> None:
    store.write(some_run(), tmp_path, format="csv")
    with pytest.raises(FolderInUse, match="already holds trajectories"):
        store.write(some_run(), tmp_path, format=kind)
    store.write(some_run(6), tmp_path, format=kind, replace=True)
    assert len(store.read(tmp_path)) == 6


def test_an_unknown_format_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="'parquet'"):
        store.write(some_run(), tmp_path, format="parkett")
    with pytest.raises(UnreadableFile, match="no complete trajectories"):
        store.read(tmp_path)


def test_xarray_opens_what_was_written(tmp_path: Path) -> None:
    import xarray

    run = some_run()
    path = store.write(run, tmp_path)
    with xarray.open_zarr(path, consolidated=False) as opened:
        assert opened["memory Treg"].attrs["units"] == "cell/uL"
        assert opened["memory Treg"].dims == ("subject", "time")
        np.testing.assert_array_equal(opened["plasma IL-2"], run.values[:, :, 1])
    assert store.to_xarray(run)["memory Treg peak"].shape == (5,)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("second", ["zarr", "parquet"])
def test_a_store_is_readable_wherever_its_replacement_ends(
    kind: str, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at any move of a file, the old or the new store is read, never a mix."""
    real, moves = Path.rename, 0
    old, new = some_run(), replace(some_run(), steps=np.arange(5) + 10)
    for stop_at in range(100):
        folder = tmp_path / str(stop_at)
        store.write(old, folder, format=kind)
        moves = 0

        def rename(path: Path, target: Path, stop_at: int = stop_at) -> Path:
            nonlocal moves
            moves += 1
            if moves > stop_at:
                raise Killed
            return real(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                store.write(new, folder, format=second, replace=True)
            except Killed:
                found = store.read(folder).steps.tolist()
                assert found in (old.steps.tolist(), new.steps.tolist())
                patch.setattr(Path, "rename", real)
                store.write(new, folder, format=second, replace=True)
                assert store.read(folder).steps.tolist() == new.steps.tolist()
            else:
                break
    assert stop_at == moves >= 3
    assert store.read(folder).steps.tolist() == new.steps.tolist()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
