"""`Variant`: a natural or engineered IL-2, as it binds.

Affinities, rates, size and valency of one ligand, each with its source, and in words
how it is built. Affinities of two assays can differ tenfold for the same pair of
proteins, so every variant names its scale; `scales.py` compares only within one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from il2sim.errors import BadVariant
from il2sim.evidence import Measurement, ParameterValue, measurements
from il2sim.units import unit

NUMBERS = {
    "kd_alpha": ("nM", "affinity for CD25"),
    "kon_alpha": ("1/(nM*min)", "meets CD25"),
    "kd_beta": ("nM", "affinity for CD122 alone"),
    "kd_beta_gamma": ("nM", "affinity for CD122 with CD132"),
    "kon_beta_gamma": ("1/(nM*min)", "meets CD122 with CD132"),
    "kd_trimer": ("nM", "affinity for all three chains"),
    "koff_trimer": ("1/min", "leaves all three chains"),
    "molar_mass": ("kDa", "mass of one molecule"),
    "half_life": ("h", "terminal half-life in people"),
    "valency": ("1", "IL-2 in one molecule"),
}
"""What a variant may have as numbers: the unit kept, and the meaning."""

TEXTS = {
    "scale": "the assay that its affinities come from",
    "format": "how the molecule is built",
    "bias": "which receptor, and so which cell, it prefers",
    "masking": "what keeps it from binding, and what frees it",
    "mutations": "amino acids that differ from the wild type",
}
"""What a variant may have in words."""

IN_MODELS = (
    *("kd_alpha", "kon_alpha", "kd_beta_gamma", "kon_beta_gamma"),
    *("kd_trimer", "koff_trimer", "molar_mass"),
)
"""Numbers handed to models, as ``il2.<name>``."""

NEEDED = ("kd_alpha", "kd_beta_gamma", "kon_beta_gamma", "koff_trimer")
"""Numbers without which no model of binding can run."""


@dataclass(frozen=True)
class Variant:
    """One ligand, with what is known of it.

    Attributes
    ----------
    name, aliases
        Its name in this package, and other names that find it.
    numbers
        What is known as numbers, by the names of `NUMBERS`, each in the unit kept.
    texts
        What is known in words, by the names of `TEXTS`.
    agents
        Its names in the tables of evidence, where its facts stand.
    note
        What a user should know.

    Examples
    --------
    >>> from il2sim.molecules import variant
    >>> print(variant("wild-type IL-2").kd_alpha)
    kd_alpha = 10 nM  (V001,V002; read)
    """

    name: str
    aliases: tuple[str, ...] = ()
    numbers: Mapping[str, ParameterValue] = field(
        default_factory=lambda: MappingProxyType({})
    )
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    agents: tuple[str, ...] = ()
    note: str = ""

    @property
    def kd_alpha(self) -> ParameterValue | None:
        """Affinity for CD25 [nM]."""
        return self.numbers.get("kd_alpha")

    @property
    def kon_alpha(self) -> ParameterValue | None:
        """Rate at which it meets CD25 [1/(nM*min)]."""
        return self.numbers.get("kon_alpha")

    @property
    def kd_beta_gamma(self) -> ParameterValue | None:
        """Affinity for CD122 with CD132 [nM]."""
        return self.numbers.get("kd_beta_gamma")

    @property
    def kon_beta_gamma(self) -> ParameterValue | None:
        """Rate at which it meets CD122 with CD132 [1/(nM*min)]."""
        return self.numbers.get("kon_beta_gamma")

    @property
    def kd_trimer(self) -> ParameterValue | None:
        """Affinity for all three chains [nM]."""
        return self.numbers.get("kd_trimer")

    @property
    def koff_trimer(self) -> ParameterValue | None:
        """Rate at which it leaves all three chains [1/min]."""
        return self.numbers.get("koff_trimer")

    @property
    def molar_mass(self) -> ParameterValue | None:
        """Mass of one molecule [kDa]."""
        return self.numbers.get("molar_mass")

    @property
    def half_life(self) -> ParameterValue | None:
        """Terminal half-life in people [h]."""
        return self.numbers.get("half_life")

    @property
    def valency(self) -> ParameterValue | None:
        """IL-2 in one molecule [1]."""
        return self.numbers.get("valency")

    @property
    def scale(self) -> str:
        """The assay that its affinities come from, or ``"unknown"``."""
        return self.texts.get("scale", "unknown")

    @property
    def format(self) -> str:
        """How the molecule is built, or ``"unknown"``."""
        return self.texts.get("format", "unknown")

    @property
    def bias(self) -> str:
        """Which receptor it prefers, or ``"unknown"``."""
        return self.texts.get("bias", "unknown")

    @property
    def masking(self) -> str:
        """What keeps it from binding, or ``"unknown"``."""
        return self.texts.get("masking", "unknown")

    @property
    def mutations(self) -> str:
        """Amino acids that differ from the wild type, or ``"unknown"``."""
        return self.texts.get("mutations", "unknown")

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is not known of it, by the names of `NUMBERS` and `TEXTS`."""
        return tuple(
            name
            for name in (*NUMBERS, *TEXTS)
            if name not in self.numbers and name not in self.texts
        )

    @property
    def can_be_simulated(self) -> bool:
        """Whether it has every number that a model of binding needs."""
        return not any(name in self.unknown for name in NEEDED)

    def facts(self) -> tuple[Measurement, ...]:
        """Every measurement of the tables that is about this molecule."""
        return tuple(
            row
            for row in measurements()
            if row.conditions.get("product") in self.agents
        )

    def values(self) -> dict[str, ParameterValue]:
        """What models take from it, by names such as ``"il2.kd_alpha"``.

        Raises
        ------
        BadVariant
            A number that every model of binding needs is not known.
        """
        absent = [name for name in NEEDED if name not in self.numbers]
        if absent:
            raise BadVariant(
                f"the binding of '{self.name}' is not known well enough to simulate.",
                got=f"no {', '.join(absent)}",
                expected=", ".join(NEEDED),
                try_="in a TOML file of your own: [variants.mine], "
                f'like = "{self.name}", and the numbers that are absent',
            )
        return {
            f"il2.{name}": self.numbers[name]
            for name in IN_MODELS
            if name in self.numbers
        }

    def parameters(self) -> dict[str, float]:
        """The same as bare numbers in the engine's units (nmol, L, h, molecule, kg).

        Raises
        ------
        BadVariant
            A number that every model of binding needs is not known.

        Examples
        --------
        >>> from il2sim.molecules import variant
        >>> variant("aldesleukin").parameters()["il2.kd_alpha"]  # [nmol/L]
        10.0
        """
        return {
            name: known.value * unit(known.unit).factor
            for name, known in self.values().items()
        }

    def __str__(self) -> str:
        lines = [self.name]
        if self.aliases:
            lines.append(f"  also: {', '.join(self.aliases)}")
        lines += [f"  {name}: {self.texts.get(name, 'unknown')}" for name in TEXTS]
        for name, (_, meaning) in NUMBERS.items():
            known = self.numbers.get(name)
            lines.append(f"  {known or f'{name}: unknown'}  [{meaning}]")
        if self.note:
            lines.append(f"  note: {self.note}")
        return "\n".join(lines)
