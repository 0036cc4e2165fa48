"""Build a virtual population: draw candidates, keep the plausible, meet the targets.

Conclusions can depend on how candidates are weighted, so there are several methods on
the same plan, and the certificate of each says what its weights are worth. Limits that
leave nobody, targets out of reach, and weights that collapse onto few persons are
refused, and the message names the one that is to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from il2sim.errors import BadPopulation, UnknownName
from il2sim.provenance import VERSION, hash_of
from il2sim.study import subjects as draws
from il2sim.study.measures import Asked, Response, columns_of, measure
from il2sim.study.people import People
from il2sim.study.plausibility import Kept, Limit, check
from il2sim.study.quality import Quality, certify, effective_size
from il2sim.study.subjects import Floats
from il2sim.study.targets import Coverage, Target
from il2sim.study.weighting import Fitted, accept, fit_bins, maximum_entropy, rake

if TYPE_CHECKING:
    from il2sim.study.population import Population
    from il2sim.symbolic import Model

Method = Literal["maximum entropy", "raking", "bins", "rejection", "none"]

LEAST_EFFECTIVE = 20.0
"""A population worth fewer persons is refused: not one of them would be in its 5 %."""


@dataclass(frozen=True)
class Plan:
    """What a population should be.

    Attributes
    ----------
    name, meaning
        Of the whole.
    base
        Who is drawn; its size is that of the candidates, its seed that of everything.
    limits
        Who is plausible.
    targets
        What the plausible should be as a group.
    responses
        The regimens that limits and targets look at.
    method
        How targets are met; ``"none"`` keeps the plausible as they are.
    persons
        Draw so many by their weights, each to stand for one; None keeps the weights.
    least_effective
        Fewer effective persons are refused.
    """

    name: str
    meaning: str
    base: Population
    limits: tuple[Limit, ...] = ()
    targets: tuple[Target, ...] = ()
    responses: tuple[Response, ...] = ()
    method: Method = "maximum entropy"
    persons: int | None = None
    least_effective: float = LEAST_EFFECTIVE

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            raise UnknownName(
                f"the population '{self.name}' names a method that is not known.",
                got=f"'{self.method}'",
                expected=" or ".join(get_args(Method)),
            )

    @property
    def met(self) -> tuple[Target, ...]:
        """Targets that weights shall meet."""
        return tuple(one for one in self.targets if not one.is_held_out)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every quantity that is looked at."""
        every = [one.asked for one in self.limits]
        every += [one.asked for one in self.targets]
        return tuple(dict.fromkeys(every))


@dataclass(frozen=True, eq=False)
class Built:
    """A population and what it is worth.

    Attributes
    ----------
    people
        Who was kept, with what each stands for.
    quality
        The certificate.
    kept
        Who keeps which limit, of all candidates.
    weights
        Of all candidates, of sum one, shape ``(n_candidates,)``.
    found
        What was measured of all candidates.
    """

    people: People
    quality: Quality
    kept: Kept
    weights: Floats
    found: Mapping[Asked, Floats] = field(default_factory=dict)


def build(
    plan: Plan,
    model: Model,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Built:
    """Draw candidates, keep the plausible, and weight them towards the targets.

    Parameters
    ----------
    plan
        What is wanted.
    model
        Solved where limits or targets look at rest or at responses.
    workers, progress
        As in `simulate`.

    Raises
    ------
    BadPopulation
        Nobody keeps all limits; no weights meet the targets; or the weights collapse
        onto few persons. Each says which limit or target is to blame.
    UnknownName, UnitMismatch
        As `il2sim.study.measures.measure`.

    Examples
    --------
    >>> from il2sim.models import body
    >>> from il2sim.study.populations import adults
    >>> old = Target(Asked("age", "y"), mean=60.0, source="an example")
    >>> plan = Plan("old", "older adults", adults(n=500), targets=(old,))
    >>> people = build(plan, body()).people
    >>> round(float(np.average(people.draw().age_y, weights=people.prevalence())))
    60
    """
    found = measure(
        plan.asked,
        plan.base,
        model,
        {one.name: one for one in plan.responses},
        workers=workers,
        progress=progress,
    )
    return weigh(plan, found)


def weigh(plan: Plan, found: Mapping[Asked, Floats]) -> Built:
    """Build from what was measured already; another method costs no other solve.

    Parameters
    ----------
    plan
        As in `build`.
    found
        Every quantity of ``plan.asked`` for every candidate.

    Raises
    ------
    BadPopulation
        As `build`.
    """
    n = plan.base.n
    kept = check(plan.limits, found, n)
    kept.refuse_empty(plan.name)
    solved = np.ones(n, dtype=bool)
    for values in found.values():
        solved &= np.isfinite(values)
    chosen = np.flatnonzero(kept.all & solved)
    if not chosen.size:
        raise BadPopulation(
            f"no plausible candidate of the population '{plan.name}' could be solved.",
            got=f"{n} candidates",
            expected="one that has every quantity",
        )
    weights = np.zeros(n)
    weights[chosen] = _weights(plan, {k: v[chosen] for k, v in found.items()})
    coverage = tuple(
        one.found(found[one.asked][chosen], weights[chosen]) for one in plan.targets
    )
    known = {name: one for name, (one, _) in columns_of(plan.base.draw()).items()}
    quality = certify(weights, len(chosen), coverage, known)
    people = People.of(
        replace(plan.base, name=plan.name, meaning=plan.meaning),
        weights,
        measured={f"{one.label} [{one.unit}]": values for one, values in found.items()},
        made={**_made(plan), "quality": quality.to_dict()},
    )
    if plan.persons is not None:
        people = people.resampled(plan.persons, seed=plan.base.seed)
    return Built(people, quality, kept, weights, found)


def compare_methods(
    plan: Plan, found: Mapping[Asked, Floats], methods: Sequence[Method]
) -> dict[str, Built | BadPopulation]:
    """Build by several methods; one that fails is kept as its error."""
    made: dict[str, Built | BadPopulation] = {}
    for method in methods:
        try:
            made[method] = weigh(replace(plan, method=method), found)
        except BadPopulation as error:
            made[method] = error
    return made


def predict_each(
    plan: Plan, found: Mapping[Asked, Floats]
) -> dict[Target, Coverage | BadPopulation]:
    """Hold each target out in turn, meet the others, and see how well it is met.

    A target that is met without being asked for is predicted; one that is far off says
    that the others do not determine it. A build that fails is kept as its error.
    """
    made: dict[Target, Coverage | BadPopulation] = {}
    for one in plan.met:
        rest = tuple(
            replace(other, is_held_out=True) if other is one else other
            for other in plan.met
        )
        try:
            coverage = weigh(replace(plan, targets=rest, persons=None), found).quality
            made[one] = next(o for o in coverage.coverage if o.target.is_held_out)
        except BadPopulation as error:
            made[one] = error
    return made


def _weights(plan: Plan, found: Mapping[Asked, Floats]) -> Floats:
    """Weights of the plausible, of sum one; refused where they collapse."""
    n = len(next(iter(found.values()))) if found else plan.base.n
    if plan.method == "none" or not plan.met:
        weights = np.full(n, 1.0 / n)
    else:
        fitted = _fit(plan, plan.met, found)
        if fitted.unmet:
            raise _out_of_reach(plan, found, fitted)
        weights = fitted.weights
    if effective_size(weights) < plan.least_effective:
        raise _collapsed(plan, found, weights)
    return weights


def _fit(
    plan: Plan, targets: Sequence[Target], found: Mapping[Asked, Floats]
) -> Fitted:
    """Weights by the method of the plan; what is unmet are numbers of targets."""
    values = [found[one.asked] for one in targets]
    if plan.method == "maximum entropy":
        pairs = [one.features(v) for one, v in zip(targets, values, strict=True)]
        owner = np.repeat(np.arange(len(pairs)), [len(wanted) for _, wanted in pairs])
        fitted = maximum_entropy(
            np.hstack([columns for columns, _ in pairs]),
            np.concatenate([wanted for _, wanted in pairs]),
        )
        unmet = dict.fromkeys(int(owner[i]) for i in fitted.unmet)
        return Fitted(fitted.weights, tuple(unmet))
    if plan.method == "rejection":
        return _accepted(plan, targets, values)
    margins = [one.margin(v) for one, v in zip(targets, values, strict=True)]
    if plan.method == "raking":
        return rake(margins)
    return Fitted(fit_bins(margins))


def _accepted(
    plan: Plan, targets: Sequence[Target], values: Sequence[Floats]
) -> Fitted:
    """Rejection: targets are independent where they are normal."""
    n = len(values[0])
    points = np.column_stack(
        [one.scaled(v) for one, v in zip(targets, values, strict=True)]
    )
    numbers = np.arange(n, dtype=np.uint64)
    kept = accept(
        points,
        -0.5 * np.sum(points * points, axis=1),
        draws.uniform(plan.base.seed, numbers, "rejection"),
        [one.below(v) for one, v in zip(targets, values, strict=True)],
    )
    total = np.count_nonzero(kept)
    if not total:
        return Fitted(np.full(n, 1.0 / n), tuple(range(len(targets))))
    return Fitted(kept / total)


def _out_of_reach(
    plan: Plan, found: Mapping[Asked, Floats], fitted: Fitted
) -> BadPopulation:
    """Which target cannot be met, or which one stands in the way of the others."""
    alone = [one for one in plan.met if _fit(plan, [one], found).unmet]
    if alone:
        told = f"alone out of reach: {_reach(alone[0], found)}"
        names = [str(one) for one in alone]
    else:
        names = [
            str(one)
            for one in plan.met
            if not _fit(plan, [o for o in plan.met if o is not one], found).unmet
        ] or [str(plan.met[i]) for i in fitted.unmet]
        told = "each can be met alone, not all together"
    return BadPopulation(
        f"no weights of the population '{plan.name}' meet all targets.",
        got=told,
        expected="targets within what plausible candidates reach",
        try_="without "
        + " or ".join(f"'{one}'" for one in names)
        + " the others can be met; or draw more candidates",
    )


def _reach(target: Target, found: Mapping[Asked, Floats]) -> str:
    values = found[target.asked]
    return (
        f"'{target}', and {len(values)} plausible candidates reach "
        f"{values.min():.4g} to {values.max():.4g}"
    )


def _collapsed(
    plan: Plan, found: Mapping[Asked, Floats], weights: Floats
) -> BadPopulation:
    """Whose removal would leave the most persons."""
    left = {}
    for one in plan.met:
        rest = [other for other in plan.met if other is not one]
        fitted = _fit(plan, rest, found) if rest else None
        even = float(len(weights))
        left[one] = effective_size(fitted.weights) if fitted else even
    largest = np.sort(weights)[::-1][:3]
    tried = None
    if left:
        worst = max(left, key=lambda one: left[one])
        tried = (
            f"without '{worst}' it would be worth {left[worst]:.0f}; or draw more "
            "candidates, or a base closer to the targets"
        )
    return BadPopulation(
        f"the weights of the population '{plan.name}' collapse onto few persons.",
        got=f"{len(weights)} plausible candidates worth {effective_size(weights):.1f}; "
        "the heaviest hold " + ", ".join(f"{100 * one:.0f} %" for one in largest),
        expected=f"worth {plan.least_effective:g} or more",
        try_=tried,
    )


def _made(plan: Plan) -> dict[str, object]:
    """What decides who is kept, as plain values."""
    return {
        "version": VERSION,
        "base": plan.base.name,
        "base hash": hash_of(plan.base),
        "candidates": plan.base.n,
        "seed": plan.base.seed,
        "method": plan.method,
        "persons": plan.persons,
        "limits": [
            {"limit": str(one), "source": one.source, "assumption": one.is_assumption}
            for one in plan.limits
        ],
        "targets": [
            {"target": str(one), "source": one.source, "assumption": one.is_assumption}
            for one in plan.targets
        ],
        "responses": [
            {"name": one.name, "regimen": one.regimen, "days": one.days}
            for one in plan.responses
        ],
    }
