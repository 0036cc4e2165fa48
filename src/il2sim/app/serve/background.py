"""Work that goes on while the page is used, and how far it is: refinements."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from il2sim.app.serve.answers import bands, task_of
from il2sim.app.serve.niceness import give_way
from il2sim.engine.rows import put_together
from il2sim.errors import Il2simError, UnknownName
from il2sim.study.portions import portions
from il2sim.study.simulate import solve_task

if TYPE_CHECKING:
    from il2sim.app.serve.messages import Asked
    from il2sim.formats.study_file import Study

State = Literal["waiting", "running", "done", "stopped", "failed"]

PORTION = 100
"""Subjects solved between two looks at whether anybody still waits for them."""

KEPT = 64

LEFT_S = 90.0
"""After so long without a question, [s], nobody waits: a page asks twice a second, and
once a minute when it is hidden."""


@dataclass(eq=False)
class Work:
    """One thing to be done, and how far it is."""

    id: str
    total: int
    title: str = ""
    state: State = "waiting"
    done: int = 0
    text: str = ""
    began_s: float = 0.0
    answer: dict[str, Any] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    asked_s: float = field(default_factory=time.monotonic)

    @property
    def is_given_up(self) -> bool:
        """Whether it was cancelled, or nobody has asked about it for `LEFT_S`."""
        return self.cancel.is_set() or time.monotonic() - self.asked_s > LEFT_S

    @property
    def left_s(self) -> float | None:
        """Estimated time left, [s]; None where nothing is known yet."""
        if self.state != "running" or not self.done:
            return None
        spent = time.monotonic() - self.began_s
        return round(spent * (self.total - self.done) / self.done, 1)

    def to_dict(self) -> dict[str, Any]:
        """As shown to the page."""
        told = {
            name: getattr(self, name)
            for name in ("id", "state", "done", "total", "left_s", "title", "text")
        }
        return {**told, "answer": self.answer}


class Refinements:
    """Answers with many subjects at a study's own tolerance; one for each client.

    One about which nobody asks any more, as of a page that was closed, is given up.

    Parameters
    ----------
    workers
        Threads of a solve.
    seconds
        After so many a refinement stops with what it has.
    """

    def __init__(self, workers: int | None = None, seconds: float = 300.0) -> None:
        self.workers = workers
        self.seconds = seconds
        self._known: OrderedDict[str, Work] = OrderedDict()
        self._of_client: dict[str, Work] = {}
        self._guard = threading.Lock()
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)

    def start(self, study: Study, asked: Asked) -> Work:
        """Begin one; an older one of the same client is given up."""
        client, total = asked.client, asked.subjects
        work = Work(f"refinement-{next(self._numbers)}", total, study.title)
        with self._guard:
            older = self._of_client.pop(client, None)
            if older is not None:
                older.cancel.set()
            self._of_client[client] = self._known[work.id] = work
            while len(self._known) > KEPT:
                _, oldest = self._known.popitem(last=False)
                oldest.cancel.set()
        carry_out = threading.Thread(
            target=self._carry_out, args=(work, study, asked), daemon=True
        )
        carry_out.start()
        return work

    def find(self, name: str) -> Work:
        """Find one by its id.

        Raises
        ------
        UnknownName
            There is none, or it was long ago.
        """
        with self._guard:
            work = self._known.get(name)
        if work is None:
            raise UnknownName(
                "there is no such refinement, or it was long ago.",
                got=f"'{name}'",
                expected="the id of one of the last refinements",
            )
        work.asked_s = time.monotonic()
        return work

    def _carry_out(self, work: Work, study: Study, asked: Asked) -> None:
        give_way()
        with self._turn:
            if work.is_given_up:
                work.state = "stopped"
                return
            work.state, work.began_s = "running", time.monotonic()
            try:
                self._solve(work, study, asked)
            except Il2simError as error:
                work.state, work.text = "failed", str(error)

    def _solve(self, work: Work, study: Study, asked: Asked) -> None:
        task = task_of(study, asked.view, study.find_population(work.total))
        parts = []
        for some in portions(work.total, PORTION):
            part = solve_task(task, some, workers=self.workers, cancel=work.cancel)
            if work.is_given_up:
                work.state = "stopped"
                return
            parts.append(part)
            work.done = some.stop
            if time.monotonic() - work.began_s > self.seconds:
                work.text = f"stopped after {self.seconds:g} s"
                break
        run = replace(put_together(parts), provenance=task.provenance("cpu"))
        took_ms = 1e3 * (time.monotonic() - work.began_s)
        work.answer = bands(study, run, asked.scale, took_ms=took_ms)
        work.state = "done"
