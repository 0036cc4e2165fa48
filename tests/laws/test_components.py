"""Laws of every component, found by discovery."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import il2sim.models as room
from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.models import body
from il2sim.models.binding import Binding
from il2sim.symbolic import Component, conserved_totals
from il2sim.symbolic.checks import check_component
from il2sim.symbolic.quantity import Parameter


def _components():
    found = {}
    for module in pkgutil.iter_modules(room.__path__):
        names = vars(importlib.import_module(f"il2sim.models.{module.name}"))
        for one in names.values():
            if isinstance(one, type) and issubclass(one, Component):
                found[one.__name__] = one
    found.pop("Component", None)
    return [found[name] for name in sorted(found)]


COMPONENTS = _components()


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: one.__name__)
def test_units_agree_and_everything_is_explained(component):
    """Units fit, and every quantity and the component itself say what they are."""
    check_component(component)
    assert component.__doc__
    for quantity in component.quantities.values():
        assert len(quantity.meaning) > 2, quantity.name


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: one.__name__)
def test_totals_that_are_claimed_are_conserved(component):
    """The sum of weights and stoichiometric numbers vanishes for every process."""
    for total in conserved_totals(component):
        for process in component.processes.values():
            change = sum(
                float(weight) * process.changes.get(name, 0)
                for name, weight in total.items()
                if weight.lstrip("-").replace(".", "").isdigit()
            )
            assert change == 0, (total, process.name)


def test_the_ways_into_the_trimer_keep_detailed_balance():
    """Where dimer and trimer are at equilibrium by one way, they are by the other.

    With free receptors and IL-2 given, the equilibrium of `catch` fixes the dimer, that
    of `hand_over` the trimer; `recruit` and `drop` must then balance by themselves.
    """
    il2, cd25, cd122 = 0.3, 2000.0, 500.0
    kd_alpha, kd_bg, koff, assemble = 10.0, 1.3, 0.36, 0.07
    dimer = il2 * cd122 / kd_bg
    trimer = assemble * cd25 * il2 / (kd_alpha + il2) * cd122 / koff
    recruit = assemble * cd25 * kd_alpha / (kd_alpha + il2) * dimer
    names = {
        "il2": il2,
        "cd25": cd25,
        "cd122": cd122,
        "dimer": dimer,
        "trimer": trimer,
        "kd_alpha": kd_alpha,
        "kd_beta_gamma": kd_bg,
        "koff_trimer": koff,
        "k_assemble": assemble,
    }
    assert _rate(Binding, "recruit", names) == pytest.approx(recruit, rel=1e-14)
    assert _rate(Binding, "drop", names) == pytest.approx(recruit, rel=1e-14)


def _rate(component, process, values):
    from il2sim.symbolic.expression import to_sympy
    from il2sim.symbolic.quantity import Observed

    def symbol(leaf):
        if isinstance(leaf, Observed):
            return to_sympy(leaf.formula, symbol)
        return values[leaf.name]

    return float(to_sympy(component.processes[process].rate, symbol))


def test_nothing_is_taken_from_what_is_empty():
    """Where a state is zero, and all others are not, its rate is not negative."""
    program = lower(body())
    values = np.array([one.engine_value for one in body().parameters.values()])
    vector = np.concatenate([values, np.full(len(program.solved), 0.01)])
    rng = np.random.default_rng(7)
    full = np.array(program.scales) * np.exp(0.5 * rng.normal(size=len(program.states)))
    states = np.tile(full, (len(program.states), 1))
    np.fill_diagonal(states, 0.0)
    vectors = np.tile(vector, (len(states), 1))
    rates = evaluate(program, program.rates, vectors, states)
    lost = [
        name
        for i, name in enumerate(program.states)
        if rates[i, i] < -1e-12 * program.scales[i]
    ]
    assert lost == []


def test_every_number_of_a_model_has_a_source_or_is_marked():
    """No value stands in a model; each has a unit, and a source or the mark."""
    for name, parameter in body().parameters.items():
        assert parameter.source, name
        assert parameter.meaning, name
        assert parameter.low is None or parameter.low <= parameter.value, name
        assert parameter.high is None or parameter.value <= parameter.high, name
    declared = [one for part in COMPONENTS for one in part.of_kind(Parameter)]
    assert all(one.unit for one in declared)
