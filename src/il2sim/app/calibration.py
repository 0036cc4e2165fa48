"""The shipped fit of the body as `il2sim validate` uses it: only while it is of today.

It gives intervals the uncertainty of the parameters, and each card of calibration what
a fit without it predicts. Both take long, so they are a dated file under a hash of
models, data and code (`il2sim fit body --leave-one-out`); another hash is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

if TYPE_CHECKING:
    from il2sim.inference.body_result import BodyResult
    from il2sim.study.validation import Validation, Verdict

STALE = (
    "\nThe calibration of {date} is out of date and not used: models, cards or code "
    "have changed since. Intervals lack the uncertainty of parameters, and what cards "
    "are predicted to be without themselves is not shown. 'il2sim fit body "
    "--leave-one-out' makes it anew."
)

NONE = "\nNo calibration is shipped; 'il2sim fit body --leave-one-out' makes one."


@dataclass(frozen=True, eq=False)
class Calibration:
    """The shipped result, if it can be used, and what to say of it.

    Attributes
    ----------
    result
        None if there is none or it is out of date.
    said
        For the reader; empty if it is used.
    """

    result: BodyResult | None
    said: str = ""

    def applied(self, found: Validation) -> Validation:
        """Verdicts with intervals that know the uncertainty of parameters."""
        if self.result is None:
            return found
        return found.with_posterior(self.result.differences, self.result.between)

    def without(self, one: Verdict) -> float | None:
        """What a fit without the card of a verdict predicts; None if not known."""
        return None if self.result is None else self.result.left_out.get(one.key)


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The shipped calibration, checked against models, cards and code of today."""
    from il2sim import models
    from il2sim.formats.card_file import read_cards
    from il2sim.inference.body_result import body_key, shipped_result

    result = shipped_result()
    if result is None:
        return Calibration(None, NONE)
    cards = read_cards()
    joined = {name: getattr(models, name)() for name in {one.model for one in cards}}
    if result.key != body_key(cards, joined):
        return Calibration(None, STALE.format(date=result.date))
    return Calibration(result)


def left_out_summary(found: Validation, known: Calibration) -> RenderableType:
    """Bands that pass when each card of calibration is predicted by the others."""
    from il2sim.study.comparison import agrees

    if known.result is None:
        return Text(known.said)
    some = {
        one.key: agrees(one.measured.expected, value)
        for one in found.verdicts
        if one.measured.is_judged and (value := known.without(one)) is not None
    }
    if not some:
        return Text("")
    n = len({key.partition("/")[0] for key in some})
    cards = f"{n} cards of calibration are" if n > 1 else "this card is"
    return Text(
        f"\nLeft out, {cards} predicted by fits to the others: "
        f"{sum(one is True for one in some.values())} of {len(some)} bands "
        f"pass (fit {known.result.key} of {known.result.date})."
    )
