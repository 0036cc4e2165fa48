"""Switches change what they say, and leave the resting cells alone."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.lower import lower
from il2sim.errors import UnknownName
from il2sim.models import body
from il2sim.models.switches import SWITCHES, Switch
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare, solve_task
from il2sim.units import hours

PEOPLE = adults(n=2, seed=5)


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_every_switch_fits_the_body(switch):
    """Its parameters exist, and something changes but for the first."""
    factors = switch.factors(body())
    changed = factors or switch.model(body()) is not body()
    assert bool(changed) == (switch is not SWITCHES[0])
    assert all(np.isfinite(one) and one >= 0 for one in factors.values())


def test_the_same_value_is_the_same_value():
    switch = next(one for one in SWITCHES if one.name == "CD25 of Tconv on Treg")
    known = body().parameters
    for name, factor in switch.factors(body()).items():
        other = known[name.replace("Treg", "CD4 Tconv")]
        assert known[name].value * factor == pytest.approx(other.value, rel=1e-14)


def test_without_a_sink_receptors_leave_the_fluids_alone():
    """No term of a receptor of Treg is left in the rate of a fluid."""
    switch = next(one for one in SWITCHES if one.sink == "none")
    program = lower(switch.model(body()))
    index = {name: i for i, name in enumerate(program.states)}
    rate = program.rates[index["circulation.tissue"]]
    used = {
        program.states[program.statements[one].index]
        for one in program.needed([rate])
        if program.statements[one].op == "state"
    }
    assert not [one for one in used if "Treg tissue receptors" in one]
    assert any("memory CD8 tissue receptors" in one for one in used)


def test_a_sink_as_at_rest_has_the_same_rest():
    """Resting IL-2 and counts are those of the body; only growth is left out."""
    switch = next(one for one in SWITCHES if one.sink == "as at rest")
    task = prepare(
        body(),
        Regimen.parse("aldesleukin 1 MIU sc once"),
        PEOPLE,
        times=hours(0, 1, every=1),
    )
    plain = solve_task(task)
    held = solve_task(replace(task, model=switch.model(task.model)))
    np.testing.assert_allclose(held.resting, plain.resting, rtol=1e-6)


def test_a_switch_of_something_unknown_is_refused():
    with pytest.raises(UnknownName, match=r"has no parameter 'Treg\.luck'"):
        Switch("luck", "none", zero=("Treg.luck",)).factors(body())
