"""Orcutt-Jahns et al. 2023, doi:10.1126/scisignal.adg0699: multivalent equilibrium.

A ligand of several units, each with a site for CD25 and one for CD122 with gamma-c,
binds once from solution and then cross-links on the cell. Their numbers follow from two
free receptors by mass action; here they are found by halving an interval, which cannot
fail. `multivalent.py` of `models` is the same over time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from il2sim.errors import BadProblem


@dataclass(frozen=True)
class Bound:
    """Receptors of a cell with ligand, and those without, [molecule/cell]."""

    alpha: float
    beta_gamma: float
    free_alpha: float
    free_beta_gamma: float


def bound_at_equilibrium(
    ligand_nM: float,  # noqa: N803
    counts: tuple[float, float],
    kd_nM: tuple[float, float],  # noqa: N803
    *,
    valency: float,
    reach: float,
) -> Bound:
    """Find the equilibrium of a multivalent ligand with CD25 and the dimer of one cell.

    Parameters
    ----------
    ligand_nM
        Free ligand molecules, [nM].
    counts
        CD25 and CD122 with gamma-c, [molecule/cell].
    kd_nM
        Affinities of one unit for them, [nM].
    valency
        Units in one molecule, [1].
    reach
        Concentration that one receptor presents to ligand already on the cell,
        [nM*cell/molecule]; 2.1958e-3 in the paper's code.

    Raises
    ------
    BadProblem
        A number is not positive.

    Examples
    --------
    >>> round(
    ...     bound_at_equilibrium(
    ...         1.0, (0.0, 900.0), (10.0, 2.0), valency=1, reach=1e-9
    ...     ).beta_gamma
    ... )
    300
    """
    if not (ligand_nM > 0 and reach > 0 and valency > 0 and min(kd_nM) > 0):
        raise BadProblem(
            "an equilibrium needs numbers above zero.",
            got=(ligand_nM, kd_nM, valency, reach),
            expected="ligand, affinities, valency and reach above zero",
        )
    most = sum(
        valency * math.log1p(reach * count / kd)
        for count, kd in zip(counts, kd_nM, strict=True)
    )
    low, high = 0.0, most
    for _ in range(200):
        middle = (low + high) / 2
        odds = _odds(middle, ligand_nM, counts, kd_nM, valency=valency, reach=reach)
        if sum(valency * math.log1p(one) for one in odds) > middle:
            low = middle
        else:
            high = middle
    alpha, beta = _odds(low, ligand_nM, counts, kd_nM, valency=valency, reach=reach)
    free = (alpha * kd_nM[0] / reach, beta * kd_nM[1] / reach)
    return Bound(counts[0] - free[0], counts[1] - free[1], *free)


def _odds(
    log_sum: float,
    ligand_nM: float,  # noqa: N803
    counts: tuple[float, float],
    kd_nM: tuple[float, float],  # noqa: N803
    *,
    valency: float,
    reach: float,
) -> tuple[float, float]:
    """Odds that a site of a tethered ligand is bound, given the sum over its states.

    Each is the positive root of count = odds kd / reach + f L/reach odds/(1+odds) sum.
    """
    made = []
    on_cell = valency * ligand_nM / reach * math.exp(log_sum)
    for count, kd in zip(counts, kd_nM, strict=True):
        a, b = kd / reach, kd / reach + on_cell - count
        made.append(2 * count / (b + math.sqrt(b * b + 4 * a * count)))
    return made[0], made[1]
