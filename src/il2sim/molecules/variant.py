"""`Variant`: a natural or engineered IL-2, as it binds.

Affinities, rates, size and valency of one ligand, each with its source, and in words
how it is built. Affinities of two assays can differ tenfold for the same pair of
proteins, so every variant names its scale; `scales.py` compares only within one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    "cd25_arms": ("1", "arms beside them that keep only their CD25 site"),
}
"""What a variant may have as numbers: the unit kept, and the meaning."""

TEXTS = {
    "scale": "the assay that its affinities come from",
    "format": "how the molecule is built",
    "bias": "which receptor, and so which cell, it prefers",
    "masking": "what keeps it from binding, and what frees it",
    "mutations": "amino acids that differ from the wild type",
    "wild_type": "the variant that is the wild type of its scale",
}
"""What a variant may have in words."""

IN_MODELS = (
    *("kd_alpha", "kon_alpha", "kd_beta_gamma", "kon_beta_gamma"),
    *("kd_trimer", "koff_trimer", "molar_mass"),
)
"""Numbers handed to models, as ``il2.<name>``."""

NEEDED = ("kd_alpha", "kd_beta_gamma", "kon_beta_gamma", "koff_trimer")
"""Numbers without which no model of binding can run."""

RARE = ("cd25_arms", "wild_type")
"""Told of few molecules, and not missed in the others."""

MAY_BE_NONE = "kd_alpha"
"""The affinity that a molecule may lack: there are IL-2 that do not bind CD25."""

NO_BINDING_NM = 1e9
"""The affinity of what does not bind, [nM]: a thousand million times that of the dimer.

Finite, so that models need no case of their own; with it CD25 of a cell is without
effect to six digits.
"""


def binds(number: ParameterValue) -> bool:
    """Whether an affinity is one, or says that nothing is bound."""
    return number.value < NO_BINDING_NM


def never_met() -> ParameterValue:
    """How fast CD25 is met by what does not bind it, [1/(nM*min)].

    An affinity alone would not do for several arms: one that lands on CD25 and lets go
    can be held by the others.
    """
    unit_kept, _ = NUMBERS["kon_alpha"]
    why = "it does not bind CD25"
    return ParameterValue(
        "kon_alpha", 0.0, unit_kept, None, None, "none", "assumption", why
    )


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
    def binds_cd25(self) -> bool | None:
        """Whether it has a site for CD25; None if that is not known."""
        return None if self.kd_alpha is None else binds(self.kd_alpha)

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
            if name not in (*self.numbers, *self.texts, *RARE)
        )

    @property
    def can_be_simulated(self) -> bool:
        """Whether it has every number that a model of binding needs."""
        return not any(name not in self._for_models() for name in NEEDED)

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
        numbers = self._for_models()
        absent = [name for name in NEEDED if name not in numbers]
        if absent:
            raise BadVariant(
                f"the binding of '{self.name}' is not known well enough to simulate.",
                got=f"no {', '.join(absent)}",
                expected=", ".join(NEEDED),
                try_="in a TOML file of your own: [variants.mine], "
                f'like = "{self.name}", and the numbers that are absent',
            )
        return {f"il2.{name}": numbers[name] for name in IN_MODELS if name in numbers}

    def _for_models(self) -> dict[str, ParameterValue]:
        """Its numbers; what does not bind CD25 leaves all three as it leaves two."""
        found = dict(self.numbers)
        if self.binds_cd25 is not False:
            return found
        found["kon_alpha"] = never_met()
        met, held = self.kon_beta_gamma, self.kd_beta_gamma
        if "koff_trimer" not in found and met and held:
            found["koff_trimer"] = replace(
                held,
                name="koff_trimer",
                value=met.value * held.value,
                unit=NUMBERS["koff_trimer"][0],
                low=None,
                high=None,
                how="assumption",
                note="of no effect, since it does not bind CD25; as from the dimer",
            )
        return found

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
        told = [name for name in (*TEXTS, *NUMBERS) if name not in RARE]
        told += [name for name in RARE if name in self.numbers or name in self.texts]
        lines += [
            f"  {name}: {self.texts.get(name, 'unknown')}"
            for name in TEXTS
            if name in told
        ]
        lines += [
            f"  {self._told(name)}  [{meaning}]"
            for name, (_, meaning) in NUMBERS.items()
            if name in told
        ]
        if self.note:
            lines.append(f"  note: {self.note}")
        return "\n".join(lines)

    def _told(self, name: str) -> str:
        """One number in words, with what an assumption leans on and why."""
        known = self.numbers.get(name)
        if known is None:
            return f"{name}: unknown"
        said = str(known)
        if name == MAY_BE_NONE and not binds(known):
            said = f"{name}: does not bind  ({known.source}; {known.how})"
        if known.is_assumption and known.note:
            said = f"{said[:-1]}: {known.note})"
        return said
