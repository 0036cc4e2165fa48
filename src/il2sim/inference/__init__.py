"""What data say about parameters: fits, their uncertainty, and what is not known.

A `FitProblem` joins a model with observations in wells and with priors; one call of
the engine solves all wells of all points at once, with exact derivatives. Nothing here
knows biology.

Reading order: `observation.py`, `problem.py`, `likelihood.py`, `optimize.py`,
`identifiability.py`, `sample.py`, `diagnostics.py`; `rivals.py` are two simple models.
`fit_file.py` reads the shipped fit files; `check.py` is what `validate receptors` lists
and `checks.py` makes them.
Cells of the line YT-1: `yt1.py`, `yt1_facts.py`, `yt1_judge.py`, `yt1_numbers.py`,
`yt1_checks.py`.
Fc fusions with one and two arms: `panel.py`, `panel_judge.py`, `panel_facts.py`,
`panel_repeat.py`, `panel_checks.py`.
Cells of both fits, on which molecules are screened: `fitted_cells.py`.
IL-7 and IL-4 on one cell: `crosstalk.py`, `crosstalk_facts.py`,
`crosstalk_checks.py`. T cells in culture: `culture.py`, `donors.py`.
Variance among cells: `variance.py`.
The calibration of the body by its cards: `body_plan.py`, `summaries.py`,
`surrogate.py`, `body.py`, `importance.py`, `body_draws.py`, `body_profiles.py`,
`body_result.py`.
"""

from il2sim.inference.diagnostics import coverage, effective_size, r_hat
from il2sim.inference.identifiability import Fisher, fisher, profile
from il2sim.inference.likelihood import Evaluation, Likelihood
from il2sim.inference.observation import Observations, growing_noise
from il2sim.inference.optimize import Fit, fit
from il2sim.inference.problem import FitProblem, Free, Part, Reading
from il2sim.inference.sample import Chains, Stop, sample

__all__ = [
    "Chains",
    "Evaluation",
    "Fisher",
    "Fit",
    "FitProblem",
    "Free",
    "Likelihood",
    "Observations",
    "Part",
    "Reading",
    "Stop",
    "coverage",
    "effective_size",
    "fisher",
    "fit",
    "growing_noise",
    "profile",
    "r_hat",
    "sample",
]
