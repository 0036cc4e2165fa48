"""Reads the entries of a catalog file: TOML to variants and products.

A number is written in one of five ways, and in no other:

    kd_alpha = "V001"                an evidence key
    kd_alpha = ["V001", "V002"]      several; the first has the value
    kd_alpha = {value = 9.5, unit = "nM", source = "own SPR, 2024"}
    kd_alpha = {value = 9.5, unit = "nM", assumption = true, why = "as its sister"}
    kd_alpha = {value = "none", source = "V190"}        it does not bind CD25

``evidence = "V001"`` may stand for value and unit; ``low``, ``high``, ``why`` and
``how = "derived"`` may be added.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NoReturn

from il2sim.errors import BadUnit, BadVariant, UnitMismatch, UnknownName, closest
from il2sim.evidence import Measurement, ParameterValue, measurement
from il2sim.evidence.parameter import parts_of
from il2sim.molecules.cell_product import CellProduct
from il2sim.molecules.product import Product
from il2sim.molecules.scales import FOLLOWING, ratios_of_trimer, scaled
from il2sim.molecules.variant import (
    MAY_BE_NONE,
    NO_BINDING_NM,
    NUMBERS,
    TEXTS,
    Variant,
    binds,
)
from il2sim.units import convert

PRODUCT_NUMBERS = {
    "activity": ("MIU/mg", "specific activity"),
    "molar_mass": ("kDa", "mass of one molecule"),
}
"""What a product may have as numbers: the unit kept, and the meaning."""

NONE = "none"
"""The value of an affinity of what does not bind."""

MAY_BE_ZERO = ("cd25_arms",)
"""Numbers that count."""

_KEY = re.compile(r"[EV]\d{3}")

_VARIANT_KEYS = ("aliases", "agents", "like", "note", *TEXTS, *NUMBERS)
_PRODUCT_KEYS = ("variant", "aliases", "routes", "note", *PRODUCT_NUMBERS)
_CELL_KEYS = ("population", "aliases", "routes", "note")
_NUMBER_KEYS = (
    *("value", "unit", "evidence", "source", "assumption"),
    *("how", "low", "high", "why"),
)


@dataclass(frozen=True)
class Entry:
    """One table of a catalog file, with the place where it stands."""

    file: str
    kind: str
    name: str
    content: Mapping[str, Any]

    def refuse(
        self, problem: str, *, got: object, expected: str, try_: str | None = None
    ) -> NoReturn:
        """Name the entry and what is wrong with it.

        Raises
        ------
        BadVariant
            Always.
        """
        raise BadVariant(
            f"the {self.kind} '{self.name}' of {self.file} {problem}.",
            got=got,
            expected=expected,
            try_=try_,
        )

    def check_keys(self, known: Iterable[str]) -> None:
        """Refuse a key that is not known.

        Raises
        ------
        BadVariant
            Names the closest known keys.
        """
        for key in self.content:
            if key not in known:
                near = closest(key, known)
                self.refuse("has a key that is not known", got=key, expected=near)

    def text(self, key: str) -> str:
        """The text under a key; empty if it is absent."""
        found = self.content.get(key, "")
        if not isinstance(found, str):
            self.refuse(f"has a '{key}' that is not text", got=found, expected="text")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under a key; empty if it is absent."""
        found = self.content.get(key, [])
        if not isinstance(found, list) or not all(
            isinstance(one, str) for one in found
        ):
            self.refuse(
                f"has '{key}' that is not a list of texts", got=found, expected="[…]"
            )
        return tuple(found)


def variant_of(entry: Entry, like: Variant | None) -> Variant:
    """Make a variant of its entry; what it lacks is as in `like`, marked as assumed.

    Numbers of the trimer that it lacks follow from the affinities that it gives, by
    their ratios to those of `like` (`scales.ratios_of_trimer`); where a ratio is not
    known, such as to another scale, neither is the number.

    Raises
    ------
    BadVariant
        A key is not known, or a number has neither a source nor the mark of an
        assumption.
    """
    entry.check_keys(_VARIANT_KEYS)
    own = {
        name: number_of(entry, name, unit)
        for name, (unit, _) in NUMBERS.items()
        if name in entry.content
    }
    words = {name: entry.text(name) for name in TEXTS if name in entry.content}
    if like is not None:
        own = _filled_up(entry, own, like)
        words = {**like.texts, **words}
    return Variant(
        name=entry.name,
        aliases=entry.texts("aliases"),
        numbers=MappingProxyType({name: own[name] for name in NUMBERS if name in own}),
        texts=MappingProxyType(words),
        agents=entry.texts("agents"),
        note=entry.text("note"),
    )


def product_of(entry: Entry, variant: Variant) -> Product:
    """Make a product of its entry; its molar mass is the variant's if it gives none.

    Raises
    ------
    BadVariant
        As `variant_of`.
    """
    entry.check_keys(_PRODUCT_KEYS)
    numbers = {
        name: number_of(entry, name, unit)
        for name, (unit, _) in PRODUCT_NUMBERS.items()
        if name in entry.content
    }
    return Product(
        name=entry.name,
        variant=variant,
        aliases=entry.texts("aliases"),
        activity=numbers.get("activity"),
        molar_mass=numbers.get("molar_mass", variant.molar_mass),
        routes=entry.texts("routes"),
        note=entry.text("note"),
    )


def cell_product_of(entry: Entry) -> CellProduct:
    """Make a product of cells of its entry.

    Raises
    ------
    BadVariant
        It names no population, or has a key that is not known.
    """
    entry.check_keys(_CELL_KEYS)
    population = entry.text("population")
    if not population:
        entry.refuse(
            "names no population of cells",
            got="no 'population'",
            expected="population = 'memory Treg', or another one of the model",
        )
    return CellProduct(
        name=entry.name,
        population=population,
        aliases=entry.texts("aliases"),
        routes=entry.texts("routes") or ("iv",),
        note=entry.text("note"),
    )


def number_of(entry: Entry, name: str, wanted: str) -> ParameterValue:
    """Read one number, in the unit wanted.

    Raises
    ------
    BadVariant
        It is written in another way than those of this file.
    """
    given = entry.content[name]
    if given == NONE:
        entry.refuse(
            f"says of {name} that nothing is bound, without a source",
            got=repr(given),
            expected='{value = "none", source = "…"}, or assumption = true and why',
        )
    if isinstance(given, str):
        given = {"evidence": given}
    elif isinstance(given, list):
        given = {
            "evidence": given[0] if given else "",
            "source": ",".join(map(str, given)),
        }
    if not isinstance(given, Mapping):
        entry.refuse(
            f"gives {name} as a bare number",
            got=repr(given),
            expected=f'a key, or {{value = …, unit = "{wanted}", source = "…"}}',
        )
    for key in given:
        if key not in _NUMBER_KEYS:
            entry.refuse(
                f"has a key in {name} that is not known",
                got=key,
                expected=closest(key, _NUMBER_KEYS),
            )
    return _in_unit(entry, _draft(entry, name, given), wanted)


def _draft(entry: Entry, name: str, given: Mapping[str, Any]) -> ParameterValue:
    """Gather a number as it is written, and check what it rests on."""
    row = _row(entry, name, given)
    source = str(given.get("source", row.key if row else "")).strip()
    is_assumption = given.get("assumption", False) is True
    how = (
        "assumption" if is_assumption else given.get("how", row.how if row else "read")
    )
    if how not in ("read", "derived", "assumption"):
        entry.refuse(
            f"rests its {name} on '{source}', which is {how}",
            got=how,
            expected="assumption = true, and why",
        )
    why = str(given.get("why", ""))
    if is_assumption and not (why or source):
        entry.refuse(f"assumes {name} without a reason", got=given, expected="why = …")
    if not is_assumption and not source:
        entry.refuse(
            f"gives {name} without a source",
            got=dict(given),
            expected='source = "…", or assumption = true and why',
            try_=_line(name, given),
        )
    _check_source(entry, name, source, how)
    low, high = given.get("low"), given.get("high")
    if row and low is None and high is None:
        low, high = row.low, row.high
    value = given.get("value", row.value if row else None)
    unit = given.get("unit", row.unit if row else None)
    if value == NONE and name == MAY_BE_NONE:
        value, unit, low, high = NO_BINDING_NM, "nM", None, None
    _check_number(entry, name, (low, value, high))
    if not isinstance(unit, str):
        entry.refuse(f"gives {name} without a unit", got=unit, expected="unit = …")
    return ParameterValue(name, value, unit, low, high, source or "none", how, why)


def _line(name: str, given: Mapping[str, Any]) -> str:
    """A number as it may be written."""
    usual, _ = (NUMBERS | PRODUCT_NUMBERS)[name]
    value, unit = given.get("value", 10), given.get("unit", usual)
    return f'{name} = {{value = {value}, unit = "{unit}", source = "own SPR, 2026"}}'


def _row(entry: Entry, name: str, given: Mapping[str, Any]) -> Measurement | None:
    if "evidence" not in given:
        return None
    return _measurement(entry, name, str(given["evidence"]))


def _measurement(entry: Entry, name: str, key: str) -> Measurement:
    try:
        return measurement(key)
    except UnknownName as unknown:
        raise BadVariant(
            f"the {entry.kind} '{entry.name}' of {entry.file} rests its {name} on "
            f"'{key}', which no table of evidence has.",
            got=repr(key),
            expected="an evidence key such as 'V001', or a table with its source",
        ) from unknown


def _check_source(entry: Entry, name: str, source: str, how: str) -> None:
    """Keys of our tables must exist and be verified; a user's own words are taken."""
    for key in filter(_KEY.fullmatch, parts_of(source)):
        row = _measurement(entry, name, key)
        if how != "assumption" and not row.is_verified:
            entry.refuse(
                f"rests its {name} on '{key}', which is not verified",
                got=source,
                expected="verified evidence keys; or assumption = true, and why",
            )


def _check_number(entry: Entry, name: str, given: tuple[Any, Any, Any]) -> None:
    low, value, high = given
    for number in given:
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if number is not None and not (is_number and math.isfinite(number)):
            entry.refuse(f"has a {name} that is no number", got=number, expected="1.5")
    least = 0 if name in MAY_BE_ZERO else math.ulp(0)
    if value is None or value < least:
        entry.refuse(
            f"has no {name} above zero",
            got=value,
            expected="a positive number (an evidence key with only a range has none)",
            try_=_line(name, {}),
        )
    bounds = [number for number in (low, value, high) if number is not None]
    if bounds != sorted(bounds):
        entry.refuse(
            f"has a {name} outside its range",
            got=f"{value} in {low} to {high}",
            expected="low <= value <= high",
        )


def _in_unit(entry: Entry, number: ParameterValue, wanted: str) -> ParameterValue:
    try:
        factor = convert(1.0, number.unit, wanted)
    except (BadUnit, UnitMismatch) as error:
        raise BadVariant(
            f"the {entry.kind} '{entry.name}' of {entry.file} gives {number.name} in a "
            "unit that does not fit.",
            got=number.unit,
            expected=wanted,
        ) from error
    return replace(
        number,
        value=number.value * factor,
        unit=wanted,
        low=None if number.low is None else number.low * factor,
        high=None if number.high is None else number.high * factor,
    )


def _filled_up(
    entry: Entry, own: Mapping[str, ParameterValue], like: Variant
) -> dict[str, ParameterValue]:
    """The numbers given, and for the others those of `like`, or what follows."""
    found = {name: _as(like, name) for name in like.numbers} | dict(own)
    moved = ("kd_alpha", "kd_beta_gamma", "koff_trimer")
    on_scale = entry.text("scale") in ("", like.scale)
    if not any(name in own for name in moved):
        return found
    known = {
        name: found[name].value / like.numbers[name].value
        for name in moved
        if name in found and name in like.numbers
        if on_scale and (name != "koff_trimer" or name in own)
    }
    if "kd_alpha" in found and not binds(found["kd_alpha"]):
        known.pop("kd_alpha", None)
    follow = ratios_of_trimer(known)
    for name in FOLLOWING:
        if name in own or name not in found:
            continue
        if name not in follow:
            del found[name]
        elif follow[name] != 1:
            why = f"derived: {follow[name]:.3g} times that of {like.name}"
            why += f", by the ratio of {_causes(name, own)}"
            found[name] = scaled(like.numbers[name], follow[name], why)
    return found


def _causes(name: str, own: Mapping[str, ParameterValue]) -> str:
    """The numbers given that a number of the trimer follows."""
    held = "koff_trimer" if "koff_trimer" in own else "kd_beta_gamma"
    some = (held,) if name == "koff_trimer" else ("kd_alpha", held)
    return " and ".join(one for one in some if one in own)


def _as(like: Variant, name: str) -> ParameterValue:
    return replace(like.numbers[name], how="assumption", note=f"as {like.name}")
