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
KON = "kon_betagamma_per_M_s"
OPTIONAL = ("valency", "cd25_arms", "scale", KON)

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
        The file is missing, a column is missing or not known, a cell is no number or
        one too many, or a name is missing or taken.
    BadVariant
        A scale is not known.
    BadProblem
        Numbers of a row are not those of a molecule.
    """
    columns, rows = _rows(path)
    _check_columns(columns, path.name)
    if not rows:
        raise _unreadable(path, "a heading alone", "a row for each molecule")
    found: dict[str, Candidate] = {}
    for line, cells in rows.items():
        place = f"{path.name}, line {line},"
        if len(cells) > len(columns):
            raise UnreadableFile(
                f"{place} has more cells than there are columns.",
                got=",".join(cells),
                expected=f"at most {len(columns)}: {', '.join(columns)}",
                try_='write 1.5 with a point, and a name with a comma in ""',
            )
        one = _candidate(dict(zip(columns, cells, strict=False)), place)
        if one.name in found:
            raise UnreadableFile(
                f"{place} has a name that is taken.",
                got=f"'{one.name}'",
                expected="a name of its own for each molecule",
                try_=f"'{one.name} (2)'",
            )
        found[one.name] = one
    return list(found.values())


def _rows(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """Headings, and the cells of each line that is not blank, without blanks."""
    try:  # Excel's "CSV UTF-8" begins with a byte order mark
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except FileNotFoundError as error:
        raise _unreadable(path, f"no file '{path}'", "the file of a table") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, str(error), "comma-separated values, UTF-8") from error
    if not lines:
        raise _unreadable(path, "nothing", "a heading, and a row for each molecule")
    kept = {line: [cell.strip() for cell in cells] for line, cells in lines}
    return kept.pop(lines[0][0]), kept


def _unreadable(path: Path, got: str, expected: str) -> UnreadableFile:
    return UnreadableFile(
        f"the molecules of '{path.name}' cannot be read.",
        got=got,
        expected=expected,
        try_=f"printf '{','.join(COLUMNS)}\\nmine,12,3\\n' > mine.csv",
    )


def _check_columns(columns: Sequence[str], file: str) -> None:
    """Refuse a heading that is not known, is missing or is there twice."""
    line = ",".join((*COLUMNS, *OPTIONAL))
    for one in columns:
        if one not in (*COLUMNS, *OPTIONAL):
            raise UnreadableFile(
                f"{file} has a column that is not known.",
                got=f"'{one}'",
                expected=closest(one, (*COLUMNS, *OPTIONAL)),
                try_=line,
            )
    missing = [one for one in COLUMNS if one not in columns]
    if missing or len(set(columns)) < len(columns):
        raise UnreadableFile(
            f"{file} has a column that is missing or twice there.",
            got=", ".join(columns),
            expected=f"once {', '.join(COLUMNS)}; also {', '.join(OPTIONAL)}",
            try_=line,
        )


def _candidate(row: Mapping[str, str], place: str) -> Candidate:
    def number(column: str, default: float | None = None) -> float:
        text = row.get(column, "")
        if not text and default is not None:
            return default
        try:
            return float(text)
        except ValueError as error:
            raise UnreadableFile(
                f"{place} has no number under '{column}'.",
                got=repr(text),
                expected="a number",
                try_="1.5, with a point and without a unit",
            ) from error

    if not row.get("name"):
        raise UnreadableFile(
            f"{place} has no name.",
            got=",".join(row.values()),
            expected="a name under 'name'",
            try_="mine,12,3",
        )
    kon = number(KON) if row.get(KON) else None
    return Candidate(
        name=row["name"],
        kd_alpha_nM=number("kd_alpha_nM"),
        kd_beta_gamma_nM=number("kd_betagamma_nM"),
        scale=_scale(row.get("scale") or "unfused", place),
        kon_beta_gamma=None
        if kon is None
        else float(convert(kon, "1/(M*s)", "1/(nM*min)")),
        arms=number("valency", 1.0),
        cd25_arms=number("cd25_arms", 0.0),
    )


def _scale(word: str, place: str = "--scale") -> str:
    if word not in SCALES:
        raise BadVariant(
            f"{place} has a scale of affinities that is not known.",
            got=f"'{word}'",
            expected=closest(word, SCALES),
            try_=" or ".join(f"--scale {one}" for one in SCALES),
        )
    return SCALES[word]
