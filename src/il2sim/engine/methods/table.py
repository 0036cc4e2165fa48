"""`Method`: a Rosenbrock method as a table of numbers, with its paper.

In the form that needs no product with the Jacobian (Hairer & Wanner, Solving Ordinary
Differential Equations II, section IV.7): with ``W = I/(γh) - J``,

    W kᵢ = f(y + Σⱼ aᵢⱼ kⱼ) + Σⱼ cᵢⱼ kⱼ / h,

the new value is the last stage's argument plus the last k, and the last k is the error.
Between the ends the solution is ``(1-θ) y₀ + θ (y₁ + (1-θ)(d₁ + θ (d₂ + θ d₃)))`` with
``dᵣ = Σⱼ hᵣⱼ kⱼ``. Problems are autonomous between events, so no nodes are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[float, ...]


@dataclass(frozen=True)
class Method:
    """Coefficients of a stiffly accurate Rosenbrock method.

    Attributes
    ----------
    name, paper
        What it is called and where it is published.
    order, error_order
        Of the solution and of the embedded one.
    gamma
        The diagonal.
    a, c
        Lower triangles, one row for each stage.
    dense
        Rows of the dense output, over the stages.
    """

    name: str
    paper: str
    order: int
    error_order: int
    gamma: float
    a: tuple[Row, ...]
    c: tuple[Row, ...]
    dense: tuple[Row, ...]

    @property
    def stages(self) -> int:
        """How many linear systems a step solves."""
        return len(self.a)
