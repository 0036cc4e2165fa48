"""`il2sim fit body`: calibrate the body by its trial cards, with a posterior.

Every block of solved points is kept as soon as it is finished, so the same command goes
on after an interruption; blocks are found by what decides them. What ships with the
package is what this command writes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console, RenderableType

from il2sim.app import tables
from il2sim.provenance import VERSION

if TYPE_CHECKING:
    from il2sim.inference.body import BodyFit, LeftOut
    from il2sim.inference.body_draws import Drawn
    from il2sim.inference.body_plan import BodyPlan
    from il2sim.inference.body_profiles import Profile
    from il2sim.study.card import TrialCard

BLOCK = 400
"""Subjects of one block: less than a minute of work, and it is kept."""

PREDICTED = 40
"""Draws at which all cards are predicted, those held out too."""

Progress = Callable[[int, int], None]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(eq=False)
class KeptSolver:
    """Solves cards at points block by block, and keeps each block in a folder.

    Attributes
    ----------
    plan, models
        Of the fit.
    key
        Of everything that decides a prediction.
    folder
        Where blocks are kept.
    told
        Called with the number of subjects that were solved or found.
    """

    plan: BodyPlan
    models: Mapping[str, Any]
    key: str
    folder: Path
    told: Callable[[int], None] = field(default=lambda _: None)

    def __call__(
        self, cards: Sequence[TrialCard], points: Floats, n_subjects: int
    ) -> Mapping[str, Floats]:
        """Readings by row, shape ``(n_points, n_subjects)``."""
        size = max(1, BLOCK // n_subjects)
        blocks = [
            self._block(cards, points[start : start + size], n_subjects)
            for start in range(0, len(points), size)
        ]
        return {key: np.vstack([one[key] for one in blocks]) for key in blocks[0]}

    def _block(
        self, cards: Sequence[TrialCard], points: Floats, n_subjects: int
    ) -> Mapping[str, Floats]:
        from il2sim.study.ensemble import readings_at
        from il2sim.study.populations import population
        from il2sim.study.validation import plan as runs_of

        names = ",".join(card.name for card in cards)
        what = f"{self.key}|{names}|{n_subjects}|".encode() + points.tobytes()
        path = self.folder / f"{hashlib.sha256(what).hexdigest()[:24]}.npz"
        if path.exists():
            self.told(len(points) * n_subjects * len(runs_of(cards)))
            with np.load(path) as kept:
                return dict(kept)
        found = readings_at(
            cards,
            self.plan.factors(points),
            models=self.models,
            population=lambda name, n: population(
                name, n=n, seed=self.plan.told["seed"]
            ),
            n_subjects=n_subjects,
            tolerance=self.plan.told["tolerance"],
            progress=self.told,
        )
        beside = path.with_name(f"{path.stem}.{os.getpid()}.part")
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **found)
        beside.replace(path)
        return found


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Everything that a fit found, before it is written.

    Attributes
    ----------
    plan, key
        Of the fit.
    fit, drawn, profiles
        Best point, posterior, and what the cards alone say of each free number.
    best
        Predictions at the best point by row, in the unit of the card.
    differences
        As `il2sim.inference.body_result.BodyResult`.
    left_out
        Each card of calibration by a fit without it; empty if not asked for.
    cards
        All of them.
    """

    plan: BodyPlan
    key: str
    fit: BodyFit
    drawn: Drawn
    profiles: Sequence[Profile]
    best: Mapping[str, float]
    differences: Mapping[str, Floats]
    left_out: Sequence[LeftOut]
    cards: Sequence[TrialCard]


def calibrate(out: Path, *, leave_one_out: bool, progress: Progress) -> Calibrated:
    """Fit, draw, predict all cards, and leave each card out if asked for.

    Parameters
    ----------
    out
        Folder; blocks that are kept there are used.
    leave_one_out
        Whether to fit without each card of calibration.
    progress
        Told how many subjects are done, and of how many.
    """
    from il2sim import models
    from il2sim.formats.card_file import read_cards
    from il2sim.inference import body
    from il2sim.inference.body_draws import draw_body
    from il2sim.inference.body_plan import read_body_plan
    from il2sim.inference.body_profiles import profiles
    from il2sim.inference.body_result import body_key, solving_key

    plan, cards = read_body_plan(), read_cards()
    joined = {name: getattr(models, name)() for name in {one.model for one in cards}}
    key = body_key(cards, joined, plan)
    folder = out / "solved"
    folder.mkdir(parents=True, exist_ok=True)
    seen = [card for card in cards if card.role == "calibration"]
    count = _Count(_planned(plan, cards, leave_one_out=leave_one_out), progress)
    solver = KeptSolver(plan, joined, solving_key(cards, joined, plan), folder, count)
    fit = body.fit_body(plan, seen, solver)
    drawn, better = draw_body(plan, seen, solver, fit)
    value_of = _value_of(cards)
    at_best = solver(cards, better.found.point[None], plan.told["patients"])
    left: list[LeftOut] = []
    if leave_one_out:
        left = body.leave_one_out(plan, seen, solver, better, value_of)
    found = Calibrated(
        plan=plan,
        key=key,
        fit=better,
        drawn=drawn,
        profiles=profiles(plan, better),
        best={name: value_of(name, one[0]) for name, one in at_best.items()},
        differences=_differences(plan, cards, solver, drawn),
        left_out=left,
        cards=cards,
    )
    count.finish()
    return found


class _Count:
    """How many subjects are done; the fit may need fewer than were planned."""

    def __init__(self, planned: int, progress: Progress) -> None:
        self.planned, self.done, self.progress = planned, 0, progress

    def __call__(self, n: int) -> None:
        self.done += n
        self.progress(min(self.done, self.planned - 1), self.planned)

    def finish(self) -> None:
        self.progress(self.planned, self.planned)


def _planned(plan: BodyPlan, cards: Sequence[TrialCard], *, leave_one_out: bool) -> int:
    from il2sim.inference.body import PARTS
    from il2sim.inference.body_draws import SWEEPS, WALKERS
    from il2sim.study.validation import plan as runs_of

    seen = [card for card in cards if card.role == "calibration"]
    whole, few = plan.told["patients"], plan.told["patients_of_differences"]
    n = len(plan.free)
    of_round = (n + 1) * few + len(PARTS) * whole
    of_seen = 2 * whole + plan.told["rounds"] * of_round
    of_seen += (2 * n + 2 + (SWEEPS + 1) * WALKERS) * few
    if leave_one_out:
        of_seen += (len(seen) + 1) * few + whole
    of_all = PREDICTED * few + whole
    return int(of_seen * len(runs_of(seen)) + of_all * len(runs_of(cards)))


def _differences(
    plan: BodyPlan, cards: Sequence[TrialCard], solver: KeptSolver, drawn: Drawn
) -> dict[str, Floats]:
    """By how much scores of all rows scatter between draws, around their median."""
    from il2sim.inference.summaries import score_of
    from il2sim.study.ensemble import key_of

    chosen = drawn.some(PREDICTED)
    readings = solver(cards, drawn.points[chosen], plan.told["patients_of_differences"])
    found = {}
    for card in cards:
        for number, one in enumerate(card.measured):
            key = key_of(card, number)
            if key in readings:
                scores = score_of(one, readings[key])
                found[key] = np.clip(scores - np.median(scores), -5.0, 5.0)
    return found


def _value_of(cards: Sequence[TrialCard]) -> Callable[[str, Floats], float]:
    from il2sim.study.ensemble import key_of
    from il2sim.study.validation import value_of

    rows = {
        key_of(card, i): one for card in cards for i, one in enumerate(card.measured)
    }
    return lambda key, values: value_of(rows[key], values)


def write_fit(found: Calibrated, out: Path) -> list[Path]:
    """Write values, correlations, directions, draws and the result for `validate`."""
    return [
        _write(out / "body.tsv", _values(found)),
        _write(out / "body_correlations.tsv", _correlations(found)),
        _write(out / "body_directions.tsv", _directions(found)),
        _write(out / "body_profiles.tsv", _profiles(found)),
        _write(out / "body_draws.tsv", _draws(found)),
        _write(out / "body.json", [json.dumps(told(found), indent=1)]),
        *_figure(found, out),
    ]


def told(found: Calibrated) -> dict[str, Any]:
    """The result as written to the file that `il2sim validate` reads."""
    spreads, between = _spreads(found), between_of(found)
    drawn, fit = found.drawn, found.fit
    return {
        "date": date.today().isoformat(),  # noqa: DTZ011 - the day where it was made
        "hash": found.key,
        "version": VERSION,
        "density": {"tables": round(fit.start, 2), "best": round(fit.best, 2)},
        "rounds": fit.rounds,
        "spreads": spreads,
        "between": {
            "folds": round(between[True], 4),
            "levels": round(between[False], 4),
        },
        "draws": {
            "kept": len(drawn.points),
            "accepted": [round(one, 2) for one in drawn.accepted],
            "density": [round(one, 2) for one in drawn.density],
            "pareto_k_of_surrogate": round(drawn.first.pareto_k, 2),
            "effective_of_surrogate": round(drawn.first.effective, 1),
            "r_hat": round(drawn.r_hat, 3),
            "chains_effective": round(drawn.effective),
            "surrogate_off": round(drawn.off, 4),
        },
        "best": {key: _short(value) for key, value in found.best.items()},
        "passed": passed(found),
        "differences": {
            key: [round(float(x), 3) for x in one]
            for key, one in found.differences.items()
        },
        "left_out": {
            one.card: {
                "values": {key: _short(value) for key, value in one.values.items()},
            }
            for one in found.left_out
        },
    }


def between_of(found: Calibrated) -> dict[bool, float]:
    """Spread of another study around its prediction, of folds (True) and of levels.

    What cards of calibration are off by when a fit without them predicts them, beyond
    their own error and the uncertainty of the parameters; no less than the spreads
    that were fitted, which know every card.
    """
    fitted = np.array([one["median"] for one in _spreads(found).values()])
    between = {True: float(np.hypot(*fitted[:2])), False: float(np.hypot(*fitted[2:]))}
    rows = found.fit.rows
    unseen = {key: one for card in found.left_out for key, one in card.values.items()}
    squares: dict[bool, list[float]] = {True: [], False: []}
    for i, key in enumerate(rows.keys):
        value = unseen.get(key, 0.0)
        if value > 0 and rows.is_number[i] and not rows.measured[i].is_part:
            own = rows.errors[i] ** 2 + float(np.var(found.differences[key]))
            off = rows.seen[i] - float(np.log(value))
            squares[bool(rows.is_fold[i])].append(off**2 - own)
    for kind, some in squares.items():
        if some:
            between[kind] = max(between[kind], max(0.0, float(np.mean(some))) ** 0.5)
    return between


def passed(found: Calibrated) -> dict[str, dict[str, int]]:
    """Bands that the best point passes, and of how many, by role."""
    from il2sim.study.comparison import agrees
    from il2sim.study.ensemble import key_of

    counts: dict[str, dict[str, int]] = {}
    for card in found.cards:
        count = counts.setdefault(card.role, {"passed": 0, "bands": 0})
        for number, one in enumerate(card.measured):
            value = found.best.get(key_of(card, number))
            if one.is_judged:
                good = value is not None and agrees(one.expected, value) is True
                count["passed"] += good
                count["bands"] += 1
    return counts


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _spreads(found: Calibrated) -> dict[str, dict[str, float]]:
    drawn = found.drawn
    rows = drawn.spreads[drawn.some(400)]
    shown = {}
    for k, one in enumerate(found.plan.spreads):
        low, middle, high = np.quantile(rows[:, k], [0.05, 0.5, 0.95])
        shown[one.name] = {
            "median": round(float(middle), 4),
            "low": round(float(low), 4),
            "high": round(float(high), 4),
        }
    return shown


def _values(found: Calibrated) -> list[str]:
    plan, drawn = found.plan, found.drawn
    rows = drawn.points[drawn.some(400)]
    columns = ("name", "value", "unit", "low", "high", "table", "prior", "left")
    lines = ["\t".join((*columns, "parameter", "meaning", "source"))]
    for k, free in enumerate(plan.free):
        low, high = free.value * np.exp(np.quantile(rows[:, k], [0.05, 0.95]))
        best = free.value * np.exp(found.fit.found.point[k])
        left = float(np.std(rows[:, k])) / free.sd
        words = (
            free.name,
            f"{best:.4g}",
            free.unit,
            *(f"{low:.4g}", f"{high:.4g}"),
            f"{free.value:g}",
            f"{free.low:.4g}-{free.high:.4g}",
            f"{left:.2f}",
            *(", ".join(free.moves), free.meaning, f"fit {found.key}"),
        )
        lines.append("\t".join(words))
    return lines


def _correlations(found: Calibrated) -> list[str]:
    rows = found.drawn.points[found.drawn.some(400)]
    names = found.plan.names
    together = np.atleast_2d(np.corrcoef(rows.T))
    return ["\t".join(("name", *names))] + [
        "\t".join((name, *(f"{one:.2f}" for one in row)))
        for name, row in zip(names, together, strict=True)
    ]


def _directions(found: Calibrated) -> list[str]:
    from il2sim.inference.body import directions_of

    plan, fit = found.plan, found.fit
    left, directions = directions_of(plan, fit.found, fit.surrogate)
    lines = ["left\tdirection"]
    for size, row in zip(left, directions, strict=True):
        order = np.argsort(-np.abs(row))[:5]
        parts = [f"{row[i]:+.2f} {plan.names[i]}" for i in order if abs(row[i]) > 0.15]
        lines.append(f"{size:.3f}\t{', '.join(parts)}")
    return lines


def _profiles(found: Calibrated) -> list[str]:
    """Falls of the log density along the range of each number, and the verdict."""
    from il2sim.inference.body_profiles import PLACES

    places = "\t".join(f"{one:+.2f} SD" for one in PLACES)
    return [f"name\tverdict\t{places}"] + [
        "\t".join((one.name, one.verdict, *(f"{fall:.2f}" for fall in one.falls)))
        for one in found.profiles
    ]


def _figure(found: Calibrated, out: Path) -> list[Path]:
    from il2sim.figures import save
    from il2sim.figures.calibration import Number, calibration_figure

    plan, drawn = found.plan, found.drawn
    rows = np.exp(drawn.points[drawn.some(400)])
    low, high = np.quantile(rows, [0.05, 0.95], axis=0)
    numbers = [
        Number(
            free.name,
            one.verdict,
            (free.low / free.value, free.high / free.value),
            (float(low[k]), float(high[k])),
            float(np.exp(found.fit.found.point[k])),
        )
        for k, (free, one) in enumerate(zip(plan.free, found.profiles, strict=True))
    ]
    made = f"il2sim {VERSION} · il2sim fit body · {found.key}"
    figure = calibration_figure(numbers, _errors(found), made=made)
    return save(figure, out, "calibration")


def _errors(found: Calibrated) -> dict[str, tuple[float, float]]:
    """Published over predicted, by the best point and without the card."""
    from il2sim.study.ensemble import key_of

    unseen = {key: one for card in found.left_out for key, one in card.values.items()}
    errors = {}
    for card in found.cards:
        for number, one in enumerate(card.measured):
            key, value = key_of(card, number), one.number
            both = found.best.get(key, 0.0), unseen.get(key, 0.0)
            if value and min(both) > 0:
                errors[f"{card.name}: {one.expected.name}"[:44] + f" {number}"] = (
                    value / both[0],
                    value / both[1],
                )
    return errors


def _draws(found: Calibrated) -> list[str]:
    drawn, plan = found.drawn, found.plan
    factors = plan.factors(drawn.points)
    return ["\t".join(factors)] + [
        "\t".join(f"{one[i]:.4g}" for one in factors.values())
        for i in range(len(drawn.points))
    ]


def _write(path: Path, lines: Sequence[str]) -> Path:
    beside = path.with_name(path.name + ".part")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    beside.replace(path)
    return path


def fit_table(found: Calibrated) -> RenderableType:
    """Values with their intervals, for the terminal."""
    table = tables.plain_table(f"{found.plan.title}: fit {found.key}")
    for name in ("free", "table", "best", "90 %", "left of the prior"):
        table.add_column(name, justify="left" if name == "free" else "right")
    for line in _values(found)[1:]:
        name, best, unit, low, high, before, _, left, *_ = line.split("\t")
        unit = "" if unit == "1" else f" {unit}"
        table.add_row(name, before, f"{best}{unit}", f"{low}-{high}", left)
    return table


def show(found: Calibrated, out: Path) -> None:
    """Print the values, and write everything into the folder."""
    console = Console()
    console.print(fit_table(found))
    for path in write_fit(found, out):
        console.print(f"Written: {path}", markup=False, soft_wrap=True)
