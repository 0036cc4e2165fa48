"""Stiff problems of the literature, with the end values that are published for them.

End values are those of Mazzia & Magherini, Test Set for Initial Value Problem Solvers,
release 2.4 (2008), which takes most problems from Hairer & Wanner, Solving Ordinary
Differential Equations II, section IV.10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from il2sim.engine.problem import Problem
from il2sim.engine.program import Program
from il2sim.engine.schedule import Schedule
from tests import programs
from tests.programs import Names, Term, write


@dataclass(frozen=True)
class Stiff:
    """A problem, its end, and the state there.

    `sizes` are the smallest amounts that matter, for absolute tolerances.
    """

    program: Callable[[], Program]
    end: float
    exact: tuple[float, ...]
    sizes: float
    parameters: tuple[float, ...] = ()

    def problem(self, tolerance: float, method: str = "rodas5p") -> Problem:
        """Recorded at its end only."""
        program = self.program()
        return Problem(
            program=program,
            parameters=np.array([self.parameters], dtype=float).reshape(1, -1),
            bases=np.ones((1, 1)),
            schedule=Schedule.of([]),
            sample_h=np.array([self.end]),
            end_h=self.end,
            save=tuple(program.outputs),
            tolerance=tolerance,
            absolute=np.full(len(program.states), tolerance * self.sizes),
            method=method,
        )


def oregonator() -> Program:
    """The Belousov-Zhabotinskii reaction (Field & Noyes 1974)."""

    def rates(y: Names, p: Names) -> dict[str, Term]:
        y1, y2, y3 = y["y1"], y["y2"], y["y3"]
        return {
            "y1": 77.27 * (y2 + y1 * (1 - 8.375e-6 * y1 - y2)),
            "y2": (y3 - (1 + y1) * y2) / 77.27,
            "y3": 0.161 * (y1 - y3),
        }

    return write(rates, starts={"y1": 1.0, "y2": 2.0, "y3": 3.0})


SPEEDS = (
    *(0.35, 0.266e2, 0.123e5, 0.86e-3, 0.82e-3, 0.15e5, 0.13e-3, 0.24e5, 0.165e5),
    *(0.9e4, 0.22e-1, 0.12e5, 0.188e1, 0.163e5, 0.48e7, 0.35e-3, 0.175e-1, 0.1e9),
    *(0.444e12, 0.124e4, 0.21e1, 0.578e1, 0.474e-1, 0.178e4, 0.312e1),
)
"""Speeds of the 25 reactions of the pollution problem."""

REACTANTS = (
    *((1,), (2, 4), (5, 2), (7,), (7,), (7, 6), (9,), (9, 6), (11, 2), (11, 1)),
    *((13,), (10, 2), (14,), (1, 6), (3,), (4,), (4,), (16,), (16,), (17, 6)),
    *((19,), (19,), (1, 4), (19, 1), (20,)),
)
"""What each of them starts from."""

CHANGES: Sequence[Sequence[int]] = (
    (-1, -10, -14, -23, -24, 2, 3, 9, 11, 12, 22, 25),
    (-2, -3, -9, -12, 1, 21),
    (-15, 1, 17, 19, 22),
    (-2, -16, -17, -23, 15),
    (-3, 4, 4, 6, 7, 13, 20),
    (-6, -8, -14, -20, 3, 18, 18),
    (-4, -5, -6, 13),
    (4, 5, 6, 7),
    (-7, -8),
    (-12, 7, 9),
    (-9, -10, 8, 11),
    (9,),
    (-11, 10),
    (-13, 12),
    (14,),
    (-18, -19, 16),
    (-20,),
    (20,),
    (-21, -22, -24, 23, 25),
    (-25, 24),
)
"""Reactions by which each of the 20 species is lost (minus) and made."""


def pollution() -> Program:
    """Air pollution over the Netherlands: 20 species, 25 reactions (Verwer 1994)."""
    starts = {f"y{i}": 0.0 for i in range(1, 21)}
    starts |= {"y2": 0.2, "y4": 0.04, "y7": 0.1, "y8": 0.3, "y9": 0.01, "y17": 0.007}

    def rates(y: Names, p: Names) -> dict[str, Term]:
        flows = []
        for speed, reactants in zip(SPEEDS, REACTANTS, strict=True):
            flow = speed * y[f"y{reactants[0]}"]
            for other in reactants[1:]:
                flow = flow * y[f"y{other}"]
            flows.append(flow)
        moved = {}
        for i, reactions in enumerate(CHANGES, 1):
            total: Term | float = 0.0
            for number in reactions:
                flow = flows[abs(number) - 1]
                total = -flow + total if number < 0 else flow + total
            moved[f"y{i}"] = total
        return moved

    return write(rates, starts=starts)


STIFF = {
    "van der Pol": Stiff(
        programs.van_der_pol,
        2.0,
        (0.1706167732170483e1, -0.8928097010247975),
        1.0,
        (1e6,),
    ),
    "HIRES": Stiff(
        programs.hires,
        321.8122,
        (
            *(0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4),
            *(0.1175651343283149e-2, 0.2386356198831331e-2, 0.6238968252742796e-2),
            *(0.2849998395185769e-2, 0.2850001604814231e-2),
        ),
        1e-4,
    ),
    "Robertson": Stiff(
        programs.robertson,
        1e11,
        (0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050),
        1e-9,
    ),
    "OREGO": Stiff(
        oregonator,
        360.0,
        (0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3),
        1.0,
    ),
    "Pollution": Stiff(
        pollution,
        60.0,
        (
            *(0.5646255480022769e-1, 0.1342484130422339, 0.4139734331099427e-8),
            *(0.5523140207484359e-2, 0.2018977262302196e-6, 0.1464541863493966e-6),
            *(0.7784249118997964e-1, 0.3245075353396018, 0.7494013383880406e-2),
            *(0.1622293157301561e-7, 0.1135863833257075e-7, 0.2230505975721359e-2),
            *(0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2),
            *(0.4352846369330103e-17, 0.6899219696263405e-2, 0.1007803037365946e-3),
            *(0.1772146513969984e-5, 0.5682943292316392e-4),
        ),
        1e-6,
    ),
}
