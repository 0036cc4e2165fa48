"""What the page needs to know before anything is asked: names, meanings, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from il2sim.app.serve.answers import FLUIDS, NEVER_FOLDS, QUICK, SHOWN
from il2sim.app.serve.scenario import SLIDERS
from il2sim.errors import Il2simError
from il2sim.evidence import library
from il2sim.figures.arms import ARM_COLORS
from il2sim.figures.style import COLORS, SIGNALS, color_of
from il2sim.formats.study_file import read_study, studies, study_text
from il2sim.models.body import body
from il2sim.models.cells import POPULATIONS
from il2sim.molecules import catalog
from il2sim.provenance import VERSION
from il2sim.study.comparison import UNCHANGED
from il2sim.study.populations import population, populations

if TYPE_CHECKING:
    from il2sim.app.serve.limits import Limits
    from il2sim.evidence import Source

MOST_SCENARIOS = 4
"""Beside each other; they have the colors of the arms of a trial."""

ADDRESSES = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/",
    "nct": "https://clinicaltrials.gov/study/",
}


def facts(limits: Limits) -> dict[str, Any]:
    """Everything that can be chosen, with limits, colors and what sliders change."""
    return {**_facts(), "limits": limits.to_dict()}


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    return {
        "version": VERSION,
        "studies": [_study(name) for name in studies()],
        "populations": [
            {"name": name, "meaning": population(name).meaning}
            for name in populations()
        ],
        "products": [_product(name) for name in catalog.products()],
        "sliders": {name: list(_moved(powers)) for name, powers in SLIDERS.items()},
        "colors": {name: color_of(name) for name in (*COLORS, *SHOWN)},
        "scenarios": list(ARM_COLORS[:MOST_SCENARIOS]),
        "signals": dict(SIGNALS),
        "shown": list(SHOWN),
        "never_folds": list(NEVER_FOLDS),
        "fluids": list(FLUIDS),
        "cells": list(POPULATIONS),
        "quick_tolerance": QUICK["tolerance"],
        "unchanged": UNCHANGED,
    }


def _study(name: str) -> dict[str, Any]:
    study = read_study(name)
    return {
        "name": name,
        "study": study.model_dump(exclude_defaults=True),
        "text": study_text(name),
    }


def _product(name: str) -> dict[str, Any]:
    product = catalog.product(name)
    why = ""
    try:
        product.variant.parameters()
    except Il2simError as error:
        why = str(error)
    return {
        "name": name,
        "variant": product.variant.name,
        "about": str(product.variant),
        "routes": list(product.routes),
        "in_iu": product.activity is not None,
        "why_not": why,
    }


def _moved(powers: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Parameters that a slider changes, with their values and sources."""
    known = body().parameters
    for name in powers:
        one = known[name]
        yield {
            "name": name,
            "meaning": one.meaning,
            "value": one.value,
            "unit": one.unit,
            "source": one.source,
            "keys": keys_in(one.source),
        }


def keys_in(text: str) -> list[str]:
    """Evidence keys that a text names, each once.

    Examples
    --------
    >>> keys_in("E107,E108; V001")
    ['E107', 'E108', 'V001']
    """
    import re

    return list(dict.fromkeys(re.findall(r"\b[EV]\d{3,}\b", text)))


def evidence(key: str) -> dict[str, Any]:
    """One piece of evidence, with the addresses of its source.

    Raises
    ------
    UnknownName
        There is none of this key.
    """
    one = library.measurement(key)
    return {
        "key": one.key,
        "topic": one.topic,
        "quantity": one.quantity,
        "shown": one.shown,
        "how": one.how,
        "place": one.place,
        "note": one.note,
        "conditions": dict(one.conditions),
        "source": str(one.source),
        "links": list(_links(one.source)),
    }


def _links(source: Source) -> Iterator[dict[str, str]]:
    for identifier in source.identifiers:
        kind, _, value = identifier.partition(":")
        yield {"text": identifier, "address": ADDRESSES[kind] + value}
