"""Feinerman et al. 2010, doi:10.1038/msb.2010.90: receptors in closed form.

CD25 captures IL-2 and hands it to the dimer; what signals is the root of a quadratic.
Constants are those of the authors' public code, as documented with the model's check.
"""

from __future__ import annotations

import math

from il2sim.models.published.values import values_of


def signaling_receptors(il2_nM: float, cd25: float, cd122: float) -> float:  # noqa: N803
    """Say how many receptors signal at steady state, [molecule/cell].

    Parameters
    ----------
    il2_nM
        Free IL-2, [nM].
    cd25, cd122
        Of one cell, [molecule/cell].

    Examples
    --------
    >>> round(signaling_receptors(0.0166, 1e4, 1000))
    500
    """
    kon1, koff1, kon2, koff2, k3 = _rates()
    captured = kon1 * il2_nM * cd25 / k3
    b = cd122 + captured + (koff2 + k3) * koff1 / (k3 * kon2)
    # The smaller root, in the form that keeps its digits.
    return 2 * cd122 * captured / (b + math.sqrt(b * b - 4 * cd122 * captured))


def half_maximal_il2(cd25: float, cd122: float) -> float:
    """IL-2 at which half of the dimers signal, [nM]: inversely proportional to CD25.

    Examples
    --------
    >>> one, ten = half_maximal_il2(1e3, 1000), half_maximal_il2(1e4, 1000)
    >>> round(one / ten, 6)
    10.0
    """
    kon1, koff1, kon2, koff2, k3 = _rates()
    # With N = Nb/2 the quadratic gives J/k3 = Nb/2 + K.
    constant = (koff2 + k3) * koff1 / (k3 * kon2)
    return (cd122 / 2 + constant) * k3 / (kon1 * cd25)


def _rates() -> tuple[float, ...]:
    """IL-2 on and off CD25, handed to the dimer and back, and taken inside."""
    names = ("k1on", "k1off", "k2on", "k2off", "k3")
    return tuple(values_of("feinerman")(f"receptors.{name}").value for name in names)
