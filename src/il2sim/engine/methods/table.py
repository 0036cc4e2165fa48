"""Integration methods as tables of numbers, each with its paper.

Two kinds: `Rosenbrock` for stiff problems, `RungeKutta` (explicit) for the others.
Between the ends of a step both give
``(1-θ) y₀ + θ (y₁ + (1-θ)(d₁ + θ (d₂ + …)))`` with ``dᵣ = Σⱼ hᵣⱼ kⱼ``. Problems are
autonomous between events, so no nodes are needed. How a step is carried out is written
in `emit/step.py` and `emit/explicit.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[float, ...]


@dataclass(frozen=True)
class Method:
    """What the kinds of methods share.

    Attributes
    ----------
    name, paper
        What it is called and where it is published.
    order, error_order, dense_order
        Of the solution, of the embedded one, and of what is between the ends.
    a
        Lower triangle, one row for each stage.
    error
        What the error takes of every stage: the new value less the embedded one.
    dense
        Rows of the dense output, over the stages.
    """

    name: str
    paper: str
    order: int
    error_order: int
    dense_order: int
    a: tuple[Row, ...]
    error: Row
    dense: tuple[Row, ...]

    @property
    def stages(self) -> int:
        """How often a step evaluates the rates."""
        return len(self.a)

    @property
    def errs_by_last(self) -> bool:
        """Whether the error is the k of the last stage, as in most stiff methods."""
        return self.error == (*(0.0 for _ in self.a[1:]), 1.0)

    @property
    def kept(self) -> int:
        """How many vectors a step keeps; the last of them is the error."""
        return self.stages if self.errs_by_last else self.stages + 1


@dataclass(frozen=True)
class Rosenbrock(Method):
    """Coefficients of a stiffly accurate Rosenbrock method.

    In the form that needs no product with the Jacobian (Hairer & Wanner, Solving
    Ordinary Differential Equations II, section IV.7): with ``W = I/(γh) - J``,

        W kᵢ = f(y + Σⱼ aᵢⱼ kⱼ) + Σⱼ cᵢⱼ kⱼ / h,

    and the new value is the last stage's argument plus the last k.

    Attributes
    ----------
    gamma
        The diagonal.
    c
        Lower triangle, one row for each stage.
    """

    gamma: float
    c: tuple[Row, ...]


@dataclass(frozen=True)
class RungeKutta(Method):
    """Coefficients of an explicit Runge-Kutta method whose last stage is the new value.

    ``kᵢ = h f(y + Σⱼ aᵢⱼ kⱼ)``; the new value is the argument of the last stage.
    """
