"""Attributions compiled before anybody asks, by a process that gives way.

Compiling holds this interpreter for seconds, in which no answer would come. Another
process puts the code into the cache on disk, where a tenth of a second fetches it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from il2sim.app.serve.answers import quick_task, shares_of
from il2sim.app.serve.niceness import give_way
from il2sim.formats.study_file import read_study, studies

FIRST_SHARED = ("memory Treg", "naive Treg", "CD8", "IL-2")
"""What is compiled so; others are when they are first asked for."""

COMMAND = f"from {__name__} import compile_shares; compile_shares()"


@contextmanager
def warming(is_ready: threading.Event) -> Iterator[None]:
    """Start that process once the page can be used; it ends with the block.

    Parameters
    ----------
    is_ready
        Set when the models are compiled.
    """
    over, started = threading.Event(), []

    def begin() -> None:
        is_ready.wait()
        if not over.is_set():
            command = [sys.executable, "-c", COMMAND]
            quiet = subprocess.DEVNULL
            process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
            started.append(process)
            process.wait()  # or it would stay in the table of processes

    threading.Thread(target=begin, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        for one in started:
            one.kill()
            one.wait()


def compile_shares() -> None:
    """Compile the attributions of every shipped model, on one core.

    Given up when the server is gone, however it ended.
    """
    give_way()
    server = os.getppid()
    shipped = {study.model: study for study in map(read_study, studies())}
    for study in shipped.values():
        for quantity in FIRST_SHARED:
            if os.getppid() != server:
                return
            shares_of(quick_task(study, "courses", 2), quantity, 1)
