"""`il2sim fit variance`: facts of the variance of pSTAT5 among cells of a type."""

from __future__ import annotations

from pathlib import Path

from il2sim.app import fit


def fit_variance(data: Path, out: Path) -> None:
    """Put the variances of every dose-response into numbers.

    Parameters
    ----------
    data
        Folder of the panel of Fc fusions.
    out
        Folder to fill.
    """
    from il2sim.inference import panel, panel_facts, variance

    seen = panel.read_panel(panel.read_plan(), data, "Variance")
    out.mkdir(parents=True, exist_ok=True)
    path = out / variance.TABLE
    curves = panel_facts.curves_of(seen)
    panel_facts.write_curves(path, curves, variance.read_relative()["citation"])
    fit.tell([path])
