"""Derivatives of a likelihood beside central differences."""

from __future__ import annotations

import numpy as np

from il2sim.inference.likelihood import Likelihood


def assert_derivatives(likelihood: Likelihood, step: float = 1e-4) -> None:
    """Compare every column of the Jacobian at the center of the priors, to 2e-3."""
    point = likelihood.problem.center
    jacobian = likelihood(point[None]).jacobian[0]
    for k in range(len(point)):
        along = step * (np.arange(len(point)) == k)
        after, before = likelihood(
            np.stack([point + along, point - along]), slopes=False
        ).residuals
        np.testing.assert_allclose(
            jacobian[:, k], (after - before) / (2 * step), rtol=2e-3, atol=2e-3
        )
