"""The words of a prescription: units, routes, lengths of time, days of the week.

What `prescription.py` reads and writes, as data: each word with its meaning, and how a
number or a length of time is written so that it reads back to the same bits.
"""

from __future__ import annotations

_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
NUMBER = rf"(?:[-+]?(?:{_WHOLE}(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|[-+]?(?:nan|inf))"
"""How a number is written, with or without commas between thousands."""

DOSE_UNITS = ("IU", "kIU", "MIU", "pmol", "nmol", "ng", "ug", "mg", "cell")
"""Units a dose can be given in. `U` and `MU` of older papers are not IU."""

UNIT_ALIASES = {
    "µg": "ug",
    "μg": "ug",
    "mcg": "ug",
    "iu": "IU",
    "million IU": "MIU",
    "cells": "cell",
}

BASES = {"kg": "kg", "m2": "m2", "m²": "m2", "m^2": "m2"}
"""What a dose is scaled by, as written and as kept."""

ROUTES = {
    "iv": "iv",
    "intravenous": "iv",
    "intravenously": "iv",
    "sc": "sc",
    "subcutaneous": "sc",
    "subcutaneously": "sc",
}

HOURS = {
    **dict.fromkeys(("min", "minute", "minutes"), 1 / 60),
    **dict.fromkeys(("h", "hour", "hours"), 1.0),
    **dict.fromkeys(("d", "day", "days"), 24.0),
    **dict.fromkeys(("w", "wk", "week", "weeks"), 168.0),
}
"""Length of each unit of time, [h]."""

_TIME = "|".join(sorted(HOURS, key=len, reverse=True))
LENGTH = rf"(?P<number>{NUMBER})\s*(?P<word>{_TIME})"
"""How a length of time is written."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Day 0 of a regimen is a Monday."""

INTERVALS = {
    "once daily": 24.0,
    "twice daily": 12.0,
    "three times daily": 8.0,
    "daily": 24.0,
    "bid": 12.0,
    "tid": 8.0,
    "every other day": 48.0,
    "every other week": 336.0,
    "once weekly": 168.0,
    "weekly": 168.0,
}
"""Words for a time from dose to dose, [h]."""

WEEKLY_PATTERNS: dict[str, tuple[int, ...]] = {
    "on weekdays": (0, 1, 2, 3, 4),
    "five times weekly": (0, 1, 2, 3, 4),
    "three times weekly": (0, 2, 4),
    "twice weekly": (0, 3),
}
"""Words for days of the week; three times weekly is Monday, Wednesday, Friday."""

KNOWN_WORDS = (
    *ROUTES,
    *HOURS,
    *INTERVALS,
    *WEEKLY_PATTERNS,
    *WEEKDAYS,
    *("bolus", "infusion", "continuous", "over", "every", "on", "doses", "for"),
    *("from", "again", "all", "repeat", "courses", "rest", "then", "plus", "once"),
    *("single", "dose", "up to", "times"),
)
"""What a misspelled word is compared with."""


def in_hours(number: float, word: str) -> float:
    """A length of time in hours.

    Examples
    --------
    >>> in_hours(15, "min")
    0.25
    """
    size = HOURS[word]
    return number * size if size >= 1 else number / round(1 / size)


def write_number(value: float) -> str:
    """The shortest text that reads back to the same number.

    Examples
    --------
    >>> write_number(600000.0), write_number(0.26)
    ('600000', '0.26')
    """
    text = repr(float(value))
    return text.removesuffix(".0")


def write_length(length_h: float) -> str:
    """A length of time in the largest unit that gives it exactly.

    Examples
    --------
    >>> write_length(0.25), write_length(8.0), write_length(336.0)
    ('15 min', '8 h', '14 days')
    """
    for word, size in (("days", 24.0), ("h", 1.0), ("min", 1 / 60)):
        number = round(length_h / size)
        if number and in_hours(number, word) == length_h:
            return f"{number} {'day' if word == 'days' and number == 1 else word}"
    return f"{write_number(length_h)} h"


def write_moment(time_h: float) -> str:
    """A time counted from the first dose, as ``day 14`` or ``hour 6``.

    Examples
    --------
    >>> write_moment(336.0)
    'day 14'
    """
    number = round(time_h / 24)
    if number * 24.0 == time_h:
        return f"day {number}"
    return f"hour {write_number(time_h)}"
