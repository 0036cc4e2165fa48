"""Kinds of numbers: what the stages of a step may be computed in.

The state itself, its time, doses, the control of the steps, rules, outputs and whatever
is recorded are doubles always. Rates, Jacobian, factors and stages may be single
numbers, of which a vector holds twice as many; the changes that they make to the state
are small parts of it, so their roundings are small parts of the error of a step.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from il2sim.errors import BadProblem, UnknownName, closest

PrecisionName = Literal["double", "single"]


@dataclass(frozen=True)
class Precision:
    """A kind of number of IEEE 754.

    Attributes
    ----------
    name
        What users call it.
    kind
        Its type in LLVM.
    bits, fraction_bits
        Of a number, and of its fraction as it is written.
    mark
        What the names of its functions end with, as in C.
    finest
        Smallest tolerance of a step for which its roundings do not matter, [1].
    """

    name: PrecisionName
    kind: str
    bits: int
    fraction_bits: int
    mark: str
    finest: float

    @property
    def bias(self) -> int:
        """Exponent of one as it is written."""
        return int(2 ** (self.bits - self.fraction_bits - 2)) - 1

    @property
    def smallest(self) -> float:
        """The smallest normal number."""
        return float(2.0 ** (1 - self.bias))

    def nearest(self, value: float) -> float:
        """The number nearest to a double; infinity if it is too large.

        Examples
        --------
        >>> SINGLE.nearest(0.1)
        0.10000000149011612
        """
        if self.bits == 64:
            return value
        try:
            rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
        return rounded


DOUBLE = Precision("double", "double", 64, 52, "", finest=0.0)
SINGLE = Precision("single", "float", 32, 23, "f", finest=1e-5)

PRECISIONS: Mapping[str, Precision] = {one.name: one for one in (DOUBLE, SINGLE)}
"""By name."""


def check_precision(name: str, tolerance: float) -> None:
    """Refuse a tolerance that the roundings of the stages would not let be kept.

    Raises
    ------
    UnknownName
        There is no such precision.
    BadProblem
        The tolerance is finer than stages of this precision can be.
    """
    if name not in PRECISIONS:
        raise UnknownName(
            f"there is no precision '{name}'.",
            got=f"'{name}'",
            expected=closest(name, PRECISIONS),
        )
    if tolerance < PRECISIONS[name].finest:
        raise BadProblem(
            f"stages of {name} precision are too coarse for this tolerance.",
            got=f"a tolerance of {tolerance:g}",
            expected=f"{PRECISIONS[name].finest:g} or more",
            try_='precision="double"',
        )
