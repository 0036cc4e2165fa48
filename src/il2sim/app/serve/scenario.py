"""A scenario as a study: what the sliders mean.

This is the only place where a slider becomes a number of a model. What comes out is a
study file like any other, so everything clicked can be run from the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from il2sim.errors import BadStudy
from il2sim.formats.study_file import Study, study_of
from il2sim.study.regimen import Regimen
from il2sim.study.vocabulary import write_length

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


CHANGED = ", changed"
"""Ends the title of a study that is no longer the published one."""


def refuse_files(tables: Mapping[str, Any]) -> None:
    """Raise if a study names a file, before anything is read.

    Raises
    ------
    BadStudy
        It does.
    """
    named = tables.get("population_file") or tables.get("catalog_file")
    if named is None and str(tables.get("population", "")).endswith(".parquet"):
        named = tables["population"]
    if named is not None:
        raise BadStudy(
            "this page reads no files that a study names.",
            got=f"'{named}'",
            expected="a ready-made population, and molecules of the shipped catalog",
            try_="il2sim run on the command line",
        )


def study_after(scenario: Scenario) -> Study:
    """The study that a scenario stands for, with its sliders written into it.

    What was changed is no longer the study of its title: title and question say so, and
    published values are shown without a verdict.

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
    words = list(_changes(scenario))
    if words or (study.published_for and CHANGED not in study.title):
        told = ", ".join(words) or "another prescription or population"
        tables["published_for"] = study.published_for or study.regimen
        tables["title"] = _retitled(study.title, words)
        tables["question"] = f"What if: {told}? ({tables['regimen']})"
    factors = dict(study.factors)
    for slider, powers in SLIDERS.items():
        factor = getattr(scenario, slider)
        for name, power in powers.items():
            factors[name] = factors.get(name, 1.0) * factor**power
    factors = {name: value for name, value in factors.items() if value != 1.0}
    tables.pop("factors", None)
    return study_of({**tables, **({"factors": factors} if factors else {})})


def _changes(scenario: Scenario) -> Iterator[str]:
    """What the sliders change, in words; nothing where they stand as they were."""
    told = {
        "dose": scenario.dose,
        "affinity for CD25": 1.0 / scenario.kd_cd25,
        "affinity for CD122": 1.0 / scenario.kd_cd122,
        "half-life": scenario.half_life,
    }
    for name, factor in told.items():
        if factor != 1.0:
            many, size = ("×", factor) if factor > 1.0 else ("÷", 1.0 / factor)
            yield f"{name} {many} {size:.3g}"
    if scenario.every_h is not None:
        is_day = scenario.every_h == 24.0
        yield "daily" if is_day else f"every {write_length(scenario.every_h)}"


def _retitled(title: str, words: Iterable[str]) -> str:
    """A title that says what was changed, also once more.

    Examples
    --------
    >>> _retitled("High dose", ["dose ÷ 10"])
    'High dose, changed: dose ÷ 10'
    >>> _retitled("High dose, changed: dose ÷ 10", ["daily"])
    'High dose, changed: dose ÷ 10, daily'
    >>> _retitled("High dose", [])
    'High dose, changed'
    """
    own, _, before = title.partition(CHANGED)
    told = ", ".join([one for one in (before.removeprefix(": "), *words) if one])
    return own + CHANGED + (f": {told}" if told else "")


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
