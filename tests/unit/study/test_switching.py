"""Wins and the parts carried: closed forms on invented folds, and one small study."""

import numpy as np
import pytest

from il2sim.errors import BadProblem
from il2sim.models import body
from il2sim.models.switches import SWITCHES
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.study.switching import Switched, switch_off
from il2sim.units import days


def invented(treg, tconv):
    """Folds of Treg and Tconv, one dose, two subjects alike."""
    folds = np.array([[[[a, a], [b, b]]] for a, b in zip(treg, tconv, strict=True)])
    return Switched(
        switches=SWITCHES[: len(treg)],
        doses=np.array([1.0]),
        labels=("1 MIU",),
        names=("memory Treg", "CD4 Tconv"),
        folds=folds,
        at_h=24.0,
    )


def test_the_part_carried_is_the_part_of_the_logarithm_that_is_lost():
    """16-fold: all, half, a quarter more, against it."""
    found = invented([16.0, 1.0, 4.0, 32.0], [1.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(
        found.carried("memory Treg")[:, 0], [0.0, 1.0, 0.5, -0.25]
    )
    rows = found.table()
    assert rows[1]["carries of memory Treg [%]"] == pytest.approx(100)
    assert rows[2]["memory Treg over CD4 Tconv"] == pytest.approx(4)


def test_where_nothing_is_won_nothing_is_carried():
    assert np.all(np.isnan(invented([1.01, 0.5], [1.0, 1.0]).carried("memory Treg")))


def test_treg_that_do_not_divide_by_il2_do_not_win():
    """Two subjects, two doses, ten days: the win is gone at both."""
    task = prepare(
        body(),
        Regimen.parse("aldesleukin 1 MIU/m2 sc daily for 10 days"),
        adults(n=2, seed=1),
        times=days(0, 10, every=5),
    )
    chosen = [SWITCHES[0], next(s for s in SWITCHES if "division of Treg" in s.name)]
    seen = []
    found = switch_off(
        task, chosen, doses=(0.5, 1.0), progress=lambda *one: seen.append(one)
    )
    assert found.labels == ("0.5 MIU/m2", "1 MIU/m2")
    assert seen[-1] == (4, 4)
    assert np.all(found.win("memory Treg")[0] > 1.3)
    assert np.all(found.win("memory Treg")[1] < 1.05)
    with pytest.raises(BadProblem, match="cannot be multiplied"):
        switch_off(task, chosen, doses=(0.0,))
