"""An open simulator of interleukin-2 therapy, from receptors to patients.

Name a molecule, a regimen and a population; ask what happens to regulatory T cells,
effector T cells, NK cells, the tumor and the patient. This file lists the public names
and nothing else; each is loaded when it is first used, so that importing is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from il2sim.engine.store import read, write
    from il2sim.engine.trajectories import Trajectories
    from il2sim.errors import Il2simError
    from il2sim.evidence import measurement
    from il2sim.models import body, body_with_tumor
    from il2sim.molecules import product, variant
    from il2sim.study.population import Population
    from il2sim.study.populations import (
        adults,
        cancer_patients,
        cgvhd_patients,
        colorectal_cancer_patients,
        t1d_patients,
    )
    from il2sim.study.protocol import Protocol
    from il2sim.study.regimen import Regimen
    from il2sim.study.simulate import simulate
    from il2sim.symbolic import Component, Model
    from il2sim.units import Quantity, days, hours

__version__: str

_HOMES = {
    "Component": "il2sim.symbolic",
    "Il2simError": "il2sim.errors",
    "Model": "il2sim.symbolic",
    "Population": "il2sim.study.population",
    "Protocol": "il2sim.study.protocol",
    "Quantity": "il2sim.units",
    "Regimen": "il2sim.study.regimen",
    "Trajectories": "il2sim.engine.trajectories",
    "adults": "il2sim.study.populations",
    "body": "il2sim.models",
    "body_with_tumor": "il2sim.models",
    "cancer_patients": "il2sim.study.populations",
    "cgvhd_patients": "il2sim.study.populations",
    "colorectal_cancer_patients": "il2sim.study.populations",
    "days": "il2sim.units",
    "hours": "il2sim.units",
    "measurement": "il2sim.evidence",
    "product": "il2sim.molecules",
    "read": "il2sim.engine.store",
    "simulate": "il2sim.study.simulate",
    "t1d_patients": "il2sim.study.populations",
    "variant": "il2sim.molecules",
    "write": "il2sim.engine.store",
}

__all__ = [
    "Component",
    "Il2simError",
    "Model",
    "Population",
    "Protocol",
    "Quantity",
    "Regimen",
    "Trajectories",
    "__version__",
    "adults",
    "body",
    "body_with_tumor",
    "cancer_patients",
    "cgvhd_patients",
    "colorectal_cancer_patients",
    "days",
    "hours",
    "measurement",
    "product",
    "read",
    "simulate",
    "t1d_patients",
    "variant",
    "write",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("il2sim.provenance").VERSION
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'il2sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
