"""What the data say and do not say: Fisher information and profile likelihoods.

The information at the best point tells errors as if the density were normal; a profile
holds one number, fits all others again, and shows whether it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnknownName, closest
from il2sim.inference.likelihood import Likelihood
from il2sim.inference.optimize import fit

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fisher:
    """How sharply a point is known.

    Attributes
    ----------
    information
        Second derivatives of the negative log density, by the products of first ones
        (Gauss and Newton), priors included; shape ``(n_free, n_free)``.
    from_data
        The same without the priors.
    """

    information: Floats
    from_data: Floats

    @property
    def covariance(self) -> Floats:
        """Of a normal density at the point."""
        return np.asarray(np.linalg.inv(self.information))

    @property
    def errors(self) -> Floats:
        """Standard errors on the scales of the free numbers, shape ``(n_free,)``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlations(self) -> Floats:
        """Shape ``(n_free, n_free)``."""
        return np.asarray(self.covariance / np.outer(self.errors, self.errors))

    @property
    def learned(self) -> Floats:
        """Part of what is known of each number that the data said, shape ``(n_free,)``.

        One minus the variance after the data over that of the prior alone.
        """
        prior = np.diag(self.information - self.from_data)
        return np.asarray(1 - np.diag(self.covariance) * prior)


def fisher(likelihood: Likelihood, point: Floats) -> Fisher:
    """Find the information at a point.

    Parameters
    ----------
    likelihood
        Its data and priors.
    point
        Shape ``(n_free,)``.
    """
    found = likelihood(point[None])
    jacobian = found.jacobian
    assert jacobian is not None  # noqa: S101 - asked for with slopes
    data = jacobian[0, : likelihood.n_observed]
    every = jacobian[0]
    return Fisher(every.T @ every, data.T @ data)


def profile(likelihood: Likelihood, best: Floats, name: str, places: Floats) -> Floats:
    """Fit all other numbers while one is held at each of some places.

    Parameters
    ----------
    likelihood
        Its data and priors.
    best
        Where the others start, shape ``(n_free,)``.
    name
        Which number is held.
    places
        Where, on its scale, shape ``(n_places,)``.

    Returns
    -------
    array
        Highest log density at each place, shape ``(n_places,)``.

    Raises
    ------
    UnknownName
        Nothing free has the name.
    """
    names = likelihood.problem.names
    if name not in names:
        raise UnknownName(
            f"nothing named '{name}' is free in this fit.",
            got=repr(name),
            expected=closest(name, names),
        )
    held = np.array([one == name for one in names])
    made = np.empty(len(places))
    for i, place in enumerate(places):
        start = np.where(held, place, best)
        found = fit(likelihood, starts=1, first=start, fixed=held)
        made[i] = found.log_density[0]
    return made
