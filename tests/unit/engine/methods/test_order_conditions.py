"""Every table fulfils the conditions of its orders, tree by tree.

Tables are doubles, taken as exact fractions. Tolerance: what rounding the coefficients
of the paper leaves, at most a hundred times 1e-16 for each of the stages.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from il2sim.engine.methods import METHODS, Method, Rosenbrock
from tests.trees import Tree, Weights, density, trees

EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
ROUNDING = 1e-13


def new_value(method: Method) -> list[float]:
    """What the new value takes of every stage."""
    return [*method.a[-1], float(isinstance(method, Rosenbrock))]


def missed(method: Method, row: list, order: int, theta: Fraction) -> float:
    """By how much the worst condition of one order is missed at a part of a step."""
    weights = Weights(method)
    combined = weights.of(row)
    return max(
        abs(float(weights.sum(combined, tree) - theta**order / density(tree)))
        for tree in trees(order)
    )


def test_trees_are_counted_right():
    """1, 1, 2, 4, 9 and 20 trees (Butcher); the densities of a bush and a tall tree."""
    assert [len(trees(n)) for n in range(1, 7)] == [1, 1, 2, 4, 9, 20]
    bush: Tree = ((), (), ())
    tall: Tree = ((((),),),)
    assert (density(bush), density(tall)) == (4, 24)


@EVERY
def test_the_solution_has_its_order_and_no_more(method):
    """All conditions up to the order hold, one of the next does not."""
    row = new_value(method)
    for order in range(1, method.order + 1):
        assert missed(method, row, order, Fraction(1)) < ROUNDING
    assert missed(method, row, method.order + 1, Fraction(1)) > 1e-5


@EVERY
def test_the_embedded_solution_has_its_order_and_no_more(method):
    """The new value less the error is a solution of lower order."""
    pairs = zip(new_value(method), method.error, strict=True)
    row = [Fraction(new) - Fraction(off) for new, off in pairs]
    for order in range(1, method.error_order + 1):
        assert missed(method, row, order, Fraction(1)) < ROUNDING
    assert missed(method, row, method.error_order + 1, Fraction(1)) > 1e-5


@EVERY
@pytest.mark.parametrize("theta", [Fraction(1, 5), Fraction(1, 2), Fraction(4, 5)])
def test_the_dense_output_has_its_order(method, theta):
    """The conditions hold with the powers of the part of the step on their right."""
    row = []
    for stage, whole in enumerate(new_value(method)):
        inner = sum(
            theta**power * Fraction(one[stage])
            for power, one in enumerate(method.dense)
        )
        row.append(theta * (Fraction(whole) + (1 - theta) * inner))
    for order in range(1, method.dense_order + 1):
        assert missed(method, row, order, theta) < ROUNDING


@EVERY
def test_the_last_stage_of_an_explicit_method_is_at_the_new_value(method):
    """Its argument is the new value, so it is the first stage of the next step."""
    if not isinstance(method, Rosenbrock):
        assert sum(method.a[-1]) == pytest.approx(1.0, abs=ROUNDING)
