"""A protocol as text: clauses between semicolons, read back as they are written.

Clauses on courses are those of `prescription.py`; here stand the others: rules, visits,
repeats on response, rescue, missed doses and dropout. After ``rescue if …:`` the
clauses on courses are those of the rescue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from il2sim.errors import BadRegimen, closest
from il2sim.study import vocabulary as words
from il2sim.study.holds import Condition, DoseRule
from il2sim.study.protocol import Dropout, Protocol, Repeat, Rescue, Visit
from il2sim.study.regimen import Regimen

_NUMBER = words.NUMBER
_MOMENT = rf"(?:day|week|hour)\s+{_NUMBER}"
_SIGNS = {"≤": "<=", "≥": ">=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}

STARTS = (
    *("skip", "hold", "reduce", "end course", "stop", "withdraw"),
    *("visit", "repeat", "rescue", "missed", "dropout"),
)
"""How clauses begin that are not on courses."""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_RULE = _pattern(
    r"(?P<decision>skip|hold|reduce|end\s+course|stop|withdraw)"
    rf"(?:\s+to\s+(?P<percent>{_NUMBER})\s*%)?\s+if\s+(?P<condition>.+?)"
    r"(?:\s+until\s+(?P<until>.+?))?"
    r"(?:\s+at\s+(?P<at>doses\s+and\s+visits|doses|visits|courses))?"
    r"(?:[\s,]+at\s+most\s+(?P<times>\d{1,4})\s+times)?"
)
_CONDITION = _pattern(
    r"(?P<quantity>[^<>≤≥]*?)(?P<fold>\s+fold)?\s*(?P<sign><=|>=|[<>≤≥])\s*"
    rf"(?P<number>{_NUMBER})(?:\s+(?P<unit>\S.*)|(?P<near>[a-z%/µμ].*))?"
)
_VISIT = _pattern(
    rf"visits?\s+(?P<moment>{_MOMENT}(?:(?:\s*,\s*|\s+and\s+)(?:(?:day|week|hour)\s+)?"
    rf"{_NUMBER})*)(?:[\s,]+within\s+{words.LENGTH})?"
)
_REPEAT = _pattern(
    rf"repeat\s+from\s+(?P<moment>{_MOMENT})\s+if\s+(?P<condition>.+?)"
    r"[\s,]+at\s+most\s+(?P<count>\d{1,4})\s+courses"
)
_RESCUE = _pattern(r"rescue\s+if\s+(?P<condition>[^:]+?)\s*:\s*(?P<regimen>.+)")
_MISSED = _pattern(rf"missed\s+(?P<percent>{_NUMBER})\s*%")
_DROPOUT = _pattern(
    rf"dropout\s+(?P<percent>{_NUMBER})\s*%\s*"
    r"(?:(?:/|per\s+)\s*(?P<each>.+)|(?P<visits>at\s+visits))"
)


def read(text: str, name: str = "protocol") -> Protocol:
    """Read a protocol; see `Protocol.parse`."""
    reader = _Reader(text)
    for clause in re.split(r"[;\n]", text):
        if clause.strip(" ,\t\r"):
            reader.clause(" ".join(clause.strip(" ,\t\r").split()))
    return reader.protocol(name)


def write(protocol: Protocol) -> str:
    """Write a protocol so that `read` gives it back, but for its name."""
    parts: list[object] = [protocol.regimen, *protocol.rules, *protocol.visits]
    if protocol.repeat is not None:
        parts.append(protocol.repeat)
    if protocol.missed_percent:
        parts.append(f"missed {words.write_number(protocol.missed_percent)} %")
    if protocol.dropout is not None:
        parts.append(protocol.dropout)
    if protocol.rescue is not None:
        parts.append(protocol.rescue)
    return "; ".join(map(str, parts))


def read_condition(text: str) -> Condition:
    """Read a condition, such as ``tumor fold < 0.8``.

    Raises
    ------
    BadRegimen
        It has no sign or number, or more than those.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise BadRegimen(
            "a rule has a condition that is not understood.",
            got=f"'{text}'",
            expected="a quantity, a sign, a number and its unit",
            try_="'systolic pressure < 80 mmHg' or 'tumor fold < 0.8'",
        )
    return Condition(
        quantity=found["quantity"].strip(),
        sign=_SIGNS[found["sign"]],  # type: ignore[arg-type]
        threshold=_number(found["number"]),
        unit=(found["unit"] or found["near"] or "1").strip(),
        is_fold=bool(found["fold"]),
    )


@dataclass
class _Reader:
    """What the clauses have said so far, and the whole text for messages."""

    text: str
    courses: list[str] = field(default_factory=list)
    rules: list[DoseRule] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    rescue: tuple[Condition, list[str]] | None = None
    said: dict[str, Any] = field(default_factory=dict)

    def clause(self, clause: str) -> None:
        """Take in one clause."""
        for pattern, take in _CLAUSES:
            if found := pattern.fullmatch(clause):
                take(self, found)
                return
        self._refuse_likeness(clause)
        (self.courses if self.rescue is None else self.rescue[1]).append(clause)

    def protocol(self, name: str) -> Protocol:
        """Make the protocol."""
        said = dict(self.said)
        if self.rescue is not None:
            condition, courses = self.rescue
            said["rescue"] = Rescue(condition, Regimen.parse("; ".join(courses)))
        return Protocol(
            Regimen.parse("; ".join(self.courses)),
            name=name,
            rules=tuple(self.rules),
            visits=tuple(sorted(self.visits, key=lambda visit: visit.time_h)),
            **said,
        )

    def put(self, what: str, value: Any) -> None:
        """Keep one thing said, once."""
        if what in self.said:
            raise BadRegimen(
                f"the protocol says twice what is '{what.removesuffix('_percent')}'.",
                got=f"'{self.text}'",
                expected="each thing once",
            )
        self.said[what] = value

    def take_rule(self, found: re.Match[str]) -> None:
        """A rule on doses."""
        until, percent = found["until"], found["percent"]
        at = " ".join((found["at"] or "doses and visits").lower().split())
        self.rules.append(
            DoseRule(
                decision=" ".join(found["decision"].lower().split()),  # type: ignore[arg-type]
                condition=read_condition(found["condition"]),
                until=None if until is None else read_condition(until),
                to_percent=None if percent is None else _number(percent),
                most_times=int(found["times"] or 1),
                at=at,  # type: ignore[arg-type]
            )
        )

    def take_visits(self, found: re.Match[str]) -> None:
        """One visit or several with the same window."""
        within = 0.0
        if found["number"]:
            within = words.in_hours(_number(found["number"]), found["word"].lower())
        word = "day"
        for part in re.split(r"\s*,\s*|\s+and\s+", found["moment"]):
            *named, number = part.split()
            word = named[0].lower() if named else word
            time = words.in_hours(_number(number), word)
            self.visits.append(Visit(time, within))

    def take_repeat(self, found: re.Match[str]) -> None:
        """The regimen again on response."""
        word, number = found["moment"].split()
        self.put(
            "repeat",
            Repeat(
                every_h=words.in_hours(_number(number), word.lower()),
                condition=read_condition(found["condition"]),
                most_courses=int(found["count"]),
            ),
        )

    def take_rescue(self, found: re.Match[str]) -> None:
        """Another regimen; courses said from here on belong to it."""
        if self.rescue is not None:
            self.put("rescue", None)
        self.rescue = (read_condition(found["condition"]), [found["regimen"]])
        self.put("rescue", None)

    def take_missed(self, found: re.Match[str]) -> None:
        """The share of doses missed."""
        self.put("missed_percent", _number(found["percent"]))

    def take_dropout(self, found: re.Match[str]) -> None:
        """The share of subjects who leave, and in which time."""
        each = None
        if found["each"]:
            length = re.fullmatch(
                rf"(?:{words.LENGTH})|(?P<bare>\w+)", found["each"], re.IGNORECASE
            )
            word = ((length and (length["word"] or length["bare"])) or "").lower()
            if length is None or word not in words.HOURS:
                raise BadRegimen(
                    "dropout is per no time that is known.",
                    got=f"'{found[0]}'",
                    expected="'dropout 1 %/week' or 'dropout 5 % at visits'",
                )
            each = words.in_hours(_number(length["number"] or "1"), word)
        self.put("dropout", Dropout(_number(found["percent"]), each))

    def _refuse_likeness(self, clause: str) -> None:
        """Complain of a clause that begins like ours and does not go on so."""
        first = clause.split(maxsplit=1)[0].lower()
        is_ours = first in {start.split()[0] for start in STARTS}
        is_course = re.match(r"repeat\s+(all\s+)?every\b", clause, re.IGNORECASE)
        if (is_ours and not is_course) or re.search(r"\bif\b", clause, re.IGNORECASE):
            raise BadRegimen(
                "the protocol has a clause that is not understood.",
                got=f"'{clause}' in '{self.text}'",
                expected=_SHAPES.get(first, closest(first, STARTS)),
            )


_CLAUSES = (
    (_RULE, _Reader.take_rule),
    (_VISIT, _Reader.take_visits),
    (_REPEAT, _Reader.take_repeat),
    (_RESCUE, _Reader.take_rescue),
    (_MISSED, _Reader.take_missed),
    (_DROPOUT, _Reader.take_dropout),
)
"""Each clause, and what takes it in."""

_SHAPES = {
    "skip": "'skip if systolic pressure < 80 mmHg'",
    "hold": "'hold if … until …', with a quantity, a sign, a number and its unit",
    "reduce": "'reduce to 50 % if …', and 'at most 2 times' behind it",
    "end": "'end course if …'",
    "stop": "'stop if …'",
    "withdraw": "'withdraw if …'",
    "visit": "'visit day 28 within 3 days'",
    "visits": "'visits day 28, 56 and 84 within 3 days'",
    "repeat": "'repeat from day 85 if tumor fold < 0.8, at most 3 courses'",
    "rescue": "'rescue if tumor fold > 1.2: aldesleukin 1 MIU sc daily, 5 doses'",
    "missed": "'missed 3 %'",
    "dropout": "'dropout 1 %/week' or 'dropout 5 % at visits'",
}
"""How each clause goes on."""


def _number(text: str) -> float:
    return float(text.replace(",", ""))
