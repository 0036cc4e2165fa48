"""`il2sim validate rivals`: two simple models fitted to the same cards, and who wins.

Fitting takes some seconds and depends on the cards and the rivals alone, so its result
is a dated file under a hash of both, shipped beside the cards. What `body` says of the
same rows is computed at every run; a file that is out of date is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from il2sim.app import tables

if TYPE_CHECKING:
    from il2sim.study.validation import Validation, Verdict

FILE = "rivals.json"
"""The result, beside the cards."""

STALE = (
    "\nThe comparison with simple rivals is out of date and not shown: cards or rivals "
    "have changed since {date}. 'il2sim validate rivals --json FILE' fits them anew."
)


def fit() -> dict[str, Any]:
    """Fit the rivals to the shipped cards, as written to the file."""
    from il2sim.formats.card_file import read_cards
    from il2sim.inference.rivals import fingerprint, fit_rivals

    cards = read_cards()
    return {
        "date": date.today().isoformat(),  # noqa: DTZ011 - the day where it was made
        "hash": fingerprint(cards),
        "rivals": [
            {
                "name": one.rival.name,
                "meaning": one.rival.meaning,
                "parameters": {key: list(row) for key, row in one.parameters.items()},
                "predictions": dict(one.predictions),
            }
            for one in fit_rivals(cards)
        ],
    }


def shipped() -> dict[str, Any]:
    """The result that comes with il2sim; see `is_fresh`."""
    place = files("il2sim").joinpath("cards", FILE)
    result: dict[str, Any] = json.loads(place.read_text("utf-8"))
    return result


def is_fresh(result: Mapping[str, Any]) -> bool:
    """Whether a result was made from the cards and rivals of today."""
    from il2sim.formats.card_file import read_cards
    from il2sim.inference.rivals import fingerprint

    return bool(result["hash"] == fingerprint(read_cards()))


def comparison(found: Validation, result: Mapping[str, Any]) -> RenderableType:
    """Body and rivals on the rows that all of them can speak of."""
    if not is_fresh(result):
        return Text(STALE.format(date=result["date"]))
    table = tables.plain_table(
        f"Body beside simple rivals, fitted on {result['date']}: bands passed, and "
        "median error as a fold"
    )
    table.add_column("model")
    for role in ROLES:
        table.add_column(role, justify="right", no_wrap=True)
    for name, row in scores(found, result).items():
        table.add_row(name, *(_shown(*row[role]) for role in ROLES))
    return table


ROLES = ("calibration", "held out")


def scores(
    found: Validation, result: Mapping[str, Any]
) -> dict[str, dict[str, tuple[int, int, float]]]:
    """Bands passed, of how many, and median error, of each model and role.

    The error is the median of the absolute logarithm of predicted over published, [1];
    not-a-number where nothing was published as a number.
    """
    mine = {key: one.value for key, one in _keyed(found).items()}
    known = set.intersection(
        *(set(one["predictions"]) for one in result["rivals"]), set(mine)
    )
    models = {"body": mine}
    models |= {one["name"]: one["predictions"] for one in result["rivals"]}
    return {
        name: {
            role: _score(found, role, {key: said[key] for key in known})
            for role in ROLES
        }
        for name, said in models.items()
    }


def _score(
    found: Validation, role: str, said: Mapping[str, float]
) -> tuple[int, int, float]:
    from il2sim.study.comparison import agrees

    some = {
        key: one
        for key, one in _keyed(found).items()
        if key in said and one.card.role == role
    }
    passed = sum(
        agrees(one.measured.expected, said[key]) is True for key, one in some.items()
    )
    off = [
        abs(np.log(said[key] / one.measured.number))
        for key, one in some.items()
        if one.measured.number is not None
    ]
    return passed, len(some), float(np.median(off)) if off else float("nan")


def _keyed(found: Validation) -> dict[str, Verdict]:
    """Verdicts by card and place in it, as the rivals name their rows."""
    return {one.key: one for one in found.verdicts}


def _shown(passed: int, whole: int, error: float) -> str:
    off = "–" if np.isnan(error) else f"{np.exp(error):.2f}-fold off"
    return f"{passed} of {whole}, {off}"
