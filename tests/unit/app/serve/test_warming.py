"""What is compiled beforehand is compiled by another process, which does not stay."""

import subprocess
import sys
import threading
import time

from il2sim.app.serve import warming


class Process:
    """Stands for one that compiles."""

    made: list = []  # noqa: RUF012 - emptied by the test

    def __init__(self, command, **_):
        self.command, self.is_killed = command, False
        Process.made.append(self)

    def kill(self):
        self.is_killed = True

    def wait(self):
        return 0


def begun(seconds=5.0):
    until = time.monotonic() + seconds
    while not Process.made and time.monotonic() < until:
        time.sleep(0.01)
    return list(Process.made)


def test_it_begins_when_the_page_is_ready_and_ends_with_the_server(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", Process)
    Process.made.clear()
    is_ready = threading.Event()
    with warming.warming(is_ready):
        assert Process.made == []
        is_ready.set()
        (process,) = begun()
        assert process.command == [sys.executable, "-c", warming.COMMAND]
        compile(warming.COMMAND, "command", "exec")
        assert not process.is_killed
    assert process.is_killed


def test_a_server_that_ends_first_begins_nothing(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", Process)
    Process.made.clear()
    is_ready = threading.Event()
    with warming.warming(is_ready):
        pass
    is_ready.set()
    assert begun(0.2) == []


def test_it_gives_up_when_the_server_is_gone(monkeypatch):
    """The parent changes after two attributions; no third is compiled."""
    parents, compiled = iter([7, 7, 7, 1]), []
    monkeypatch.setattr(warming.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(warming, "give_way", lambda: None)
    monkeypatch.setattr(warming, "shares_of", lambda *asked: compiled.append(asked[1]))
    warming.compile_shares()
    assert compiled == ["memory Treg", "naive Treg"]
