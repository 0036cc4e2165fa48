"""What can be said about candidates: traits, counts, factors, rest and responses.

A quantity has a name and a unit. Names of traits (`"age"`, `"Treg of CD4"`), of cells
(`"memory Treg"`, before treatment) and of factors (`"factor of …"`) need no model;
`"… at rest"` is an output of the model at rest, and `"… peak"`, `"… end"`,
`"… peak fold"` and `"… end fold"` are endpoints of a named response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from il2sim.errors import BadPopulation, UnknownName, closest
from il2sim.study.endpoints import course_of, end_fold, peak_fold
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, solve_task
from il2sim.study.subjects import Floats, Subjects
from il2sim.units import Quantity, convert

if TYPE_CHECKING:
    from il2sim.engine.trajectories import Trajectories
    from il2sim.study.population import Population
    from il2sim.symbolic import Model

STILL = "aldesleukin 1 IU iv once, from day 1"
"""A prescription that begins after `REST` has ended."""

FACTOR, AT_REST = "factor of ", " at rest"
ENDPOINTS = (" peak fold", " end fold", " peak", " end")

CD4 = ("naive Treg", "memory Treg", "naive CD4 Tconv", "memory CD4 Tconv")
SUMS = {
    "Treg": CD4[:2],
    "CD4 Tconv": CD4[2:],
    "CD4": CD4,
    "CD8": ("naive CD8", "memory CD8"),
    "NK": ("NK dim", "NK bright"),
}
"""Counts that a laboratory reports, and of which cells they are made."""

SHARES = {
    "Treg of CD4": ("Treg", "CD4"),
    "naive of Treg": ("naive Treg", "Treg"),
    "naive of CD4 Tconv": ("naive CD4 Tconv", "CD4 Tconv"),
    "naive of CD8": ("naive CD8", "CD8"),
    "bright of NK": ("NK bright", "NK"),
}


@dataclass(frozen=True)
class Response:
    """A trial regimen whose responses limit or weight a population.

    Attributes
    ----------
    name
        What limits and targets call it.
    regimen
        A prescription.
    days
        How long subjects are followed, [d]; the read-out visit is at the end.
    """

    name: str
    regimen: str
    days: float

    def times(self) -> Quantity:
        """Once a day, and the visit."""
        days = np.arange(0.0, self.days + 1e-9)
        return Quantity(24.0 * np.unique([*days, self.days]), "h")


REST = Response("rest", STILL, 1e-3)
"""Nothing is given: only the resting state is looked at."""


@dataclass(frozen=True)
class Asked:
    """A quantity that is looked at.

    Attributes
    ----------
    quantity
        Its name; see the head of this file.
    unit
        In which it is wanted.
    response
        Name of a response, for endpoints.
    """

    quantity: str
    unit: str
    response: str = ""

    @property
    def label(self) -> str:
        """As it is called in tables."""
        return f"{self.quantity} ({self.response})" if self.response else self.quantity

    @property
    def needs(self) -> str | None:
        """``"rest"`` or ``"response"``, if the model must be solved for it."""
        if self.quantity.startswith(FACTOR):
            return None
        if self.quantity.endswith(AT_REST):
            return "rest"
        return "response" if self.quantity.endswith(ENDPOINTS) else None


def columns_of(people: Subjects) -> dict[str, tuple[Floats, str]]:
    """Everything that is known of persons without a model, with its unit.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> columns_of(adults(n=2).draw())["Treg of CD4"][1]
    '1'
    """
    found = {
        "age": (people.age_y, "y"),
        "height": (people.height_cm, "cm"),
        "weight": (people.weight_kg, "kg"),
        "surface": (people.surface_m2, "m^2"),
        "is female": (people.is_female.astype(float), "1"),
    }
    counts = dict(people.counts)
    for name, parts in SUMS.items():
        total = np.zeros(len(people))
        for part in parts:
            total = total + counts[part]
        counts[name] = total
    found |= {name: (one, "cell/uL") for name, one in counts.items()}
    for name, (part, whole) in SHARES.items():
        found[name] = (counts[part] / counts[whole], "1")
    for name, one in people.factors.items():
        found[FACTOR + name] = (one, "1")
    return found


def measure(
    asked: Iterable[Asked],
    population: Population,
    model: Model,
    responses: Mapping[str, Response],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Asked, Floats]:
    """Find every quantity asked for, for every candidate.

    Parameters
    ----------
    asked
        What.
    population
        The candidates.
    model, responses
        Solved only where something asked for needs it, each response once.
    workers, progress
        As in `simulate`.

    Returns
    -------
    dict
        Shape ``(n_candidates,)`` each, in the unit asked for; not-a-number where a
        candidate could not be solved.

    Raises
    ------
    UnknownName
        A quantity or a response is not known.
    BadPopulation
        An endpoint does not say of which response.
    UnitMismatch
        The unit measures something else.
    """
    wanted = list(dict.fromkeys(asked))
    known = columns_of(population.draw())
    runs: dict[str, Trajectories] = {}
    for name in _solves(wanted, responses):
        runs[name] = _solve(
            population,
            model,
            responses.get(name),
            [one for one in wanted if (one.response or "") in ("", name)],
            workers=workers,
            progress=progress,
        )
    return {one: _found(one, known, runs) for one in wanted}


def _solves(wanted: list[Asked], responses: Mapping[str, Response]) -> list[str]:
    """Names of the responses to solve; an empty one for the resting state alone."""
    names = []
    for one in wanted:
        if one.needs == "response" and one.response not in responses:
            raise BadPopulation(
                f"'{one.quantity}' does not say of which response.",
                got=f"'{one.response}'",
                expected=closest(one.response, responses) + ", or [[responses]] first",
            )
        if one.needs == "response":
            names.append(one.response)
    if any(one.needs == "rest" for one in wanted) and not names:
        names.append("")
    return list(dict.fromkeys(names))


def _solve(
    population: Population,
    model: Model,
    response: Response | None,
    wanted: list[Asked],
    *,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> Trajectories:
    save = []
    for one in wanted:
        if one.needs is not None:
            save += _names_in(_split(one.quantity)[0])
    response = response or REST
    task = prepare(
        model,
        Regimen.parse(response.regimen),
        population,
        times=response.times(),
        save=list(dict.fromkeys(save)),
    )
    return solve_task(task, workers=workers, progress=progress)


def _found(
    one: Asked,
    known: Mapping[str, tuple[Floats, str]],
    runs: Mapping[str, Trajectories],
) -> Floats:
    if one.needs is None:
        if one.quantity not in known:
            raise UnknownName(
                f"'{one.quantity}' of a population is not known.",
                got=f"'{one.quantity}'",
                expected=closest(one.quantity, known) + ", or an output of the model "
                "with ' at rest', ' peak', ' end', ' peak fold' or ' end fold'",
            )
        values, unit = known[one.quantity]
        same = unit == one.unit  # years are no unit of the models
        return values if same else np.asarray(convert(values, unit, one.unit))
    name, ending = _split(one.quantity)
    run = runs[one.response] if one.response else next(iter(runs.values()))
    if ending == " peak fold":
        values, unit = peak_fold(run, name), "1"
    elif ending == " end fold":
        values, unit = end_fold(run, name, float(run.times_h[-1])), "1"
    else:
        course = course_of(run, name)
        unit = course.unit
        values = {
            AT_REST: course.resting,
            " peak": course.peak,
            " end": course.values[:, -1],
        }[ending]
    return np.where(run.is_done, convert(values, unit, one.unit), np.nan)


def _split(quantity: str) -> tuple[str, str]:
    """The output, and what of it."""
    for ending in (AT_REST, *ENDPOINTS):
        if quantity.endswith(ending):
            return quantity.removesuffix(ending), ending
    return quantity, ""


def _names_in(name: str) -> list[str]:
    for sign in (" / ", " + "):
        if sign in name:
            return name.split(sign)
    return [name]
