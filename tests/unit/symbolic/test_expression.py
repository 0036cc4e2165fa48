"""Formulas are written, walked and typeset as they were meant."""

from __future__ import annotations

import pytest

from il2sim.symbolic import (
    Reference,
    exp,
    expm1,
    hill,
    log,
    log1p,
    maximum,
    minimum,
    sqrt,
    tanh,
    total,
)
from il2sim.symbolic.expression import leaves, to_sympy

a, b, c = (Reference(name) for name in "abc")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (a + b * c, "a + b*c"),
        ((a + b) * c, "(a + b)*c"),
        (a - (b - c), "a - (b - c)"),
        (a / (b * c), "a/(b*c)"),
        (a / b * c, "a/b*c"),
        ((a**b) ** c, "(a^b)^c"),
        (-(a + b), "-(a + b)"),
        (2 * exp(a) - sqrt(b), "2*exp(a) - sqrt(b)"),
        (expm1(a) / (1 + tanh(b)), "expm1(a)/(1 + tanh(b))"),
        (maximum(a, minimum(b, 1)), "max(a, min(b, 1))"),
        (1 / a - 3, "1/a - 3"),
    ],
)
def test_text_has_just_the_parentheses_it_needs(formula, text):
    """Reading the text by the rules of arithmetic gives the formula back."""
    assert str(formula) == text


def test_sympy_sees_the_same_formula():
    """The Hill function equals its usual form wherever that is defined."""
    import sympy

    x, half, n = sympy.symbols("x half n", positive=True)
    symbols = {"a": x, "b": half, "c": n}
    ours = to_sympy(hill(a, b, c), lambda leaf: symbols[leaf.name])
    usual = x**n / (half**n + x**n)
    at = {x: 0.3, half: 0.7, n: 1.9}
    assert float(ours.subs(at)) == pytest.approx(float(usual.subs(at)), rel=1e-14)
    by_tanh = (1 + tanh(a)) * (1 + exp(-2 * a)) * a / 2
    for same in (log(exp(a)), log1p(expm1(a)), by_tanh):
        left = to_sympy(same, lambda leaf: x) - x
        assert sympy.simplify(left.rewrite(sympy.exp)) == 0


def test_leaves_come_as_often_as_they_occur():
    """Every name of a formula is found."""
    assert [leaf.name for leaf in leaves(total([a, b, a]))] == ["a", "b", "a"]


def test_a_word_is_no_quantity():
    """Only quantities and numbers are joined."""
    with pytest.raises(TypeError, match="neither a quantity nor a number"):
        a + "b"
