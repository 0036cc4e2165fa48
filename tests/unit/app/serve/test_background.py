"""Refinements are given up when nobody waits for them."""

from __future__ import annotations

import time

from il2sim.app.serve import background
from il2sim.app.serve.background import Refinements
from il2sim.app.serve.messages import Asked
from il2sim.formats.study_file import study_of
from tests.unit.app.serve.local import STUDY, scenario


def begun(refinements):
    asked = Asked(scenario=scenario(), view="courses", subjects=4, client="a page")
    return refinements.start(study_of(STUDY), asked)


def settled(work, seconds=60.0):
    """Wait until it has ended; its state."""
    until = time.monotonic() + seconds
    while work.state in ("waiting", "running") and time.monotonic() < until:
        time.sleep(0.01)
    return work.state


def test_one_of_a_closed_page_does_not_keep_the_next_page_waiting():
    """It waits for its turn, and before it comes nobody has asked for too long."""
    refinements = Refinements()
    with refinements._turn:
        work = begun(refinements)
        work.asked_s -= background.LEFT_S + 1
    assert settled(work) == "stopped"
    assert work.done == 0


def test_a_question_keeps_it_going():
    """Asked about in time, it is solved to its end."""
    refinements = Refinements()
    with refinements._turn:
        work = begun(refinements)
        work.asked_s -= background.LEFT_S + 1
        refinements.find(work.id)
    assert settled(work) == "done"
    assert work.done == 4
