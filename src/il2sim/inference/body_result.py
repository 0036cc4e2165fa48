"""What a fit of the body left behind, and whether it is of today.

The result is a dated file under a hash of what decided it: the models and their values,
the cards, the populations, the molecules, the plan of the fit and its code. Judging the
cards uses it only while that hash is the one of today.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il2sim.errors import UnreadableFile
from il2sim.inference.body_plan import BodyPlan, read_body_plan
from il2sim.molecules import CellProduct, Product, catalog
from il2sim.provenance import hash_of
from il2sim.study.card import TrialCard
from il2sim.study.posterior import WEIGHT, Posterior

if TYPE_CHECKING:
    from il2sim.symbolic import Model

Floats = NDArray[np.float64]

FILE, DRAWS = "body.json", "body_draws.tsv"
"""The result and the draws, among the fitted values."""

SOLVING = (
    *(f"study/{name}.py" for name in ("validation", "ensemble", "readouts")),
    *("study/readings.py", "study/stand_in.py", "study/populations.toml"),
)
"""Files of the package in which a change can change a prediction."""

FITTING = (
    *("inference/summaries.py", "inference/surrogate.py"),
    *(
        f"inference/{name}.py"
        for name in ("body", "body_draws", "body_plan", "importance")
    ),
)
"""Files in which a change can change what is made of predictions."""


@dataclass(frozen=True, eq=False)
class BodyResult:
    """A fit of the body, as shipped.

    Attributes
    ----------
    date, key
        When it was made, and the hash of what decided it.
    between
        Spread of another study around the prediction, standard deviation of the
        logarithm, [1]: of folds (True), and of levels, times and rates (False). From
        cards left out, where they were.
    differences
        By row of a card: by how much its score moves in each draw of the posterior,
        logarithm of a number or log odds of a part, shape ``(n_draws,)``.
    left_out
        By row of a calibration card: the prediction of a fit without that card, in the
        unit of the card. Empty if it was not asked for.
    """

    date: str
    key: str
    between: Mapping[bool, float]
    differences: Mapping[str, Floats]
    left_out: Mapping[str, float]


def result_of(told: Mapping[str, Any]) -> BodyResult:
    """Read what `il2sim fit body` wrote."""
    return BodyResult(
        date=told["date"],
        key=told["hash"],
        between={True: told["between"]["folds"], False: told["between"]["levels"]},
        differences={
            key: np.array(some, dtype=float)
            for key, some in told["differences"].items()
        },
        left_out={
            key: value
            for one in told["left_out"].values()
            for key, value in one["values"].items()
        },
    )


def shipped_result() -> BodyResult | None:
    """The result that comes with il2sim; None if there is none."""
    place = _package().joinpath("evidence", "tables", "fitted", FILE)
    if not place.is_file():
        return None
    return result_of(json.loads(place.read_text("utf-8")))


def shipped_draws(model: Model) -> Posterior:
    """Draws of the shipped fit as a posterior that a population can have.

    Parameters
    ----------
    model
        What it does not have is left out.

    Raises
    ------
    UnreadableFile
        No draws are shipped.

    Examples
    --------
    >>> from il2sim.models import body
    >>> from il2sim.study.populations import adults
    >>> unsure = adults(n=100).with_posterior(shipped_draws(body()))
    >>> unsure.posterior is not None
    True
    """
    place = _package().joinpath("evidence", "tables", "fitted", DRAWS)
    if not place.is_file():
        raise UnreadableFile(
            "no draws of the body are shipped.",
            got=DRAWS,
            expected="a file among the fitted values",
            try_="il2sim fit body",
        )
    head, *lines = place.read_text("utf-8").splitlines()
    names = head.split("\t")
    table = np.array([[float(one) for one in line.split("\t")] for line in lines])
    columns = {
        name: table[:, i]
        for i, name in enumerate(names)
        if name in model.parameters or name == WEIGHT
    }
    return Posterior.of(columns, "il2sim fit body")


def solving_key(
    cards: Sequence[TrialCard], models: Mapping[str, Any], plan: BodyPlan
) -> str:
    """Hash of everything that decides what is predicted at a point.

    Parameters
    ----------
    cards
        All of them, held out too: their predictions are part of the result.
    models
        By name.
    plan
        Of the fit.
    """
    values = {
        name: {key: one.engine_value for key, one in model.parameters.items()}
        for name, model in models.items()
    }
    return hash_of(
        {
            "models": {name: model.fingerprint for name, model in models.items()},
            "values": values,
            "cards": [_deciding(card) for card in cards],
            "moves": [dict(one.moves) for one in plan.free],
            "tolerance": plan.told["tolerance"],
            "seed": plan.told["seed"],
            "files": [_text(name) for name in SOLVING],
            "molecules": _molecules(cards),
        }
    )


def body_key(
    cards: Sequence[TrialCard],
    models: Mapping[str, Any],
    plan: BodyPlan | None = None,
) -> str:
    """Hash of everything that decides a fit of the body.

    Parameters
    ----------
    cards, models, plan
        As `solving_key`; the plan is the shipped one unless another is given.
    """
    plan = plan or read_body_plan()
    told = [plan.told, [_text(name) for name in FITTING]]
    return hash_of([solving_key(cards, models, plan), *told])[:16]


def _deciding(card: TrialCard) -> TrialCard:
    """A card without what is only told to readers."""
    measured = tuple(replace(one, why="", gate="") for one in card.measured)
    return replace(card, title="", notes=(), measured=measured)


def _molecules(cards: Sequence[TrialCard]) -> dict[str, dict[str, float]]:
    """What is given in the cards, as models and doses see it, by card and arm.

    Of the catalog only that: another molecule in it changes no prediction.
    """
    found: dict[str, dict[str, float]] = {}
    for card in cards:
        for which, arm in card.arms.items():
            for name in arm.regimen.products if arm.regimen else ():
                given = (
                    arm.stand_in.given(name) if arm.stand_in else catalog.given(name)
                )
                found[f"{card.name}, {which}, {name}"] = _numbers(given)
    return found


def _numbers(given: Product | CellProduct) -> dict[str, float]:
    """Numbers of a molecule in a vial; none of cells, nor of what is refused."""
    if isinstance(given, CellProduct):
        return {}
    of_vial = {"activity": given.activity, "molar_mass": given.molar_mass}
    told = {name: one.value for name, one in of_vial.items() if one is not None}
    known = given.variant
    return {**told, **(known.parameters() if known.can_be_simulated else {})}


def _text(name: str) -> str:
    return _package().joinpath(*name.split("/")).read_text("utf-8")


def _package() -> Traversable:
    return resources.files("il2sim")
