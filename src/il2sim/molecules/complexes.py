"""Every complex that IL-2 can form, and the cycles that tie its constants.

A complex is IL-2 with some of the three chains. Each chain of a complex can leave it,
and each leaving has a dissociation constant. Two chains that can leave in either order
close a cycle: over both ways the product of the constants is the same, or a complex at
rest would turn for ever (detailed balance; Wegscheider 1901). Of the twelve constants
of IL-2 only seven are free; the other five follow. A constant counts molecules per
cell where the chain stays on its cell, and nM where IL-2 goes to the fluid: along both
ways of a cycle the units are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from il2sim.errors import BadVariant, UnknownName, closest
from il2sim.molecules.chains import CHAINS, Chain

_ROUNDING = 1e-9
"""How far two ways of a cycle may differ, relative; only rounding is let by."""


def complex_name(chains: frozenset[Chain]) -> str:
    """Write a complex, such as ``"IL-2:CD25:CD122"``.

    Examples
    --------
    >>> complex_name(frozenset(CHAINS))
    'IL-2:CD25:CD122:CD132'
    """
    return ":".join(["IL-2", *(one.name for one in CHAINS if one in chains)])


def complexes() -> tuple[str, ...]:
    """Every complex of IL-2 with at least one chain, small ones first.

    Examples
    --------
    >>> len(complexes()), complexes()[0], complexes()[-1]
    (7, 'IL-2:CD25', 'IL-2:CD25:CD122:CD132')
    """
    return tuple(complex_name(frozenset(some)) for some in _subsets())


def leaving(chain: Chain, chains: frozenset[Chain]) -> str:
    """Name the constant with which one chain leaves a complex.

    Examples
    --------
    >>> leaving(CHAINS[0], frozenset(CHAINS[:2]))
    'CD25 from IL-2:CD25:CD122'
    """
    return f"{chain.name} from {complex_name(chains)}"


@dataclass(frozen=True)
class Cycle:
    """Two orders in which the same two chains leave one complex.

    Attributes
    ----------
    complex
        Where both ways begin.
    one_way, other_way
        The constants met along each; their products are equal.
    """

    complex: str
    one_way: tuple[str, str]
    other_way: tuple[str, str]

    @property
    def constants(self) -> tuple[str, ...]:
        """All four constants of the cycle."""
        return (*self.one_way, *self.other_way)

    def __str__(self) -> str:
        ways = (" * ".join(f"[{one}]" for one in way) for way in self._ways)
        return " = ".join(ways)

    @property
    def _ways(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return self.one_way, self.other_way


def cycles() -> tuple[Cycle, ...]:
    """Every cycle among the complexes of IL-2.

    Examples
    --------
    >>> print(cycles()[0])  # doctest: +NORMALIZE_WHITESPACE
    [CD25 from IL-2:CD25:CD122] * [CD122 from IL-2:CD122] =
    [CD122 from IL-2:CD25:CD122] * [CD25 from IL-2:CD25]
    """
    return tuple(_squares())


def constants() -> tuple[str, ...]:
    """Name every dissociation constant of IL-2 and its receptor, twelve in all."""
    return tuple(
        leaving(one, frozenset(some))
        for some in _subsets()
        for one in CHAINS
        if one in some
    )


def imbalance(cycle: Cycle, known: Mapping[str, float]) -> float:
    """How far a cycle is from detailed balance: product one way over the other, less 1.

    Raises
    ------
    UnknownName
        A constant of the cycle is not given.
    """
    for name in cycle.constants:
        if name not in known:
            raise UnknownName(
                f"the constant '{name}' of a cycle is not given.",
                got=", ".join(known) or "none",
                expected=closest(name, known) if known else "all four of a cycle",
            )
    a, b = (known[name] for name in cycle.one_way)
    c, d = (known[name] for name in cycle.other_way)
    return a * b / (c * d) - 1.0


def close(known: Mapping[str, float]) -> dict[str, float]:
    """Add every constant that detailed balance gives from those known.

    Parameters
    ----------
    known
        Dissociation constants by the names of `constants`; units agree within each
        kind of step.

    Returns
    -------
    dict
        The constants given and all that follow from them.

    Raises
    ------
    UnknownName
        A name is not that of a constant.
    BadVariant
        A constant is not positive, or those given contradict each other.

    Examples
    --------
    >>> full = close({
    ...     "CD25 from IL-2:CD25": 10.0,
    ...     "CD122 from IL-2:CD122": 144.0,
    ...     "CD122 from IL-2:CD25:CD122": 63.0,
    ... })
    >>> full["CD25 from IL-2:CD25:CD122"]
    4.375
    """
    found = dict(known)
    for name, value in found.items():
        if name not in constants():
            raise UnknownName(
                f"no constant of IL-2 is named '{name}'.",
                got=repr(name),
                expected=closest(name, constants()),
            )
        if not 0 < value < float("inf"):
            raise BadVariant(
                f"the constant '{name}' is not a positive number.", got=value
            )
    while any(_fill(cycle, found) for cycle in cycles()):
        pass
    _refuse_contradictions(found)
    return found


def _fill(cycle: Cycle, found: dict[str, float]) -> bool:
    """Compute the one constant that a cycle lacks; False if it lacks none or more."""
    absent = [name for name in cycle.constants if name not in found]
    if len(absent) != 1:
        return False
    name = absent[0]
    own, other = cycle.one_way, cycle.other_way
    if name in other:
        own, other = other, own
    partner = own[0] if own[1] == name else own[1]
    found[name] = found[other[0]] * found[other[1]] / found[partner]
    return True


def _refuse_contradictions(found: Mapping[str, float]) -> None:
    for cycle in cycles():
        if all(name in found for name in cycle.constants):
            off = imbalance(cycle, found)
            if abs(off) > _ROUNDING:
                raise BadVariant(
                    f"the constants around {cycle.complex} contradict each other.",
                    got=f"one way is {off + 1:.6g} times the other",
                    expected=f"equal products: {cycle}",
                )


def _subsets() -> Iterator[tuple[Chain, ...]]:
    for size in range(1, len(CHAINS) + 1):
        yield from combinations(CHAINS, size)


def _squares() -> Iterator[Cycle]:
    for some in _subsets():
        whole = frozenset(some)
        for one, other in combinations(some, 2):
            yield Cycle(
                complex_name(whole),
                (leaving(one, whole), leaving(other, whole - {one})),
                (leaving(other, whole), leaving(one, whole - {other})),
            )
