"""Runs from the page: what ``il2sim run`` does, one after the other, in their folders.

A run can be stopped and goes on where it was, also after the server was stopped: what
is needed stands in its folder.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il2sim.app.run import STUDY_FILE, Options, key_of, run_study
from il2sim.app.serve.answers import SHOWN, bands
from il2sim.app.serve.background import Work
from il2sim.app.serve.niceness import give_way
from il2sim.errors import BadStudy, Il2simError, UnknownName, closest
from il2sim.formats.study_file import read_study

if TYPE_CHECKING:
    from il2sim.app.run import Outcome
    from il2sim.app.serve.limits import Limits
    from il2sim.formats.study_file import Study

SUFFIXES = (".json", ".csv", ".toml", ".png", ".svg", ".html")
"""Files of a run that the page offers."""


@dataclass(eq=False)
class Run(Work):
    """One run and its folder."""

    folder: Path = field(default_factory=Path)
    study: Study = field(kw_only=True)

    def files(self) -> list[str]:
        """Names of the files that can be fetched, those of figures too."""
        inside = [*self.folder.glob("*"), *self.folder.glob("figures/*")]
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in inside
            if path.suffix in SUFFIXES
            and not path.name.startswith(".")
            and path.is_file()
            and path.resolve().is_relative_to(self.folder.resolve())
        )

    def file(self, name: str) -> Path:
        """Find one of the files by its name.

        Raises
        ------
        UnknownName
            It is none of `files`.
        """
        known = self.files()
        if name not in known:
            raise UnknownName(
                "the run has no such file.",
                got=f"'{name[:80]}'",
                expected=closest(name[:80], known) if known else "none is written yet",
            )
        return self.folder / name

    def to_dict(self) -> dict[str, Any]:
        """As shown to the page."""
        return {
            **super().to_dict(),
            "folder": str(self.folder),
            "files": self.files(),
        }


class Runs:
    """Runs of one folder, carried out one after the other.

    Parameters
    ----------
    root
        The folder of runs; nothing outside it is ever read or written.
    limits
        How many may wait, and how long one may take.
    workers
        Threads of a solve.
    """

    def __init__(self, root: Path, limits: Limits, workers: int | None = None) -> None:
        self.root = root.resolve()
        self.limits = limits
        self.workers = workers
        self._runs: dict[str, Run] = {run.id: run for run in _found(self.root)}
        self._guard = threading.Lock()
        self._queue: queue.Queue[Run] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def start(self, study: Study) -> Run:
        """Begin a run, or go on with the one that has the same key.

        Raises
        ------
        BadStudy
            Too many runs wait.
        """
        name = f"{slug(study.title)}-{key_of(study)[:8]}"
        with self._guard:
            run = self._runs.get(name)
            if run is None:
                run = Run(
                    name,
                    study.subjects,
                    title=f"{study.title}: {study.regimen}",
                    folder=self.root / name,
                    study=study,
                )
            waiting = [
                one
                for one in self._runs.values()
                if one.state in ("waiting", "running")
            ]
            if run in waiting or (run.state == "done" and run.answer):
                return run
            if len(waiting) >= self.limits.waiting_runs:
                raise BadStudy(
                    "too many runs are waiting.",
                    got=len(waiting),
                    expected=f"at most {self.limits.waiting_runs} at a time",
                    try_="wait for one, or stop one",
                )
            run.state, run.cancel = "waiting", threading.Event()
            self._runs[name] = run
        self._queue.put(run)
        return run

    def resume(self, name: str) -> Run:
        """Go on with a run that was stopped.

        Raises
        ------
        UnknownName, BadStudy
            There is no such run, or too many wait.
        """
        return self.start(self.find(name).study)

    def stop(self, name: str) -> Run:
        """Stop a run; what is finished is kept."""
        run = self.find(name)
        run.cancel.set()
        if run.state == "waiting":
            run.state = "stopped"
        return run

    def find(self, name: str) -> Run:
        """Find a run by its id.

        Raises
        ------
        UnknownName
            There is none.
        """
        with self._guard:
            if name in self._runs:
                return self._runs[name]
            known = list(self._runs)
        raise UnknownName(
            "there is no such run.",
            got=f"'{name[:80]}'",
            expected=closest(name[:80], known) if known else "none was begun yet",
        )

    def all(self) -> list[Run]:
        """Every run, the newest last."""
        with self._guard:
            return list(self._runs.values())

    def _work(self) -> None:
        give_way()
        while True:
            run = self._queue.get()
            if not run.cancel.is_set():
                self._carry_out(run)

    def _carry_out(self, run: Run) -> None:
        began = time.monotonic()
        run.state, run.began_s, run.text = "running", began, ""

        def progress(done: int, total: int) -> None:
            run.done, run.total = done, total
            if run.cancel.is_set() or time.monotonic() - began > self.limits.run_s:
                raise KeyboardInterrupt

        options = Options(out=run.folder, resume=True, workers=self.workers)
        try:
            outcome = run_study(run.study, run.id, options, progress=progress)
        except KeyboardInterrupt:
            run.state = "stopped"
        except (Il2simError, OSError) as error:
            run.state, run.text = "failed", str(error)
        else:
            run.answer = _answer(run.study, outcome, time.monotonic() - began)
            run.done = len(outcome.trajectories)
            run.state = "done" if outcome.is_complete else "stopped"
            run.text = "\n".join(outcome.trajectories.failures())


def _answer(study: Study, outcome: Outcome, took_s: float) -> dict[str, Any]:
    whole = outcome.trajectories
    kept = [i for i, name in enumerate(whole.names) if name in SHOWN]
    run = replace(
        whole,
        names=tuple(whole.names[i] for i in kept),
        units=tuple(whole.units[i] for i in kept),
        values=whole.values[:, :, kept],
        resting=whole.resting[:, kept],
        peaks=whole.peaks[:, kept],
    )
    return bands(study, run, "fold", took_ms=1e3 * took_s)


def _found(root: Path) -> Iterator[Run]:
    """Runs that lie in the folder from before."""
    for file in sorted(root.glob(f"*/{STUDY_FILE}")):
        try:
            study = read_study(file)
        except Il2simError:
            continue
        is_done, done = _state_of(file.parent)
        yield Run(
            file.parent.name,
            study.subjects,
            title=f"{study.title}: {study.regimen}",
            state="done" if is_done else "stopped",
            done=done,
            folder=file.parent,
            study=study,
        )


def _state_of(folder: Path) -> tuple[bool, int]:
    """Whether a run is complete, and how many subjects its folder holds."""
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        return bool(summary["complete"]), int(summary["subjects"]["n"])
    except (OSError, ValueError, KeyError, TypeError):
        return False, 0


def slug(title: str) -> str:
    """A title as the beginning of a folder's name.

    Examples
    --------
    >>> slug("Daily low-dose IL-2 / in adults ../")
    'daily-low-dose-il-2-in-adults'
    """
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[:48].strip("-") or "study"
