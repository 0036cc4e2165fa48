"""The chains answer to the names that people give them."""

import pytest

from il2sim.errors import UnknownName
from il2sim.molecules import CD25, CD122, CD132, chain


@pytest.mark.parametrize(
    ("name", "meant"),
    [("IL-2Rα", CD25), ("tac", CD25), ("P70", CD122), ("γ", CD132), ("gamma-c", CD132)],
)
def test_a_chain_is_found_by_any_name(name, meant):
    """Aliases and letters lead to the same chain, in any case."""
    assert chain(name) is meant


def test_an_unknown_chain_is_answered_with_the_closest():
    """A name of no chain offers those that are."""
    with pytest.raises(UnknownName, match="cd122"):
        chain("CD123")
