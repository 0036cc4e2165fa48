"""How the solve of a subject ended: a value, with a sentence and advice."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The end of one subject's solve."""

    DONE = 0
    NO_RESTING_STATE = 1
    STEP_TOO_SMALL = 2
    TOO_MANY_STEPS = 3
    NOT_FINITE = 4
    CANCELLED = 5
    STOPPED_BY_RULE = 6
    NO_STEADY_STATE = 7
    SINGULAR = 8

    @property
    def sentence(self) -> str:
        """What happened."""
        return _SENTENCES[self][0]

    @property
    def advice(self) -> str:
        """What to try."""
        return _SENTENCES[self][1]


_SENTENCES = {
    Status.DONE: ("Solved to the end.", ""),
    Status.NO_RESTING_STATE: (
        "No resting state near the baseline, or one with a negative death rate.",
        "Compare the subject's baseline counts and turnover with the others'.",
    ),
    Status.STEP_TOO_SMALL: (
        "The step became too small to change the time.",
        "Look at the state named, and try a larger tolerance.",
    ),
    Status.TOO_MANY_STEPS: (
        "More attempts than allowed.",
        "Allow more steps, or look for a parameter far outside its range.",
    ),
    Status.NOT_FINITE: (
        "A value was not a finite number.",
        "Look at the subject's parameters for zero, infinity or not-a-number.",
    ),
    Status.CANCELLED: ("Not solved: the run was stopped.", "Run again with resume."),
    Status.STOPPED_BY_RULE: (
        "Followed until a rule withdrew the subject.",
        "Nothing is wrong: what was recorded until then is kept.",
    ),
    Status.NO_STEADY_STATE: (
        "A thousand doses did not bring the states to a steady state.",
        "Look for a state that accumulates, or give the doses one by one.",
    ),
    Status.SINGULAR: (
        "A linear system of the step had no solution.",
        "Look for a rate that is infinite, or changes without bound.",
    ),
}
