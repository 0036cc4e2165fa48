"""`People`: persons who were drawn, chosen or weighted once, and are kept as they are.

A `Population` says how persons are drawn; `People` are the outcome, one row each with
what each stands for. They can be treated wherever a population can, written to one
Parquet file with what made them, and read again to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadPopulation, UnreadableFile
from il2sim.study import subjects as draws
from il2sim.study.population import Population
from il2sim.study.subjects import Floats, Subjects
from il2sim.study.weighting import resample

LAYOUT = 1
"""Of the file; another one is refused."""

COUNT, FACTOR, MEASURED = "count of ", "factor of ", "measured: "
SIZES = {
    "age [y]": "age_y",
    "height [cm]": "height_cm",
    "weight [kg]": "weight_kg",
    "surface [m^2]": "surface_m2",
    "is female": "is_female",
}


@dataclass(frozen=True, eq=False)
class People:
    """Persons, one row each.

    Attributes
    ----------
    name, meaning
        Of the whole.
    subjects
        Their traits, counts and factors.
    stands_for
        How many persons each stands for, [1], shape ``(n,)``; of mean one.
    optional
        Factors that a model may lack.
    measured
        What was looked at to choose them, by name and unit, shape ``(n,)`` each.
    made
        What made them, as plain values: plan, seed, version, certificate.
    seed
        From which they were drawn.

    Raises
    ------
    BadPopulation
        There is nobody, or they stand for nobody.

    Examples
    --------
    >>> from il2sim.study.populations import adults
    >>> some = People.of(adults(n=4, seed=1), np.array([1.0, 0.0, 2.0, 1.0]))
    >>> len(some.draw()), some.prevalence().tolist()
    (3, [0.75, 1.5, 0.75])
    """

    name: str
    meaning: str
    subjects: Subjects
    stands_for: Floats
    optional: tuple[str, ...] = ()
    measured: Mapping[str, Floats] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1

    def __post_init__(self) -> None:
        weights = self.stands_for
        good = weights.shape == (len(self.subjects),) and weights.size > 0
        good = good and bool(np.all(np.isfinite(weights) & (weights >= 0)))
        if not (good and np.sum(weights) > 0):
            raise BadPopulation(
                f"the persons of '{self.name}' stand for nobody.",
                got=f"{len(self.subjects)} persons, weights of shape {weights.shape}",
                expected="one weight of zero or more for each, and one above zero",
            )

    @classmethod
    def of(
        cls,
        population: Population,
        weights: Floats,
        *,
        measured: Mapping[str, Floats] | None = None,
        made: Mapping[str, Any] | None = None,
    ) -> People:
        """Those of a population who have a weight.

        Parameters
        ----------
        population
            From which they are drawn.
        weights
            Zero or more for each of its subjects, shape ``(n,)``.
        measured, made
            As in `People`; what was measured of all.
        """
        chosen = np.flatnonzero(weights > 0)
        total = float(np.sum(weights[chosen]))
        return cls(
            name=population.name,
            meaning=population.meaning,
            subjects=population.draw().rows(chosen),
            stands_for=weights[chosen] * (len(chosen) / total if total else 1.0),
            optional=tuple(n for n in population.varied if population.is_optional(n)),
            measured={name: one[chosen] for name, one in (measured or {}).items()},
            made=dict(made or {}),
            seed=population.seed,
        )

    @property
    def n(self) -> int:
        """How many persons there are."""
        return len(self.subjects)

    @property
    def varied(self) -> tuple[str, ...]:
        """Parameters that differ between them."""
        return tuple(self.subjects.factors)

    def draw(self, some: range | None = None) -> Subjects:
        """The persons, or some of them."""
        return self.subjects if some is None else self.subjects.rows(np.array(some))

    def prevalence(self, some: range | None = None) -> Floats:
        """How many persons each stands for, [1], shape ``(n_subjects,)``."""
        return self.stands_for if some is None else self.stands_for[np.array(some)]

    def is_optional(self, name: str) -> bool:
        """Whether a model may lack a parameter that differs between persons."""
        return name in self.optional

    def sized(self, n: int) -> People:
        """The first so many.

        Raises
        ------
        BadPopulation
            There are not so many; `resampled` gives any number.
        """
        if not 1 <= n <= self.n:
            raise BadPopulation(
                f"the persons of '{self.name}' are {self.n}.",
                got=f"{n} subjects",
                expected=f"1 to {self.n}",
                try_="people.resampled(…), or il2sim population build --persons",
            )
        return self if n == self.n else self._rows(np.arange(n), None)

    def resampled(self, n: int, *, seed: int) -> People:
        """Any number of persons who all stand for one, drawn by prevalence.

        Some may occur several times, in a mixed order.
        """
        numbers = np.arange(n, dtype=np.uint64)
        start, order = (
            draws.uniform(seed, numbers, name) for name in ("first", "order")
        )
        chosen = resample(self.stands_for, n, float(start[0]))
        return self._rows(chosen[np.argsort(order, kind="stable")], np.ones(n))

    def _rows(self, chosen: NDArray[np.int64], weights: Floats | None) -> People:
        return replace(
            self,
            subjects=self.subjects.rows(chosen),
            stands_for=self.stands_for[chosen] if weights is None else weights,
            measured={name: one[chosen] for name, one in self.measured.items()},
        )

    def write(self, path: Path) -> Path:
        """Write into one Parquet file, whole or not at all."""
        from il2sim.engine.columns import write_columns

        people = self.subjects
        columns: dict[str, NDArray[Any]] = {"prevalence": self.stands_for}
        columns |= {what: getattr(people, name) for what, name in SIZES.items()}
        columns |= {
            f"{COUNT}{name} [cell/uL]": one for name, one in people.counts.items()
        }
        columns |= {f"{FACTOR}{name}": one for name, one in people.factors.items()}
        columns |= {f"{MEASURED}{name}": one for name, one in self.measured.items()}
        about = {
            "layout": LAYOUT,
            "name": self.name,
            "meaning": self.meaning,
            "optional": list(self.optional),
            "seed": self.seed,
            "made": dict(self.made),
        }
        return write_columns(columns, path, about)

    @classmethod
    def read(cls, path: Path) -> People:
        """Read what `write` wrote.

        Raises
        ------
        UnreadableFile
            The file is missing or broken, or holds something else.
        """
        from il2sim.engine.columns import read_columns

        columns, about = read_columns(path)
        if about.get("layout") != LAYOUT or "prevalence" not in columns:
            raise UnreadableFile(
                f"'{path.name}' holds no persons.",
                got=", ".join(list(columns)[:4]) or "no columns",
                expected="a file that 'il2sim population build' wrote",
            )

        def those(prefix: str) -> dict[str, Floats]:
            return {
                name.removeprefix(prefix).removesuffix(" [cell/uL]")
                if prefix == COUNT
                else name.removeprefix(prefix): one
                for name, one in columns.items()
                if name.startswith(prefix)
            }

        sizes = {name: columns[what] for what, name in SIZES.items()}
        return cls(
            name=about["name"],
            meaning=about["meaning"],
            subjects=Subjects(**sizes, counts=those(COUNT), factors=those(FACTOR)),
            stands_for=columns["prevalence"],
            optional=tuple(about["optional"]),
            measured=those(MEASURED),
            made=about["made"],
            seed=about["seed"],
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.meaning}; {self.n} persons kept in a file"


Treated: TypeAlias = Population | People
"""Who can be treated: persons to be drawn, or persons kept."""
