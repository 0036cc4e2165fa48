"""The closed vocabularies of the tables.

A word outside these lists is refused when a table is loaded, so that a reader of the
tables, or a program that filters them, meets each thing under one name.
"""

from __future__ import annotations

NUMBERS = {
    "amount": "a number with a physical unit",
    "share": "a part of a whole",
    "change": "a change relative to the start",
    "difference": "a difference of two shares, in percentage points",
    "fold": "one amount over the same amount in another state",
    "ratio": "one amount over another",
    "count": "a number of things",
    "rank": "a place in an order",
    "correlation": "a coefficient of correlation",
    "logarithm": "a decimal logarithm",
    "exponent": "an exponent",
    "activity": "in the activity units of its paper (U), of unknown size in IU",
}
"""Kinds of value that are numbers."""

TEXTS = {
    "direction": "up, down or not significant",
    "category": "one of several possible findings",
    "statement": "what was found or made, in words",
}
"""Kinds of value that are words."""

DIRECTIONS = ("up", "down", "ns", "yes")
"""Findings of a direction; ``ns`` is "not significant", not "zero"."""

HOW = ("read", "derived", "unverified")
"""Read in the source; computed from numbers read there; neither."""

HOW_OF_PARAMETERS = ("read", "derived", "assumption")
"""A parameter that is neither read nor derived is a marked assumption."""

STATISTICS = (
    "",
    "mean",
    "median",
    "about",
    "lower bound",
    "upper bound",
    "threshold",
    "maximum",
    "order of magnitude",
)
"""What a single value stands for; empty: as the source says, without a word."""

_UNITS = """
1 % Da kDa nM pM mM uM IU/mL IU MIU MIU/mg MIU/d MIU/m^2 MIU/m^2/d IU*h/mL mg pg
ug/kg pg/mL g/dL kg L L/kg L/h L/h/kg L/h/m^2 mL/min mL/min/kg s min h d wk month yr
1/s 1/min 1/h 1/d %/d 1/(M*s) 1/(nM*min) cell cell/uL cell/L cell/uL/d cell/mm^2
mmHg mg/dL mL/(kg*h) molecule/cell molecule/(cell*s) cell/(molecule*min)
L/(cell*d) L/cell cell/molecule molecule/L nmol nM*cell/molecule cell/(L*d)
"""

UNITS = frozenset(_UNITS.split())
"""Units that are known to be readable, so that loading a table needs no unit library.

Any other unit is read by `il2sim.units`; a test reads all of these with it.
"""
