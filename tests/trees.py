"""Rooted trees and what order conditions say about them (Hairer & Wanner II, IV.7).

A tree is the sorted tuple of its children. A method has order p if for every tree of up
to p nodes the weighted sum of its elementary weights is one over the tree's density.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

from il2sim.engine.methods import Method, Rosenbrock

Tree = tuple["Tree", ...]
Matrix = list[list[Fraction]]


@cache
def trees(nodes: int) -> tuple[Tree, ...]:
    """All rooted trees with so many nodes."""
    if nodes == 1:
        return ((),)
    grown = {
        _sorted((*tree[:place], *changed, *tree[place + 1 :]))
        for tree in trees(nodes - 1)
        for place, changed in _growths(tree)
    }
    return tuple(sorted(grown))


def _growths(tree: Tree) -> list[tuple[int, tuple[Tree, ...]]]:
    """A leaf more at the root, or a tree more grown in place of one child."""
    found: list[tuple[int, tuple[Tree, ...]]] = [(len(tree), ((),))]
    for place, child in enumerate(tree):
        for inner, changed in _growths(child):
            grown = _sorted((*child[:inner], *changed, *child[inner + 1 :]))
            found.append((place, (grown,)))
    return found


def _sorted(tree: Tree) -> Tree:
    return tuple(sorted(tree))


def nodes_of(tree: Tree) -> int:
    """How many nodes a tree has."""
    return 1 + sum(nodes_of(child) for child in tree)


def density(tree: Tree) -> int:
    """Product over all nodes of the sizes of the trees that hang there."""
    product = nodes_of(tree)
    for child in tree:
        product *= density(child)
    return product


class Weights:
    """A table in the form of its order conditions, as exact fractions.

    Stages are ``f(y + Σ αᵢⱼ kⱼ) + J Σ γᵢⱼ kⱼ``; of an explicit method γ is zero. A node
    with one child takes β = α + γ, one with several takes α.
    """

    def __init__(self, method: Method) -> None:
        self.method = method
        stages = range(method.stages)
        a = _square(method.a)
        self.back = [[Fraction(i == j) for j in stages] for i in stages]
        gamma = [[Fraction(0) for _ in stages] for _ in stages]
        if isinstance(method, Rosenbrock):
            gamma = self.back = _gamma(method)
        self.alpha = _product(a, self.back)
        self.beta = [
            [x + y for x, y in zip(*rows, strict=True)]
            for rows in zip(self.alpha, gamma, strict=True)
        ]

    def of(self, row: Sequence[float | Fraction]) -> list[Fraction]:
        """Weights of a combination of the k of the table."""
        whole = [Fraction(one) for one in row]
        whole += [Fraction(0)] * (self.method.stages - len(whole))
        return _product([whole], self.back)[0]

    def sum(self, weights: Sequence[Fraction], tree: Tree) -> Fraction:
        """The elementary weight of a tree."""
        return sum(
            (w * one for w, one in zip(weights, self._stages(tree), strict=True)),
            Fraction(0),
        )

    def _stages(self, tree: Tree) -> list[Fraction]:
        through = self.beta if len(tree) == 1 else self.alpha
        product = [Fraction(1)] * self.method.stages
        for child in tree:
            inner = self._stages(child)
            for stage, row in enumerate(through):
                total = sum(x * y for x, y in zip(row, inner, strict=True))
                product[stage] *= total
        return product


def _square(rows: Sequence[Sequence[float]]) -> Matrix:
    n = len(rows)
    return [
        [Fraction(one) for one in row] + [Fraction(0)] * (n - len(row)) for row in rows
    ]


def _gamma(method: Rosenbrock) -> Matrix:
    """Invert I/γ - c, a lower triangle, by substitution."""
    n, c = method.stages, _square(method.c)
    gamma = Fraction(method.gamma)
    inverse = [[Fraction(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            known = sum(c[i][k] * inverse[k][j] for k in range(i))
            inverse[i][j] = gamma * (Fraction(i == j) + known)
    return inverse


def _product(left: Matrix, right: Matrix) -> Matrix:
    return [
        [
            sum((x * row[j] for x, row in zip(line, right, strict=True)), Fraction(0))
            for j in range(len(right))
        ]
        for line in left
    ]
