"""How a protocol steers some subjects through a simulation, and what it decided.

Between `simulate.py`, which knows models and populations, and `plan.py`, which knows
doses and checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from il2sim.engine.decisions import Decisions
from il2sim.engine.rules import MET, Rule
from il2sim.engine.schedule import Schedule
from il2sim.study.logbook import decided, write_log
from il2sim.study.plan import Chance, Plan

if TYPE_CHECKING:
    from il2sim.engine.solve import Solution


@dataclass(frozen=True, eq=False)
class Steering:
    """A plan for some subjects.

    Attributes
    ----------
    plan
        Doses and checks.
    seed, subjects
        Of the population, and the numbers of the subjects in it.
    log
        Decisions to be followed as they are, instead of the rules; None for none.
    """

    plan: Plan
    seed: int
    subjects: range
    log: Decisions | None = None

    @cached_property
    def chance(self) -> Chance:
        """What chance decides about them."""
        numbers = np.array(self.subjects, dtype=np.uint64)
        return self.plan.chance(self.seed, numbers)

    def followed(self) -> tuple[Schedule, tuple[Rule, ...]]:
        """What they are given, and the rules that decide about it.

        Raises
        ------
        BadProblem
            The log is of another protocol or of other subjects.
        """
        kept = self.plan.kept(self.chance)
        if self.log is None:
            return self.plan.schedule(kept), self.plan.rules
        forced = self.plan.forced(self._decided(self.log), kept)
        return forced.schedule, forced.rules

    def write(self, solution: Solution) -> Decisions:
        """What was decided about them, from what the engine returned."""
        found, values = solution.decisions, solution.looked_at
        if self.log is not None:
            found = self._decided(self.log)
            unmade = 2 * found.shape[1] - values.shape[1]  # the last may be nobody's
            values = np.pad(values, ((0, 0), (0, unmade)), constant_values=np.nan)
            values = np.where(found == MET, values[:, 0::2], values[:, 1::2])
        return write_log(self.plan, self.chance, found, values)

    def _decided(self, log: Decisions) -> NDArray[np.int8]:
        return decided(log, self.plan, self.chance)
