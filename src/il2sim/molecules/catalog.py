"""The known variants and products, by name.

Their numbers stand in `catalog.toml` beside this file. A user adds a molecule in a TOML
file of the same form and reads it with `read_catalog`; nothing is added in Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from il2sim.errors import BadVariant, UnknownName, UnreadableFile, closest
from il2sim.molecules.cell_product import CellProduct
from il2sim.molecules.entries import Entry, cell_product_of, product_of, variant_of
from il2sim.molecules.product import Product
from il2sim.molecules.variant import Variant

_SHIPPED = Path(__file__).parent / "catalog.toml"
_Thing = TypeVar("_Thing", Variant, Product, CellProduct)


@dataclass(frozen=True)
class Catalog:
    """Variants and products, each found by its name or an alias, in any case."""

    by_variant: Mapping[str, Variant]
    by_product: Mapping[str, Product]
    by_cells: Mapping[str, CellProduct] = field(default_factory=dict)

    def variant(self, name: str) -> Variant:
        """Look a variant up.

        Raises
        ------
        UnknownName
            No variant has the name; the closest known ones are named.
        """
        return _find(name, self.by_variant, "variant")

    def product(self, name: str) -> Product:
        """Look a product up.

        Raises
        ------
        UnknownName
            No product has the name; the closest known ones are named.
        """
        return _find(name, self.by_product, "product")

    def cell_product(self, name: str) -> CellProduct:
        """Look a product of cells up.

        Raises
        ------
        UnknownName
            No product of cells has the name; the closest known ones are named.
        """
        return _find(name, self.by_cells, "product of cells")

    def given(self, name: str) -> Product | CellProduct:
        """Look up whatever can be given: a product, or cells.

        Raises
        ------
        UnknownName
            Nothing has the name; the closest known ones are named.
        """
        if _folded(name) in self.by_cells:
            return self.cell_product(name)
        return self.product(name)

    def variants(self) -> tuple[str, ...]:
        """The name of every variant, in the order of the file."""
        return tuple(dict.fromkeys(one.name for one in self.by_variant.values()))

    def products(self) -> tuple[str, ...]:
        """The name of every product, in the order of the file."""
        return tuple(dict.fromkeys(one.name for one in self.by_product.values()))

    def cell_products(self) -> tuple[str, ...]:
        """The name of every product of cells, in the order of the file."""
        return tuple(dict.fromkeys(one.name for one in self.by_cells.values()))


def variant(name: str) -> Variant:
    """Look a variant of the shipped catalog up by its name or an alias, in any case.

    Raises
    ------
    UnknownName
        No variant has the name; the closest known ones are named.

    Examples
    --------
    >>> variant("NKTR-358").name
    'rezpegaldesleukin'
    """
    return shipped().variant(name)


def found(variant: str | Variant) -> Variant:
    """The variant itself, or the one of the shipped catalog that has the name.

    Raises
    ------
    UnknownName
        No variant has the name; the closest known ones are named.

    Examples
    --------
    >>> found(found("aldesleukin")).name
    'wild-type IL-2'
    """
    return variant if isinstance(variant, Variant) else shipped().variant(variant)


def product(name: str) -> Product:
    """Look a product of the shipped catalog up by its name or an alias, in any case.

    Raises
    ------
    UnknownName
        No product has the name; the closest known ones are named.

    Examples
    --------
    >>> product("Proleukin").name
    'aldesleukin'
    """
    return shipped().product(name)


def cell_product(name: str) -> CellProduct:
    """Look a product of cells of the shipped catalog up, in any case.

    Raises
    ------
    UnknownName
        No product of cells has the name; the closest known ones are named.

    Examples
    --------
    >>> cell_product("memory Treg").routes
    ('iv',)
    """
    return shipped().cell_product(name)


def given(name: str) -> Product | CellProduct:
    """Look up whatever of the shipped catalog can be given: a product, or cells.

    Raises
    ------
    UnknownName
        Nothing has the name; the closest known ones are named.
    """
    return shipped().given(name)


def cell_products() -> tuple[str, ...]:
    """The name of every product of cells of the shipped catalog.

    Examples
    --------
    >>> "TIL" in cell_products()
    True
    """
    return shipped().cell_products()


def variants() -> tuple[str, ...]:
    """The name of every variant of the shipped catalog.

    Examples
    --------
    >>> variants()[0]
    'wild-type IL-2'
    """
    return shipped().variants()


def products() -> tuple[str, ...]:
    """The name of every product of the shipped catalog.

    Examples
    --------
    >>> products()[0]
    'aldesleukin'
    """
    return shipped().products()


def read_catalog(path: Path | str) -> Catalog:
    """Read a catalog of your own, together with the shipped one.

    Parameters
    ----------
    path
        A TOML file with tables ``[variants.<name>]`` and ``[products.<name>]``. A
        variant may be ``like`` another one of either catalog; what it does not give is
        then taken from there and marked as an assumption.

    Returns
    -------
    Catalog
        The shipped variants and products, and those of the file.

    Raises
    ------
    UnreadableFile
        The file is missing or is not TOML.
    BadVariant
        An entry breaks a rule, or takes a name that is taken.
    UnknownName
        A product names a variant, or a variant is like one, that does not exist.
    """
    return _joined(Path(path), shipped())


@lru_cache(maxsize=1)
def shipped() -> Catalog:
    """The catalog that comes with il2sim.

    Examples
    --------
    >>> len(shipped().variants()) > 40
    True
    """
    return _joined(_SHIPPED, Catalog({}, {}))


def _joined(path: Path, known: Catalog) -> Catalog:
    content = _read(path)
    for table in content:
        if table not in ("variants", "products", "cells"):
            raise BadVariant(
                f"{path.name} has a table that is not known.",
                got=table,
                expected="[variants.<name>], [products.<name>] and [cells.<name>]",
            )
    variants = dict(known.by_variant)
    for entry in _entries(path, content, "variants"):
        like = entry.text("like")
        basis = _find(like, variants, "variant") if like else None
        _add(variants, variant_of(entry, basis), entry)
    products = dict(known.by_product)
    for entry in _entries(path, content, "products"):
        inside = _find(entry.text("variant"), variants, "variant")
        _add(products, product_of(entry, inside), entry)
    cells = dict(known.by_cells)
    for entry in _entries(path, content, "cells"):
        _add(cells, cell_product_of(entry), entry)
    return Catalog(
        MappingProxyType(variants), MappingProxyType(products), MappingProxyType(cells)
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        raise UnreadableFile(
            f"the catalog '{path.name}' cannot be read.",
            got=f"no file '{path}'" if is_missing else str(error),
            expected="TOML with [variants.<name>] and [products.<name>]",
            try_=f"""printf '[variants.mine]\\nlike = "IL-2"\\n' > {path.name}"""
            if is_missing
            else None,
        ) from error


def _entries(path: Path, content: Mapping[str, Any], table: str) -> Iterable[Entry]:
    for name, entry in content.get(table, {}).items():
        if not isinstance(entry, dict):
            raise BadVariant(
                f"'{name}' of {path.name} is not a table.",
                got=repr(entry),
                expected=f"[{table}.<name>] and lines of key = value",
            )
        yield Entry(path.name, table.removesuffix("s"), name, entry)


def _add(known: dict[str, _Thing], thing: _Thing, entry: Entry) -> None:
    for name in (thing.name, *thing.aliases):
        owner = known.setdefault(_folded(name), thing)
        if owner is not thing:
            entry.refuse(
                f"takes the name '{name}'",
                got=repr(name),
                expected=f"a name of its own; '{owner.name}' has it",
            )


LISTED = {"variant": "variants", "product": "products"}
"""What `il2sim list` shows of a catalog."""


def _find(name: str, known: Mapping[str, _Thing], what: str) -> _Thing:
    if _folded(name) in known:
        return known[_folded(name)]
    names = {one.name for one in known.values()}
    aliases = {alias for one in known.values() for alias in one.aliases}
    raise UnknownName(
        f"no {what} is named '{name}'.",
        got=repr(name),
        expected=closest(name, names | aliases),
        try_=f"il2sim list {LISTED[what]}" if what in LISTED else None,
    )


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
