"""Clinical rules: when doses are skipped, held, reduced, stopped, and given again.

A rule looks at one quantity of the model, such as ``systolic pressure``, at the times
at which a clinician would: before each dose and at visits. What it decides is written
in the words of the clinic; `plan.py` turns it into the engine's checks and marks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from il2sim.errors import BadRegimen, closest

Decision = Literal["skip", "hold", "reduce", "end course", "stop", "withdraw"]
Sign = Literal["<", "<=", ">", ">="]
When = Literal["doses and visits", "doses", "visits", "courses"]

MOST_TIMES = 10
"""A dose is not reduced more often than this."""


@dataclass(frozen=True)
class Condition:
    """A quantity compared with a threshold.

    Attributes
    ----------
    quantity
        Name of an output of the model, such as ``"lymphocytes"``.
    sign
        ``"<"``, ``"<="``, ``">"`` or ``">="``.
    threshold
        In `unit`, or as a fold of the subject's own resting value.
    unit
        ``"1"`` for a fold, a grade or a ratio.
    is_fold
        Whether the quantity is divided by its resting value.

    Examples
    --------
    >>> print(Condition("systolic pressure", "<", 80.0, "mmHg"))
    systolic pressure < 80 mmHg
    """

    quantity: str
    sign: Sign
    threshold: float
    unit: str = "1"
    is_fold: bool = False

    def __post_init__(self) -> None:
        if not self.quantity.strip():
            raise BadRegimen(
                "a rule does not say what it looks at.",
                got=repr(self.quantity),
                expected="a quantity of the model, such as 'lymphocytes'",
            )
        if self.sign not in get_args(Sign):
            raise BadRegimen(
                f"a rule on {self.quantity} has no sign that is known.",
                got=repr(self.sign),
                expected="<, <=, > or >=",
            )
        if not math.isfinite(self.threshold):
            raise BadRegimen(
                f"a rule on {self.quantity} has no usable threshold.",
                got=self.threshold,
                expected="a finite number",
            )
        if self.is_fold and self.unit != "1":
            raise BadRegimen(
                f"a rule on the fold of {self.quantity} has a unit.",
                got=f"'{self.unit}'",
                expected="a plain number: a fold is over the subject's resting value",
            )

    @property
    def is_above(self) -> bool:
        """Whether high values meet it."""
        return self.sign in (">", ">=")

    def exact_threshold(self, threshold: float) -> float:
        """The number that ``>=`` or ``<`` must be asked of to mean this sign.

        Examples
        --------
        >>> Condition("a", ">", 1.0).exact_threshold(1.0) > 1.0
        True
        """
        strict = self.sign in (">", "<=")
        return math.nextafter(threshold, math.inf) if strict else threshold

    def __str__(self) -> str:
        from il2sim.study.vocabulary import write_number

        fold = " fold" if self.is_fold else ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        number = write_number(self.threshold)
        return f"{self.quantity}{fold} {self.sign} {number}{unit}"


@dataclass(frozen=True)
class DoseRule:
    """One clinical rule.

    Attributes
    ----------
    decision
        ``"skip"`` the dose that is due; ``"hold"`` all doses until a recovery;
        ``"reduce"`` every later dose; ``"end course"``: no dose until the next course
        begins; ``"stop"`` doses for good; ``"withdraw"`` the subject, who is followed
        no longer.
    condition
        When it is met, the rule acts.
    until
        Of a hold: when doses are given again. Default: once `condition` is not met.
    to_percent
        Of a reduction: what is left of the dose as it was, [%].
    most_times
        Of a reduction: how often at most. Each later one is of what is left.
    at
        When a clinician looks. A skip is decided at doses only.

    Raises
    ------
    BadRegimen
        The parts do not fit together.
    """

    decision: Decision
    condition: Condition
    until: Condition | None = None
    to_percent: float | None = None
    most_times: int = 1
    at: When = "doses and visits"

    def __post_init__(self) -> None:
        if self.decision not in get_args(Decision):
            raise self._bad(
                "decision",
                repr(self.decision),
                closest(self.decision, get_args(Decision)),
            )
        if self.at not in get_args(When):
            raise self._bad("time", repr(self.at), closest(self.at, get_args(When)))
        if self.until is not None and self.decision != "hold":
            raise self._bad("'until'", str(self.until), "'until' after a hold only")
        self._check_reduction()
        if self.decision == "skip" and self.at == "visits":
            raise self._bad("time", "at visits", "a dose is skipped when it is due")

    def _check_reduction(self) -> None:
        percent = self.to_percent
        if (percent is not None) != (self.decision == "reduce"):
            raise self._bad("'to … %'", percent, "it with 'reduce', and only there")
        if percent is not None and not 0 < percent < 100:
            raise self._bad("reduction", f"to {percent} %", "above 0 and below 100 %")
        if not 1 <= self.most_times <= MOST_TIMES:
            raise self._bad("number of times", self.most_times, f"1 to {MOST_TIMES}")
        if self.most_times > 1 and self.decision != "reduce":
            raise self._bad("number of times", self.most_times, "1 but for reductions")

    @property
    def is_seen_at_doses(self) -> bool:
        """Whether it is looked at before every dose."""
        return "doses" in self.at

    @property
    def is_seen_at_visits(self) -> bool:
        """Whether it is looked at on every visit."""
        return "visits" in self.at and self.decision != "skip"

    def __str__(self) -> str:
        from il2sim.study.vocabulary import write_number

        words: list[str] = [self.decision]
        if self.to_percent is not None:
            words.append(f"to {write_number(self.to_percent)} %")
        words.append(f"if {self.condition}")
        if self.until is not None:
            words.append(f"until {self.until}")
        if self.at != "doses and visits":
            words.append(f"at {self.at}")
        if self.most_times > 1:
            words.append(f"at most {self.most_times} times")
        return " ".join(words)

    def _bad(self, what: str, got: object, expected: str) -> BadRegimen:
        return BadRegimen(
            f"the {what} of the rule on {self.condition.quantity} cannot be used.",
            got=got,
            expected=expected,
        )
