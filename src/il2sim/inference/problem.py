"""`FitProblem`: a model, what was seen of it in wells, what is free, and the priors.

A free number moves parameters of the model on a scale of its own, several at once if it
stands for something they share. All that is known beforehand is a normal distribution
on that scale: a median, and a factor (or a distance) around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem, UnknownName, closest
from il2sim.inference.observation import Observations

if TYPE_CHECKING:
    from il2sim.study.wells import Plate
    from il2sim.symbolic import Model

Floats = NDArray[np.float64]
Scale = Literal["log", "linear", "logit"]

WIDEST = 6.0
"""Bounds, where none are given: standard deviations of the prior."""


@dataclass(frozen=True)
class Free:
    """One number to be found.

    Attributes
    ----------
    name
        Of the number.
    median
        Of the prior, in the unit of the number; where a fit begins.
    spread
        Of the prior: a factor for ``"log"``, else a standard deviation on the scale.
    moves
        What each parameter of the model moves by. On the scale "log" a parameter is
        multiplied by ``(value / at) ** power``; on "linear" ``power * (value - at)`` is
        added; on "logit" that difference is taken and added between logits.
    at
        The value at which parameters are what the wells or the model say.
    scale
        On which the number is normal.
    low, high
        Bounds in the unit of the number; default `WIDEST` spreads from the median.
    """

    name: str
    median: float
    spread: float
    moves: Mapping[str, float]
    at: float
    scale: Scale = "log"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.scale not in get_args(Scale):
            raise UnknownName(
                f"the free number '{self.name}' is on no scale that is known.",
                got=repr(self.scale),
                expected=closest(self.scale, get_args(Scale)),
            )
        domain = {"log": (0.0, np.inf), "linear": (-np.inf, np.inf), "logit": (0, 1)}
        low, high = domain[self.scale]
        for what in ("median", "at"):
            value = getattr(self, what)
            if not low < value < high:
                raise BadProblem(
                    f"the {what} of the free number '{self.name}' cannot be used.",
                    got=value,
                    expected=f"a number between {low:g} and {high:g}",
                )
        if self.width <= 0:
            raise BadProblem(
                f"the prior of the free number '{self.name}' has no width.",
                got=self.spread,
                expected="a factor above 1" if self.scale == "log" else "above 0",
            )

    def inside(self, value: float) -> float:
        """A value on the scale.

        Examples
        --------
        >>> Free("k", 1.0, 10.0, {"k": 1.0}, at=1.0).inside(1.0)
        0.0
        """
        if self.scale == "log":
            return float(np.log(value))
        if self.scale == "logit":
            return float(np.log(value / (1 - value)))
        return float(value)

    def outside(self, inside: float) -> float:
        """The value of a place on the scale."""
        if self.scale == "log":
            return float(np.exp(inside))
        if self.scale == "logit":
            return float(1 / (1 + np.exp(-inside)))
        return float(inside)

    @property
    def center(self) -> float:
        """Median of the prior, on the scale."""
        return self.inside(self.median)

    @property
    def width(self) -> float:
        """Standard deviation of the prior, on the scale."""
        return float(np.log(self.spread)) if self.scale == "log" else self.spread

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds on the scale."""
        far = WIDEST * self.width
        low = self.center - far if self.low is None else self.inside(self.low)
        high = self.center + far if self.high is None else self.inside(self.high)
        return low, high


@dataclass(frozen=True, eq=False)
class Reading:
    """Which of the records make up each observation: sums with weights.

    All have shape ``(n_terms,)``; a mean over several wells is several terms.

    Attributes
    ----------
    observation, well, time, output
        Numbers of the observation, and of what is added to it.
    weight
        Of each term.
    """

    observation: NDArray[np.int64]
    well: NDArray[np.int64]
    time: NDArray[np.int64]
    output: NDArray[np.int64]
    weight: Floats


@dataclass(frozen=True, eq=False)
class Part:
    """Wells of one model, and what was seen of them.

    Attributes
    ----------
    name
        Of the experiment.
    model
        A dish.
    plate
        Its wells: doses, times, and parameters that differ from the model.
    save
        Names of outputs that readings are made of.
    reading
        How records become signals.
    observations
        What was measured.
    powers
        By names of a free number and of a parameter that it moves: the power in each
        well, shape ``(n_wells,)``, where wells differ in it.
    """

    name: str
    model: Model
    plate: Plate
    save: tuple[str, ...]
    reading: Reading
    observations: Observations
    powers: Mapping[tuple[str, str], Floats] = field(default_factory=dict)

    def only(self, kept: NDArray[np.bool_]) -> Part:
        """The same wells, with some of the observations.

        Parameters
        ----------
        kept
            Shape ``(n_observed,)``.
        """
        place = np.cumsum(kept) - 1
        terms = kept[self.reading.observation]
        reading = Reading(
            observation=place[self.reading.observation[terms]],
            **{
                name: getattr(self.reading, name)[terms]
                for name in ("well", "time", "output", "weight")
            },
        )
        some = self.observations.only(kept)
        return replace(self, reading=reading, observations=some)


@dataclass(frozen=True, eq=False)
class FitProblem:
    """Everything a fit needs.

    Attributes
    ----------
    free
        Numbers to be found, ``n_free`` of them.
    parts
        Experiments; each is one call of the engine for all points at once.
    """

    free: tuple[Free, ...]
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.free]
        for name in names:
            if names.count(name) > 1:
                raise BadProblem(
                    "two free numbers have one name.",
                    got=repr(name),
                    expected="a name of its own",
                )
        known = {name for part in self.parts for name in part.model.parameters}
        for one in self.free:
            for name in one.moves:
                if name not in known:
                    raise UnknownName(
                        f"the free number '{one.name}' moves what no model has.",
                        got=repr(name),
                        expected=closest(name, known),
                    )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is free."""
        return tuple(one.name for one in self.free)

    @property
    def center(self) -> Floats:
        """Medians of the priors, on their scales, shape ``(n_free,)``."""
        return np.array([one.center for one in self.free])

    def outside(self, point: Sequence[float] | Floats) -> dict[str, float]:
        """Values by name of a point, shape ``(n_free,)``."""
        pairs = zip(self.free, point, strict=True)
        return {one.name: one.outside(float(u)) for one, u in pairs}

    def inside(self, values: Mapping[str, float]) -> Floats:
        """The point of values by name; the median of its prior where none is given."""
        return np.array(
            [one.inside(values.get(one.name, one.median)) for one in self.free]
        )
