"""Mechanisms that can be switched off, as data: which one carries what is seen.

A switch changes values of parameters, or what receptors take from the fluids; counts at
rest are inputs of the model, so each subject comes to rest with the same cells as
before, and only the answer to IL-2 differs. What a switch does to the resting level of
IL-2 it does; nothing is tuned to hide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from il2sim.errors import UnknownName, closest
from il2sim.models.cells import (
    MEMORY_CD4,
    MEMORY_TREG,
    NAIVE_CD4,
    NAIVE_TREG,
    POPULATIONS,
    TCONV,
    THYMIC,
    TREG,
)
from il2sim.symbolic import Model, Reference

Sink = Literal["as it is", "as at rest", "none"]

PARTNERS = {NAIVE_TREG: NAIVE_CD4, MEMORY_TREG: MEMORY_CD4}
"""For each population of Treg the conventional one of the same stage."""


@dataclass(frozen=True)
class Switch:
    """One mechanism, switched off.

    Attributes
    ----------
    name, meaning
        As read in tables, and what is changed.
    zero
        Parameters set to zero.
    same
        Parameters that get the value of another one.
    sink
        What the receptors of Treg take from the fluids: ``"none"``, only as many cells
        as at rest, or as it is.
    """

    name: str
    meaning: str
    zero: tuple[str, ...] = ()
    same: Mapping[str, str] = field(default_factory=dict)
    sink: Sink = "as it is"

    def model(self, model: Model) -> Model:
        """The model with this sink; the model itself if the sink is as it is."""
        return model if self.sink == "as it is" else _with_sink(model, self.sink)

    def factors(self, model: Model) -> dict[str, float]:
        """What each parameter of a model is multiplied by, [1].

        Raises
        ------
        UnknownName
            The model lacks a parameter.
        """
        known = model.parameters
        for name in (*self.zero, *self.same, *self.same.values()):
            if name not in known:
                raise UnknownName(
                    f"the model '{model.name}' has no parameter '{name}'.",
                    got=f"'{name}' in the switch '{self.name}'",
                    expected=closest(name, known),
                )
        return dict.fromkeys(self.zero, 0.0) | {
            name: known[other].engine_value / known[name].engine_value
            for name, other in self.same.items()
        }


def _each(cells: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(f"{cell}.{name}" for cell in cells)


def _as_partner(name: str) -> dict[str, str]:
    return {f"{cell}.{name}": f"{other}.{name}" for cell, other in PARTNERS.items()}


SWITCHES = (
    Switch("intact", "nothing is changed"),
    Switch(
        "thymus deaf to IL-2",
        "export of naive cells stays at its resting rate",
        zero=_each(THYMIC, "export_by_il2"),
    ),
    Switch("no thymus", "no export at all", zero=_each(THYMIC, "export_at_rest")),
    Switch(
        "no division of Treg by IL-2",
        "Treg divide as at rest",
        zero=_each(TREG, "division_by_il2"),
    ),
    Switch(
        "CD25 of Tconv on Treg",
        "resting CD25 of Treg is that of Tconv of the same stage",
        same=_as_partner("cd25_at_rest"),
    ),
    Switch(
        "no induction of CD25",
        "pSTAT5 makes no CD25 on any cell",
        zero=_each(POPULATIONS, "cd25_induction"),
    ),
    Switch(
        "CD25 of Tconv, no induction",
        "both: Treg have no more CD25 than Tconv, at rest or under IL-2",
        zero=_each(POPULATIONS, "cd25_induction"),
        same=_as_partner("cd25_at_rest"),
    ),
    Switch(
        "threshold of Tconv on Treg",
        "receptors engaged for half of the pSTAT5 are those of Tconv",
        same=_as_partner("half_engaged"),
    ),
    Switch(
        "division of Tconv in Treg",
        "division added at full pSTAT5 is that of Tconv",
        same=_as_partner("division_by_il2"),
    ),
    Switch(
        "no suppression by Treg",
        "Treg restrain neither division nor secretion",
        zero=_each(POPULATIONS, "suppression"),
    ),
    Switch(
        "no long life of CD4",
        "Tconv that had a strong signal die as at rest",
        zero=_each(TCONV, "survival"),
    ),
    Switch(
        "Treg consume as at rest",
        "new Treg take up no IL-2",
        sink="as at rest",
    ),
    Switch("no Treg consumption", "Treg signal but take up no IL-2", sink="none"),
)
"""The first is the model as it is; the others are compared with it."""


@lru_cache(maxsize=8)
def _with_sink(model: Model, sink: Sink) -> Model:
    """The model with the receptors of Treg taking less from the fluids."""
    components = []
    for one in model.components:
        cell = one.labels.get("cell", "")
        if cell in TREG and {"fluid", "cells"} <= set(one.given):
            part = 0.0 if sink == "none" else 1 / Reference(f"{cell}.fold")
            given = {**one.given, **one.labels, "cells": one.given["cells"] * part}
            components.append(type(one)(one.name, **given))
        else:
            components.append(one)
    return replace(model, components=tuple(components))
