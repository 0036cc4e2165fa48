"""`il2sim fit yt1`: rerun the shipped fit of YT-1 cells from the digitized readings.

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
    from il2sim.inference.yt1 import Plan, Seen


def fit_yt1(data: Path, out: Path, *, starts: int) -> None:
    """Fit the candidates; judge them by what they did not see; write all.

    Parameters
    ----------
    data
        Folder of the readings.
    out
        Folder to fill, or to go on in.
    starts
        Of each fit.
    """
    from il2sim.inference.yt1 import read_line, read_plan

    plan = read_plan()
    seen = read_line(
        data, pstat5_min=plan.told["pstat5_min"], cd132_nM=plan.told["cd132_nM"]
    )
    out.mkdir(parents=True, exist_ok=True)
    with progress_bar("yt1", of="candidates") as progress:
        kept = judge_all(plan, seen, out, starts=starts, progress=progress)
    written = [
        write_candidates(plan, kept, out / "yt1_candidates.tsv"),
        *write_numbers(plan, seen, kept, out),
        write_curves(plan, seen, out),
    ]
    fit.tell(written, candidates_table(plan, kept))


def judge_all(
    plan: Plan, seen: list[Seen], out: Path, *, starts: int, progress: fit.Progress
) -> fit.Kept:
    """Judge what the folder does not hold yet; the chosen one at both times."""
    from il2sim.inference.yt1_judge import (
        LEFT_OUT,
        PUBLISHED_MIN,
        at_other_time,
        judge,
    )

    told = {"plan": plan.told, "left out": list(LEFT_OUT)}
    key = hash_of(told | {"seen": [asdict(one) for one in seen]})
    path = out / "candidates.json"
    kept = fit.kept_in(path, key)
    readings = dict.fromkeys(plan.candidates, seen)
    late = f"{plan.chosen.name}, at {PUBLISHED_MIN:g} min"
    readings[late] = at_other_time(seen, PUBLISHED_MIN)
    for i, (name, some) in enumerate(readings.items()):
        candidate = plan.candidates.get(name, plan.chosen)
        if name not in kept:
            kept[name] = judge(plan, candidate, some, starts=starts)
            fit.keep(path, key, kept)
        progress(i + 1, len(readings))
    return kept


def kinds_left_out(one: dict[str, Any]) -> float:
    """Log likelihood of whole kinds left out, each predicted from the rest."""
    return float(sum(part["log_likelihood"] for part in one["left_out"].values()))


def ranked(kept: fit.Kept) -> list[str]:
    """Names of candidates, best by curves that were left out singly first."""
    return sorted(kept, key=lambda name: -float(kept[name]["curves"]))


def write_candidates(plan: Plan, kept: fit.Kept, path: Path) -> Path:
    """Write what each candidate scored, best by curves left out singly first."""
    from il2sim.inference.yt1_judge import LEFT_OUT, PUBLISHED_MIN

    head = ("name", "meaning", "free", "fitted", "curves left out", "kinds left out")
    kinds = ("R2 pSTAT5", "R2 CD122", "RMSE CD132")
    lines = ["\t".join((*head, *kinds, *(f"left out {one}" for one in LEFT_OUT)))]
    for name in ranked(kept):
        one, scores = kept[name], kept[name]["scores"]
        candidate = plan.candidates.get(name, plan.chosen)
        meaning = candidate.meaning
        if name not in plan.candidates:
            meaning = (
                f"as {plan.chosen.name}, had pSTAT5 been read at {PUBLISHED_MIN:g} min"
            )
        words = (name, meaning, str(len(candidate.free)))
        likelihoods = (one["log_likelihood"], one["curves"], kinds_left_out(one))
        totals = (f"{number:.1f}" for number in likelihoods)
        shown = (
            f"{scores['pSTAT5']['r_squared']:.3f}",
            f"{scores['CD122']['r_squared']:.3f}",
            f"{scores['CD132']['rmse']:.3f}",
        )
        parts = (f"{one['left_out'][it]['log_likelihood']:.1f}" for it in LEFT_OUT)
        lines.append("\t".join((*words, *totals, *shown, *parts)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_numbers(
    plan: Plan, seen: list[Seen], kept: fit.Kept, out: Path
) -> list[Path]:
    """Write the values with intervals, what follows from them, and of each fit."""
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.yt1 import problem_of
    from il2sim.inference.yt1_numbers import derived

    best = kept[plan.chosen.name]
    point = np.array(best["point"])
    likelihood = Likelihood(problem_of(plan, plan.chosen, seen))
    source = fit.source_of(plan.told)
    values, together = fit.write_point(
        likelihood,
        plan.free,
        point,
        source,
        (out / "yt1.tsv", out / "yt1_together.tsv"),
    )
    lines = [
        "\t".join((*one.words, "", "", "", one.meaning, source))
        for one in derived(likelihood, point)
    ]
    with values.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    without = out / "yt1_left_out.tsv"
    problem = likelihood.problem
    others = best["left_out"]
    points = {name: problem.outside(one["point"]) for name, one in others.items()}
    return [values, together, fit.write_points(without, problem.names, points)]


def write_curves(plan: Plan, seen: list[Seen], out: Path) -> Path:
    """Write the derived facts of the readings, and the figure of the fit beside."""
    from il2sim.figures import save
    from il2sim.figures.yt1 import line_figure
    from il2sim.inference import yt1_facts

    path = out / yt1_facts.TABLE
    curves = yt1_facts.curves_of(seen)
    yt1_facts.write_curves(path, curves, plan.told["citation"])
    values = fit.values_in(out / "yt1.tsv")
    made = f"il2sim {VERSION} · il2sim fit yt1"
    save(line_figure(plan, curves, values, made=made, seen=seen), out, "yt1")
    return path


def candidates_table(plan: Plan, kept: fit.Kept) -> Any:
    """What each candidate scored, for the terminal."""
    table = tables.plain_table("Candidates, by what each was not fitted to")
    names = ("candidate", "curves left out", "kinds left out", "fitted")
    for name in (*names, "R² pSTAT5", "R² CD122", "RMSE γc"):
        table.add_column(name, justify="left" if name == "candidate" else "right")
    for name in ranked(kept):
        one, scores = kept[name], kept[name]["scores"]
        table.add_row(
            name,
            f"{one['curves']:.0f}",
            f"{kinds_left_out(one):.0f}",
            f"{one['log_likelihood']:.0f}",
            f"{scores['pSTAT5']['r_squared']:.3f}",
            f"{scores['CD122']['r_squared']:.3f}",
            f"{scores['CD132']['rmse']:.3f}",
        )
    return table
