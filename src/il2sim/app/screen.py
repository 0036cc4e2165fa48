"""Screen molecules: affinities and valency in, dose-response and selectivity out."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from il2sim.errors import BadVariant, UnreadableFile, closest
from il2sim.evidence import library
from il2sim.models import fusions
from il2sim.molecules import Variant, catalog, scales
from il2sim.study.screening import Candidate, Screening, plausible_draws, screen
from il2sim.units import convert

Progress = Callable[[int, int], None]

WILD_TYPE = "wild-type IL-2"

REACHES = {"unfused IL-2": "il2.reach", fusions.SCALE: fusions.REACH}
"""For each scale of affinities the parameter that goes with it."""

SCALES = {"unfused": "unfused IL-2", "fused": fusions.SCALE}
"""Words of the command for the two."""

COLUMNS = ("name", "kd_alpha_nM", "kd_betagamma_nM")
OPTIONAL = ("valency", "cd25_arms", "scale", "kon_betagamma_per_M_s")

PARTS = ("q05", "median", "q95")
"""Of what is uncertain, as columns are named."""

PLANE = (np.logspace(-0.5, 3, 22).tolist(), np.logspace(-1.5, 2.5, 22).tolist())
"""Affinities of the map for CD25 and for CD122 with gamma-c, [nM]."""

OVER = "NK"
"""The cell of the map."""


@dataclass(frozen=True)
class Screened:
    """What a screening found, and the files that it wrote."""

    found: Screening
    written: tuple[Path, ...]

    def rows(self) -> Iterator[tuple[str, Sequence[tuple[float, ...]]]]:
        """Each molecule: 5, 50, 95 % of half-maximal doses, then of selectivities."""
        halves = self.found.spread(self.found.halves)
        ratios = self.found.spread(self.found.selectivity)
        for i, one in enumerate(self.found.candidates):
            spreads = [*halves[i], *ratios[i, 1:]]
            yield one.name, [tuple(map(float, spread)) for spread in spreads]

    def headings(self) -> list[str]:
        """Names of the columns of `rows`, with units."""
        first, *others = self.found.cells
        doses = [f"{cell} [nM]" for cell in self.found.cells]
        return [*doses, *(f"{cell}/{first} [1]" for cell in others)]


def candidate_of(variant: Variant) -> Candidate:
    """Take what is screened from a molecule of the catalog, on its own scale.

    Raises
    ------
    BadVariant
        An affinity is not known, or its scale has no reach.
    """
    missing = [
        one for one in ("kd_alpha", "kd_beta_gamma") if one not in variant.numbers
    ]
    if missing or variant.scale not in REACHES:
        raise BadVariant(
            f"the binding of '{variant.name}' is not known well enough to screen.",
            got=f"no {', '.join(missing)}" if missing else f"scale {variant.scale}",
            expected="kd_alpha and kd_beta_gamma on the scale "
            + " or ".join(f"'{one}'" for one in REACHES),
        )
    numbers = {name: one.value for name, one in variant.numbers.items()}
    return Candidate(
        name=variant.name,
        kd_alpha_nM=numbers["kd_alpha"],
        kd_beta_gamma_nM=numbers["kd_beta_gamma"],
        reach_nM=_reach(variant.scale),
        kon_beta_gamma=_met(variant.scale, numbers.get("kon_beta_gamma")),
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
    reach, met = _reach(named), _met(named)
    return [
        Candidate(f"{alpha:g}, {beta:g} nM x{arms:g}", alpha, beta, reach, met, arms)
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

    scale = _scale((row.get("scale") or "unfused").strip())
    kon = number("kon_betagamma_per_M_s", 0.0)
    met = float(convert(kon, "1/(M*s)", "1/(nM*min)")) or None
    return Candidate(
        name=row["name"],
        kd_alpha_nM=number("kd_alpha_nM"),
        kd_beta_gamma_nM=number("kd_betagamma_nM"),
        reach_nM=_reach(scale),
        kon_beta_gamma=_met(scale, met),
        arms=number("valency", 1.0),
        cd25_arms=number("cd25_arms", 0.0),
    )


def screen_molecules(
    candidates: Sequence[Candidate],
    out: Path,
    *,
    time_h: float = 1.0,
    draws: int = 20,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Screened:
    """Screen molecules, and fill a folder with tables and figures.

    Parameters
    ----------
    candidates
        The molecules.
    out
        Where ``molecules.csv``, ``responses.csv`` and the figures go.
    time_h
        When pSTAT5 is read, [h].
    draws
        How many sets of values of the cells; 0 for those of the tables alone.
    seed
        Of the draws.
    workers
        Threads; default one for each core.
    progress
        Called with the number of wells finished and of all.

    Raises
    ------
    BadProblem
        No molecule is given, or one has a number that is not positive.
    """
    from il2sim.figures.responses import responses_figure, selectivity_map
    from il2sim.figures.style import save
    from il2sim.models.dish import CELLS, dish
    from il2sim.models.mechanisms import MULTIVALENT

    model = dish(CELLS, MULTIVALENT)
    wild_type = candidate_of(catalog.variant(WILD_TYPE))
    drawn = (
        plausible_draws(
            model,
            wild_type,
            cells=CELLS,
            n=draws,
            seed=seed,
            workers=workers,
        )
        if draws
        else None
    )

    def screened(some: Sequence[Candidate], told: Progress | None = None) -> Screening:
        return screen(
            model,
            some,
            reference=wild_type,
            cells=CELLS,
            time_h=time_h,
            draws=drawn if told else None,
            workers=workers,
            progress=told,
        )

    found = screened(candidates, progress or (lambda done, total: None))
    grids = {
        title: screened(candidates_of(*PLANE, valencies=[arms]))
        for title, arms in (("one arm", 1.0), ("two arms", 2.0))
    }
    out.mkdir(parents=True, exist_ok=True)
    outcome = Screened(found, ())
    written = [
        _write_molecules(out / "molecules.csv", outcome),
        _write_responses(out / "responses.csv", found),
        *save(responses_figure(found, title="Dose-response"), out, "responses"),
        *save(
            selectivity_map(
                grids,
                _on_the_plane(candidates),
                over=OVER,
                title="Selectivity over the plane of affinities",
            ),
            out,
            "selectivity",
        ),
    ]
    return Screened(found, tuple(written))


def assumed_of(candidates: Sequence[Candidate]) -> str:
    """What is assumed of Fc fusions among some molecules, in words; else nothing."""
    if all(one.reach_nM != _reach(fusions.SCALE) for one in candidates):
        return ""
    factor = library.parameter(fusions.MEETING)
    return (
        "Fc fusions: assumed to meet CD122 with gamma-c of a cell "
        f"{factor.value:g} times as fast as on a sensor (range {factor.low:g} to "
        f"{factor.high:g}; fitted to the panel of fusions)."
    )


def _on_the_plane(candidates: Sequence[Candidate]) -> dict[str, tuple[float, float]]:
    """Affinities of known molecules and of those screened, on the unfused scale."""
    onto = catalog.variant(WILD_TYPE)
    places: dict[str, tuple[float, float]] = {}
    for name in catalog.variants():
        one = catalog.variant(name)
        if {"kd_alpha", "kd_beta_gamma"} <= set(one.numbers) and one.scale in REACHES:
            moved = one if one.scale == onto.scale else _carried(one, onto)
            place = (
                moved.numbers["kd_alpha"].value,
                moved.numbers["kd_beta_gamma"].value,
            )
            if place not in places.values():
                places[name.removesuffix(" Fc").replace("-term", "")] = place
    unfused = _reach(onto.scale)
    for one_more in candidates[:MOST_MARKED]:
        place = (one_more.kd_alpha_nM, one_more.kd_beta_gamma_nM)
        if one_more.reach_nM == unfused and place not in places.values():
            places[one_more.name] = place
    return places


MOST_MARKED = 12
"""Screened molecules that are marked on the map."""


def _carried(variant: Variant, onto: Variant) -> Variant:
    end = "C-term" if "C-term" in variant.name else "N-term"
    via = catalog.variant(f"WT {end} Fc")
    return scales.carry_over(variant, via=via, onto=onto)


def _write_molecules(path: Path, outcome: Screened) -> Path:
    headings = [f"{heading} {part}" for heading in outcome.headings() for part in PARTS]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            [
                "name",
                "kd_alpha_nM",
                "kd_betagamma_nM",
                "valency",
                "cd25_arms",
                *headings,
            ]
        )
        for one, (name, spreads) in zip(
            outcome.found.candidates, outcome.rows(), strict=True
        ):
            given = (one.kd_alpha_nM, one.kd_beta_gamma_nM, one.arms, one.cd25_arms)
            numbers = [f"{value:.4g}" for spread in spreads for value in spread]
            table.writerow([name, *(f"{value:g}" for value in given), *numbers])
    return path


def _write_responses(path: Path, found: Screening) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["name", "cell", "dose [nM]"]
            + [f"pSTAT5 of the most by wild type [%] {part}" for part in PARTS]
        )
        for i, one in enumerate(found.candidates):
            for j, cell in enumerate(found.cells):
                for k, dose in enumerate(found.doses_nM):
                    told = [f"{value:.4g}" for value in found.responses[:, i, j, k]]
                    table.writerow([one.name, cell, f"{dose:.4g}", *told])
    return path


def _reach(scale: str) -> float:
    return library.parameter(REACHES[scale]).value


def _scale(word: str) -> str:
    if word not in SCALES:
        raise BadVariant(
            "a scale of affinities is not known.",
            got=f"'{word}'",
            expected=closest(word, SCALES),
        )
    return SCALES[word]


def _met(scale: str, rate: float | None = None) -> float:
    """How fast an arm meets the dimer of a cell, [1/(nM*min)], from a sensor's rate.

    Without a rate, that of the wild type of the scale.
    """
    is_fused = scale == fusions.SCALE
    known = catalog.variant(fusions.FUSED if is_fused else WILD_TYPE).kon_beta_gamma
    assert known is not None  # noqa: S101 - both wild types have it
    found = known if rate is None else replace(known, value=rate)
    return fusions.on_cells(found).value if is_fused else found.value
