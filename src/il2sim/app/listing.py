"""``il2sim list`` and ``il2sim show``: what there is, and one thing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from il2sim.app import tables
from il2sim.app.terminal import console
from il2sim.errors import BadProblem, UnknownName, closest

if TYPE_CHECKING:
    from il2sim.molecules import Catalog

_Made = TypeVar("_Made")

Own = Annotated[
    Path | None, typer.Option("--catalog", help="Your own molecules (TOML), too.")
]


def list_(
    what: Annotated[str, typer.Argument(help="studies, trials, variants, models, …")],
    *,
    find: Annotated[str, typer.Option(help="Only rows with these words.")] = "",
    own: Own = None,
) -> None:
    """List studies, trials, cards, populations, variants, products, models, …."""
    headings, rows = _with(_choose(what, _LISTS, "list"), what, own)()
    words = find.lower().split()
    kept = [row for row in rows if all(word in " ".join(row).lower() for word in words)]
    console().print(tables.listing(headings, kept))


def show(
    what: Annotated[str, typer.Argument(help="study, variant, model, …")],
    name: Annotated[str, typer.Argument(help="Which one.")],
    *,
    own: Own = None,
) -> None:
    """Show a study, trial, card, population, variant, product, model or evidence."""
    text = _with(_choose(what, _SHOWN, "show"), what, own)(name)
    console().print(text, markup=False, highlight=False, soft_wrap=True)


OF_CATALOG = ("variant", "product")
"""What a catalog of the user's own has."""


def _choose(what: str, known: dict[str, _Made], command: str) -> _Made:
    if what not in known:
        raise UnknownName(
            f"il2sim cannot {command} '{what}'.",
            got=f"'{what}'",
            expected=closest(what, known),
            try_=f"il2sim {command} " + " | ".join(known),
        )
    return known[what]


def _with(
    made: Callable[..., _Made], what: str, own: Path | None
) -> Callable[..., _Made]:
    """The same with a catalog of the user's.

    Raises
    ------
    BadProblem
        It is not of a catalog.
    """
    if own is None:
        return made
    if what.removesuffix("s") not in OF_CATALOG:
        raise BadProblem(
            f"a catalog says nothing of '{what}'.",
            got=f"--catalog {own}",
            expected=" or ".join(OF_CATALOG),
            try_=f"il2sim list variants --catalog {own}",
        )
    return partial(made, own=own)


def _catalog(own: Path | None) -> Catalog:
    from il2sim.molecules import catalog

    return catalog.shipped() if own is None else catalog.read_catalog(own)


Listing = tuple[Sequence[str], list[tuple[str, ...]]]


def _studies() -> Listing:
    from il2sim.formats.study_file import read_study, studies

    rows = [(name, read_study(name)) for name in studies()]
    return ("study", "question", "regimen"), [
        (name, study.question, study.regimen) for name, study in rows
    ]


def _cards() -> Listing:
    from il2sim.formats.card_file import read_cards

    return ("card", "trial", "kind", "role"), [
        (one.name, one.title, one.kind, one.role) for one in read_cards()
    ]


def _trials() -> Listing:
    from il2sim.formats.trial_file import read_trial, trials

    rows = [(name, read_trial(name)) for name in trials()]
    return ("trial", "question", "arms"), [
        (name, one.question, "; ".join(arm.name for arm in one.arms))
        for name, one in rows
    ]


def _populations() -> Listing:
    from il2sim.study.populations import population, populations

    return ("population", "who"), [
        (name, population(name).meaning) for name in populations()
    ]


def _variants(own: Path | None = None) -> Listing:
    catalog = _catalog(own)
    found = [catalog.variant(name) for name in catalog.variants()]
    return ("variant", "format", "bias"), [
        (one.name, one.format, one.bias) for one in found
    ]


def _products(own: Path | None = None) -> Listing:
    catalog = _catalog(own)
    found = [catalog.product(name) for name in catalog.products()]
    cells = [catalog.cell_product(name) for name in catalog.cell_products()]
    return ("product", "variant", "routes"), [
        *((one.name, one.variant.name, ", ".join(one.routes)) for one in found),
        *((one.name, "cells", ", ".join(one.routes)) for one in cells),
    ]


def _models() -> Listing:
    from il2sim import models

    made = [getattr(models, name)() for name in models.__all__]
    return ("model", "what it is", "states"), [
        (one.name, one.meaning, str(len(one.states))) for one in made
    ]


def _evidence() -> Listing:
    from il2sim.evidence import library

    return ("key", "topic", "quantity", "value", "how", "source"), [
        (one.key, one.topic, one.quantity, one.shown, one.how, str(one.source))
        for one in library.measurements()
    ]


def _study_text(name: str) -> str:
    from il2sim.formats.study_file import study_text

    return study_text(name)


def _card_text(name: str) -> str:
    from il2sim.formats.card_file import card_text

    return card_text(name)


def _trial_text(name: str) -> str:
    from il2sim.formats.trial_file import trial_text

    return trial_text(name)


def _population_text(name: str) -> str:
    from il2sim.study.populations import population

    return str(population(name))


def _variant_text(name: str, own: Path | None = None) -> str:
    return str(_catalog(own).variant(name))


def _product_text(name: str, own: Path | None = None) -> str:
    return str(_catalog(own).given(name))


def _model_text(name: str) -> str:
    from il2sim import models

    known = {one: getattr(models, one) for one in models.__all__}
    return str(_choose(name, known, "show model")())


def _evidence_text(name: str) -> str:
    from il2sim.evidence import library

    one = library.measurement(name)
    told = [str(one), *(f"  {key}: {value}" for key, value in one.conditions.items())]
    return "\n".join([*told, f"  {one.note}"] if one.note else told)


def _protocols() -> Listing:
    from il2sim.formats.protocol_file import protocols, read_protocol_file

    rows = [(name, read_protocol_file(name)) for name in protocols()]
    return ("protocol", "what it is", "regimen"), [
        (name, file.title, file.regimen) for name, file in rows
    ]


def _protocol_text(name: str) -> str:
    from il2sim.formats.protocol_file import read_protocol_file, show

    return show(read_protocol_file(name), Path(name).name.removesuffix(".toml"))


_LISTS: dict[str, Callable[..., Listing]] = {
    "studies": _studies,
    "protocols": _protocols,
    "cards": _cards,
    "trials": _trials,
    "populations": _populations,
    "variants": _variants,
    "products": _products,
    "models": _models,
    "evidence": _evidence,
}
_SHOWN: dict[str, Callable[..., str]] = {
    "study": _study_text,
    "protocol": _protocol_text,
    "card": _card_text,
    "trial": _trial_text,
    "population": _population_text,
    "variant": _variant_text,
    "product": _product_text,
    "model": _model_text,
    "evidence": _evidence_text,
}
