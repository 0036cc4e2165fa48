"""`il2sim fit crosstalk`: rerun the shipped fit of IL-7 and IL-4 on CD4 T cells."""

from __future__ import annotations

from pathlib import Path

from il2sim.app import fit
from il2sim.app.terminal import progress_bar
from il2sim.provenance import VERSION

TOLERANCE = 1e-4
"""Of one step while fitting."""


def fit_crosstalk(data: Path, out: Path, *, starts: int) -> None:
    """Fit every candidate, and write values, curves and the figure.

    Parameters
    ----------
    data
        Folder of the curves.
    out
        Folder to fill.
    starts
        Of each fit.
    """
    from il2sim.figures import save
    from il2sim.figures.crosstalk import crosstalk_figure
    from il2sim.inference import crosstalk, crosstalk_facts
    from il2sim.inference import fit as find
    from il2sim.inference.likelihood import Likelihood

    plan = crosstalk.read_plan()
    seen = crosstalk.read_curves(plan, data)
    out.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, float]] = {}
    source = fit.source_of(plan.told)
    written = []
    with progress_bar("crosstalk", of="candidates") as progress:
        for i, (name, tried) in enumerate(plan.candidates.items()):
            problem = crosstalk.problem_of(plan, tried, seen)
            likelihood = Likelihood(problem, tolerance=TOLERANCE)
            point = find(likelihood, starts=starts).best
            found[name] = problem.outside(point)
            if tried == plan.chosen:
                paths = (out / "crosstalk.tsv", out / "crosstalk_correlations.tsv")
                written += fit.write_point(likelihood, plan.free, point, source, paths)
            progress(i + 1, len(plan.candidates))
    fits = out / "crosstalk_fits.tsv"
    fit.write_points(fits, list(plan.free), found)
    curves = out / crosstalk_facts.TABLE
    crosstalk_facts.write_curves(curves, seen, plan.told["citation"])
    made = f"il2sim {VERSION} · il2sim fit crosstalk"
    figure = crosstalk_figure(plan, seen, found, made=made)
    written += [fits, curves, *save(figure, out, "crosstalk")]
    fit.tell(written)
