"""Where the claim holds: Treg above effectors, over dose, route and interval.

The claim is ordinal: naive and memory Treg each above rest and above CD4 Tconv and CD8.
Its margin is the lesser fold of the two over the largest of 1 and the folds of their
rivals, the least of the visits from week 4 to 12, each right before a dose. Above 1 the
claim holds. It is read from blood, as trials do, and from the pools of the body, which
the withdrawal of cells from blood does not blur.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.engine.solve import find_rest
from il2sim.study.readings import read_off
from il2sim.study.readouts import MARGIN, needed, read_out
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import prepare
from il2sim.study.subjects import Floats
from il2sim.study.sweep import dose_response
from il2sim.units import Quantity

if TYPE_CHECKING:
    from il2sim.study.people import Treated
    from il2sim.symbolic import Model

WEEKS = (4, 6, 8, 10, 12)
"""Around which blood is drawn."""

DOSES = (0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Mean daily doses, [MIU/m^2]."""


@dataclass(frozen=True)
class Way:
    """One way to give 1 MIU/m² a day on average.

    Attributes
    ----------
    name
        Route and interval, as read in tables.
    regimen
        A prescription of 12 weeks.
    every_d
        From dose to dose, [d]: visits are right before a dose.
    weeks
        Around which blood is drawn.
    """

    name: str
    regimen: str
    every_d: float = 1.0
    weeks: tuple[float, ...] = WEEKS

    def visits_h(self) -> Floats:
        """The times right before a dose that are nearest to its weeks, [h]."""
        wanted = np.array([7.0 * week for week in self.weeks])
        return np.asarray(24.0 * self.every_d * np.round(wanted / self.every_d))


WAYS = (
    Way("sc twice a day", "aldesleukin 0.5 MIU/m2 sc, every 12 h, for 85 days"),
    Way("sc daily", "aldesleukin 1 MIU/m2 sc, daily, for 85 days"),
    Way("sc every 3 days", "aldesleukin 3 MIU/m2 sc, every 3 days, for 85 days", 3.0),
    Way("sc weekly", "aldesleukin 7 MIU/m2 sc, every 7 days, for 85 days", 7.0),
    Way("iv bolus daily", "aldesleukin 1 MIU/m2 iv bolus, daily, for 85 days"),
    Way(
        "iv bolus every 8 h",
        "aldesleukin 0.333333 MIU/m2 iv over 15 min, every 8 h, for 85 days",
    ),
    Way("iv without pause", "aldesleukin 1 MIU/m2/day iv continuous, for 85 days"),
)


ACROSS = tuple(way for way in WAYS if way.every_d == 1 and way.name != "sc twice a day")
"""Ways that are asked of every draw of a posterior."""

ACROSS_DOSES = (0.25, 1.0, 3.0, 5.0)
"""Their mean daily doses, [MIU/m^2]: the range of the claim, and one above it."""

HIGH_DOSE = Way(
    "high dose, day 9",
    "aldesleukin 600 kIU/kg iv over 15 min, every 8 h, 14 doses",
    weeks=(9 / 7,),
)
"""One cycle, looked at four days after its last dose."""


@dataclass(frozen=True, eq=False)
class ClaimMap:
    """The margin of the claim for each way and dose.

    Attributes
    ----------
    ways
        ``n_ways`` of them.
    doses
        Mean daily doses, [MIU/m^2], ``n_doses`` of them.
    blood, pools
        Margins, [1], shape ``(n_ways, n_doses, n_subjects)``; not-a-number where a
        subject failed.
    """

    ways: tuple[Way, ...]
    doses: Floats
    blood: Floats
    pools: Floats

    def median(self, of: str) -> Floats:
        """Median margin in ``"blood"`` or ``"pools"``, shape ``(n_ways, n_doses)``."""
        return np.asarray(np.nanmedian(self._of(of), axis=-1))

    def holding(self, of: str) -> Floats:
        """Part of the persons in whom the claim holds, [1]; the same shape."""
        values = self._of(of)
        known = np.isfinite(values)
        return np.asarray(np.sum(values > 1.0, -1) / np.maximum(known.sum(-1), 1))

    def between(self, of: str) -> tuple[Floats, Floats]:
        """Between which margins 90 % lie, two arrays ``(n_ways, n_doses)``."""
        low, high = np.nanquantile(self._of(of), (0.05, 0.95), axis=-1)
        return np.asarray(low), np.asarray(high)

    def table(self) -> list[dict[str, Any]]:
        """One row for each way and dose."""
        return [
            {
                "way": way.name,
                "MIU/m2 a day": float(dose),
                **{
                    f"{word} in {of}": float(found[i, j])
                    for of in ("blood", "pools")
                    for word, found in (
                        ("margin", self.median(of)),
                        ("part of persons", self.holding(of)),
                    )
                },
            }
            for i, way in enumerate(self.ways)
            for j, dose in enumerate(self.doses)
        ]

    def _of(self, of: str) -> Floats:
        return self.blood if of == "blood" else self.pools


def map_claim(
    model: Model,
    people: Treated,
    *,
    ways: Sequence[Way] = WAYS,
    doses: Sequence[float] = DOSES,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ClaimMap:
    """Simulate every way at every dose, for the same persons.

    Parameters
    ----------
    model, people
        What is solved, and for whom.
    ways, doses
        What is mapped; doses are means, [MIU/m^2 a day].
    workers, progress
        As in `simulate`; progress counts ways.
    """
    names = (MARGIN, f"{MARGIN}, pools")
    save = tuple(dict.fromkeys(one for name in names for one in needed(name)))
    found = np.full((2, len(ways), len(doses), people.n), np.nan)
    for i, way in enumerate(ways):
        visits = way.visits_h()
        task = prepare(
            model,
            Regimen.parse(way.regimen),
            people,
            times=Quantity(np.concatenate([[0.0], visits]), "h"),
            save=save,
        )
        rest = find_rest(task.problem(), workers=workers)
        swept = dose_response(task, doses, rest=rest, workers=workers)
        for j, run in enumerate(swept.runs):
            for k, name in enumerate(names):
                course = read_out(run, name)
                found[k, i, j] = read_off(
                    course, "trough", start_h=visits[0], end_h=visits[-1]
                )
        if progress is not None:
            progress(i + 1, len(ways))
    return ClaimMap(tuple(ways), np.asarray(doses, dtype=float), *found)
