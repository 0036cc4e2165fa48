"""Table 1: who was enrolled, arm by arm, before anything was given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from il2sim.study.conduct import Conduct
from il2sim.study.subjects import Floats


@dataclass(frozen=True)
class Row:
    """One trait.

    Attributes
    ----------
    what, unit
        Its name.
    groups
        For each group of subjects: median, 5 % and 95 %; for a share the share thrice.
    difference
        Largest difference between means of two groups, in standard deviations.
    """

    what: str
    unit: str
    groups: tuple[tuple[float, float, float], ...]
    difference: float

    def shown(self, group: int) -> str:
        """The cell of a group."""
        median, low, high = self.groups[group]
        if self.unit == "%":
            return f"{median:.0f}"
        return f"{median:.3g} ({low:.3g}–{high:.3g})"


@dataclass(frozen=True)
class TableOne:
    """Table 1.

    Attributes
    ----------
    names, sizes
        Of the groups of subjects.
    rows
        One for each trait.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[Row, ...]

    def columns(self) -> dict[str, list[str]]:
        """As written in ``table1.csv``."""
        found = {"": ["n", *(f"{row.what} [{row.unit}]" for row in self.rows)]}
        for i, name in enumerate(self.names):
            found[name] = [str(self.sizes[i]), *(row.shown(i) for row in self.rows)]
        found["largest difference [SD]"] = [
            "",
            *(f"{row.difference:.2f}" for row in self.rows),
        ]
        return found


def baseline(plan: Conduct) -> TableOne:
    """Describe the groups that subjects were allocated to.

    Every simulated trial is counted; in an escalation all subjects are one group.
    """
    people, group = plan.trial.persons.draw(), plan.group
    names = plan.trial.groups() if plan.trial.design != "escalation" else ["all"]
    values = {
        ("age", "y"): people.age_y,
        ("women", "%"): np.where(people.is_female, 100.0, 0.0),
        ("weight", "kg"): people.weight_kg,
        ("body surface", "m²"): people.surface_m2,
        **{(name, "/µL"): counts for name, counts in people.counts.items()},
    }
    groups = [group == i for i in range(len(names))]
    return TableOne(
        names=tuple(names),
        sizes=tuple(int(one.sum()) for one in groups),
        rows=tuple(
            Row(what, unit, *_described(each, [each[one] for one in groups], unit))
            for (what, unit), each in values.items()
        ),
    )


def _described(
    every: Floats, groups: list[Floats], unit: str
) -> tuple[tuple[tuple[float, float, float], ...], float]:
    found = []
    for one in groups:
        share = float(np.mean(one)) if one.size else np.nan
        quantiles = np.quantile(one, [0.5, 0.05, 0.95]) if one.size else [np.nan] * 3
        median, low, high = (share,) * 3 if unit == "%" else map(float, quantiles)
        found.append((median, low, high))
    means = [float(np.mean(one)) for one in groups if one.size]
    spread = float(np.std(every))
    apart = (max(means) - min(means)) / spread if spread > 0 and means else 0.0
    return tuple(found), apart
