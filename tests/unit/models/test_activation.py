"""Treg with ICOS: the share at rest and at full signal, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from il2sim.engine.evaluate import evaluate
from il2sim.engine.lower import lower
from il2sim.evidence import library
from il2sim.evidence.parameter import ParameterValue
from il2sim.models.activation import Activation
from il2sim.symbolic import Model
from il2sim.symbolic.expression import Number

AT_REST, INDUCTION, LOSS_PER_D = 0.1, 20.0, 0.2
VALUES = {
    "memory Treg.icos_at_rest": AT_REST,
    "memory Treg.icos_induction": INDUCTION,
    "activation.k_lose_icos": LOSS_PER_D,
}


def _look_up(name: str) -> ParameterValue:
    return replace(library.parameter(name), value=VALUES[name])


def _rate(share: float, pstat5: float) -> float:
    """Change of the share, [1/h]."""
    model = Model(
        name="alone",
        meaning="activation under a held signal",
        components=(Activation("treg", cell="memory Treg", pstat5=Number(pstat5)),),
        outputs={},
        inlets={},
        look_up=_look_up,
    )
    program = lower(model)
    known = np.array([[one.engine_value for one in model.parameters.values()]])
    return float(evaluate(program, program.rates, known, np.array([[share]]))[0, 0])


def test_without_a_signal_the_share_of_rest_stays():
    """What is gained is what is lost."""
    assert _rate(AT_REST, 0.0) == pytest.approx(0.0, abs=1e-15)


def test_the_loss_is_that_of_the_table():
    """Where all carry ICOS nothing is gained."""
    assert _rate(1.0, 1.0) == pytest.approx(-LOSS_PER_D / 24)


@pytest.mark.parametrize("pstat5", [0.1, 1.0])
def test_a_held_signal_ends_at_its_share(pstat5):
    """Odds of carrying ICOS are those at rest times 1 + induction * pSTAT5."""
    odds = AT_REST / (1 - AT_REST) * (1 + INDUCTION * pstat5)
    assert _rate(odds / (1 + odds), pstat5) == pytest.approx(0.0, abs=1e-15)
