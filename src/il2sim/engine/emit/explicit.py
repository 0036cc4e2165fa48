"""One attempt of a step of an explicit Runge-Kutta table, for all lanes at once.

There is no matrix: a stage is a call of the rates. What is the same for every method
(sums of stages, error norm, dense output) is in `step.py`.
"""

from __future__ import annotations

from il2sim.engine.elimination import Elimination
from il2sim.engine.emit.builder import Function
from il2sim.engine.emit.formulas import Formulas
from il2sim.engine.emit.step import Step
from il2sim.engine.methods.table import RungeKutta


class ExplicitStep(Step[RungeKutta]):
    """A step of an explicit method; its k are changes, not rates."""

    @staticmethod
    def eliminate(formulas: Formulas) -> Elimination:
        """Nothing is eliminated."""
        del formulas
        return Elimination((), {}, ())

    def _emit_matrix(self, formulas: Formulas, lu: Elimination) -> None:
        """There is none."""

    def _emit_stages(self, f: Function) -> None:
        h = f.rounded(f.doubles.load(self._section(f, "h_try"), 0))
        for stage in range(self.method.stages):
            k = self._section(f, "k")
            own = self._after(f, k, stage * self.sizes.states)
            self._emit_rates(f, stage, own)
            with f.count(self.sizes.states) as i:
                f.store(f.binary("fmul", f.load(own, i), h), own, i)

    def _emit_end(self, f: Function, i: str) -> tuple[str, str]:
        return self._keep_error(f, i), f.doubles.load(self._section(f, "next_y"), i)
