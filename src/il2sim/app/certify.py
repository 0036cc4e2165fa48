"""Certify a run: its endpoints beside those of the slow reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from il2sim.app.explain import task_of_run
from il2sim.engine.store import read as read_trajectories
from il2sim.study.certificate import Certificate, certify

FILE = "certificate.json"
"""Where it is kept, in the folder of the run."""


def certify_run(
    folder: Path,
    *,
    subjects: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Solve some subjects of a run by the reference, compare, and keep what came of it.

    Parameters
    ----------
    folder
        Of the run; ``certificate.json`` is written there.
    subjects
        How many.
    progress
        Called with the number of subjects finished and of all.

    Raises
    ------
    UnreadableFile
        The folder is not one of a run.
    BadProblem
        Nobody was solved.
    """
    study, task = task_of_run(folder)
    run = read_trajectories(folder)
    found = certify(task, run, study.end_h, n=subjects, progress=progress)
    beside = folder / f".{FILE}.part"
    beside.write_text(json.dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")
    beside.replace(folder / FILE)
    return found
