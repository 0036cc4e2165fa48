"""Screen molecules: affinities and valency in, dose-response and selectivity out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from il2sim.app.candidates import (
    SCALES,
    candidate_of,
    candidates_of,
    shown_affinity,
)
from il2sim.app.folder import check_folder
from il2sim.errors import BadProblem
from il2sim.inference.fitted_cells import (
    HOURS,
    PANEL,
    PLATE,
    cells_of,
    fit_of,
    unused,
)
from il2sim.models.dish import CELLS
from il2sim.models.fusions import FUSED, SCALE, UNFUSED
from il2sim.molecules import Variant, catalog, scales
from il2sim.molecules.variant import NO_BINDING_NM
from il2sim.study.screening import Candidate, Screening, screen

Progress = Callable[[int, int], None]

REFERENCES = {PLATE: UNFUSED, PANEL: FUSED}
"""The wild type of each fit."""

PARTS = ("q05", "fitted", "q95")
"""Of what is uncertain, as columns are named."""

PLANE = (np.logspace(-0.5, 3, 22).tolist(), np.logspace(-1.5, 2.5, 22).tolist())
"""Affinities of the map for CD25 and for CD122 with gamma-c, [nM]."""

OVER = "NK"
"""The cell of the map."""

SAID = {
    PLATE: "plate: unfused IL-2 with one arm, by the fit to the plate of blood cells.",
    PANEL: "panel: Fc fusions and several arms, by the fit to the panel of fusions.",
}
"""Which molecules stand on which fit, in words."""


@dataclass(frozen=True)
class Screened:
    """What a screening found, and the files that it wrote."""

    found: Screening
    written: tuple[Path, ...]

    def rows(self) -> Iterator[tuple[str, Sequence[tuple[float, ...]]]]:
        """Each molecule: half-maximal doses, then selectivities, as in `PARTS`."""
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
        How many draws of the fits intervals are made of; 0 for none.
    seed
        Of the draws.
    workers
        Threads; default one for each core.
    progress
        Called with the number of wells finished and of all.

    Raises
    ------
    BadProblem
        No molecule is given, the time is not after zero, or more draws are wanted than
        ship.
    FolderInUse
        There is a file where the folder should be.
    """
    from il2sim.figures.responses import responses_figure, selectivity_map
    from il2sim.figures.style import save

    check_folder(out)
    found = screened(
        candidates,
        time_h=time_h,
        draws=draws,
        seed=seed,
        workers=workers,
        progress=progress,
    )
    grids = {
        title: screened(
            candidates_of(*PLANE, valencies=[arms]),
            cells=(CELLS[0], OVER),
            time_h=time_h,
            workers=workers,
        )
        for title, arms in (("one arm (plate)", 1.0), ("two arms (panel)", 2.0))
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


def screened(
    candidates: Sequence[Candidate],
    *,
    cells: Sequence[str] = CELLS,
    time_h: float = 1.0,
    draws: int = 0,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Screening:
    """Screen molecules, each on the cells of the fit that tells of it.

    Parameters
    ----------
    candidates
        The molecules.
    cells
        Names of cell types; selectivity is over the first.
    time_h, draws, seed, workers, progress
        As for `screen_molecules`.

    Raises
    ------
    BadProblem
        As `screen_molecules`.
    """
    if not candidates:
        raise BadProblem("nothing is screened.", got="no molecule", expected="some")
    places = {
        fit: [i for i, one in enumerate(candidates) if fit_of(one) == fit]
        for fit in REFERENCES
    }
    gates = {
        fit: cells_of(fit, draws, seed=seed).only(cells)
        for fit, some in places.items()
        if some
    }
    total, done = len(candidates) + len(gates), 0
    parts = []
    for fit, stand in gates.items():
        before, here = done, len(places[fit]) + 1

        def told(n: int, of: int, before: int = before, here: int = here) -> None:
            if progress is not None:
                progress(before + here * n // of, total)

        part = screen(
            stand,
            [candidates[i] for i in places[fit]],
            reference=candidate_of(catalog.variant(REFERENCES[fit])),
            time_h=time_h,
            workers=workers,
            progress=told,
        )
        parts.append((places[fit], part))
        done += len(places[fit]) + 1
    return _in_order(candidates, parts)


def _in_order(
    candidates: Sequence[Candidate], parts: Sequence[tuple[list[int], Screening]]
) -> Screening:
    """Join what was screened by several fits, molecules in the order given."""
    order = np.argsort(np.concatenate([places for places, _ in parts]))
    return replace(
        parts[0][1],
        candidates=tuple(candidates),
        responses=np.concatenate([one.responses for _, one in parts], axis=1)[:, order],
        halves=np.concatenate([one.halves for _, one in parts])[order],
    )


def notes_of(candidates: Sequence[Candidate], time_h: float) -> list[str]:
    """What to know of predictions for some molecules, in words."""
    fits = {fit_of(one) for one in candidates}
    notes = [said for fit, said in SAID.items() if fit in fits]
    if any(fit_of(one) == PANEL and one.scale != SCALE for one in candidates):
        notes.append(
            "Unfused IL-2 with several arms is in neither: its affinities are brought "
            "to the scale of fusions by their ratio to the wild type."
        )
    notes += _by_molecule(candidates)
    if len(fits) > 1:
        notes.append("Compare doses within a fit only.")
    if not HOURS[0] <= time_h <= HOURS[1]:
        notes.append(
            f"Both fits were read from {HOURS[0]:g} to {HOURS[1]:g} h; "
            f"{time_h:g} h is outside."
        )
    return notes


def _by_molecule(candidates: Sequence[Candidate]) -> list[str]:
    """What is to be known of some of them: each thing once, with whom it is about."""
    told: dict[str, list[str]] = {}
    for one in candidates:
        said = [f"{name} is not used on the {fit_of(one)}" for name in unused(one)]
        for words in (*said, *([one.note] if one.note else ())):
            told.setdefault(words, []).append(one.name)
    return [f"{_listed(names)}: {words}." for words, names in told.items()]


def _listed(names: Sequence[str]) -> str:
    shown = "; ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown}; {more} more" if more > 0 else shown


def _on_the_plane(candidates: Sequence[Candidate]) -> dict[str, tuple[float, float]]:
    """Affinities of known molecules and of those screened, on the unfused scale."""
    onto = catalog.variant(UNFUSED)
    places: dict[str, tuple[float, float]] = {}
    for name in catalog.variants():
        one = catalog.variant(name)
        is_known = {"kd_alpha", "kd_beta_gamma"} <= set(one.numbers)
        if is_known and one.binds_cd25 and one.scale in SCALES.values():
            moved = one if one.scale == onto.scale else _carried(one, onto)
            place = (
                moved.numbers["kd_alpha"].value,
                moved.numbers["kd_beta_gamma"].value,
            )
            if place not in places.values():
                places[name.removesuffix(" Fc").replace("-term", "")] = place
    for one_more in candidates[:MOST_MARKED]:
        place = (one_more.kd_alpha_nM, one_more.kd_beta_gamma_nM)
        is_on_map = one_more.scale == onto.scale and place[0] < NO_BINDING_NM
        if is_on_map and place not in places.values():
            places[one_more.name] = place
    return places


MOST_MARKED, MOST_NAMED = 12, 5
"""Screened molecules that are marked on the map, and named in a note."""


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
                "fit",
                *headings,
            ]
        )
        for one, (name, spreads) in zip(
            outcome.found.candidates, outcome.rows(), strict=True
        ):
            given = (one.kd_beta_gamma_nM, one.arms, one.cd25_arms)
            told = [shown_affinity(one.kd_alpha_nM), *(f"{value:g}" for value in given)]
            numbers = [f"{value:.4g}" for spread in spreads for value in spread]
            table.writerow([name, *told, fit_of(one), *numbers])
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
