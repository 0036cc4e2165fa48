"""What every rerun of a shipped fit does: keep what is finished, write values.

Each candidate is kept as soon as it is finished, so the same command goes on after an
interruption. What ships with the package is what these write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console, RenderableType

from il2sim.provenance import hash_of

if TYPE_CHECKING:
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.receptor_draws import Spread

NINETY = 1.645
"""Standard errors on each side of 90 % of a normal distribution."""

Progress = Callable[[int, int], None]

Kept = dict[str, dict[str, Any]]
"""What is known of candidates, by name."""


def kept_in(path: Path, key: str) -> Kept:
    """What a file keeps of candidates, by name; nothing if it is of another fit."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    is_same = found.pop("key", None) == key
    return dict(found) if is_same else {}


def keep(path: Path, key: str, kept: Kept) -> None:
    """Write what is known of candidates, whole or not at all."""
    beside = path.with_suffix(".part")
    text = json.dumps({"key": key} | kept, indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def source_of(told: Mapping[str, Any]) -> str:
    """What a fitted value rests on: the fit file and the data."""
    return f"fit {hash_of(told)[:16]} to {told['citation']}"


def values_in(path: Path) -> dict[str, float]:
    """Values of a table that `write_point` wrote, by name."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    name, value = (head.split("\t").index(one) for one in ("name", "value"))
    return {line.split("\t")[name]: float(line.split("\t")[value]) for line in lines}


def write_point(
    likelihood: Likelihood,
    told: Mapping[str, Mapping[str, Any]],
    point: np.ndarray[Any, Any],
    source: str,
    paths: tuple[Path, Path],
    *,
    known: Spread | None = None,
) -> list[Path]:
    """Write any fit's values with 90 % intervals, and how they go together.

    Parameters
    ----------
    likelihood
        Of the fit.
    told
        Its file's entries of free numbers, by name.
    point
        Its best point.
    source
        For each row.
    paths
        Of the values and of their correlations.
    known
        What draws say; default a normal density at the point.
    """
    from il2sim.inference.identifiability import fisher

    problem = likelihood.problem
    columns = ["name", "value", "unit", "low", "high", "prior", "learned"]
    if known is None:
        found = fisher(likelihood, point)
        far = NINETY * found.errors
        ends, learned = (point - far, point + far), found.learned
        correlations = found.correlations
    else:
        ends, learned = (known.low, known.high), known.learned
        correlations = known.correlations
        columns += ["median", "effective", "r_hat"]
    lines = ["\t".join((*columns, "parameter", "meaning", "source"))]
    for k, free in enumerate(problem.free):
        one = told[free.name]
        low, value, high = (free.outside(x[k]) for x in (ends[0], point, ends[1]))
        sign = "x/" if free.scale == "log" else f"{free.scale} ±"
        words = [
            free.name,
            f"{value:.4g}",
            one["unit"],
            *(f"{low:.4g}", f"{high:.4g}"),
            f"{free.median:g} {sign}{free.spread:g}",
            f"{learned[k]:.2f}",
        ]
        if known is not None:
            words += [f"{free.outside(known.median[k]):.4g}"]
            words += [f"{known.effective[k]:.0f}", f"{known.r_hat[k]:.3f}"]
        lines.append("\t".join((*words, ", ".join(free.moves), one["meaning"], source)))
    values, together = paths
    values.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = ["\t".join(("name", *problem.names))]
    for name, row in zip(problem.names, correlations, strict=True):
        rows.append("\t".join((name, *(f"{way:.3f}" for way in row))))
    together.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [values, together]


def write_points(
    path: Path, names: Sequence[str], points: Mapping[str, Mapping[str, float]]
) -> Path:
    """Write the values of several fits beside each other, a column for each.

    Parameters
    ----------
    path
        Of the table.
    names
        Of the free numbers, a row for each.
    points
        For each fit its values, by name of the number; a cell is empty where the
        number is not free.
    """
    rows = [
        "\t".join((name, *(_shown(one.get(name)) for one in points.values())))
        for name in names
    ]
    text = "\n".join(["\t".join(("name", *points)), *rows])
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def tell(written: Iterable[Path], *first: RenderableType) -> None:
    """Print what there is to say, and the files that were written."""
    console = Console()
    for one in first:
        console.print(one)
    for path in written:
        console.print(f"Written: {path}", markup=False, soft_wrap=True)
