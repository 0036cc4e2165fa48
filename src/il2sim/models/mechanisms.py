"""What a cell in a well does with its ligands, composed of components.

A `Mechanism` says which components stand for one cell type, what of them signals, and
what can be stained on its surface. Another biology is another mechanism, made of other
components; nothing is switched on or off inside one. `PAIRED` is the cell of `body`,
`MULTIVALENT` the same cell for IL-2 with several arms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from il2sim.models.binding import Binding
from il2sim.models.multivalent import Landing, TakenAlong
from il2sim.models.signaling import Signaling
from il2sim.models.trafficking import Trafficking
from il2sim.models.well import Medium, Mixing
from il2sim.symbolic import Component, Expression, Reference, total

Components = Iterator[Component]


def steep(cell: str, engaged: Expression) -> Components:
    """Show pSTAT5 as a Hill function of the receptors engaged now."""
    yield Signaling(f"{cell} signaling", cell=cell, engaged=engaged)


def ready(ligand: str) -> Components:
    """Let cells meet a ligand as soon as it is put in."""
    yield Medium(f"{ligand} medium", ligand=ligand, well="well")


def mixed(ligand: str) -> Components:
    """Let a ligand reach the medium next to cells by stages."""
    yield from ready(ligand)
    amount = f"{ligand} medium.amount"
    yield Mixing(f"{ligand} mixing", amount=amount, medium="mixed_medium", well="well")


def nothing_else() -> Components:
    """Nothing is in the well but ligands and cells."""
    return iter(())


def no_stains(cell: str) -> Mapping[str, Expression]:
    """Nothing is stained."""
    del cell  # of any cell
    return {}


@dataclass(frozen=True)
class Mechanism:
    """How cells meet ligands and answer.

    Attributes
    ----------
    name, meaning
        Of the whole.
    receptors
        The components of one cell type, but those of signaling.
    engaged
        What signals, [molecule/cell], over names of the model.
    surface
        What can be stained, by chain, [molecule/cell].
    signaling
        The components that make pSTAT5 of what is engaged; they show it as
        ``"<cell> signaling.pstat5"``.
    medium, entry
        The components of a ligand in the medium, and the state of them that is dosed,
        as in ``"<ligand> medium.amount"``.
    ligands
        What can be put into the medium; each is an inlet of its name.
    traps
        What holds ligand in the medium, such as an antibody; each is an inlet too.
    in_medium
        Their components.
    stains
        What antibodies show, by chain, over that of resting cells, [1].
    """

    name: str
    meaning: str
    receptors: Callable[[str], Iterable[Component]]
    engaged: Callable[[str], Expression]
    surface: Callable[[str], Mapping[str, Expression]]
    signaling: Callable[[str, Expression], Iterable[Component]] = steep
    medium: Callable[[str], Iterable[Component]] = ready
    entry: str = "medium.amount"
    ligands: tuple[str, ...] = ("il2",)
    traps: tuple[str, ...] = ()
    in_medium: Callable[[], Iterable[Component]] = nothing_else
    stains: Callable[[str], Mapping[str, Expression]] = no_stains

    def components(self, cell: str) -> Components:
        """Every component of one cell type."""
        yield from self.receptors(cell)
        yield from self.signaling(cell, self.engaged(cell))

    def with_signaling(
        self, signaling: Callable[[str, Expression], Iterable[Component]]
    ) -> Mechanism:
        """The same receptors, with another way to pSTAT5.

        Examples
        --------
        >>> from il2sim.models.stat5 import threshold
        >>> PAIRED.with_signaling(threshold).name
        'paired, threshold'
        """
        return replace(
            self, name=f"{self.name}, {signaling.__name__}", signaling=signaling
        )

    def with_components(self, more: Callable[[str], Iterable[Component]]) -> Mechanism:
        """The same cells, with more components for each type.

        Examples
        --------
        >>> from il2sim.models.well import Seeded
        >>> more = PAIRED.with_components(lambda cell: [Seeded("twice", cell=cell)])
        >>> [*more.receptors("NK")][-1]
        Seeded('twice')
        """

        def receptors(cell: str) -> Components:
            yield from self.receptors(cell)
            yield from more(cell)

        return replace(self, receptors=receptors)

    def with_mixing(self) -> Mechanism:
        """The same cells, in a well in which ligands arrive with a delay.

        Examples
        --------
        >>> PAIRED.with_mixing().entry
        'mixing.apart'
        """
        return replace(
            self, name=f"{self.name}, mixed", medium=mixed, entry="mixing.apart"
        )


def surface_of(
    component: str, chains: Mapping[str, Iterable[str]]
) -> dict[str, Expression]:
    """Sum the states of a component that hold each chain.

    Examples
    --------
    >>> str(surface_of("NK receptors", {"CD122": ("cd122", "dimer")})["CD122"])
    'NK receptors.cd122 + NK receptors.dimer'
    """
    return {
        chain: total([Reference(f"{component}.{one}") for one in states])
        for chain, states in chains.items()
    }


def _paired(cell: str) -> Components:
    receptors = f"{cell} receptors"
    yield Binding(
        receptors,
        cell=cell,
        variant="il2",
        fluid="il2 medium.amount",
        il2="il2 medium.free",
        cells=f"{cell}.seeded",
    )
    yield _trafficking(cell, dimer="dimer", trimer="trimer")


def _trafficking(cell: str, *, dimer: str, trimer: str) -> Component:
    """Turnover of the receptors, whose bound states a mechanism names."""
    receptors = f"{cell} receptors"
    return Trafficking(
        f"{cell} trafficking",
        cell=cell,
        cells=f"{cell}.seeded",
        soluble_cd25="well.soluble_cd25",
        pstat5=f"{cell} signaling.pstat5",
        cd25=f"{receptors}.cd25",
        cd122=f"{receptors}.cd122",
        dimer=f"{receptors}.{dimer}",
        trimer=f"{receptors}.{trimer}",
    )


def _paired_engaged(cell: str) -> Expression:
    return Reference(f"{cell} receptors.engaged")


def _paired_surface(cell: str) -> dict[str, Expression]:
    held = {"CD25": ("cd25", "trimer"), "CD122": ("cd122", "dimer", "trimer")}
    return surface_of(f"{cell} receptors", held)


PAIRED = Mechanism(
    name="paired",
    meaning="CD122 always with gamma-c, met at the measured rate; as in the body",
    receptors=_paired,
    engaged=_paired_engaged,
    surface=_paired_surface,
)
"""The cell of `body`: dimer or trimer, internalized at one rate."""


def _multivalent(cell: str) -> Components:
    receptors = f"{cell} receptors"
    yield Landing(
        receptors,
        cell=cell,
        variant="il2",
        binding="binding",
        fluid="il2 medium.amount",
        il2="il2 medium.free",
        cells=f"{cell}.seeded",
    )
    yield _trafficking(cell, dimer="on_dimer", trimer="on_both")
    yield TakenAlong(
        f"{cell} companions",
        variant="il2",
        trafficking="trafficking",
        **{name: f"{receptors}.{name}" for name in _OF_LANDING},
    )


_OF_LANDING = (
    *("signals_too", "cd25", "landed"),
    *("on_cd25", "on_dimer", "on_both", "dead_on_cd25"),
)


def _multivalent_surface(cell: str) -> dict[str, Expression]:
    held = {
        "CD25": ("cd25", "on_cd25", "on_both", "dead_on_cd25"),
        "CD122": ("cd122", "on_dimer", "on_both"),
    }
    return surface_of(f"{cell} receptors", held)


MULTIVALENT = Mechanism(
    name="multivalent",
    meaning="arms that land on CD25 or CD122 with gamma-c, and cross-link",
    receptors=_multivalent,
    engaged=_paired_engaged,
    surface=_multivalent_surface,
)
"""IL-2 with any number of live arms, and of arms dead but for CD25."""
