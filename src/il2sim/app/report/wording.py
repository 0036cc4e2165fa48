"""A prescription in the words of a ward, course by course."""

from __future__ import annotations

from il2sim.study.course import Course
from il2sim.study.regimen import Regimen
from il2sim.study.vocabulary import (
    WEEKDAYS,
    write_length,
    write_moment,
    write_number,
)

PER = {"flat": "", "kg": " per kg of body weight", "m2": " per m² of body surface"}

OFTEN = {24.0: "once a day", 12.0: "twice a day", 168.0: "once a week"}

STARTS_NAMED = 4
"""More begins of a course than this are counted instead of named."""


def in_words(regimen: Regimen) -> list[str]:
    """Say a regimen, one sentence for each course.

    Examples
    --------
    >>> in_words(Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 7 days"))
    ['1 MIU of aldesleukin per m² of body surface, injected under the skin once a day
     for 7 days (7 doses).']
    """
    sentences = []
    for place, course in enumerate(regimen.courses):
        joint = "at the same time, " if course.alongside else "then " if place else ""
        sentences.append(f"{joint}{_course(course)}.")
    return sentences


def _course(course: Course) -> str:
    amount = f"{write_number(course.amount)} {course.unit} of {course.product}"
    amount += PER[course.per]
    if course.rate_h is not None:
        every = "each day" if course.rate_h == 24 else "each hour"
        length = write_length(course.length_h or 0.0)
        return (
            f"{amount} {every}, as an infusion into a vein without a pause for "
            f"{length}{_starts(course)}"
        )
    return f"{amount}, {_way(course)} {_rule(course)}{_starts(course)}"


def _way(course: Course) -> str:
    if course.route == "sc":
        return "injected under the skin"
    if course.over_h:
        return f"infused into a vein over {write_length(course.over_h)},"
    return "injected into a vein"


def _rule(course: Course) -> str:
    count = len(course.times_h(course.starts_h[0]))
    doses = f"{count} dose" + ("s" if count > 1 else "")
    if course.weekdays:
        often = "on " + _listed([WEEKDAYS[day] for day in course.weekdays])
    elif course.every_h is None:
        return "once"
    else:
        often = OFTEN.get(course.every_h, f"every {write_length(course.every_h)}")
    if course.length_h is None:
        return f"{often}, {doses}"
    return f"{often} for {write_length(course.length_h)} ({doses})"


def _starts(course: Course) -> str:
    starts = course.starts_h
    if starts == (0.0,):
        return ""
    if len(starts) <= STARTS_NAMED:
        return ", begun on " + _listed([write_moment(one) for one in starts])
    step = write_length(starts[1] - starts[0])
    return (
        f", begun {len(starts)} times from {write_moment(starts[0])}, the first two "
        f"{step} apart"
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
