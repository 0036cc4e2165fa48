"""The chains of the IL-2 receptor, and IL-2 itself.

Papers of the 1980s number and name the chains in other ways; the aliases here are those
that are not ambiguous. Identifiers are those of UniProt, human.
"""

from __future__ import annotations

from dataclasses import dataclass

from il2sim.errors import UnknownName, closest


@dataclass(frozen=True)
class Chain:
    """One protein, with the names that people give it.

    Attributes
    ----------
    name
        As this package says it.
    greek
        The letter in complexes: α, β or γ; empty for IL-2.
    aliases
        Other names.
    uniprot
        The human entry of UniProt.
    role
        What it does, in one line.
    """

    name: str
    greek: str
    aliases: tuple[str, ...]
    uniprot: str
    role: str

    def __str__(self) -> str:
        return self.name


IL2 = Chain(
    "IL-2",
    "",
    ("interleukin-2", "IL2"),
    "P60568",
    "the ligand; 133 amino acids",
)
CD25 = Chain(
    "CD25",
    "α",
    ("IL-2Rα", "IL-2Ra", "IL2RA", "alpha", "Tac", "p55"),
    "P01589",
    "catches IL-2 within seconds; does not signal and does not go inside by itself",
)
CD122 = Chain(
    "CD122",
    "β",
    ("IL-2Rβ", "IL-2Rb", "IL2RB", "beta", "p70", "p75"),
    "P14784",
    "signals with CD132; shared with IL-15",
)
CD132 = Chain(
    "CD132",
    "γ",
    ("γc", "gamma-c", "gammac", "IL2RG", "gamma", "common gamma chain"),
    "P31785",
    "signals with CD122; shared with IL-4, IL-7, IL-9, IL-15 and IL-21",
)

CHAINS = (CD25, CD122, CD132)
"""The chains of the receptor, in the order of their letters."""


def chain(name: str) -> Chain:
    """Look a chain up by any of its names, in any case.

    Raises
    ------
    UnknownName
        No chain has the name.

    Examples
    --------
    >>> chain("gamma-c").name
    'CD132'
    """
    known: dict[str, Chain] = {}
    for one in (IL2, *CHAINS):
        names = (one.name, *one.aliases, *([one.greek] if one.greek else []))
        known.update({alias.lower(): one for alias in names})
    if name.strip().lower() not in known:
        raise UnknownName(
            f"no chain is named '{name}'.",
            got=repr(name),
            expected=closest(name, known),
        )
    return known[name.strip().lower()]
