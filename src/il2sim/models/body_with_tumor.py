"""`body_with_tumor`: the body, and a tumor that grows in it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from il2sim.models.body import WILD_TYPE, body
from il2sim.models.cells import MEMORY_CD8, MEMORY_TREG
from il2sim.models.tumor import Tumor
from il2sim.symbolic import Model, Output, Reference


@lru_cache(maxsize=4)
def body_with_tumor(variant: str = WILD_TYPE) -> Model:
    """Join the body's model with a tumor.

    Parameters
    ----------
    variant
        As in `body`.

    Examples
    --------
    >>> body_with_tumor().outputs["tumor"].unit
    'mL'
    """
    tumor = Tumor(
        "tumor",
        blood_cd8=f"{MEMORY_CD8}.blood",
        blood_treg=f"{MEMORY_TREG}.blood",
        pstat5_cd8=f"{MEMORY_CD8} tissue.pstat5",
        pstat5_treg=f"{MEMORY_TREG} tissue.pstat5",
    )
    whole = body(variant).with_component(tumor)
    return replace(
        whole.with_outputs(
            [
                Output("tumor", "mL", "tumor", Reference("tumor.size")),
                Output("CD8 in tumor", "cell/uL", "density", Reference("tumor.cd8")),
                Output("Treg in tumor", "cell/uL", "density", Reference("tumor.treg")),
            ]
        ),
        name="body_with_tumor",
        meaning="IL-2 in a person with a tumor",
    )
