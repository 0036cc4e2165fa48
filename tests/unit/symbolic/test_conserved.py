"""Conserved totals are found exactly, and only where there are any."""

from __future__ import annotations

from il2sim.models.absorption import InjectionSite
from il2sim.models.binding import Binding
from il2sim.symbolic import Component, conserved_totals, parameter, process, state


class Dimerization(Component):
    """Two singles make a pair."""

    single = state("molecule/cell", "single")
    pair = state("molecule/cell", "pair")
    k = parameter("cell/(molecule*h)", "meet")
    back = parameter("1/h", "part")
    meet = process("2 single -> pair", rate=k * single * single)
    part = process("pair -> 2 single", rate=back * pair)


def test_a_pair_counts_twice():
    """Singles and twice the pairs are conserved."""
    assert conserved_totals(Dimerization) == [{"single": "1", "pair": "2"}]


def test_binding_conserves_each_receptor_chain():
    """CD25 is outside or in the trimer; CD122 is empty, in the dimer or the trimer.

    IL-2 itself is no total of this component, because its exchange factor is the
    number of cells, which may vary.
    """
    totals = conserved_totals(Binding)
    assert {"cd25": "1", "trimer": "1"} in totals
    assert {"cd122": "1", "dimer": "1", "trimer": "1"} in totals
    assert len(totals) == 2


def test_a_sink_conserves_nothing():
    """What is destroyed at the injection site is gone."""
    assert conserved_totals(InjectionSite) == []
