"""The one constant of nature that the models need."""

from __future__ import annotations

from il2sim import units
from il2sim.symbolic import Constant

AVOGADRO = Constant("N_A", units.AVOGADRO, "molecule/nmol")
"""Molecules in a nmol: the exchange factor between cells and fluids."""
