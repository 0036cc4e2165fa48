"""A scenario as a study: what the sliders mean.

This is the only place where a slider becomes a number of a model. What comes out is a
study file like any other, so everything clicked can be run from the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from il2sim.errors import BadStudy
from il2sim.formats.study_file import Study, study_of
from il2sim.study.regimen import Regimen

if TYPE_CHECKING:
    from il2sim.app.serve.messages import Scenario

SLIDERS = {
    "kd_cd25": {"il2.kd_alpha": 1.0},
    "kd_cd122": {"il2.kd_beta_gamma": 1.0, "il2.koff_trimer": 1.0},
    "half_life": {"circulation.renal_clearance": -1.0},
}
"""Parameters that a slider multiplies, each with the power of the slider's factor.

A weaker hold on CD122 with gamma-c lets the trimer go faster by the same ratio, as when
a molecule is carried over from one assay to another (`molecules.scales`).
"""


def refuse_files(tables: Mapping[str, Any]) -> None:
    """Raise if a study names a file, before anything is read.

    Raises
    ------
    BadStudy
        It does.
    """
    named = tables.get("population_file")
    if named is None and str(tables.get("population", "")).endswith(".parquet"):
        named = tables["population"]
    if named is not None:
        raise BadStudy(
            "this page reads no files that a study names.",
            got=f"'{named}'",
            expected="a ready-made population",
            try_="il2sim run on the command line",
        )


def study_after(scenario: Scenario) -> Study:
    """The study that a scenario stands for, with its sliders written into it.

    Raises
    ------
    BadStudy, BadRegimen, UnknownName
        It cannot be carried out.
    """
    study = scenario.study
    tables = study.model_dump(exclude_defaults=True)
    refuse_files(tables)
    tables["regimen"] = str(
        regimen_after(study.regimen, scenario.dose, scenario.every_h)
    )
    factors = dict(study.factors)
    for slider, powers in SLIDERS.items():
        factor = getattr(scenario, slider)
        for name, power in powers.items():
            factors[name] = factors.get(name, 1.0) * factor**power
    factors = {name: value for name, value in factors.items() if value != 1.0}
    tables.pop("factors", None)
    return study_of({**tables, **({"factors": factors} if factors else {})})


def regimen_after(text: str, dose: float, every_h: float | None) -> Regimen:
    """A prescription after the sliders for dose and interval.

    Raises
    ------
    BadRegimen
        It cannot be followed.

    Examples
    --------
    >>> print(regimen_after("aldesleukin 1 MIU sc daily for 8 days", 0.5, 48.0))
    aldesleukin 0.5 MIU sc, every 2 days, for 8 days
    """
    regimen = Regimen.parse(text)
    if every_h is not None:
        regimen = regimen.spaced(every_h)
    if dose == 1.0:
        return regimen
    scaled = regimen.scaled(dose).courses  # a slider means no more digits than these
    return Regimen(
        tuple(replace(one, amount=float(f"{one.amount:.6g}")) for one in scaled)
    )
