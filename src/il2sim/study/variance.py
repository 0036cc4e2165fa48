"""Where a spread comes from: what is not known, how patients differ, how labs err.

Many trials are simulated, each with one draw of the uncertain parameters and many
subjects, and every subject is read twice. Then the variance of a reading is the sum of
three, found by the analysis of variance of nested samples [1]_.

References
----------
.. [1] Searle, Casella & McCulloch (1992), Variance Components, Wiley, chapter 5
   (nested random model, unequal numbers).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from il2sim.study.allocation import Numbers
from il2sim.study.subjects import Floats


@dataclass(frozen=True)
class Components:
    """Three variances, in the unit of the value squared.

    Attributes
    ----------
    parameters
        Between trials with other values of the uncertain parameters.
    patients
        Between subjects of one trial.
    readings
        Between two readings of one subject.
    """

    parameters: float
    patients: float
    readings: float

    @property
    def total(self) -> float:
        """Of one reading of one subject."""
        return self.parameters + self.patients + self.readings

    def to_dict(self) -> dict[str, float]:
        """As written in ``summary.json``."""
        return asdict(self)


def components(first: Floats, second: Floats, trial: Numbers) -> Components:
    """Share out the variance of readings among its three sources.

    Parameters
    ----------
    first, second
        Two readings of every subject, shape ``(n_subjects,)``; subjects that lack one
        are left out.
    trial
        Which trial each subject was in.

    Returns
    -------
    Components
        A variance that comes out below zero, by chance, is zero.

    Examples
    --------
    >>> lab = np.array([1.0, 3.0, 5.0, 7.0])
    >>> components(lab - 0.5, lab + 0.5, np.array([0, 0, 1, 1])).readings
    0.5
    """
    known = np.isfinite(first) & np.isfinite(second)
    a, b, trial = first[known], second[known], trial[known]
    readings = float(np.mean((a - b) ** 2)) / 2 if a.size else np.nan
    mean = (a + b) / 2
    _, place, sizes = np.unique(trial, return_inverse=True, return_counts=True)
    n, groups = len(mean), len(sizes)
    if n <= groups or not n:
        return Components(np.nan, np.nan, readings)
    centers = np.bincount(place, weights=mean) / sizes
    within = float(np.sum((mean - centers[place]) ** 2)) / (n - groups)
    patients = max(0.0, within - readings / 2)
    if groups < 2:
        return Components(0.0, patients, readings)
    between = float(np.sum(sizes * (centers - np.mean(mean)) ** 2)) / (groups - 1)
    fair = (n - float(np.sum(sizes.astype(float) ** 2)) / n) / (groups - 1)
    return Components(max(0.0, (between - within) / fair), patients, readings)
