"""The shipped fit of the body as data: what is free, its prior, what it is fitted to.

Free numbers are factors on values of the model, on logarithms: zero is the value that
the body has. A prior is the range of the table; of numbers that the plate tells it is
the posterior of that fit.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadProblem, UnknownName, UnreadableFile, closest
from il2sim.evidence.fitted import fitted_draws, fitted_numbers
from il2sim.models.blood_cells import DRAWS, TABLE, powers_of, value_of

Floats = NDArray[np.float64]

NINETY = 1.6448536269514722
"""Standard deviations on each side of nine tenths of a normal distribution."""

HOW = ("mean and SD", "median and IQR", "range", "interval")


@dataclass(frozen=True)
class FreeFactor:
    """One free number: the logarithm of a factor on one or several values.

    Attributes
    ----------
    name, meaning
        Of it.
    moves
        Parameters that are multiplied, by the power of the factor on each.
    value, unit
        Of the first of them, in the tables; or of the fitted number.
    low, high
        Its range there; a lower end of zero is replaced by that which puts the value
        into the geometric middle.
    """

    name: str
    meaning: str
    moves: Mapping[str, float]
    value: float
    unit: str
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Of the prior, logarithm of the factor, [1]."""
        return 0.5 * math.log(self.low * self.high / self.value**2)

    @property
    def sd(self) -> float:
        """Of the prior, logarithm of the factor, [1]."""
        return 0.5 * math.log(self.high / self.low) / NINETY


@dataclass(frozen=True)
class SpreadPrior:
    """A spread that is estimated: median and factor of its log-normal prior."""

    name: str
    median: float
    factor: float


@dataclass(frozen=True)
class Summary:
    """How a published number is known.

    Attributes
    ----------
    row
        Card and place in it.
    how
        One of `HOW`.
    n
        Patients.
    sd, low, high
        Standard deviation; quartiles, extremes, or ends of a 95 % interval of the
        mean; in the unit of the card.
    """

    row: str
    how: str
    n: int
    sd: float | None = None
    low: float | None = None
    high: float | None = None

    def error(self, number: float) -> float:
        """Standard error of the logarithm of the number, [1].

        Examples
        --------
        >>> round(Summary("a/0", "mean and SD", n=4, sd=2.0).error(10.0), 3)
        0.1
        >>> quartiles = Summary("a/0", "median and IQR", n=16, low=1.0, high=2.0)
        >>> round(quartiles.error(1.4), 3)
        0.161
        """
        if self.how == "mean and SD":
            return (self.sd or 0.0) / abs(number) / math.sqrt(self.n)
        low, high = self.low or 0.0, self.high or 0.0
        width = math.log(high / low)
        if self.how == "interval":
            return width / (2 * 1.959964)
        sds = 1.349 if self.how == "median and IQR" else expected_range(self.n)
        return 1.2533 * width / sds / math.sqrt(self.n)


def expected_range(n: int) -> float:
    """Width that n standard normal numbers have on average, [1].

    By quantiles of their distribution (Blom 1958), off by less than 3 %.

    Examples
    --------
    >>> abs(expected_range(10) - 3.078) < 0.03
    True
    """
    from statistics import NormalDist

    return 2 * NormalDist().inv_cdf((n - 0.375) / (n + 0.25))


@dataclass(frozen=True)
class BodyPlan:
    """The fit file, read."""

    title: str
    told: Mapping[str, Any]
    free: tuple[FreeFactor, ...]
    spreads: tuple[SpreadPrior, ...]
    summaries: Mapping[str, Summary]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the free numbers."""
        return tuple(one.name for one in self.free)

    @property
    def mean(self) -> Floats:
        """Of the prior, shape ``(n_free,)``."""
        return np.array([one.mean for one in self.free])

    @property
    def sd(self) -> Floats:
        """Of the prior, shape ``(n_free,)``."""
        return np.array([one.sd for one in self.free])

    def factors(self, points: Floats) -> dict[str, Floats]:
        """Factors on values of the model by parameter, of each point.

        Parameters
        ----------
        points
            Logarithms, shape ``(n_points, n_free)``.
        """
        logs: dict[str, Floats] = {}
        for k, one in enumerate(self.free):
            for name, power in one.moves.items():
                logs[name] = logs.get(name, 0.0) + power * points[:, k]
        return {name: np.exp(one) for name, one in logs.items()}


def read_body_plan(path: Path | None = None) -> BodyPlan:
    """Read the shipped fit of the body, or one of the same form.

    Raises
    ------
    UnreadableFile
        The file is missing or is not TOML.
    UnknownName
        A parameter that is free is in no table, or the plate does not tell the number.
    BadProblem
        A range has no width, or a summary is of no known kind.
    """
    place = path or resources.files("il2sim").joinpath("fits", "body.toml")
    try:
        told = tomllib.loads(place.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(
            f"the fit '{place}' cannot be read.",
            got=str(error),
            expected="a TOML file in the form of fits/body.toml",
        ) from error
    summaries = [
        Summary(**{key: value for key, value in one.items() if key != "source"})
        for one in told.get("summary", ())
    ]
    for one in summaries:
        if one.how not in HOW:
            raise BadProblem(
                f"the published spread of '{one.row}' cannot be used.",
                got=f"'{one.how}'",
                expected=" | ".join(HOW),
            )
    return BodyPlan(
        title=told["title"],
        told=told,
        free=_free_numbers(told["free"]),
        spreads=tuple(SpreadPrior(**one) for one in told["spread"]),
        summaries={one.row: one for one in summaries},
    )


def _free_numbers(told: Sequence[Mapping[str, Any]]) -> tuple[FreeFactor, ...]:
    plate = _of_plate([one["plate"] for one in told if "plate" in one])
    return tuple(
        replace(plate[one["plate"]], name=one["name"], meaning=one["meaning"])
        if "plate" in one
        else _of_table(one)
        for one in told
    )


def _of_table(told: Mapping[str, Any]) -> FreeFactor:
    """An assumption, or several that move alike: the range is that of the first."""
    known = [value_of(name) for name in told["moves"]]
    first = known[0]
    low = first.low or first.value**2 / (first.high or math.nan)
    high = first.high or math.nan
    if not 0 < low < high:
        raise BadProblem(
            f"the prior of '{told['name']}' has no width.",
            got=f"{first.low} to {first.high} {first.unit} for '{first.name}'",
            expected="a range above zero in the table of parameters",
        )
    return FreeFactor(
        name=told["name"],
        meaning=told["meaning"],
        moves=dict.fromkeys((one.name for one in known), 1.0),
        value=first.value,
        unit=first.unit,
        low=low,
        high=high,
    )


def _of_plate(numbers: Sequence[str]) -> dict[str, FreeFactor]:
    """Numbers of the fit of receptors, with what goes together in its posterior.

    The draws are taken as normal on logarithms. Each number takes along those after it,
    by what they go together with it; what is left of a later one is its own. So the
    free numbers are independent, and together they are distributed as the draws.
    """
    fitted = fitted_numbers(TABLE)
    for number in numbers:
        if number not in fitted:
            raise UnknownName(
                f"the fit of receptors has no number '{number}'.",
                got=repr(number),
                expected=closest(number, fitted),
            )
    if not numbers:
        return {}
    logs = np.log([[draw[one] for one in numbers] for draw in fitted_draws(DRAWS)])
    root = np.linalg.cholesky(np.atleast_2d(np.cov(logs.T)))
    own = np.diag(root)
    along = root / own
    best = np.log([fitted[one].value for one in numbers])
    middle = np.linalg.solve(along, logs.mean(axis=0) - best)
    found = {}
    for k, number in enumerate(numbers):
        moves: dict[str, float] = {}
        for other, part in zip(numbers[k:], along[k:, k], strict=True):
            for name, power in powers_of(other).items():
                moves[name] = moves.get(name, 0.0) + float(part) * power
        known = fitted[number]
        ends = known.value * np.exp(middle[k] + NINETY * own[k] * np.array([-1.0, 1.0]))
        found[number] = FreeFactor(
            number,
            known.note,
            moves,
            known.value,
            known.unit,
            low=float(ends[0]),
            high=float(ends[1]),
        )
    return found
