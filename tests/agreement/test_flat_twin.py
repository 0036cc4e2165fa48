"""The composed model and its flat twin, written by hand, are one model."""

from __future__ import annotations

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.models import body, body_with_tumor
from tests.agreement.flat_body import as_dict, bound_il2, flat_rates


def _random_point(model, seed):
    """States and parameters at random around their sizes and values, positive."""
    program, rng = lower(model), np.random.default_rng(seed)
    values = np.array([one.engine_value for one in model.parameters.values()])
    given = values * np.exp(0.3 * rng.normal(size=len(values)))
    places = {name: i for i, name in enumerate(model.parameters)}
    given[places["trafficking.cd25_returned"]] = 0.9
    solved = np.exp(rng.normal(-5, 1, size=len(program.solved)))
    states = np.array(program.scales) * np.exp(rng.normal(size=len(program.scales)))
    return program, states, np.concatenate([given, solved])


@pytest.mark.parametrize("seed", range(8))
def test_composed_rates_equal_the_flat_twin(seed):
    """Every rate agrees at random points, to rounding in the sums it is made of.

    The bound is 1e-9 of the largest rate of states with the same unit, because a sum of
    large terms of both signs keeps only their absolute rounding error.
    """
    model = body_with_tumor()
    program, states, vector = _random_point(model, seed)
    ours = evaluate(program, program.rates, vector[None], states[None])[0]
    names = (*program.parameters, *program.solved)
    twin = flat_rates(as_dict(program.states, states), as_dict(names, vector))
    units = [model.resolve(name).quantity.unit for name in program.states]
    theirs = np.array([twin[name] for name in program.states])
    for kind in set(units):
        some = np.array([one == kind for one in units])
        size = np.max(np.abs(theirs[some]))
        np.testing.assert_allclose(
            ours[some], theirs[some], rtol=1e-9, atol=1e-9 * size
        )


def test_the_twin_covers_every_state_and_no_other():
    """Nothing of the composed model is missing in the twin."""
    program, states, vector = _random_point(body_with_tumor(), 0)
    names = (*program.parameters, *program.solved)
    twin = flat_rates(as_dict(program.states, states), as_dict(names, vector))
    assert set(twin) == set(program.states)


def test_the_body_is_the_body_with_tumor_without_the_tumor():
    """Joining a tumor changes no rate of the body."""
    program, states, vector = _random_point(body_with_tumor(), 3)
    small = lower(body())
    place = {name: i for i, name in enumerate(program.states)}
    value = as_dict((*program.parameters, *program.solved), vector)
    some = np.array([value[name] for name in (*small.parameters, *small.solved)])
    states_of_body = states[[place[name] for name in small.states]]
    ours = evaluate(small, small.rates, some[None], states_of_body[None])[0]
    whole = evaluate(program, program.rates, vector[None], states[None])[0]
    np.testing.assert_array_equal(ours, whole[[place[name] for name in small.states]])


@pytest.mark.parametrize(("total", "sites"), [(1e-6, 0.02), (5.0, 1.0), (60.0, 0.5)])
def test_free_il2_solves_the_mass_balance(total, sites):
    """The closed form in the model is the root found by bisection."""
    kd = 10.0
    spare = kd + sites - total
    free = 2 * kd * total / (spare + np.sqrt(spare**2 + 4 * kd * total))
    assert free == pytest.approx(total - bound_il2(total, sites, kd), rel=1e-12)
