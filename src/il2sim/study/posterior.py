"""`Posterior`: what a fit leaves uncertain about the parameters of a model.

A posterior is rows of factors on the model's own values, as a sampler gives them. A
population with a posterior draws one row for each subject, from a stream of the
subject's own, so uncertainty about parameters and variability between persons are
multiplied: factor = row of the posterior x factor of the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import BadPopulation
from il2sim.study import subjects as draws
from il2sim.study.subjects import Floats

WEIGHT = "weight"
"""Column of a table that says how much a row counts; all alike without it."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Rows of factors on parameters.

    Attributes
    ----------
    names
        Parameters of the model, ``n_names`` of them.
    rows
        What the value of each is multiplied by, [1], shape ``(n_rows, n_names)``.
    weights
        How much each row counts, [1], shape ``(n_rows,)``.
    source
        Of the table: which fit, or evidence keys.

    Raises
    ------
    BadPopulation
        There is no row, or a factor is not a finite number above zero.

    Examples
    --------
    >>> fit = Posterior.of({"NK dim.division_by_il2": np.array([0.5, 2.0])}, "a fit")
    >>> fit.pick(1, np.arange(3, dtype=np.uint64))["NK dim.division_by_il2"].shape
    (3,)
    """

    names: tuple[str, ...]
    rows: Floats
    weights: Floats
    source: str

    def __post_init__(self) -> None:
        good = self.rows.shape == (len(self.weights), len(self.names))
        good = good and bool(np.all(np.isfinite(self.rows) & (self.rows > 0)))
        good = good and bool(np.all(np.isfinite(self.weights) & (self.weights >= 0)))
        if not (good and self.rows.size and np.sum(self.weights) > 0):
            raise BadPopulation(
                "a posterior cannot be drawn from.",
                got=f"{self.rows.shape[0]} rows of {len(self.names)} parameters",
                expected="rows of finite factors above zero, and weights that are not "
                "all zero",
            )

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[np.float64]], source: str) -> Posterior:
        """Make one from columns: a parameter each, and perhaps ``weight``."""
        names = tuple(name for name in columns if name != WEIGHT)
        lengths = {len(columns[name]) for name in names}
        if len(lengths) != 1:
            raise BadPopulation(
                "the columns of a posterior are not of one length.",
                got=sorted(lengths),
                expected="one column of factors for each parameter",
            )
        rows = np.column_stack([np.asarray(columns[name], float) for name in names])
        weights = np.asarray(columns.get(WEIGHT, np.ones(len(rows))), float)
        return cls(names, rows, weights, source)

    @classmethod
    def read(cls, path: Path, source: str) -> Posterior:
        """Read a Parquet table of factors.

        Raises
        ------
        UnreadableFile
            The file is missing or is not Parquet.
        BadPopulation
            A column is no number, or its factors cannot be used.
        """
        from il2sim.engine.columns import read_columns

        columns, _ = read_columns(path)
        for name, values in columns.items():
            if values.dtype.kind not in "fiu":
                raise BadPopulation(
                    f"the posterior '{path.name}' has a column that is no number.",
                    got=f"'{name}'",
                    expected="a factor on a parameter of the model, or 'weight'",
                )
        return cls.of(columns, source)

    def pick(self, seed: int, numbers: NDArray[np.uint64]) -> dict[str, Floats]:
        """A row for each subject, by its own stream; factors by parameter.

        Parameters
        ----------
        seed, numbers
            As `il2sim.study.subjects.uniform`.
        """
        ends = np.cumsum(self.weights)
        aim = draws.uniform(seed, numbers, "posterior") * ends[-1]
        chosen = np.minimum(np.searchsorted(ends, aim, "right"), len(ends) - 1)
        return {name: self.rows[chosen, i] for i, name in enumerate(self.names)}

    def __str__(self) -> str:
        shown = ", ".join(self.names[:6])
        more = f" and {len(self.names) - 6} more" if len(self.names) > 6 else ""
        return f"{len(self.rows)} rows for {shown}{more}  ({self.source})"
