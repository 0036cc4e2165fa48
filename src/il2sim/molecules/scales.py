"""Comparing variants, only within one scale of affinity.

Fc fusions measured by biolayer interferometry bind CD25 at 0.2-0.7 nM, unfused IL-2 on
cells at 10 nM: the same interface, two assays. A ranking that mixes the two ranks
assays. What may cross to another scale is the ratio to the wild type of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from il2sim.errors import BadVariant, UnknownName, closest
from il2sim.evidence import ParameterValue
from il2sim.molecules.variant import MAY_BE_NONE, NUMBERS, Variant, binds

AFFINITIES = ("kd_alpha", "kd_beta", "kd_beta_gamma")
"""Carried over by their ratios; without a ratio they stay behind."""

RATES = ("kon_alpha", "kon_beta_gamma")
"""Carried over by their ratios; without a ratio they are as in the wild type."""

FOLLOWING = ("kd_trimer", "koff_trimer")
"""Of the trimer, which changes with its parts (`ratios_of_trimer`)."""


def ranked(some: Iterable[Variant], by: str) -> tuple[Variant, ...]:
    """Order variants by one of their numbers, smallest first.

    Raises
    ------
    UnknownName
        No variant has a number of this name.
    BadVariant
        They are on different scales, or one lacks the number.

    Examples
    --------
    >>> from il2sim.molecules import variant
    >>> panel = [variant("V91K C-term Fc"), variant("WT C-term Fc")]
    >>> [one.name for one in ranked(panel, "kd_beta_gamma")]
    ['WT C-term Fc', 'V91K C-term Fc']
    """
    if by not in NUMBERS:
        raise UnknownName(
            f"no variant has a number named '{by}'.",
            got=repr(by),
            expected=closest(by, NUMBERS),
        )
    variants = tuple(some)
    scales = sorted({one.scale for one in variants})
    if len(scales) > 1:
        raise BadVariant(
            f"variants on different scales cannot be ranked by {by}.",
            got=", ".join(f"{one.name} ({one.scale})" for one in variants),
            expected="one scale; `carry_over` brings one variant to another scale",
        )
    return tuple(sorted(variants, key=lambda one: _number(one, by).value))


def carry_over(variant: Variant, *, via: Variant, onto: Variant) -> Variant:
    """Bring a variant to the scale of another one, by its ratios to a wild type.

    A ratio measured in one assay is applied to the number of the wild type in the
    other. The trimer is left faster by the ratio for CD122 with CD132, which holds it
    there, and its affinity changes by that ratio and the one for CD25, as if the two
    acted independently. Every number of binding that results is a marked assumption;
    one whose ratio is not known is not carried over. What does not bind CD25 does not
    bind it on any scale.

    Parameters
    ----------
    variant
        On the scale of `via`.
    via
        The wild type on that scale.
    onto
        The wild type on the scale wanted.

    Raises
    ------
    BadVariant
        `variant` and `via` are on different scales, or a number is not known.

    Examples
    --------
    >>> from il2sim.molecules import variant
    >>> v91k = carry_over(
    ...     variant("V91K C-term Fc"),
    ...     via=variant("WT C-term Fc"),
    ...     onto=variant("wild-type IL-2"),
    ... )
    >>> round(v91k.kd_beta_gamma.value, 2), v91k.kd_beta_gamma.is_assumption
    (2.48, True)
    """
    if variant.scale != via.scale:
        raise BadVariant(
            f"'{variant.name}' and '{via.name}' are on different scales.",
            got=f"{variant.scale}; {via.scale}",
            expected="a wild type of the same assay",
        )
    numbers = {
        name: number
        for name, number in variant.numbers.items()
        if name not in (*AFFINITIES, *RATES, *FOLLOWING)
    }
    for name, ratio in _ratios(variant, via).items():
        if name in onto.numbers:
            why = f"{ratio:.3g} times the wild type, as {variant.name} to {via.name}"
            numbers[name] = scaled(onto.numbers[name], ratio, why)
    if variant.binds_cd25 is False:
        numbers[MAY_BE_NONE] = variant.numbers[MAY_BE_NONE]
    return replace(
        variant,
        name=f"{variant.name}, on the scale of {onto.name}",
        aliases=(),
        numbers=MappingProxyType(numbers),
        texts=MappingProxyType({**variant.texts, "scale": onto.scale}),
    )


def ratios_of_trimer(known: Mapping[str, float]) -> dict[str, float]:
    """By what the trimer's numbers change with those of its parts.

    It is left faster by the ratio for CD122 with CD132, which holds it there, unless
    how it is left is itself known. Its affinity changes by that and by the one for
    CD25: so assembly on the cell stays as it is, and the cycle closed.

    Parameters
    ----------
    known
        Ratios to a wild type, [1], by the names of numbers.

    Returns
    -------
    dict
        Ratios of those of `FOLLOWING` that follow.

    Examples
    --------
    >>> ratios_of_trimer({"kd_alpha": 3.0, "kd_beta_gamma": 2.0})
    {'koff_trimer': 2.0, 'kd_trimer': 6.0}
    """
    left = known.get("koff_trimer", known.get("kd_beta_gamma"))
    if left is None:
        return {}
    found = {"koff_trimer": left}
    if "kd_alpha" in known:
        found["kd_trimer"] = known["kd_alpha"] * left
    return found


def scaled(number: ParameterValue, ratio: float, why: str) -> ParameterValue:
    """A number times a ratio, [1], with its range; marked as an assumption."""
    return replace(
        number,
        value=number.value * ratio,
        low=None if number.low is None else number.low * ratio,
        high=None if number.high is None else number.high * ratio,
        how="assumption",
        note=why,
    )


def _ratios(variant: Variant, via: Variant) -> dict[str, float]:
    """By what each number of binding differs from the wild type of the same assay."""
    known = {
        name: variant.numbers[name].value / via.numbers[name].value
        for name in (*AFFINITIES, *RATES)
        if name in variant.numbers and name in via.numbers
        if name != MAY_BE_NONE or binds(variant.numbers[name])
    }
    for one in (variant, via):
        _number(one, "kd_beta_gamma")
    return {**dict.fromkeys(RATES, 1.0), **known, **ratios_of_trimer(known)}


def _number(variant: Variant, name: str) -> ParameterValue:
    if name not in variant.numbers:
        raise BadVariant(
            f"the {name} of '{variant.name}' is not known.",
            got=", ".join(variant.numbers) or "no number",
            expected=NUMBERS[name][1],
        )
    return variant.numbers[name]
