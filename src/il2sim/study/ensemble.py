"""Cards at many points of the parameters: one run of the engine for all points.

A point is a set of factors on values of the model. The same simulated patients at
another point are just more patients: their rows are solved beside the others, so a
Jacobian or a posterior costs solves and nothing else. Patients are those of
`validation.validate`, by the same seed, and readings are the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from il2sim.engine.problem import DEFAULT_TOLERANCE
from il2sim.errors import BadPopulation, UnknownName, closest
from il2sim.study.card import TrialCard
from il2sim.study.people import People
from il2sim.study.population import Population
from il2sim.study.subjects import Floats
from il2sim.study.validation import carry_out, plan, readings_of


def key_of(card: TrialCard, number: int) -> str:
    """Name of a published number: its card and its place there."""
    return f"{card.name}/{number}"


def at_points(population: Population, points: Mapping[str, Floats]) -> People:
    """The same persons at each point, one after the other.

    Parameters
    ----------
    population
        Who is drawn.
    points
        Factors on values of the model by the name of the parameter, [1], shape
        ``(n_points,)`` each.

    Raises
    ------
    BadPopulation
        There is no point, or the columns differ in length.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> some = at_points(adults(n=2), {"binding.k_assemble": np.array([1.0, 3.0])})
    >>> some.draw().factors["binding.k_assemble"].tolist()
    [1.0, 1.0, 3.0, 3.0]
    """
    lengths = {len(column) for column in points.values()}
    if len(lengths) != 1 or not min(lengths):
        raise BadPopulation(
            "persons cannot be taken to these points.",
            got=f"columns of {sorted(lengths)} points",
            expected="one factor for each parameter and point",
        )
    once = population.draw()
    n_points = lengths.pop()
    whole = once.rows(np.tile(np.arange(len(once)), n_points))
    factors = dict(whole.factors)
    for name, column in points.items():
        repeated = np.repeat(column, len(once))
        factors[name] = factors[name] * repeated if name in factors else repeated
    return People(
        name=population.name,
        meaning=population.meaning,
        subjects=replace(whole, factors=factors),
        stands_for=np.ones(len(whole)),
        optional=(
            *(name for name in population.varied if population.is_optional(name)),
            *points,  # one of two models may lack what is moved
        ),
        seed=population.seed,
    )


def readings_at(
    cards: Sequence[TrialCard],
    points: Mapping[str, Floats],
    *,
    models: Mapping[str, Any],
    population: Callable[[str, int], Population],
    n_subjects: int,
    tolerance: float = DEFAULT_TOLERANCE,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Floats]:
    """Read every published number of every simulated patient at every point.

    Parameters
    ----------
    cards
        What is read.
    points
        As `at_points`.
    models, population, n_subjects
        As `il2sim.study.validation.validate`.
    tolerance
        Largest accepted relative error of one step, [1].
    progress
        Called after each simulation with the number of subjects that it held.

    Returns
    -------
    dict
        By `key_of`, in the unit of the card, shape ``(n_points, n_subjects)``;
        not-a-number where a subject was not solved. What cannot be predicted is left
        out.

    Raises
    ------
    UnknownName
        A point moves a parameter that no model has.
    """
    for name in points:
        if not any(name in model.parameters for model in models.values()):
            raise UnknownName(
                f"no model of the cards has the parameter '{name}'.",
                got=f"'{name}'",
                expected=closest(name, next(iter(models.values())).parameters),
            )
    runs = plan(cards)
    n_points = len(next(iter(points.values())))
    for run in runs.values():
        people = at_points(population(run.population, n_subjects), points)
        carry_out(run, models[run.model], people, tolerance=tolerance)
        if progress is not None:
            progress(people.n)
    found = {}
    for card in cards:
        for number, one in enumerate(card.measured):
            values, refused = readings_of(card, one, runs)
            if not refused:
                found[key_of(card, number)] = values.reshape(n_points, n_subjects)
    return found
