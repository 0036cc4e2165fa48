"""What is wrong or strange in a protocol, found before anybody is treated.

An error is what `simulate` would refuse; a warning is what it would carry out and the
author can hardly mean: a rule that can never act, a hold that ends while its reason
lasts, a visit after the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Literal

from il2sim.errors import Il2simError
from il2sim.study.holds import Condition, DoseRule
from il2sim.study.protocol import Protocol
from il2sim.study.translate import threshold_of
from il2sim.study.vocabulary import write_moment

if TYPE_CHECKING:
    from il2sim.symbolic import Model

ENDS = ("stop", "withdraw")
"""Decisions after which no other is made."""

LONG_H = 24.0
"""An infusion beyond this is expected to be interrupted, and is not, [h]."""


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes
    ----------
    kind
        ``"error"`` or ``"warning"``.
    headline, got, expected, try_
        As in `il2sim.errors`; empty where there is nothing to say.
    """

    kind: Literal["error", "warning"]
    headline: str
    got: str = ""
    expected: str = ""
    try_: str = ""

    def __str__(self) -> str:
        lines = [f"{self.kind}: {self.headline}"]
        for name, text in (
            ("got:", self.got),
            ("expected:", self.expected),
            ("try:", self.try_),
        ):
            if text:
                lines.append(f"  {name:9} {text}")
        return "\n".join(lines)


def lint(
    protocol: Protocol, model: Model, *, days: float | None = None
) -> list[Finding]:
    """Look a protocol over.

    Parameters
    ----------
    protocol
        As read.
    model
        Whose outputs its rules look at.
    days
        How long subjects are followed, [d]; None if that is not known.

    Returns
    -------
    list of Finding
        Errors first.

    Examples
    --------
    >>> from il2sim.models import body
    >>> text = "aldesleukin 1 MIU sc daily, 5 doses; skip if lymphocites < 50 cell/uL"
    >>> print(lint(Protocol.parse(text), body())[0])
    error: a rule looks at what the model 'body' does not show.
      got:      'lymphocites' in 'lymphocites < 50 cell/uL'
      expected: 'lymphocytes'
    """
    half_lines: dict[Condition, _HalfLine] = {}
    found: list[Finding] = []
    for condition in dict.fromkeys(protocol.conditions):
        try:
            threshold = threshold_of(condition, model)
        except Il2simError as error:
            found.append(_refused(error))
        else:
            unit = "1" if condition.is_fold else model.outputs[condition.quantity].unit
            half_lines[condition] = _HalfLine(condition, threshold, unit)
    rules = [rule for rule in protocol.rules if rule.condition in half_lines]
    found += _impossible(list(half_lines.values()))
    found += _shadowed(rules, half_lines)
    found += _contradicting(rules, half_lines, protocol)
    found += _of_holds(rules, half_lines)
    found += _of_times(protocol, days)
    return found


@dataclass(frozen=True)
class _HalfLine:
    """Values that meet a condition: from the threshold on, or all below it."""

    condition: Condition
    threshold: float
    unit: str

    @property
    def is_above(self) -> bool:
        return self.condition.is_above

    def is_alike(self, other: _HalfLine) -> bool:
        mine, theirs = self.condition, other.condition
        return (mine.quantity, mine.is_fold) == (theirs.quantity, theirs.is_fold)

    def is_within(self, other: _HalfLine) -> bool:
        """Whether whatever meets this one meets the other."""
        if not self.is_alike(other) or self.is_above != other.is_above:
            return False
        if self.is_above:
            return self.threshold >= other.threshold
        return self.threshold <= other.threshold

    def overlaps(self, other: _HalfLine) -> bool:
        if not self.is_alike(other):
            return False
        if self.is_above == other.is_above:
            return True
        above, below = (self, other) if self.is_above else (other, self)
        return above.threshold < below.threshold

    def covers_with(self, other: _HalfLine) -> bool:
        """Whether every value meets the one or the other."""
        if not self.is_alike(other) or self.is_above == other.is_above:
            return False
        above, below = (self, other) if self.is_above else (other, self)
        return above.threshold <= below.threshold


def _refused(error: Il2simError) -> Finding:
    told = dict(
        line.strip().split(":", 1)
        for line in str(error).splitlines()[1:]
        if ":" in line
    )
    return Finding(
        "error",
        error.headline,
        *(told.get(name, "").strip() for name in ("got", "expected", "try")),
    )


_NEVER_NEGATIVE = ("cell/", "molecule", "M", "g/", "mmHg", "mL/", "1/uL")


def _impossible(half_lines: list[_HalfLine]) -> Iterator[Finding]:
    """Conditions that no value meets, or all do: counts and folds are not negative."""
    for one in half_lines:
        condition = one.condition
        positive = condition.is_fold or any(
            sign in one.unit for sign in _NEVER_NEGATIVE
        )
        if positive and one.threshold <= 0:
            says = "is always met" if one.is_above else "is never met"
            yield Finding(
                "warning",
                f"a condition on {condition.quantity} {says}.",
                f"'{condition}', of something that is never negative",
                "a threshold above zero",
            )
        is_share = one.unit == "%" and " of " in condition.quantity
        if is_share and not condition.is_fold and one.threshold > 100:
            says = "is never met" if one.is_above else "is always met"
            yield Finding(
                "warning",
                f"a condition on {condition.quantity} {says}.",
                f"'{condition}', of a share",
                "a threshold up to 100 %",
            )


def _seen(rule: DoseRule) -> frozenset[str]:
    """The kinds of times at which a rule is looked at."""
    times = {"courses"} if rule.at == "courses" else set()
    times |= {"doses", "courses"} if rule.is_seen_at_doses else set()
    return frozenset(times | ({"visits"} if rule.is_seen_at_visits else set()))


def _shadowed(
    rules: list[DoseRule], half_lines: dict[Condition, _HalfLine]
) -> Iterator[Finding]:
    """Rules of which another has always decided before."""
    for number, rule in enumerate(rules):
        if rule in rules[:number]:
            yield Finding(
                "warning", "a rule stands there twice.", f"'{rule}'", "it once"
            )
    for rule, other in permutations(dict.fromkeys(rules), 2):
        mine, theirs = half_lines[rule.condition], half_lines[other.condition]
        ends = other.decision in ENDS and rule.decision != "withdraw"
        ends = ends and (rule.decision != other.decision or mine != theirs)
        same = mine == theirs and rule.decision == other.decision == "stop"
        if ends and not same and mine.is_within(theirs) and _seen(rule) <= _seen(other):
            yield Finding(
                "warning",
                "a rule has no effect.",
                f"'{rule}', where '{other}' has ended all doses",
                "a condition that is met earlier than that of the other",
            )


def _contradicting(
    rules: list[DoseRule], half_lines: dict[Condition, _HalfLine], protocol: Protocol
) -> Iterator[Finding]:
    """Rules that together forbid every dose, and courses that are never given."""
    barring = [rule for rule in rules if rule.decision not in ("reduce", "withdraw")]
    for i, rule in enumerate(barring):
        for other in barring[i + 1 :]:
            if half_lines[rule.condition].covers_with(half_lines[other.condition]):
                yield Finding(
                    "warning",
                    "two rules together bar every dose.",
                    f"'{rule}' and '{other}': each value meets one of them",
                    "a range of values in which doses are given",
                )
    repeat = protocol.repeat
    if repeat is None or repeat.condition not in half_lines:
        return
    wanted = half_lines[repeat.condition]
    for rule in rules:
        if rule.decision in ENDS and wanted.is_within(half_lines[rule.condition]):
            yield Finding(
                "warning",
                "no course is ever repeated.",
                f"'{repeat}', and '{rule}'",
                "a response that does not end the treatment",
            )


def _of_holds(
    rules: list[DoseRule], half_lines: dict[Condition, _HalfLine]
) -> Iterator[Finding]:
    """Holds that end while their reason lasts, or do not look at what they should."""
    for rule in rules:
        if rule.until is None or rule.until not in half_lines:
            continue
        held, free = half_lines[rule.condition], half_lines[rule.until]
        if held.is_alike(free) and held.is_above == free.is_above:
            yield Finding(
                "warning",
                f"a hold on {rule.condition.quantity} ends in the wrong direction.",
                f"'{rule}'",
                "a recovery on the other side of the threshold",
                f"'until {rule.until.quantity} {'<' if held.is_above else '>='} …'",
            )
        elif held.overlaps(free):
            yield Finding(
                "warning",
                f"the 'until' of a hold on {rule.condition.quantity} has no effect.",
                f"'{rule}': values between the two meet both",
                "a recovery beyond the threshold, or no 'until'",
            )


def _of_times(protocol: Protocol, days: float | None) -> Iterator[Finding]:
    for rule in protocol.rules:
        if rule.at == "visits" and not protocol.visits:
            yield Finding(
                "warning",
                "a rule is never looked at.",
                f"'{rule}', and no visit",
                "visits: 'visit day 28'",
            )
    if protocol.dropout and protocol.dropout.each_h is None and not protocol.visits:
        yield Finding(
            "warning",
            "nobody drops out.",
            f"'{protocol.dropout}', and no visit",
            "visits, or a share per week",
        )
    longest = max(dose.duration_h for dose in protocol.regimen.doses)
    if protocol.rules and longest > LONG_H:
        yield Finding(
            "warning",
            "an infusion that runs is not interrupted by a rule.",
            f"an infusion of {longest / 24:g} days",
            "shorter infusions, one after the other: rules decide about those to come",
        )
    if days is not None:
        yield from _beyond(protocol, 24.0 * days)


def _beyond(protocol: Protocol, end_h: float) -> Iterator[Finding]:
    """What lies after the end of the study."""
    outside = f"the {end_h / 24:g} days in which subjects are followed"
    for visit in protocol.visits:
        if visit.days_h[-1] > end_h:
            yield Finding(
                "warning", "a visit lies outside the study.", f"'{visit}'", outside
            )
    late = [dose.time_h for dose in protocol.regimen.doses if dose.time_h >= end_h]
    if late:
        yield Finding(
            "warning",
            "doses lie outside the study.",
            f"{len(late)}, the first on {write_moment(late[0])}",
            outside,
        )
    if protocol.repeat is not None and protocol.repeat.every_h >= end_h:
        yield Finding(
            "warning",
            "no course is repeated in the study.",
            f"'{protocol.repeat}'",
            outside,
        )
