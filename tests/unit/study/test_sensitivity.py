"""Derivatives get names and units; one compartment knows them in closed form."""

import numpy as np
import pytest

from il2sim.errors import UnknownName
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.sensitivity import DOSES, sensitivities
from il2sim.study.simulate import prepare
from il2sim.units import hours
from tests.unit.study.tiny import VALUES, tiny


def task():
    return prepare(
        tiny(),
        Regimen.parse("aldesleukin 600 kIU/kg iv once"),
        adults(n=2, seed=4).without_spread(),
        times=hours(0, 12, every=3),
        tolerance=1e-8,
    )


def test_parameters_and_doses_move_a_bolus_as_the_closed_form():
    """c = D/V exp(-k t): by k is -t c, by V is -c/V, by the doses c itself."""
    volume, loss = "plasma.volume", "plasma.k_lose"
    found = sensitivities(task(), [volume, DOSES, loss])
    times, level = found.run.times_h, found.run["plasma IL-2"].values
    name = "plasma IL-2"
    assert found.units == ("L/kg", "1", "1/h")
    close = {"rtol": 1e-6, "atol": 1e-6 * level.max()}
    np.testing.assert_allclose(found.of(name, DOSES), level, **close)
    np.testing.assert_allclose(found.of(name, loss), -times * level, **close)
    by_volume = -1e3 * level / VALUES[volume].value  # mL in a liter
    np.testing.assert_allclose(found.of(name, volume), by_volume, **close)
    relative = found.relative(name, loss)[:, 1:]
    exact = np.broadcast_to(-VALUES[loss].value * times[1:], relative.shape)
    np.testing.assert_allclose(relative, exact, rtol=1e-5)
    assert np.isnan(found.relative(name, loss)[:, 0]).all()


def test_the_resting_state_moves_with_what_it_is_made_of():
    """Cells rest at their baseline; the drug is not there yet."""
    found = sensitivities(task(), ["memory Treg.baseline"])
    cells = found.run.names.index("memory Treg")
    np.testing.assert_allclose(found.resting[:, cells, 0], 1.0)
    assert not np.delete(found.resting, cells, axis=1).any()


def test_unknown_names_are_said():
    """Both what is moved and what is asked for."""
    with pytest.raises(UnknownName, match="k_looze"):
        sensitivities(task(), ["plasma.k_looze"])
    found = sensitivities(task(), [DOSES])
    with pytest.raises(UnknownName, match="nothing"):
        found.of("nothing", DOSES)
    with pytest.raises(UnknownName, match="elsewhere"):
        found.of("memory Treg", "elsewhere")
