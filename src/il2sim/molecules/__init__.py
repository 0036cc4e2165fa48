"""What IL-2 and its receptor are: chains, complexes, variants and products.

A variant is a ligand as it binds; a product is what is in the vial, and the only place
where IU per mg lives. Every number is an evidence key, has a source, or is a marked
assumption; what is not known is said.

Reading order: `chains`, `complexes`, `variant`, `product`, `cell_product`, `catalog`
with its `catalog.toml`, `scales`; `entries` reads the file.
"""

from il2sim.molecules.catalog import (
    Catalog,
    cell_product,
    cell_products,
    product,
    products,
    read_catalog,
    variant,
    variants,
)
from il2sim.molecules.cell_product import CellProduct
from il2sim.molecules.chains import CD25, CD122, CD132, Chain, chain
from il2sim.molecules.complexes import Cycle, close, cycles, imbalance
from il2sim.molecules.product import Product
from il2sim.molecules.scales import carry_over, ranked
from il2sim.molecules.variant import Variant

__all__ = [
    "CD25",
    "CD122",
    "CD132",
    "Catalog",
    "CellProduct",
    "Chain",
    "Cycle",
    "Product",
    "Variant",
    "carry_over",
    "cell_product",
    "cell_products",
    "chain",
    "close",
    "cycles",
    "imbalance",
    "product",
    "products",
    "ranked",
    "read_catalog",
    "variant",
    "variants",
]
