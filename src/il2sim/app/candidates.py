"""Molecules to be screened: of the catalog, of numbers, of a table."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from il2sim.errors import BadVariant, UnreadableFile, closest
from il2sim.models.fusions import SCALE
from il2sim.molecules import Variant
from il2sim.study.screening import Candidate
from il2sim.units import convert

SCALES = {"unfused": "unfused IL-2", "fused": SCALE}
"""Scales of affinities that a fit knows, by words of the command."""

COLUMNS = ("name", "kd_alpha_nM", "kd_betagamma_nM")
OPTIONAL = ("valency", "cd25_arms", "scale", "kon_betagamma_per_M_s")

UNITS = {
    "kd_alpha": "nM",
    "kd_beta_gamma": "nM",
    "kon_beta_gamma": "1/(nM*min)",
    "valency": "1",
}
"""Numbers of a molecule that are screened."""


def candidate_of(variant: Variant) -> Candidate:
    """Take what is screened from a molecule of the catalog, on its own scale.

    Raises
    ------
    BadVariant
        An affinity is not known, or no fit has its scale.
    """
    missing = [
        one for one in ("kd_alpha", "kd_beta_gamma") if one not in variant.numbers
    ]
    if missing or variant.scale not in SCALES.values():
        raise BadVariant(
            f"the binding of '{variant.name}' is not known well enough to screen.",
            got=f"no {', '.join(missing)}" if missing else f"scale {variant.scale}",
            expected="kd_alpha and kd_beta_gamma on the scale "
            + " or ".join(f"'{one}'" for one in SCALES.values()),
        )
    numbers = {
        name: float(convert(one.value, one.unit, UNITS[name]))
        for name, one in variant.numbers.items()
        if name in UNITS
    }
    return Candidate(
        name=variant.name,
        kd_alpha_nM=numbers["kd_alpha"],
        kd_beta_gamma_nM=numbers["kd_beta_gamma"],
        scale=variant.scale,
        kon_beta_gamma=numbers.get("kon_beta_gamma"),
        arms=numbers.get("valency", 1.0),
    )


def candidates_of(
    kd_alpha_nM: Sequence[float],  # noqa: N803 - the unit is written so
    kd_beta_gamma_nM: Sequence[float],  # noqa: N803
    valencies: Sequence[float],
    *,
    scale: str = "unfused",
) -> list[Candidate]:
    """Make a molecule of every combination of affinities and valency.

    Raises
    ------
    BadVariant
        The scale is not known.
    """
    named = _scale(scale)
    return [
        Candidate(f"{alpha:g}, {beta:g} nM x{arms:g}", alpha, beta, named, arms=arms)
        for alpha, beta, arms in itertools.product(
            kd_alpha_nM, kd_beta_gamma_nM, valencies
        )
    ]


def read_candidates(path: Path) -> list[Candidate]:
    """Read molecules from a table of comma-separated values.

    Raises
    ------
    UnreadableFile
        The file is missing, lacks a column, or has a cell that is no number.
    BadVariant
        A scale is not known.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(
            f"the molecules of '{path.name}' cannot be read.",
            got=str(error),
            expected="a table of comma-separated values",
        ) from error
    if not rows or set(COLUMNS) - set(rows[0]):
        raise UnreadableFile(
            f"the molecules of '{path.name}' cannot be read.",
            got=", ".join(rows[0]) if rows else "no row",
            expected=f"columns {', '.join(COLUMNS)}; also {', '.join(OPTIONAL)}",
        )
    return [_candidate(row, f"{path.name}, line {i}") for i, row in enumerate(rows, 2)]


def _candidate(row: Mapping[str, str], place: str) -> Candidate:
    def number(column: str, default: float | None = None) -> float:
        text = (row.get(column) or "").strip()
        if not text and default is not None:
            return default
        try:
            return float(text)
        except ValueError as error:
            raise UnreadableFile(
                f"{place} has no number under '{column}'.",
                got=repr(text),
                expected="a number",
            ) from error

    kon = number("kon_betagamma_per_M_s", 0.0)
    return Candidate(
        name=row["name"],
        kd_alpha_nM=number("kd_alpha_nM"),
        kd_beta_gamma_nM=number("kd_betagamma_nM"),
        scale=_scale((row.get("scale") or "unfused").strip()),
        kon_beta_gamma=float(convert(kon, "1/(M*s)", "1/(nM*min)")) or None,
        arms=number("valency", 1.0),
        cd25_arms=number("cd25_arms", 0.0),
    )


def _scale(word: str) -> str:
    if word not in SCALES:
        raise BadVariant(
            "a scale of affinities is not known.",
            got=f"'{word}'",
            expected=closest(word, SCALES),
        )
    return SCALES[word]
