"""`il2sim fit`: rerun a shipped fit; here that of the receptors to the public plate.

Each candidate is kept as soon as it is finished, so the same command goes on after an
interruption. What ships with the package is what this command writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console

from il2sim.app import tables
from il2sim.app.terminal import progress_bar
from il2sim.errors import UnknownName, UnreadableFile, closest
from il2sim.provenance import VERSION, hash_of

if TYPE_CHECKING:
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.plate import Well
    from il2sim.inference.receptor_draws import Spread
    from il2sim.inference.receptors import Candidate, Plan

OUT = Path("runs") / "fit-receptors"
"""Where a fit is written unless the user names another folder."""

FITS = ("receptors", "yt1", "panel", "crosstalk", "culture", "variance", "body")

NINETY = 1.645
"""Standard errors on each side of 90 % of a normal distribution."""

Progress = Callable[[int, int], None]


def command(
    what: Annotated[
        str,
        typer.Argument(
            help="Which fit: receptors, yt1, panel, crosstalk, culture, variance, body."
        ),
    ] = "receptors",
    *,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public data, but for the body.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to fill, or to go on in.")
    ] = None,
    starts: Annotated[int, typer.Option(help="Of each fit.", min=1)] = 3,
    draws: Annotated[
        int, typer.Option(help="Steps of the sampler of the posterior; 0 for none.")
    ] = 0,
    leave_one_out: Annotated[
        bool, typer.Option(help="Fit the body without each of its cards, too.")
    ] = False,
) -> None:
    """Fit receptors to the public plate, or the body to its trial cards."""
    if what not in FITS:
        raise UnknownName(
            f"there is no fit '{what}'.",
            got=f"'{what}'",
            expected=closest(what, FITS),
            try_="il2sim fit receptors --data FOLDER | il2sim fit body",
        )
    if what == "body":
        from il2sim.app import fit_body

        folder = out or fit_body.OUT
        with progress_bar(what) as progress:
            found = fit_body.calibrate(
                folder, leave_one_out=leave_one_out, progress=progress
            )
        fit_body.show(found, folder)
        return
    if data is None:
        raise UnreadableFile(
            f"the fit '{what}' needs the public data.",
            got="no folder",
            expected="the folder with its files",
            try_=f"il2sim fit {what} --data FOLDER",
        )
    if what == "yt1":
        from il2sim.app import fit_yt1

        fit_yt1.fit_yt1(data, out or fit_yt1.OUT, starts=starts)
        return
    if what == "panel":
        from il2sim.app import fit_panel

        fit_panel.fit_panel(data, out or fit_panel.OUT, starts=starts)
        return
    if what == "crosstalk":
        from il2sim.app import fit_crosstalk

        fit_crosstalk.fit_crosstalk(data, out or fit_crosstalk.OUT, starts=starts)
        return
    if what == "culture":
        from il2sim.app import fit_culture

        fit_culture.fit_culture(data, out or fit_culture.OUT)
        return
    if what == "variance":
        from il2sim.app import fit_variance

        fit_variance.fit_variance(data, out or fit_variance.OUT)
        return
    fit_receptors(data, out or OUT, starts=starts, draws=draws)


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
    with progress_bar("candidates") as progress:
        kept = judge_all(plan, wells, out, starts=starts, progress=progress)
    point = np.array(kept[plan.chosen.name]["point"])
    written = [
        write_candidates(plan, kept, out / "receptor_candidates.tsv"),
        write_otherwise(plan, wells, point, out / "receptor_held_out.tsv"),
        *write_chosen(plan, wells, point, out, draws=draws),
        write_responses(plan, wells, point, out),
    ]
    console = Console()
    console.print(candidates_table(plan, kept))
    for path in written:
        console.print(f"Written: {path}", markup=False, soft_wrap=True)


def judge_all(
    plan: Plan,
    wells: list[Well],
    out: Path,
    *,
    starts: int,
    progress: Progress,
) -> dict[str, dict[str, Any]]:
    """Judge every candidate that the folder does not hold yet."""
    from il2sim.inference.heldout import judge

    key = hash_of({"plan": plan.told, "wells": [asdict(one) for one in wells]})
    path = out / "candidates.json"
    kept = kept_in(path, key)
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
            keep(path, key, kept)
        progress((i + 1) * n, of)
    return kept


def kept_in(path: Path, key: str) -> dict[str, dict[str, Any]]:
    """What a file keeps of candidates, by name; nothing if it is of another fit."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    is_same = found.pop("key", None) == key
    return dict(found) if is_same else {}


def keep(path: Path, key: str, kept: dict[str, dict[str, Any]]) -> None:
    """Write what is known of candidates, whole or not at all."""
    beside = path.with_suffix(".part")
    text = json.dumps({"key": key} | kept, indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def _part(progress: Progress, before: int, of: int) -> Progress:
    def told(done: int, _: int) -> None:
        progress(before + done, of)

    return told


def write_candidates(plan: Plan, kept: dict[str, Any], path: Path) -> Path:
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


def ranked(plan: Plan, kept: dict[str, Any]) -> list[Candidate]:
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
    source = source_of(plan.told)
    if not draws:
        return write_point(likelihood, plan.free, point, source, paths)
    with progress_bar("draws") as progress:
        chains = fit_draws.draw(
            likelihood, point, out, steps=draws, key=source, progress=progress
        )
    known = spread_of(problem, chains)
    return [
        *write_point(likelihood, plan.free, point, source, paths, known=known),
        *fit_draws.write_posterior(plan, wells, likelihood, chains, out),
        fit_draws.write_profiles(
            likelihood, point, known, out / "receptor_profiles.tsv"
        ),
    ]


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


def candidates_table(plan: Plan, kept: dict[str, Any]) -> Any:
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
