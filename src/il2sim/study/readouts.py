"""What the laboratory sees: from cells and receptors to gates, percentages and assays.

A trial counts cells that stain, not cells that are. A gate on CD25 holds that part of a
population whose receptors lie above its edge: receptors are log-normal around the
model's CD25 of a mean cell, and CD25 that holds the drug is hidden from the antibody.
Counts and percentages are of blood; the pools of the body have outputs of their own. An
assay adds an offset and reports nothing below its limit.

The edge of the gate for CD25hi is where normal donors have the published share of CD4
in it (E073); it stays there whoever is measured. The spread between cells is an
assumption (`gate.cd25_log_sd`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from il2sim.engine import elementary
from il2sim.engine.trajectories import TimeCourse, Trajectories
from il2sim.errors import BadProblem
from il2sim.evidence import library
from il2sim.models.blood_cells import value_of
from il2sim.study.endpoints import course_of
from il2sim.study.subjects import Floats

if TYPE_CHECKING:
    from il2sim.molecules.product import Product

TREG = ("naive Treg", "memory Treg")
CD4 = (*TREG, "naive CD4 Tconv", "memory CD4 Tconv")
"""Populations that a gate within CD4 sorts."""

RIVALS = ("CD4 Tconv", "CD8")
"""Whom the claim is about, beside Treg."""

MARGIN = "margin of the claim"
NAIVE_CD4 = "naive of CD4 Tconv"


@dataclass(frozen=True)
class Readout:
    """A published quantity that is no output of the model.

    Attributes
    ----------
    name, unit, meaning
        As cards name it.
    needs
        Outputs that must be recorded.
    of
        From the outputs by name, each in its own unit, and the same at rest, to the
        quantity in `unit`.
    """

    name: str
    unit: str
    meaning: str
    needs: tuple[str, ...]
    of: Callable[[Mapping[str, Floats], Mapping[str, Floats]], Floats]


@dataclass(frozen=True)
class Assay:
    """How a number was measured.

    Attributes
    ----------
    unit
        Of what is reported; ``IU/mL`` for an assay of activity.
    offset
        Added to everything, [unit].
    limit
        What is below is reported as this, [unit].
    """

    unit: str
    offset: float = 0.0
    limit: float = 0.0

    def report(self, course: TimeCourse, product: Product | None = None) -> TimeCourse:
        """What the assay says of a course.

        Parameters
        ----------
        course
            The truth.
        product
            Whose IU are meant; needed for activities alone.

        Raises
        ------
        UnitMismatch
            The course measures something else.
        """
        seen = _in_unit(course, self.unit, product)

        def reported(values: Floats) -> Floats:
            return np.maximum(values + self.offset, self.limit)

        return replace(
            seen,
            values=reported(seen.values),
            resting=reported(seen.resting),
            peak=reported(seen.peak),
        )


def needed(name: str) -> tuple[str, ...]:
    """Outputs to record for a quantity: an output, a readout, or two of them joined.

    Examples
    --------
    >>> needed("Treg / CD4 Tconv")
    ('Treg', 'CD4 Tconv')
    """
    if name in READOUTS:
        return READOUTS[name].needs
    for sign in (" / ", " + "):
        one, found, other = name.partition(sign)
        if found:
            return (*needed(one), *needed(other))
    return (name,)


def read_out(run: Trajectories, name: str) -> TimeCourse:
    """An output, a readout, or the sum or ratio of two outputs, over time.

    Raises
    ------
    UnknownName
        Something it needs was not recorded.
    """
    if name not in READOUTS:
        return course_of(run, name)
    readout = READOUTS[name]
    courses = {one: run[one] for one in readout.needs}
    first = next(iter(courses.values()))
    rest = {one: got.resting[:, None] for one, got in courses.items()}
    resting = readout.of(rest, rest)[:, 0]
    values = readout.of({one: got.values for one, got in courses.items()}, rest)
    return TimeCourse(
        name, readout.unit, first.times_h, values, resting, np.max(values, axis=1)
    )


def share_above(edge: float, middle: Floats, log_sd: float) -> Floats:
    """Part of a log-normal distribution above an edge, [1].

    Parameters
    ----------
    edge, middle
        The edge of the gate and the median cell, in one unit.
    log_sd
        Standard deviation of the logarithm, [1].

    Examples
    --------
    >>> round(float(share_above(100.0, np.array(100.0), 0.8)), 6)
    0.5
    """
    above = elementary.log(np.maximum(middle, 1e-12) / edge)
    return normal_below(np.asarray(above / log_sd))


def normal_below(z: Floats) -> Floats:
    """The normal distribution function, [1].

    Abramowitz and Stegun (1964) 26.2.17: off by less than 1e-7.
    """
    size = np.abs(z)
    t = 1.0 / (1.0 + 0.2316419 * size)
    powers = t * (
        0.319381530
        + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    tail = elementary.exp(-0.5 * size * size) / np.sqrt(2 * np.pi) * powers
    return np.asarray(np.where(z > 0, 1.0 - tail, tail))


def edge_for(
    share: float, counts: Sequence[float], middles: Sequence[float], log_sd: float
) -> float:
    """Where a gate must begin to hold a share of all cells.

    Parameters
    ----------
    share
        Wanted, [1].
    counts, middles
        Cells and median receptors of each population.
    log_sd
        Of the receptors between cells, [1].

    Returns
    -------
    float
        In the unit of `middles`; found by bisection of its logarithm.

    Raises
    ------
    BadProblem
        The share is not between 0 and 1.
    """
    if not 0.0 < share < 1.0:
        raise BadProblem("a gate cannot hold that.", got=share, expected="0 to 1")
    weights = np.asarray(counts) / np.sum(counts)
    low, high = np.log(min(middles)) - 10.0, np.log(max(middles)) + 10.0
    for _ in range(60):
        edge = 0.5 * (low + high)
        held = weights @ share_above(float(np.exp(edge)), np.asarray(middles), log_sd)
        low, high = (edge, high) if held > share else (low, edge)
    return float(np.exp(0.5 * (low + high)))


@lru_cache(maxsize=1)
def cd25hi_edge() -> float:
    """The edge of the CD25hi gate, [molecule/cell]; see the head of this file."""
    counts, middles = (
        [value_of(f"{cell}.{what}").value for cell in CD4]
        for what in ("baseline", "cd25_at_rest")
    )
    return edge_for(_gate("cd25hi_of_cd4"), counts, middles, _gate("cd25_log_sd"))


def _gate(name: str) -> float:
    return float(library.parameter(f"gate.{name}").value)


def _visible(got: Mapping[str, Floats], cell: str) -> Floats:
    """CD25 that an antibody finds: what holds no IL-2, [molecule/cell]."""
    return got[f"CD25 on {cell}"] * (1.0 - got[f"CD25 of {cell} occupied"] / 100.0)


def _counts(got: Mapping[str, Floats]) -> dict[str, Floats]:
    naive = got["CD4 Tconv"] * got[NAIVE_CD4] / 100.0
    tconv = {"naive CD4 Tconv": naive, "memory CD4 Tconv": got["CD4 Tconv"] - naive}
    return {cell: tconv.get(cell, got.get(cell)) for cell in CD4}  # type: ignore[misc]


def _in_cd25hi(got: Mapping[str, Floats], cells: Sequence[str]) -> Floats:
    """Cells of some populations in the gate, [cell/uL]."""
    counts, log_sd = _counts(got), _gate("cd25_log_sd")
    held = [
        counts[cell] * share_above(cd25hi_edge(), _visible(got, cell), log_sd)
        for cell in cells
    ]
    return np.asarray(np.sum(held, axis=0))


def _whole(got: Mapping[str, Floats]) -> Floats:
    return got["CD4 Tconv"] + sum(got[cell] for cell in TREG)


def _margin(got: Mapping[str, Floats], rest: Mapping[str, Floats]) -> Floats:
    """The lesser fold of Treg over the largest of 1 and those of their rivals, [1].

    The first two names are those of Treg.
    """
    folds = [got[name] / rest[name] for name in got]
    most = np.maximum(np.max(folds[2:], axis=0), 1.0)
    return np.asarray(np.min(folds[:2], axis=0) / most)


_STAINED = tuple(f"CD25 {what}" for cell in CD4 for what in (f"on {cell}",)) + tuple(
    f"CD25 of {cell} occupied" for cell in CD4
)
_SORTED = (*TREG, "CD4 Tconv", NAIVE_CD4, *_STAINED)

_ALL = (
    Readout(
        "CD25bright Treg",
        "cell/uL",
        "Treg in the CD25hi gate, in blood",
        _SORTED,
        lambda got, _: _in_cd25hi(got, TREG),
    ),
    Readout(
        "CD25hi CD4",
        "cell/uL",
        "CD4 in the CD25hi gate, in blood",
        _SORTED,
        lambda got, _: _in_cd25hi(got, CD4),
    ),
    Readout(
        "CD25hi of CD4",
        "%",
        "part of CD4 in the CD25hi gate",
        _SORTED,
        lambda got, _: 100.0 * _in_cd25hi(got, CD4) / _whole(got),
    ),
    Readout(
        "FOXP3+ of CD4",
        "%",
        "part of CD4 that stains for FOXP3",
        (*TREG, "CD4 Tconv"),
        lambda got, _: (
            100.0
            * _gate("foxp3_of_cd127lo")
            * sum(got[cell] for cell in TREG)
            / _whole(got)
        ),
    ),
    Readout(
        "CD45RA+ of Treg",
        "%",
        "naive part of CD127lo CD25+ Treg",
        TREG,
        lambda got, _: 100.0 * got[TREG[0]] / (got[TREG[0]] + got[TREG[1]]),
    ),
    Readout(
        "naive Treg of CD4",
        "%",
        "CD45RA+ CCR7+ Treg, part of CD4",
        (*TREG, "CD4 Tconv"),
        lambda got, _: 100.0 * got[TREG[0]] / _whole(got),
    ),
    Readout(
        "visible CD25 on memory Treg",
        "molecule/cell",
        "CD25 that holds no IL-2",
        ("CD25 on memory Treg", "CD25 of memory Treg occupied"),
        lambda got, _: _visible(got, "memory Treg"),
    ),
    Readout(
        MARGIN,
        "1",
        "how far naive and memory Treg are above 1, CD4 Tconv and CD8",
        (*TREG, *RIVALS),
        _margin,
    ),
    Readout(
        f"{MARGIN}, pools",
        "1",
        "the same of cells wherever in the body",
        tuple(f"{name} pool" for name in (*TREG, *RIVALS)),
        _margin,
    ),
)

READOUTS: Mapping[str, Readout] = {one.name: one for one in _ALL}
"""By the names that cards use."""


def _in_unit(course: TimeCourse, wanted: str, product: Product | None) -> TimeCourse:
    if wanted == course.unit:
        return course
    if "IU" not in wanted:
        return course.to(wanted)
    if product is None:
        raise BadProblem(
            f"'{course.name}' cannot be given in {wanted} without a product.",
            got="no product",
            expected="IU have an amount only by product",
        )
    molar = course.to("nmol/mL")
    factor = 1.0 / product.nmol_per_iu
    whole = replace(
        molar,
        unit="IU/mL",
        values=molar.values * factor,
        resting=molar.resting * factor,
        peak=molar.peak * factor,
    )
    return whole.to(wanted)
