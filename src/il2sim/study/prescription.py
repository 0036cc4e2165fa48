"""A regimen as one line of text, read and written so that it reads back the same.

The text is cut into clauses (a course, ``again``, ``repeat``, ``rest``), and a course
into the product, the dose and phrases in any order. Every word must be understood: no
text is skipped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from il2sim.errors import BadRegimen, closest
from il2sim.study import vocabulary as words
from il2sim.study.course import Course
from il2sim.study.regimen import Regimen

_NUMBER, _LENGTH = words.NUMBER, words.LENGTH
_UNIT = "|".join(
    sorted((*words.DOSE_UNITS, *words.UNIT_ALIASES), key=len, reverse=True)
)
_PER = "|".join(re.escape(one) for one in sorted(words.BASES, key=len, reverse=True))
_DOSE = re.compile(
    rf"(?<!\S)(?P<amount>{_NUMBER})\s*(?P<unit>(?-i:{_UNIT}))(?![\w])"
    rf"(?:\s*(?:/|per\s+)\s*(?P<per>{_PER})(?!\w))?"
    r"(?:\s*(?:/|per\s+)\s*(?P<time>day|d|24\s*h|hour|h)(?!\w))?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?<!\S){_NUMBER}\s*(?:-|–|to)\s*{_NUMBER}\s*(?-i:{_UNIT})(?!\w)", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"\s*;\s*|"
    r"(?<!\ball)\s*,?\s+(?=(?:then|again|all\s+again|repeat|rest|plus)\b)",
    re.IGNORECASE,
)
_DAYS = "|".join(words.WEEKDAYS)


def read(text: str) -> Regimen:
    """Read a prescription; see `Regimen.parse`."""
    reader = _Reader(text)
    for clause in _CLAUSE.split(text.strip()):
        if clause.strip(" ,"):
            reader.clause(clause.strip(" ,"))
    if not reader.courses:
        raise BadRegimen(
            "the prescription is empty.",
            got=repr(text),
            expected="product, dose, route, how often and how long",
            try_="'aldesleukin 1 MIU/m2 sc daily for 12 weeks'",
        )
    return Regimen(tuple(reader.courses))


def write(regimen: Regimen) -> str:
    """Write a regimen so that `read` gives it back."""
    parts = []
    for number, course in enumerate(regimen.courses):
        joint = ("plus " if course.alongside else "then ") if number else ""
        parts.append(joint + _write_course(course, first=number == 0))
    return "; ".join(parts)


def _write_course(course: Course, *, first: bool) -> str:
    per = "" if course.per == "flat" else f"/{course.per}"
    time = {None: "", 24.0: "/day", 1.0: "/h"}[course.rate_h]
    head = (
        f"{course.product} {words.write_number(course.amount)} "
        f"{course.unit.replace('cell', 'cells')}{per}{time} {course.route}"
    )
    if course.rate_h is not None:
        head += " continuous"
    elif course.over_h:
        head += f" over {words.write_length(course.over_h)}"
    phrases = [head, *_write_rule(course)]
    begin, *again = course.starts_h
    if begin or not first:
        phrases.append(f"from {words.write_moment(begin)}")
    return "; ".join([", ".join(phrases), *_write_again(begin, again)])


def _write_rule(course: Course) -> list[str]:
    phrases = []
    if course.every_h == 24:
        phrases.append("daily")
    elif course.every_h is not None:
        phrases.append(f"every {words.write_length(course.every_h)}")
    elif course.weekdays == words.WEEKLY_PATTERNS["on weekdays"]:
        phrases.append("on weekdays")
    elif course.weekdays:
        named = " ".join(words.WEEKDAYS[day] for day in course.weekdays)
        phrases.append(f"on {named}")
    elif course.rate_h is None:
        return ["once"]
    if course.n_doses is not None:
        phrases.append(f"{course.n_doses} dose{'s' if course.n_doses > 1 else ''}")
    if course.length_h is not None:
        phrases.append(f"for {words.write_length(course.length_h)}")
    return phrases


def _write_again(begin: float, again: list[float]) -> list[str]:
    step = again[0] - begin if again else 0.0
    if len(again) > 1 and all(
        begin + (turn + 1) * step == start for turn, start in enumerate(again)
    ):
        every = words.write_length(step)
        return [f"repeat every {every}, {len(again) + 1} courses"]
    return [f"again from {words.write_moment(start)}" for start in again]


@dataclass
class _Reader:
    """The courses read so far, and the whole text for messages."""

    text: str
    courses: list[Course] = field(default_factory=list)
    rest_h: float = 0.0

    def clause(self, clause: str) -> None:
        """Take in one clause."""
        low = clause.lower()
        if low.startswith("rest"):
            self._rest(clause)
        elif low.startswith(("again", "all again")):
            self._again(clause)
        elif low.startswith("repeat"):
            self._repeat(clause)
        else:
            self._course(clause)

    def _due_h(self) -> float:
        """When the next dose of what was said so far would be due, after any rest."""
        if not self.courses:
            return 0.0
        due = max(
            start + course.span_h(start)
            for course in self.courses
            for start in course.starts_h
        )
        rest, self.rest_h = self.rest_h, 0.0
        return due + rest

    def _rest(self, clause: str) -> None:
        found = re.fullmatch(rf"rest\s+(?:for\s+)?{_LENGTH}", clause, re.IGNORECASE)
        if not found:
            raise self._not_understood(clause, "'rest 9 days'")
        self.rest_h += self._length(found)

    def _again(self, clause: str) -> None:
        found = re.fullmatch(
            rf"(?P<all>all\s+)?again(?:\s+from\s+(?P<moment>(?:day|week|hour)\s+{_NUMBER}))?",
            clause,
            re.IGNORECASE,
        )
        if not found:
            raise self._not_understood(clause, "'again from day 14'")
        if not self.courses:
            raise self._nothing_yet(clause)
        start = self._due_h()
        if found["moment"]:
            start = self._moment(found["moment"])
        if found["all"]:
            step = start - min(course.starts_h[0] for course in self.courses)
            once = list(self.courses)
            self.courses = [_begun(one, [step]) for one in once]
        else:
            last = self.courses[-1]
            self.courses[-1] = replace(last, starts_h=(*last.starts_h, start))

    def _repeat(self, clause: str) -> None:
        found = re.fullmatch(
            rf"repeat\s+(?P<all>all\s+)?every\s+{_LENGTH}[\s,]+(?P<count>\d+)\s+courses?",
            clause,
            re.IGNORECASE,
        )
        if not found:
            raise self._not_understood(clause, "'repeat every 8 weeks, 3 courses'")
        if not self.courses:
            raise self._nothing_yet(clause)
        step, count = self._length(found), int(found["count"])
        if not 1 <= count <= 1000:
            raise self._not_understood(clause, "1 to 1000 courses")
        if found["all"]:
            steps = [turn * step for turn in range(1, count)]
            self.courses = [_begun(one, steps) for one in self.courses]
        else:
            last = self.courses[-1]
            begin = last.starts_h[-1]
            more = tuple(begin + turn * step for turn in range(1, count))
            self.courses[-1] = replace(last, starts_h=last.starts_h + more)

    def _course(self, clause: str) -> None:
        lead = re.match(r"(then|plus)\b[\s,]*", clause, re.IGNORECASE)
        joint, body = ("", clause) if not lead else (lead[1], clause[lead.end() :])
        body = _product_first(body)
        dose = self._find_dose(body)
        draft = _Draft(self, body[dose.end() :])
        draft.scan()
        default = 0.0 if joint.lower() == "plus" else self._due_h()
        self.courses.append(
            draft.course(
                self._product(body[: dose.start()].strip(" ,")),
                dose,
                default_start=default,
                alongside=joint.lower() == "plus",
            )
        )

    def _product(self, named: str) -> str:
        if named.lower() in {one.lower() for one in words.KNOWN_WORDS}:
            named = ""
        if not named and self.courses:
            return self.courses[-1].product
        return " ".join(named.split())

    def _find_dose(self, clause: str) -> re.Match[str]:
        if found := _RANGE.search(clause):
            raise BadRegimen(
                "a range is not a dose.",
                got=f"'{found[0]}' in '{self.text}'",
                expected="one amount; each amount of a range is a regimen of its own",
            )
        if found := _DOSE.search(clause):
            return found
        number = re.search(rf"(?<!\S){_NUMBER}\s*(?P<word>[^\s,;/]*)", clause)
        if number is None:
            word = next(iter((clause or self.text).split()), "")
            raise self._not_understood(
                clause, closest(word, words.KNOWN_WORDS) + ", or a dose"
            )
        raise BadRegimen(
            "a dose has no unit that is known.",
            got=f"'{number[0]}' in '{self.text}'",
            expected=f"{closest(number['word'], words.DOSE_UNITS)}, then /kg, /m2 or "
            "nothing (U of papers before about 1990 are not IU)",
            try_="'aldesleukin 600 kIU/kg iv …'",
        )

    def number(self, text: str) -> float:
        """A number as written, with or without commas between thousands."""
        return float(text.replace(",", ""))

    def _length(self, found: re.Match[str]) -> float:
        number = self.number(found["number"])
        if not (math.isfinite(number) and number > 0):
            raise self._not_understood(found[0], "a finite length of time above zero")
        return words.in_hours(number, found["word"].lower())

    def _moment(self, text: str) -> float:
        word, number = text.split()
        time = words.in_hours(self.number(number), word.lower())
        if not (math.isfinite(time) and time >= 0):
            raise self._not_understood(text, "a finite time, zero or more")
        return time

    def _not_understood(self, clause: str, expected: str) -> BadRegimen:
        return BadRegimen(
            "the prescription has words that are not understood.",
            got=f"'{clause}' in '{self.text}'",
            expected=expected,
        )

    def _nothing_yet(self, clause: str) -> BadRegimen:
        return BadRegimen(
            "the prescription repeats a course before there is one.",
            got=f"'{clause}' in '{self.text}'",
            expected="a course first: product, dose, route, how often and how long",
        )


def _begun(course: Course, steps: list[float]) -> Course:
    """A course with every start once more after each step."""
    starts = {start + step for step in (0.0, *steps) for start in course.starts_h}
    return replace(course, starts_h=tuple(sorted(starts)))


def _product_first(clause: str) -> str:
    """Put cells before their number: ``1e9 memory Treg/kg`` is a dose of them."""
    from il2sim.molecules import cell_product, cell_products

    found = [cell_product(name) for name in cell_products()]
    known = {name for one in found for name in (one.name, *one.aliases)}
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    return re.sub(
        rf"^(?P<amount>{_NUMBER})\s+(?:cells\s+of\s+)?(?P<name>{names})"
        r"(?:\s+cells)?(?=[\s/,]|$)",
        lambda found: f"{found['name']} {found['amount']} cells",
        clause,
        count=1,
        flags=re.IGNORECASE,
    )


Taker = Callable[["_Draft", re.Match[str]], None]


@dataclass
class _Draft:
    """What the phrases after a dose have said so far."""

    reader: _Reader
    text: str
    said: dict[str, Any] = field(default_factory=dict)

    def scan(self) -> None:
        """Read phrase after phrase until the text is used up."""
        place = 0
        while place < len(self.text):
            gap = re.compile(r"[\s,]+").match(self.text, place)
            if gap:
                place = gap.end()
                continue
            for pattern, take in _PHRASES:
                if found := pattern.match(self.text, place):
                    take(self, found)
                    place = found.end()
                    break
            else:
                self._refuse_word(place)

    def put(self, name: str, value: Any) -> None:
        """Keep one thing said, once."""
        if name in self.said and self.said[name] != value:
            raise BadRegimen(
                f"the prescription gives two values for the {name.removesuffix('_h')}.",
                got=f"{self.said[name]} and {value} in '{self.reader.text}'",
                expected="each thing once",
            )
        self.said[name] = value

    def length(self, found: re.Match[str]) -> float:
        """The length of time of a phrase, [h]."""
        return self.reader._length(found)

    def moment(self, text: str) -> float:
        """The time of a phrase, [h] after time zero."""
        return self.reader._moment(text)

    def course(
        self,
        product: str,
        dose: re.Match[str],
        *,
        default_start: float,
        alongside: bool,
    ) -> Course:
        """Make the course."""
        said = self.said
        if "route" not in said:
            raise BadRegimen(
                "a dose does not say how it is given.",
                got=f"'{self.reader.text}'",
                expected="'iv', 'iv over 15 min', 'iv continuous' or 'sc'",
            )
        unit = dose["unit"]
        amount, rate_h = self._per_time(
            self.reader.number(dose["amount"]), dose["time"]
        )
        is_cells = words.UNIT_ALIASES.get(unit, unit) == "cell"  # once if not said
        once = said.get("once") or (
            not {"every_h", "weekdays"} & set(said)
            and (said.get("n_doses") == 1 or (is_cells and "n_doses" not in said))
        )
        return Course(
            product=product,
            amount=amount,
            unit=words.UNIT_ALIASES.get(unit, unit),
            per=words.BASES[dose["per"].lower()] if dose["per"] else "flat",  # type: ignore[arg-type]
            route=said["route"],
            starts_h=(said.get("start", default_start),),
            every_h=said.get("every_h"),
            weekdays=said.get("weekdays", ()),
            n_doses=1 if once else said.get("n_doses"),
            length_h=said.get("length_h"),
            over_h=said.get("over_h", 0.0),
            rate_h=rate_h,
            alongside=alongside,
        )

    def _per_time(self, amount: float, time: str | None) -> tuple[float, float | None]:
        """The amount of each dose; of each day or hour if there is no pause."""
        hours = 24.0 if time and time[0] in "dD2" else 1.0
        if self.said.get("continuous"):
            if time is None:
                raise BadRegimen(
                    "a continuous infusion does not say in which time its amount runs.",
                    got=f"'{self.reader.text}'",
                    expected="an amount per day or per hour, such as 'MIU/m2/day'",
                )
            return amount, hours
        if time is None:
            return amount, None
        every = 24.0 if "weekdays" in self.said else self.said.get("every_h", 0.0)
        if hours == 1.0 or not 0 < every <= 24.0:
            raise BadRegimen(
                "an amount per time is given for separate doses.",
                got=f"'{self.reader.text}'",
                expected="the amount of one dose, or 'iv continuous'",
            )
        return amount * every / 24.0, None

    def _refuse_word(self, place: int) -> None:
        word = re.split(r"[\s,;]", self.text[place:])[0]
        raise BadRegimen(
            "the prescription has a word that is not understood.",
            got=f"'{word}' in '{self.reader.text}'",
            expected=closest(word, words.KNOWN_WORDS) + "; routes are 'iv' and 'sc'",
        )


def _phrase(pattern: str, take: Taker) -> tuple[re.Pattern[str], Taker]:
    return re.compile(rf"(?:{pattern})(?![\w])", re.IGNORECASE), take


def _take_route(draft: _Draft, found: re.Match[str]) -> None:
    draft.put("route", words.ROUTES[found[0].lower()])


def _take_form(draft: _Draft, found: re.Match[str]) -> None:
    form = found[0].lower()
    if form.startswith("continuous"):
        draft.put("continuous", value=True)
    elif form == "bolus":
        draft.put("over_h", 0.0)


def _take_interval(draft: _Draft, found: re.Match[str]) -> None:
    draft.put("every_h", words.INTERVALS[" ".join(found[0].lower().split())])


def _take_pattern(draft: _Draft, found: re.Match[str]) -> None:
    days = words.WEEKLY_PATTERNS[" ".join(found[0].lower().split())]
    draft.said.pop("every_h", None)  # "daily on weekdays" is on weekdays
    draft.put("weekdays", days)


def _take_named_days(draft: _Draft, found: re.Match[str]) -> None:
    named = re.findall(_DAYS, found[0], re.IGNORECASE)
    places = sorted({words.WEEKDAYS.index(day.capitalize()) for day in named})
    draft.said.pop("every_h", None)
    draft.put("weekdays", tuple(places))


def _take_count(draft: _Draft, found: re.Match[str]) -> None:
    draft.put("n_doses", int(found["count"]))


def _any_of(known: dict[str, Any]) -> str:
    several = sorted(known, key=len, reverse=True)
    return "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in several)


_PHRASES = [
    _phrase(_any_of(words.ROUTES), _take_route),
    _phrase(r"continuous(?:ly)?(?:\s+infusion)?|bolus|infusion", _take_form),
    _phrase(_any_of(words.WEEKLY_PATTERNS), _take_pattern),
    _phrase(_any_of(words.INTERVALS), _take_interval),
    _phrase(rf"on\s+(?:{_DAYS})(?:[\s,/]+(?:and\s+)?(?:{_DAYS}))*", _take_named_days),
    _phrase(
        rf"(?:every\s+|q\s*){_LENGTH}",
        lambda draft, found: draft.put("every_h", draft.length(found)),
    ),
    _phrase(
        rf"over\s+{_LENGTH}",
        lambda draft, found: draft.put("over_h", draft.length(found)),
    ),
    _phrase(
        rf"for\s+{_LENGTH}",
        lambda draft, found: draft.put("length_h", draft.length(found)),
    ),
    _phrase(r"(?:up\s+to\s+)?(?P<count>\d{1,9})\s+doses?", _take_count),
    _phrase(r"x\s?(?P<count>\d{1,9})", _take_count),
    _phrase(
        rf"from\s+(?P<moment>(?:day|week|hour)\s+{_NUMBER})",
        lambda draft, found: draft.put("start", draft.moment(found["moment"])),
    ),
    _phrase(
        r"once|(?:a\s+)?single(?:\s+dose)?",
        lambda draft, _: draft.put("once", value=True),
    ),
]
"""Each phrase that may follow a dose, and what it says; longer ones first."""
