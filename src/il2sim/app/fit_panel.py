"""`il2sim fit panel`: rerun the shipped fit of the panel of Fc fusions.

As for the receptors of blood cells, each candidate is kept as soon as it is finished,
and what ships with the package is what this writes.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.app import fit, tables
from il2sim.app.terminal import progress_bar
from il2sim.provenance import VERSION, hash_of

if TYPE_CHECKING:
    from il2sim.inference.panel import Plan, Seen

KEPT = "candidates.json"
"""What is known of candidates, in that folder."""


def fit_panel(data: Path, out: Path, *, starts: int) -> None:
    """Fit the candidates; judge them by what they did not see; write all.

    Parameters
    ----------
    data
        Folder of the means.
    out
        Folder to fill, or to go on in.
    starts
        Of each fit.
    """
    from il2sim.inference.panel import read_panel, read_plan

    plan = read_plan()
    seen = read_panel(plan, data)
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("panel", of="fits") as progress:
        kept = judge_all(plan, seen, out, starts=starts, progress=progress)
        judge_over_times(plan, seen, kept, out)
    written = [
        write_candidates(plan, kept, out / "panel_candidates.tsv"),
        *write_numbers(plan, seen, kept, out),
        write_curves(plan, seen, out),
    ]
    fit.tell(written, candidates_table(plan, kept))


def judge_all(
    plan: Plan, seen: list[Seen], out: Path, *, starts: int, progress: fit.Progress
) -> fit.Kept:
    """Judge every candidate that the folder does not hold yet."""
    from il2sim.inference.panel_judge import judge, left_out

    key = key_of(plan, seen)
    path = out / KEPT
    kept = fit.kept_in(path, key)
    each = 1 + len(left_out(plan))
    of = each * len(plan.candidates)
    for i, (name, candidate) in enumerate(plan.candidates.items()):
        if name not in kept:

            def part(done: int, _: int, before: int = i * each) -> None:
                progress(before + done, of)

            kept[name] = judge(plan, candidate, seen, starts=starts, progress=part)
            fit.keep(path, key, kept)
        progress((i + 1) * each, of)
    return kept


def key_of(plan: Plan, seen: list[Seen]) -> str:
    """Hash of everything that decides the fits, but for which of them is shipped."""
    told = {name: one for name, one in plan.told.items() if name != "chosen"}
    return hash_of({"plan": told, "seen": [asdict(one) for one in seen]})


def over_times_of(plan: Plan) -> str:
    """Name of the shipped candidate with one scale over times, among those kept."""
    from il2sim.inference.panel_checks import OVER_TIMES

    return f"{OVER_TIMES}: {plan.chosen.name}"


def judge_over_times(plan: Plan, seen: list[Seen], kept: fit.Kept, out: Path) -> None:
    """Fit the shipped candidate with one scale over all times, unless it is kept."""
    from il2sim.inference.panel_judge import judge_over_times

    name = over_times_of(plan)
    if name not in kept:
        first = np.array(kept[plan.chosen.name]["point"])
        kept[name] = judge_over_times(plan, plan.chosen, seen, first)
        fit.keep(out / KEPT, key_of(plan, seen), kept)


def held_out(one: dict[str, Any], names: list[str]) -> float:
    """Log likelihood of some that were left out, each predicted from the rest."""
    return float(sum(one["left_out"][name]["log_likelihood"] for name in names))


def ranked(plan: Plan, kept: fit.Kept) -> list[str]:
    """Names of candidates, best by molecules and cell types left out first."""
    names = [*plan.molecules.values(), *plan.cells]
    return sorted(plan.candidates, key=lambda name: -held_out(kept[name], names))


def _shown(plan: Plan, one: dict[str, Any]) -> list[str]:
    molecules, cells = list(plan.molecules.values()), list(plan.cells)
    numbers = (
        one["log_likelihood"],
        held_out(one, molecules),
        held_out(one, cells),
    )
    shares = [found["r_squared"] for found in one["scores"].values()]
    return [*(f"{it:.1f}" for it in numbers), *(f"{it:.3f}" for it in shares)]


def _heads(plan: Plan, one: dict[str, Any]) -> list[str]:
    of = [f"R2 {name}" for name in one["scores"]]
    return ["fitted", "molecules left out", "cell types left out", *of]


def write_candidates(plan: Plan, kept: fit.Kept, path: Path) -> Path:
    """Write what each candidate scored, best by what was left out first."""
    names = [*plan.molecules.values(), *plan.cells]
    first = kept[plan.chosen.name]
    heads = ["name", "meaning", "free", *_heads(plan, first)]
    lines = ["\t".join((*heads, *(f"left out {name}" for name in names)))]
    for name in ranked(plan, kept):
        one, candidate = kept[name], plan.candidates[name]
        parts = (f"{one['left_out'][it]['log_likelihood']:.1f}" for it in names)
        words = (name, candidate.meaning, str(len(candidate.free)))
        lines.append("\t".join((*words, *_shown(plan, one), *parts)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_numbers(
    plan: Plan, seen: list[Seen], kept: fit.Kept, out: Path
) -> list[Path]:
    """Write the values with intervals, how they go together, and those of each fit."""
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.panel import problem_of
    from il2sim.inference.panel_checks import OVER_TIMES

    best = kept[plan.chosen.name]
    likelihood = Likelihood(problem_of(plan, plan.chosen, seen))
    source = fit.source_of(plan.told)
    paths = (out / "panel.tsv", out / "panel_correlations.tsv")
    written = fit.write_point(
        likelihood, plan.free, np.array(best["point"]), source, paths
    )
    without = out / "panel_left_out.tsv"
    problem = likelihood.problem
    together = kept[over_times_of(plan)]
    others = best["left_out"] | {OVER_TIMES: together}
    points = {name: problem.outside(one["point"]) for name, one in others.items()}
    return [*written, fit.write_points(without, problem.names, points)]


def write_curves(plan: Plan, seen: list[Seen], out: Path) -> Path:
    """Write the derived facts of the means, and the figure of the fit beside."""
    from il2sim.figures import save
    from il2sim.figures.panel import panel_figure
    from il2sim.inference import panel_facts

    path = out / panel_facts.TABLE
    curves = panel_facts.curves_of(seen)
    panel_facts.write_curves(path, curves, plan.told["citation"])
    values = fit.values_in(out / "panel.tsv")
    made = f"il2sim {VERSION} · il2sim fit panel"
    save(panel_figure(plan, seen, values, made=made), out, "panel")
    return path


def candidates_table(plan: Plan, kept: fit.Kept) -> Any:
    """What each candidate scored, for the terminal."""
    from il2sim.inference.panel_judge import POOLED

    table = tables.plain_table("Candidates, by what each was not fitted to")
    names = [*plan.molecules.values(), *plan.cells]
    for name in ("candidate", "left out", "fitted", "R² all", "R² CD8"):
        table.add_column(name, justify="left" if name == "candidate" else "right")
    for name in ranked(plan, kept):
        one = kept[name]
        table.add_row(
            name,
            f"{held_out(one, names):.0f}",
            f"{one['log_likelihood']:.0f}",
            f"{one['scores'][POOLED]['r_squared']:.3f}",
            f"{one['scores']['CD8']['r_squared']:.3f}",
        )
    return table
