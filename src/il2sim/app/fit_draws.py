"""The posterior of the fit of receptors: drawn, resumable, and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.provenance import VERSION, hash_of

if TYPE_CHECKING:
    from il2sim.inference.likelihood import Likelihood
    from il2sim.inference.plate import Well
    from il2sim.inference.receptor_draws import Spread
    from il2sim.inference.receptors import Plan
    from il2sim.inference.sample import Chains

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

WALKERS = 48
BLOCK = 50
"""Steps between two looks at whether draws are enough."""

PLACES = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
"""Of a profile, [standard deviation of the draws]."""

LEARNED = 0.9
"""Numbers of which the data said less than this part are profiled."""


def draw(
    likelihood: Likelihood,
    point: Floats,
    out: Path,
    *,
    steps: int,
    key: str,
    progress: Progress,
) -> Chains:
    """Draw from the posterior, or go on drawing; the chains are kept in the folder.

    Parameters
    ----------
    likelihood, point
        Of the chosen candidate.
    out
        Folder of the fit.
    steps
        At most.
    key
        Of the fit; chains of another are begun anew.
    progress
        Called with the steps done and those allowed.
    """
    from il2sim.inference.identifiability import fisher
    from il2sim.inference.sample import Chains, Stop, sample

    path = out / "receptor_chains.npz"
    key = hash_of({"fit": key, "point": point.tolist()})
    before = None
    if path.exists():
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                names = likelihood.problem.names
                before = Chains(names, kept["points"], kept["log_density"])

    def keep(chains: Chains) -> None:
        beside = path.with_suffix(".part.npz")
        np.savez_compressed(
            beside, key=key, points=chains.points, log_density=chains.log_density
        )
        beside.replace(path)
        progress(len(chains.points), steps)

    return sample(
        likelihood,
        point,
        0.5 * fisher(likelihood, point).errors,
        walkers=WALKERS,
        seed=1,
        stop=Stop(most=steps, block=min(BLOCK, steps)),
        before=before,
        keep=keep,
    )


def write_posterior(
    plan: Plan, wells: Sequence[Well], likelihood: Likelihood, chains: Chains, out: Path
) -> list[Path]:
    """Write thinned draws, and what they say of checks and wells."""
    from il2sim.figures import save
    from il2sim.figures.posterior import posterior_figure
    from il2sim.inference import receptor_draws as drawn

    free = likelihood.problem.free
    draws = drawn.thinned(chains)
    shown = [likelihood.problem.outside(one) for one in draws]
    made = f"il2sim {VERSION} · il2sim fit receptors"
    save(
        posterior_figure(free, shown, plan.free, made=made), out, "receptors_posterior"
    )
    some = draws[:: max(1, len(draws) // drawn.PREDICTIVE)]
    found = drawn.check_intervals(plan, wells, some)
    return [
        drawn.write_draws(out / drawn.DRAWS, likelihood.problem, draws),
        drawn.write_intervals(out / drawn.INTERVALS, found),
        drawn.write_predicted(out / drawn.PREDICTED, plan, wells, some),
    ]


def write_profiles(
    likelihood: Likelihood, point: Floats, known: Spread, path: Path
) -> Path:
    """Write how the best density falls where the data left a number open."""
    from il2sim.inference.identifiability import profile

    free = likelihood.problem.free
    best = float(likelihood(point[None], slopes=False).log_density[0])
    lines = ["name\tvalue\tlog density"]
    for k, one in enumerate(free):
        if known.learned[k] < LEARNED:
            wide = (known.high[k] - known.low[k]) / 3.29
            low, high = one.bounds
            places = np.clip(known.median[k] + wide * PLACES, low, high)
            held = profile(likelihood, point, one.name, np.unique(places))
            lines += [
                f"{one.name}\t{one.outside(place):.4g}\t{value - best:.2f}"
                for place, value in zip(np.unique(places), held, strict=True)
            ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
