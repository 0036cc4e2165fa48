"""Rules: what changes the dosing of a subject while it is treated.

A rule compares an output, as it is or over its resting value, with a threshold, at the
times at which a schedule checks it. Every check is logged.

Each subject carries marks, one bit each, all clear at first. A rule may need some, be
barred by some, and set or clear some when it acts; a dose may be barred by some too
(`records.Given`). So several rules can each hold doses until a recovery of its own, a
rule can act only once, and conditions can be joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from il2sim.errors import BadProblem


class Action(IntEnum):
    """What a rule does when its condition holds, to an inlet or to all.

    HOLD the doses from now on, until a rule lets them RESUME; SCALE every later dose by
    a factor, on top of earlier ones; STOP doses for good; WITHDRAW the subject, which
    then ends with the status STOPPED_BY_RULE; MARK it and do nothing else.
    """

    HOLD = 0
    RESUME = 1
    SCALE = 2
    STOP = 3
    WITHDRAW = 4
    MARK = 5


MOST_MARKS = 62
"""Marks that a subject can carry."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    output
        Name of the output of the program that is looked at.
    threshold
        In the unit of the output, or as a fold of its resting value.
    action
        What happens when the condition holds.
    above
        Whether the condition is ``output >= threshold``; else ``output < threshold``.
    relative
        Whether the output is divided by its resting value.
    factor
        For SCALE, what later doses are multiplied by, [1].
    target
        The inlet whose doses are meant; None for all.
    needs, unless
        Marks that must all be set, and of which none may be, for the rule to act.
    sets, clears
        Marks that it sets and clears when it acts, in this order.
    """

    output: str
    threshold: float
    action: Action
    above: bool = True
    relative: bool = False
    factor: float = 1.0
    target: int | None = None
    needs: int = 0
    unless: int = 0
    sets: int = 0
    clears: int = 0

    def __post_init__(self) -> None:
        for name in ("needs", "unless", "sets", "clears"):
            marks = getattr(self, name)
            if not 0 <= marks < 2**MOST_MARKS:
                raise BadProblem(
                    f"the '{name}' of a rule are no marks.",
                    got=marks,
                    expected=f"{MOST_MARKS} bits, so 0 to 2^{MOST_MARKS} - 1",
                )
        if self.factor < 0:
            raise BadProblem(
                "a rule cannot give negative doses.",
                got=self.factor,
                expected="a factor of zero or more",
            )


NOT_CHECKED, NOT_MET, MET = 0, 1, 2
"""What the log of decisions holds for each check."""
