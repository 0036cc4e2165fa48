"""`Population`: who is treated, as distributions with their sources.

Traits (age, size, blood counts, shares of cells) are drawn on a scale where they are
normal and correlated there; parameters of a model vary around the model's own values as
log-normal factors, so a population never holds a second copy of a calibrated number.
Blood counts of the eight populations of cells follow from the counts that a laboratory
reports and from shares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from il2sim.engine import elementary
from il2sim.errors import BadPopulation
from il2sim.study import subjects as draws
from il2sim.study.posterior import Posterior
from il2sim.study.subjects import Floats, Subjects

Shape = Literal["normal", "log-normal", "logit-normal"]

WIDEST = 3.0
"""Draws are kept within so many standard deviations: no subject is a freak."""

MIDDLE_AGE_Y = 50.0
"""Age at which the medians of traits with an age slope hold, [y]."""

MOST_SUBJECTS = 20_000_000

TRAITS = (
    "age",
    "height",
    "body mass index",
    "CD4",
    "CD8",
    "NK",
    "B cells",
    "Treg of CD4",
    "naive of Treg",
    "naive of CD4 Tconv",
    "naive of CD8",
    "bright of NK",
)
"""What every population must say."""


@dataclass(frozen=True)
class Trait:
    """One quantity of a person.

    Attributes
    ----------
    name, unit
        One of `TRAITS`.
    shape
        Where it is normal: itself, its logarithm, or its log odds.
    women, men
        Median, and standard deviation on the scale of `shape`.
    by_age
        Change on the scale of `shape` for each year above 50, [1/y].
    source, is_assumption, note
        Evidence keys or text; whether it was assumed, and why so.
    """

    name: str
    unit: str
    shape: Shape
    women: tuple[float, float]
    men: tuple[float, float]
    source: str
    is_assumption: bool
    by_age: float = 0.0
    note: str = ""

    def __post_init__(self) -> None:
        for median, spread in (self.women, self.men):
            in_range = median > 0 if self.shape == "log-normal" else True
            in_range &= 0 < median < 1 if self.shape == "logit-normal" else True
            if not (math.isfinite(median) and math.isfinite(spread) and spread >= 0):
                in_range = False
            if not in_range:
                raise BadPopulation(
                    f"the trait '{self.name}' cannot be drawn.",
                    got=f"median {median}, spread {spread}, {self.shape}",
                    expected="finite numbers, a spread of zero or more, and a median "
                    "above zero (log-normal) or between 0 and 1 (logit-normal)",
                )

    def values(self, z: Floats, is_female: NDArray[np.bool_], age_y: Floats) -> Floats:
        """The trait of each subject, from its standard normal number."""
        medians = [self._inner(median) for median, _ in (self.women, self.men)]
        spreads = [spread for _, spread in (self.women, self.men)]
        inner = np.where(is_female, *medians) + np.where(is_female, *spreads) * z
        if self.by_age:
            inner = inner + self.by_age * (age_y - MIDDLE_AGE_Y)
        if self.shape == "normal":
            return inner
        if self.shape == "log-normal":
            return elementary.exp(inner)
        return 1.0 / (1.0 + elementary.exp(-inner))

    def __str__(self) -> str:
        sexes = {"women": self.women, "men": self.men}
        if self.women == self.men:
            sexes = {"all": self.women}
        spreads = "; ".join(
            f"{sex} median {median:.4g}, sd {spread:.2g}"
            for sex, (median, spread) in sexes.items()
        )
        age = f", {self.by_age:+g} a year above {MIDDLE_AGE_Y:g}" if self.by_age else ""
        shape = f"{self.name} [{self.unit}], {self.shape}: {spreads}{age}"
        return f"{shape}  ({_origin(self)})"

    def _inner(self, median: float) -> float:
        if self.shape == "normal":
            return median
        if self.shape == "log-normal":
            return float(elementary.log(median))
        return float(elementary.log(median / (1.0 - median)))


@dataclass(frozen=True)
class Varied:
    """A parameter of the model that differs between persons, log-normally.

    Attributes
    ----------
    name
        As the model has it.
    log_sd
        Standard deviation of the logarithm of the factor on the model's value, [1].
    median
        Of the factor on the model's value, [1]: not one where a group differs from the
        persons of the model.
    where_present
        Left out where a model lacks the parameter; else that is an error.
    source, is_assumption, note
        As in `Trait`.
    """

    name: str
    log_sd: float
    source: str
    is_assumption: bool
    where_present: bool = False
    note: str = ""
    median: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.log_sd) and self.log_sd >= 0):
            raise BadPopulation(
                f"the spread of '{self.name}' cannot be used.",
                got=self.log_sd,
                expected="a finite number, zero or more",
            )
        if not (math.isfinite(self.median) and self.median > 0):
            raise BadPopulation(
                f"the median of '{self.name}' cannot be used.",
                got=self.median,
                expected="a finite factor above zero on the model's value",
            )

    def __str__(self) -> str:
        median = "" if self.median == 1 else f"median {self.median:g}, "
        return f"{self.name}: {median}sd {self.log_sd:g}  ({_origin(self)})"


@dataclass(frozen=True)
class Correlated:
    """Two traits or parameters that go together, on the scale where they are normal."""

    pair: tuple[str, str]
    value: float
    source: str
    is_assumption: bool
    note: str = ""

    def __str__(self) -> str:
        one, other = self.pair
        return f"{one} and {other}: {self.value:g}  ({_origin(self)})"


@dataclass(frozen=True, eq=False)
class Population:
    """Persons to be drawn.

    Attributes
    ----------
    name, meaning
        Of the whole.
    traits, varied, correlated
        What differs between persons.
    share_female
        [1].
    n, seed
        How many are drawn, and from which stream.
    posterior
        What a fit leaves uncertain; each subject draws a row of it.

    Raises
    ------
    BadPopulation
        A trait is missing, a number is out of range, or the correlations contradict
        each other.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> few, many = adults(n=3, seed=1).draw(), adults(n=100, seed=1).draw()
    >>> bool(np.all(many.weight_kg[:3] == few.weight_kg))
    True
    """

    name: str
    meaning: str
    traits: Mapping[str, Trait]
    varied: Mapping[str, Varied] = field(default_factory=dict)
    correlated: tuple[Correlated, ...] = ()
    share_female: float = 0.5
    n: int = 1000
    seed: int = 1
    posterior: Posterior | None = None

    def __post_init__(self) -> None:
        missing = [name for name in TRAITS if name not in self.traits]
        if missing:
            raise self._bad("traits", f"no '{missing[0]}'", "each of " + str(TRAITS))
        if not 0 <= self.share_female <= 1:
            raise self._bad("share of women", self.share_female, "0 to 1")
        if not _is_whole(self.n, 1, MOST_SUBJECTS):
            raise self._bad("size", self.n, f"1 to {MOST_SUBJECTS} subjects")
        if not _is_whole(self.seed, 0, 2**64 - 1):
            raise self._bad("seed", self.seed, "a whole number from 0 to 2^64 - 1")
        self._mixing()

    def sized(self, n: int) -> Population:
        """The same, with another number of subjects; the first ones stay the same."""
        return replace(self, n=n)

    def seeded(self, seed: int) -> Population:
        """The same, other persons."""
        return replace(self, seed=seed)

    def with_trait(self, trait: Trait) -> Population:
        """The same, with one trait exchanged."""
        return replace(self, traits={**self.traits, trait.name: trait})

    def with_varied(self, varied: Varied) -> Population:
        """The same, with one more parameter that differs, or one exchanged."""
        return replace(self, varied={**self.varied, varied.name: varied})

    def with_posterior(self, posterior: Posterior) -> Population:
        """The same, with parameters as uncertain as a fit left them."""
        return replace(self, posterior=posterior)

    def without_spread(self) -> Population:
        """The same medians, everybody alike but for their sex."""
        traits = {
            name: replace(one, women=(one.women[0], 0.0), men=(one.men[0], 0.0))
            for name, one in self.traits.items()
        }
        moved = {
            name: replace(one, log_sd=0.0)
            for name, one in self.varied.items()
            if one.median != 1
        }
        return replace(self, traits=traits, varied=moved, correlated=(), posterior=None)

    def draw(self, some: range | None = None) -> Subjects:
        """Draw the persons.

        Parameters
        ----------
        some
            Numbers of the subjects to draw. Default: all `n`.

        Returns
        -------
        Subjects
            Read-only arrays; subject *i* does not depend on how many are drawn.
        """
        numbers = np.array(range(self.n) if some is None else some, dtype=np.uint64)
        z = self._normals(numbers)
        female = draws.uniform(self.seed, numbers, "sex") < self.share_female
        nobody = np.zeros(len(numbers))
        age = np.clip(self.traits["age"].values(z["age"], female, nobody), 18.0, 95.0)
        found = {
            name: self.traits[name].values(z[name], female, age) for name in TRAITS[1:]
        }
        height = found["height"]
        height_m = height / 100.0
        weight = found["body mass index"] * (height_m * height_m)
        factors = {
            name: one.median * elementary.exp(one.log_sd * z[name])
            for name, one in self.varied.items()
        }
        if self.posterior is not None:
            for name, factor in self.posterior.pick(self.seed, numbers).items():
                factors[name] = factors[name] * factor if name in factors else factor
        return Subjects(
            age_y=_frozen(age),
            height_cm=_frozen(height),
            weight_kg=_frozen(weight),
            surface_m2=_frozen(surface_m2(height, weight)),
            is_female=female,
            counts={name: _frozen(one) for name, one in cell_counts(found).items()},
            factors={name: _frozen(one) for name, one in factors.items()},
        )

    def prevalence(self, some: range | None = None) -> Floats:
        """How many persons each subject stands for: one, [1], ``(n_subjects,)``."""
        return np.ones(self.n if some is None else len(some))

    def is_optional(self, name: str) -> bool:
        """Whether a model may lack a parameter that differs between persons."""
        return name in self.varied and self.varied[name].where_present

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.meaning}"]
        lines += [f"  {trait}" for trait in self.traits.values()]
        lines.append("varied around the value of the model, log-normally:")
        lines += [f"  {varied}" for varied in self.varied.values()]
        lines.append("correlated, where they are normal:")
        lines += [f"  {one}" for one in self.correlated]
        if self.posterior is not None:
            lines.append(f"as uncertain as a fit left it: {self.posterior}")
        return "\n".join(lines)

    @property
    def _names(self) -> list[str]:
        return [*TRAITS, *self.varied]

    def _normals(self, numbers: NDArray[np.uint64]) -> dict[str, Floats]:
        """Correlated standard normal numbers; sums run in the order of the names."""
        free = {
            name: draws.normal(draws.uniform(self.seed, numbers, name))
            for name in self._names
        }
        mixed = {}
        for name, row in self._mixing().items():
            total = np.zeros(len(numbers))
            for other, weight in row.items():
                total = total + weight * free[other]
            mixed[name] = np.clip(total, -WIDEST, WIDEST)
        return mixed

    def _mixing(self) -> dict[str, dict[str, float]]:
        """Cholesky factor of the correlations, by name, without its zeros.

        Sums are loops, because `sum` carries rounding errors in some versions of
        Python and not in others.
        """
        wanted = {frozenset(one.pair): one.value for one in self.correlated}
        for pair, value in wanted.items():
            unknown = sorted(pair - set(self._names))
            if unknown or len(pair) != 2 or not -1 < value < 1:
                raise self._bad(
                    "correlation",
                    f"{sorted(pair)}: {value}",
                    "two names that differ between persons, and a value inside (-1, 1)",
                )
        rows: dict[str, dict[str, float]] = {}
        for name in self._names:
            row: dict[str, float] = {}
            for other, above in rows.items():
                left = wanted.get(frozenset((name, other)), 0.0)
                for shared in (k for k in above if k in row):
                    left -= row[shared] * above[shared]
                if left:
                    row[other] = left / above[other]
            rest = 1.0
            for weight in row.values():
                rest -= weight * weight
            if rest <= 0:
                raise self._bad(
                    "correlations",
                    f"those of '{name}'",
                    "correlations that can all hold at once",
                )
            rows[name] = {**row, name: math.sqrt(rest)}
        return rows

    def _bad(self, what: str, got: object, expected: str) -> BadPopulation:
        return BadPopulation(
            f"the {what} of the population '{self.name}' cannot be used.",
            got=got,
            expected=expected,
        )


def surface_m2(height_cm: Floats, weight_kg: Floats) -> Floats:
    """Body surface [m²] by the formula of Mosteller (1987), N Engl J Med 317, 1098.

    Examples
    --------
    >>> surface_m2(np.array([180.0]), np.array([80.0])).tolist()
    [2.0]
    """
    return np.sqrt(height_cm * weight_kg / 3600.0)


def cell_counts(found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Blood counts of each population of cells from laboratory counts and shares."""
    treg = found["CD4"] * found["Treg of CD4"]
    tconv = found["CD4"] - treg
    cells = {
        "naive Treg": (treg, "naive of Treg"),
        "naive CD4 Tconv": (tconv, "naive of CD4 Tconv"),
        "naive CD8": (found["CD8"], "naive of CD8"),
        "NK bright": (found["NK"], "bright of NK"),
    }
    others = dict(
        zip(
            cells,
            ("memory Treg", "memory CD4 Tconv", "memory CD8", "NK dim"),
            strict=True,
        )
    )
    counts = {}
    for name, (whole, share) in cells.items():
        counts[name] = whole * found[share]
        counts[others[name]] = whole * (1.0 - found[share])
    counts["B cells"] = found["B cells"]
    return counts


def _origin(one: Trait | Varied | Correlated) -> str:
    assumed = "assumption: " if one.is_assumption else ""
    return f"{assumed}{one.source}" + (f"; {one.note}" if one.note else "")


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and least <= value <= most


def _frozen(values: Floats) -> Floats:
    values = np.ascontiguousarray(values)
    values.setflags(write=False)
    return values
