"""Compiled code on disk: used when whole, ignored when not."""

from __future__ import annotations

import os

import numpy as np
import pytest

from il2sim.engine import cache
from il2sim.engine.backends import cpu
from il2sim.engine.problem import Problem
from il2sim.engine.records import Given
from il2sim.engine.schedule import Schedule
from tests.programs import one_compartment


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IL2SIM_CACHE", str(tmp_path))
    return tmp_path


def test_what_is_written_is_read(folder):
    """The same bytes come back, and no other file is left behind."""
    cache.write("one", b"\x00code")
    assert cache.read("one") == b"\x00code"
    assert [file.name for file in folder.iterdir()] == ["one.o"]


def test_nothing_is_read_where_nothing_is():
    """An unknown key is no code."""
    assert cache.read("none") is None


@pytest.mark.parametrize("keep", [0, 5, 47, 60])
def test_a_file_cut_short_is_no_code(folder, keep):
    """A file that a full disk left half written is not used."""
    cache.write("one", b"x" * 100)
    whole = (folder / "one.o").read_bytes()
    (folder / "one.o").write_bytes(whole[:keep])
    assert cache.read("one") is None


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_changed_byte_is_noticed(folder, place):
    """Wherever a byte flips, the file is no code."""
    cache.write("one", b"x" * 100)
    content = bytearray((folder / "one.o").read_bytes())
    content[place] ^= 1
    (folder / "one.o").write_bytes(bytes(content))
    assert cache.read("one") is None


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path, monkeypatch):
    """A file where the folder should be: writing does nothing."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("IL2SIM_CACHE", str(tmp_path / "file"))
    cache.write("one", b"code")
    assert cache.read("one") is None


def test_the_key_changes_with_each_part():
    """Program, method, width, processor and features each make another key."""
    parts = ["program", "rodas5p", "4", "processor", "+fma"]
    keys = {cache.key(*parts)}
    for place in range(len(parts)):
        keys.add(cache.key(*parts[:place], "other", *parts[place + 1 :]))
    assert len(keys) == len(parts) + 1
    assert cache.key("ab", "c") != cache.key("a", "bc")


def test_the_second_kernel_is_not_compiled(folder, monkeypatch):
    """With its code on disk a kernel needs no compiler; damaged code is made again."""
    program = one_compartment()
    cpu.kernel.__wrapped__(program)
    made = list(folder.iterdir())
    assert len(made) == 1

    def refuse(text, **options):
        raise AssertionError("compiled again")

    with monkeypatch.context() as patch:
        patch.setattr("il2sim.engine.emit.machine.assemble", refuse)
        cpu.kernel.__wrapped__(program)
    whole = made[0].read_bytes()
    made[0].write_bytes(whole[:-10])
    cpu.kernel.__wrapped__(program)
    assert made[0].read_bytes() == whole


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "il2sim"),
        ("win32", "LOCALAPPDATA", "il2sim/cache"),
        ("darwin", "HOME", "Library/Caches/il2sim"),
    ],
)
def test_each_system_has_its_own_place(
    platform, variable, expected, tmp_path, monkeypatch
):
    """Without IL2SIM_CACHE the user's cache folder of that system is used."""
    monkeypatch.delenv("IL2SIM_CACHE")
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache.folder() == tmp_path / expected


def test_code_under_another_name_is_no_code(folder):
    """A renamed file would be the code of another program."""
    cache.write("one", b"code")
    (folder / "one.o").rename(folder / "other.o")
    assert cache.read("other") is None


def test_what_a_killed_process_left_is_swept_after_a_day(folder):
    """A new half written file may still be finished by its process; an old one not."""
    for name, age_s in (("old", 2 * 86_400), ("new", 60)):
        file = folder / f"{name}.part"
        file.write_bytes(b"half")
        then = file.stat().st_mtime - age_s
        os.utime(file, (then, then))
    cache.write("one", b"code")
    assert sorted(file.name for file in folder.iterdir()) == ["new.part", "one.o"]


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    """As in some containers: nothing is read, nothing is written, nothing stops."""

    def nowhere():
        raise RuntimeError

    monkeypatch.delenv("IL2SIM_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("pathlib.Path.home", nowhere)
    cache.write("one", b"code")
    assert cache.read("one") is None


def solved():
    """Bits of a small solve by a process that has no kernel in its memory yet."""
    problem = Problem(
        program=one_compartment(),
        parameters=np.array([[0.3]]),
        bases=np.ones((1, 1)),
        schedule=Schedule.of([Given(0.0, 0, 1.0)]),
        sample_h=np.array([1.0, 2.0]),
        end_h=2.0,
        save=("x",),
    )
    cpu.kernel.cache_clear()
    return cpu.run(problem, np.zeros((1, 1)), np.zeros((1, 0))).values.tobytes()


def test_code_from_disk_computes_the_same(folder):
    """A kernel that was loaded gives the bits of one that was compiled."""
    assert solved() == solved()


def loop(file):
    """A link to itself, which nobody can read."""
    file.unlink()
    file.symlink_to(file)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:1000]),
        lambda file: file.write_bytes(file.read_bytes()[:48] + bytes(5000)),
        lambda file: file.write_bytes(file.read_bytes()[:16] + os.urandom(5000)),
        lambda file: file.write_bytes(os.urandom(5000)),
        loop,
    ],
    ids=["empty", "cut", "zeros", "garbage after the name", "garbage", "loop"],
)
def test_damaged_code_is_noticed_and_made_again(folder, damage):
    """The solve has the same bits, and the next one finds whole code on the disk."""
    bits = solved()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    damage(file)
    assert solved() == bits
    assert file.read_bytes() == whole


@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_cache_that_cannot_be_used_changes_no_bit(where, folder, monkeypatch):
    """A folder where the file should be; a file where the folder should be."""
    bits = solved()
    (file,) = folder.iterdir()
    if where == "file":
        file.unlink()
        file.mkdir()
    else:
        monkeypatch.setenv("IL2SIM_CACHE", str(file))
    assert solved() == bits
