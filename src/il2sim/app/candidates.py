"""Molecules to be screened: of the catalog, of numbers, of a table."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from il2sim.errors import BadVariant, UnreadableFile, closest
from il2sim.models.fusions import SCALE, UNFUSED
from il2sim.molecules import Variant, carry_over, catalog
from il2sim.molecules.variant import NO_BINDING_NM, NUMBERS
from il2sim.study.screening import Candidate
from il2sim.units import convert

SCALES = {"unfused": "unfused IL-2", "fused": SCALE}
"""Scales of affinities that a fit knows, by words of the command."""

COLUMNS = ("name", "kd_alpha_nM", "kd_betagamma_nM")
RATES = {
    "kon_betagamma_per_M_s": "1/(nM*min)",
    "kon_alpha_per_M_s": "1/(nM*min)",
    "koff_trimer_per_s": "1/min",
}
"""Columns of rates, and the units of a candidate."""

OPTIONAL = ("valency", "cd25_arms", "scale", *RATES)

AFFINITIES = ("kd_alpha", "kd_beta_gamma")
"""Numbers without which nothing can be screened."""

NONE = "none"
"""The affinity for CD25 of what does not bind it."""


def candidate_of(
    variant: Variant, find: Callable[[str], Variant] = catalog.variant
) -> Candidate:
    """Take what is screened from a molecule of the catalog, on its own scale.

    A molecule on a scale that no fit has is brought to that of unfused IL-2, by its
    ratios to the wild type of its scale, where the catalog has that.

    Parameters
    ----------
    variant
        The molecule.
    find
        Looks the wild type of its scale up, by name.

    Raises
    ------
    BadVariant
        An affinity is not known, or no fit has its scale.
    """
    missing = [one for one in AFFINITIES if one not in variant.numbers]
    if missing:
        raise _unknown(variant, f"no {', '.join(missing)}", missing)
    known, note = variant, ""
    if variant.scale not in SCALES.values():
        if "wild_type" not in variant.texts:
            raise _unknown(variant, f"scale '{variant.scale}'", AFFINITIES)
        wild = find(variant.texts["wild_type"])
        known = carry_over(variant, via=wild, onto=catalog.variant(UNFUSED))
        note = "brought to the scale of unfused IL-2 by its ratio to the wild type"
    missing = [one for one in AFFINITIES if one not in known.numbers]
    if missing:
        raise _unknown(variant, f"no {', '.join(missing)} of its wild type", missing)
    numbers = {
        name: float(convert(one.value, one.unit, NUMBERS[name][0]))
        for name, one in known.numbers.items()
    }
    return Candidate(
        name=variant.name,
        kd_alpha_nM=numbers["kd_alpha"],
        kd_beta_gamma_nM=numbers["kd_beta_gamma"],
        scale=known.scale,
        kon_beta_gamma=numbers.get("kon_beta_gamma"),
        arms=numbers.get("valency", 1.0),
        cd25_arms=numbers.get("cd25_arms", 0.0),
        koff_trimer=numbers.get("koff_trimer"),
        kon_alpha=numbers.get("kon_alpha"),
        note=note,
    )


def _unknown(variant: Variant, got: str, missing: Sequence[str]) -> BadVariant:
    """Say what is not known of a molecule, and how a user gives it."""
    lines = [f'{one} = {{value = …, unit = "nM", source = "…"}}' for one in missing]
    if "kd_alpha" in missing:
        lines.append('or kd_alpha = {value = "none", source = "…"} without a CD25 site')
    if variant.scale not in SCALES.values():
        lines.insert(0, 'scale = "unfused IL-2"')
    return BadVariant(
        f"the binding of '{variant.name}' is not known well enough to screen.",
        got=got,
        expected="kd_alpha and kd_beta_gamma on the scale "
        + " or ".join(f"'{one}'" for one in SCALES.values()),
        try_=f'in mine.toml: [variants.mine], like = "{variant.name}", '
        + ", ".join(lines)
        + "; then il2sim screen --catalog mine.toml --variant mine",
    )


def affinity(text: str) -> float:
    """Read an affinity for CD25, [nM]; "none" is that of what does not bind it.

    Raises
    ------
    ValueError
        It is neither a number nor that word.

    Examples
    --------
    >>> affinity("10"), affinity("none")
    (10.0, 1000000000.0)
    """
    return NO_BINDING_NM if text.strip().lower() == NONE else float(text)


def shown_affinity(kd_alpha_nM: float) -> str:  # noqa: N803 - the unit is written so
    """Write it, [nM], as `affinity` reads it."""
    return NONE if kd_alpha_nM >= NO_BINDING_NM else f"{kd_alpha_nM:g}"


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
        Candidate(
            f"{shown_affinity(alpha)}, {beta:g} nM x{arms:g}",
            alpha,
            beta,
            named,
            arms=arms,
        )
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
            return affinity(text) if column == "kd_alpha_nM" else float(text)
        except ValueError as error:
            raise UnreadableFile(
                f"{place} has no number under '{column}'.",
                got=repr(text),
                expected="a number"
                + (f", or '{NONE}'" if column == "kd_alpha_nM" else ""),
                try_="1.5, with a point and without a unit",
            ) from error

    def rate(column: str) -> float | None:
        if not row.get(column):
            return None
        of = "1/(M*s)" if column.endswith("per_M_s") else "1/s"
        return float(convert(number(column), of, RATES[column]))

    if not row.get("name"):
        raise UnreadableFile(
            f"{place} has no name.",
            got=",".join(row.values()),
            expected="a name under 'name'",
            try_="mine,12,3",
        )
    return Candidate(
        name=row["name"],
        kd_alpha_nM=number("kd_alpha_nM"),
        kd_beta_gamma_nM=number("kd_betagamma_nM"),
        scale=_scale(row.get("scale") or "unfused", place),
        kon_beta_gamma=rate("kon_betagamma_per_M_s"),
        arms=number("valency", 1.0),
        cd25_arms=number("cd25_arms", 0.0),
        kon_alpha=rate("kon_alpha_per_M_s"),
        koff_trimer=rate("koff_trimer_per_s"),
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
