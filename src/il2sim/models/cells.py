"""The eight populations of the body, and how they are named and grouped."""

from __future__ import annotations

NAIVE_TREG, MEMORY_TREG = "naive Treg", "memory Treg"
NAIVE_CD4, MEMORY_CD4 = "naive CD4 Tconv", "memory CD4 Tconv"
NAIVE_CD8, MEMORY_CD8 = "naive CD8", "memory CD8"
NK_DIM, NK_BRIGHT = "NK dim", "NK bright"

POPULATIONS = (
    NAIVE_TREG,
    MEMORY_TREG,
    NAIVE_CD4,
    MEMORY_CD4,
    NAIVE_CD8,
    MEMORY_CD8,
    NK_DIM,
    NK_BRIGHT,
)
"""Each with its own receptors, numbers and turnover."""

TREG = (NAIVE_TREG, MEMORY_TREG)
TCONV = (NAIVE_CD4, MEMORY_CD4)
NK = (NK_DIM, NK_BRIGHT)
THYMIC = (NAIVE_TREG, NAIVE_CD4, NAIVE_CD8)
BYSTANDERS = "B cells"

REPORTED = {
    NAIVE_TREG: (NAIVE_TREG,),
    MEMORY_TREG: (MEMORY_TREG,),
    "CD4 Tconv": TCONV,
    "CD8": (NAIVE_CD8, MEMORY_CD8),
    NK_DIM: (NK_DIM,),
    NK_BRIGHT: (NK_BRIGHT,),
    "Treg": TREG,
    "NK": NK,
}
"""The populations that the clinic counts, and what they are made of."""

CONVERSIONS = {
    NAIVE_TREG: MEMORY_TREG,
    NAIVE_CD4: MEMORY_CD4,
    NAIVE_CD8: MEMORY_CD8,
    NK_BRIGHT: NK_DIM,
}
"""Which population becomes which."""
