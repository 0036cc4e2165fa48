"""`Process`: one biological event, written once.

A process names what it takes, what it makes and how fast. Every balance follows from
processes; no rate of change is ever written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from il2sim.errors import BadModel
from il2sim.symbolic.expression import Expression, as_expression

_TERM = re.compile(r"^(?:(\d+)\s+)?([A-Za-z_][A-Za-z_0-9]*)$")


class Process:
    """One event: ``"cd25 -> il2_cd25"`` at a rate.

    The rate is in units of the first name on the left (or, for a source, on the
    right) per time. A name counted in another place or unit, such as molecules per
    cell against molecules in a fluid, carries its exchange factor.
    """

    __slots__ = ("arrow", "changes", "exchange", "name", "rate")

    def __init__(self, arrow: str, rate: Any, exchange: Mapping[str, Any]) -> None:
        self.arrow = arrow
        self.rate = as_expression(rate)
        self.exchange = {name: as_expression(by) for name, by in exchange.items()}
        self.changes = _read_arrow(arrow)
        self.name = ""
        for name in self.exchange:
            if name not in self.changes:
                raise BadModel(
                    f"the process '{arrow}' has an exchange factor for a stranger.",
                    got=f"'{name}'",
                    expected="one of " + ", ".join(f"'{one}'" for one in self.changes),
                )

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def process(
    arrow: str, *, rate: Any, exchange: Mapping[str, Expression] | None = None
) -> Process:
    """Write one event.

    Parameters
    ----------
    arrow
        Names before and after ``->``, joined by ``+``, each with an optional whole
        number: ``"il2 + cd122 -> dimer"``, ``"-> cd25"``, ``"2 a -> b"``.
    rate
        How fast, in the unit of the names without an exchange factor, per time.
    exchange
        For names counted elsewhere: what one unit of the event is there.

    Raises
    ------
    BadModel
        The arrow cannot be read, or it changes nothing.
    """
    return Process(arrow, rate, exchange or {})


def _read_arrow(arrow: str) -> dict[str, int]:
    """Net change of each name by one event."""
    if arrow.count("->") != 1:
        raise BadModel(
            f"the process '{arrow}' cannot be read.",
            got=repr(arrow),
            expected="names before and after one arrow",
            try_="process('cd25 -> il2_cd25', rate=...)",
        )
    changes: dict[str, int] = {}
    for side, sign in zip(arrow.split("->"), (-1, 1), strict=True):
        for term in filter(None, (part.strip() for part in side.split("+"))):
            match = _TERM.match(term)
            if match is None:
                raise BadModel(
                    f"the process '{arrow}' cannot be read.",
                    got=f"'{term}'",
                    expected="a name, or a whole number and a name",
                )
            changes[match[2]] = changes.get(match[2], 0) + sign * int(match[1] or 1)
    changes = {name: by for name, by in changes.items() if by}
    if not changes:
        raise BadModel(f"the process '{arrow}' changes nothing.", got=repr(arrow))
    return changes
