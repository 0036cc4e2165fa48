"""`il2sim fit receptors`: rerun the shipped fit of blood cells to the public plate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.app import fit, tables
from il2sim.app.terminal import progress_bar
from il2sim.provenance import VERSION, hash_of

if TYPE_CHECKING:
    from il2sim.inference.plate import Well
    from il2sim.inference.receptors import Candidate, Plan


def fit_receptors(data: Path, out: Path, *, starts: int, draws: int) -> None:
    """Fit the candidates to the plate; judge them by held-out gates; write all.

    Parameters
    ----------
    data
        Folder of the plate.
    out
        Folder to fill, or to go on in.
    starts, draws
        Of each fit; steps of the sampler.
    """
    from il2sim.inference.plate import read_plate
    from il2sim.inference.receptors import read_plan

    plan = read_plan()
    wells = read_plate(data, [one.file for one in plan.gates])
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("receptors", of="fits") as progress:
        kept = judge_all(plan, wells, out, starts=starts, progress=progress)
    point = np.array(kept[plan.chosen.name]["point"])
    written = [
        write_candidates(plan, kept, out / "receptor_candidates.tsv"),
        write_otherwise(plan, wells, point, out / "receptor_held_out.tsv"),
        *write_chosen(plan, wells, point, out, draws=draws),
        write_responses(plan, wells, point, out),
    ]
    fit.tell(written, candidates_table(plan, kept))


def judge_all(
    plan: Plan,
    wells: list[Well],
    out: Path,
    *,
    starts: int,
    progress: fit.Progress,
) -> fit.Kept:
    """Judge every candidate that the folder does not hold yet."""
    from il2sim.inference.heldout import judge

    key = hash_of({"plan": plan.told, "wells": [asdict(one) for one in wells]})
    path = out / "candidates.json"
    kept = fit.kept_in(path, key)
    n = len(plan.fitted) + 1
    of = len(plan.candidates) * n
    for i, candidate in enumerate(plan.candidates):
        if candidate.name not in kept:
            judged, best = judge(
                plan,
                candidate,
                wells,
                starts=starts,
                progress=_part(progress, i * n, of),
            )
            kept[candidate.name] = asdict(judged) | {"point": best.best.tolist()}
            fit.keep(path, key, kept)
        progress((i + 1) * n, of)
    return kept


def _part(progress: fit.Progress, before: int, of: int) -> fit.Progress:
    def told(done: int, _: int) -> None:
        progress(before + done, of)

    return told


def write_candidates(plan: Plan, kept: fit.Kept, path: Path) -> Path:
    """Write what each candidate scored, best held-out likelihood first."""
    names = [f"held out {gate}" for gate in plan.fitted]
    head = ("name", "meaning", "free", "fitted", "held out", "unseen")
    lines = ["\t".join((*head, "R2 fitted", *names, "R2 unseen"))]
    for candidate in ranked(plan, kept):
        one = kept[candidate.name]
        held = [one["held_out"][gate] for gate in plan.fitted]
        total = sum(part["log_likelihood"] for part in held)
        numbers = (
            one["seen"]["log_likelihood"],
            total,
            one["unseen"]["log_likelihood"],
        )
        shares = (one["seen"], *held, one["unseen"])
        words = (candidate.name, candidate.meaning, str(len(candidate.free)))
        shown = [f"{x:.1f}" for x in numbers] + [
            f"{x['r_squared']:.3f}" for x in shares
        ]
        lines.append("\t".join((*words, *shown)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ranked(plan: Plan, kept: fit.Kept) -> list[Candidate]:
    """Candidates by their held-out likelihood, the best first."""

    def total(candidate: Candidate) -> float:
        held = kept[candidate.name]["held_out"].values()
        return float(sum(one["log_likelihood"] for one in held))

    return sorted(plan.candidates, key=total, reverse=True)


def write_chosen(
    plan: Plan, wells: list[Well], point: np.ndarray[Any, Any], out: Path, *, draws: int
) -> list[Path]:
    """Write the values with 90 % intervals, and how they go together.

    Parameters
    ----------
    plan, wells, point, out
        Of the fit.
    draws
        Steps of the sampler at most; with none the intervals are those of a normal
        density at the point.
    """
    from il2sim.app import fit_draws
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.receptor_draws import spread_of
    from il2sim.inference.receptors import problem_of_plate

    problem, _ = problem_of_plate(plan, plan.chosen, wells)
    likelihood = Likelihood(problem)
    paths = (out / "receptors.tsv", out / "receptor_correlations.tsv")
    source = fit.source_of(plan.told)
    if not draws:
        return fit.write_point(likelihood, plan.free, point, source, paths)
    with progress_bar("draws", of="steps") as progress:
        chains = fit_draws.draw(
            likelihood, point, out, steps=draws, key=source, progress=progress
        )
    known = spread_of(problem, chains)
    return [
        *fit.write_point(likelihood, plan.free, point, source, paths, known=known),
        *fit_draws.write_posterior(plan, wells, likelihood, chains, out),
        fit_draws.write_profiles(
            likelihood, point, known, out / "receptor_profiles.tsv"
        ),
    ]


def write_responses(
    plan: Plan, wells: list[Well], point: np.ndarray[Any, Any], out: Path
) -> Path:
    """Write the derived facts of the plate, and the figure of the fit beside them."""
    from il2sim.figures import save
    from il2sim.figures.fits import responses_figure
    from il2sim.inference.facts import beside, measured_facts, model_curves, write_facts
    from il2sim.inference.receptors import free_of

    facts = measured_facts(plan, wells)
    path = out / "receptor_responses.tsv"
    write_facts(path, facts, plan.told["citation"])
    free = free_of(plan, plan.chosen)
    values = {one.name: one.outside(u) for one, u in zip(free, point, strict=True)}
    found = beside(facts, model_curves(plan, plan.chosen, values))
    figure = responses_figure(found, made=f"il2sim {VERSION} · il2sim fit receptors")
    save(figure, out, "receptors")
    return path


def write_otherwise(
    plan: Plan, wells: list[Well], point: np.ndarray[Any, Any], path: Path
) -> Path:
    """Write the scores of ligands left out and of the second quantitation."""
    from il2sim.inference.heldout import judge_otherwise

    lines = ["what\tlog likelihood\tR2\twells"]
    for name, one in judge_otherwise(plan, plan.chosen, wells, point).items():
        numbers = f"{one.log_likelihood:.1f}\t{one.r_squared:.3f}\t{one.n}"
        lines.append(f"{name}\t{numbers}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def candidates_table(plan: Plan, kept: fit.Kept) -> Any:
    """What each candidate scored, for the terminal."""
    table = tables.plain_table("Candidates, by gates that each was not fitted to")
    for name in ("candidate", "held out", "fitted", "gates unseen", "R² held out"):
        table.add_column(name, justify="left" if name == "candidate" else "right")
    for candidate in ranked(plan, kept):
        one = kept[candidate.name]
        held = [one["held_out"][gate] for gate in plan.fitted]
        table.add_row(
            candidate.name,
            f"{sum(part['log_likelihood'] for part in held):.0f}",
            f"{one['seen']['log_likelihood']:.0f}",
            f"{one['unseen']['log_likelihood']:.0f}",
            " ".join(f"{part['r_squared']:.2f}" for part in held),
        )
    return table
