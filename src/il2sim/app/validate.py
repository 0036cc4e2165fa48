"""`il2sim validate`: every card or check against its published numbers.

One command for several checks: each is a row of `CHECKS` and takes the same choices.
Here stands the check of `body`: all trial cards, simulated anew, as a table with its
misfits explained, one figure, and a file for machines.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from il2sim.app import options as words
from il2sim.app import receptors, tables
from il2sim.app.claim import across_table, across_told, claim_across
from il2sim.errors import UnknownName, closest
from il2sim.provenance import VERSION, hash_of

if TYPE_CHECKING:
    from il2sim.study.validation import Validation, Verdict

OUT = Path("runs") / "validate"
"""Where figures are written unless the user names another folder."""

SEED = 1
"""Of the simulated patients."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Choices:
    """What the user may choose.

    Attributes
    ----------
    card
        Only this one; None for all.
    subjects
        Simulated patients of each arm; None for the check's own number.
    workers
        Threads.
    out
        Folder for figures.
    """

    card: str | None = None
    subjects: int | None = None
    workers: int | None = None
    out: Path = OUT


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    shown
        For the terminal, in order.
    told
        The same for machines.
    written
        Files.
    """

    shown: Sequence[RenderableType]
    told: dict[str, Any]
    written: Sequence[Path]


def check_body(choices: Choices, progress: Progress) -> Checked:
    """Judge the trial cards."""
    from il2sim.figures import save
    from il2sim.figures.validation import validation_figure

    found = judged(choices, progress)
    figure = validation_figure(found, made=f"il2sim {VERSION} · il2sim validate")
    name = "validation" if choices.card is None else Path(choices.card).stem
    written = save(figure, choices.out, name)
    return Checked(
        [*validation_tables(found), *footnotes(found), *_rivals(found, choices)],
        as_data(found),
        written,
    )


def _rivals(found: Validation, choices: Choices) -> list[RenderableType]:
    """The summary, and the rivals where all cards were judged."""
    from il2sim.app import rivals
    from il2sim.app.calibration import calibration, left_out_summary

    told: list[RenderableType] = [summary(found)]
    told.append(left_out_summary(found, calibration()))
    if choices.card is None:
        told.append(rivals.comparison(found, rivals.shipped()))
    return told


def check_rivals(choices: Choices, progress: Progress) -> Checked:
    """Fit the simple rivals anew, and compare them with the body."""
    from il2sim.app import rivals

    result = rivals.fit()
    found = judged(replace(choices, card=None), progress)
    return Checked([rivals.comparison(found, result)], result, ())


def judged(choices: Choices, progress: Progress | None = None) -> Validation:
    """Judge the shipped cards, or one of them, or one of the user's by its path.

    Raises
    ------
    UnknownName, UnreadableFile, BadStudy
        As `il2sim.formats.card_file.read_card`.
    """
    from il2sim import models
    from il2sim.app.calibration import calibration
    from il2sim.formats.card_file import read_card, read_cards
    from il2sim.study.populations import population
    from il2sim.study.validation import SUBJECTS, validate

    some = read_cards() if choices.card is None else (read_card(choices.card),)
    names = dict.fromkeys(card.model for card in some)
    found = validate(
        some,
        models={name: getattr(models, name)() for name in names},
        population=lambda name, n: population(name, n=n, seed=SEED),
        n_subjects=choices.subjects or SUBJECTS,
        workers=choices.workers,
        progress=progress,
    )
    return calibration().applied(found)


CLAIM_SUBJECTS = 40
"""Persons of the map of the claim."""


def check_claim(choices: Choices, progress: Progress) -> Checked:
    """Map the claim over dose, route and interval, and across the calibration."""
    from il2sim import models
    from il2sim.app.calibration import calibration
    from il2sim.figures import save
    from il2sim.figures.claim import claim_figure
    from il2sim.study.claim import map_claim
    from il2sim.study.populations import population

    n = choices.subjects or CLAIM_SUBJECTS
    people = population("cancer_patients", n=n, seed=SEED)
    found = map_claim(models.body(), people, workers=choices.workers, progress=progress)
    figure = claim_figure(found, made=f"il2sim {VERSION} · il2sim validate claim")
    table = tables.plain_table(
        "Margin of the claim in blood, and in the pools of the body: above 1 it holds"
    )
    table.collapse_padding = True
    table.add_column("MIU/m² a day", no_wrap=True)
    for dose in found.doses:
        table.add_column(f"{dose:g}", justify="right", no_wrap=True)
    for i, way in enumerate(found.ways):
        for of in ("blood", "pools"):
            name = way.name if of == "blood" else "  pools"
            table.add_row(name, *(f"{one:.2f}" for one in found.median(of)[i]))
    told: dict[str, Any] = {"version": VERSION, "subjects": n, "map": found.table()}
    shown: list[RenderableType] = [table]
    known = calibration()
    if known.result is None:
        shown.append(Text(known.said))
    else:
        low, high = claim_across(SEED, choices.workers, progress)
        shown.append(across_table(low, high))
        told["across draws"] = across_told(low, high)
    return Checked(shown, told, save(figure, choices.out, "claim"))


def check_receptors(choices: Choices, progress: Progress) -> Checked:
    """Judge the receptors by derived facts of the published plates."""
    from il2sim.figures import crosstalk, save
    from il2sim.figures.checks import checks_figure
    from il2sim.figures.fits import responses_figure
    from il2sim.figures.panel import shipped_figure
    from il2sim.figures.yt1 import yt1_figure
    from il2sim.inference import checks
    from il2sim.inference.receptors import read_plan

    plan = read_plan()
    responses = checks.responses_of(plan)
    progress(1, 2)
    found = checks.check_receptors(plan, responses)
    progress(2, 2)
    made = f"il2sim {VERSION} · il2sim validate receptors"
    figure = responses_figure(responses, made=made, checks=found)
    return Checked(
        receptors.shown(found),
        {
            "version": VERSION,
            "fit": plan.told["citation"],
            "checks": receptors.told(found),
        },
        save(figure, choices.out, "receptors")
        + save(yt1_figure(made=made), choices.out, "yt1")
        + save(shipped_figure(made=made), choices.out, "panel")
        + save(crosstalk.shipped_figure(made=made), choices.out, "crosstalk")
        + save(checks_figure(made), choices.out, "checks"),
    )


CHECKS: dict[str, Callable[[Choices, Progress], Checked]] = {
    "body": check_body,
    "claim": check_claim,
    "receptors": check_receptors,
    "rivals": check_rivals,
}
"""By the word after ``il2sim validate``."""


def command(
    what: Annotated[
        str, typer.Argument(help=f"What is judged: {', '.join(CHECKS)}.")
    ] = "body",
    *,
    card: Annotated[
        str | None, typer.Option(help="Only this trial card, by name or .toml file.")
    ] = None,
    subjects: Annotated[
        int | None, typer.Option(help="Simulated patients of each arm.", min=2)
    ] = None,
    workers: words.Workers = None,
    out: Annotated[Path, typer.Option(help="Folder for figures.")] = OUT,
    json_: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this file.")
    ] = None,
) -> None:
    """Judge the model by published trials: bands, values, misfits and why."""
    from il2sim.app.terminal import progress_bar

    if what not in CHECKS:
        raise UnknownName(
            f"il2sim cannot validate '{what}'.",
            got=f"'{what}'",
            expected=closest(what, CHECKS),
            try_="il2sim validate " + " | ".join(CHECKS),
        )
    choices = Choices(card=card, subjects=subjects, workers=workers, out=out)
    with progress_bar(what, of="steps") as progress:
        found = CHECKS[what](choices, progress)
    console = Console()
    for one in found.shown:
        console.print(one)
    if json_ is not None:
        json_.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found.told, indent=1, ensure_ascii=False)
        json_.write_text(text + "\n", encoding="utf-8")
    for path in [*found.written, *([json_] if json_ else [])]:
        console.print(f"Written: {path}", markup=False, soft_wrap=True)


def validation_tables(found: Validation) -> list[RenderableType]:
    """One row for each published number, a table for each card."""
    notes = _numbered(found)
    by_card: dict[str, list[Verdict]] = {}
    for one in found.verdicts:
        by_card.setdefault(one.card.name, []).append(one)
    told: list[RenderableType] = []
    for verdicts in by_card.values():
        card = verdicts[0].card
        head = Text(f"\n{card.name}", "bold")
        head.append(f"  {card.role}, {card.kind}", "not bold")
        head.append(f"  ({tables.shown_keys(card.evidence())})", "dim not bold")
        told += [head, _card_table(verdicts, notes, found)]
    return told


def _card_table(
    verdicts: Sequence[Verdict], notes: dict[int, int], found: Validation
) -> RenderableType:
    table = tables.plain_table(None)
    table.show_header = verdicts[0] is found.verdicts[0]
    table.expand = True
    table.add_column("", no_wrap=True, width=1)
    table.add_column("quantity and reading", overflow="fold", ratio=8)
    table.add_column("published", overflow="fold", ratio=5)
    table.add_column("band", overflow="fold", ratio=5)
    table.add_column("il2sim (90 %)", overflow="fold", ratio=6)
    table.add_column("left out", width=8, no_wrap=True)
    table.add_column("", no_wrap=True, width=2)
    for one in verdicts:
        expected = one.measured.expected
        table.add_row(
            {True: "✓", False: "✗", None: "–"}[one.passes],
            Text(quantity(one)),
            one.measured.shown_published(),
            expected.shown() if one.measured.is_judged else "reported",
            _value(one, found),
            _left_out(one),
            f"{notes[id(one)]}" if id(one) in notes else "",
        )
    return table


def quantity(one: Verdict) -> str:
    """What is compared, of which arm, and when."""
    measured = one.measured
    arm = "" if measured.arm == "all" else f" [{measured.arm}]"
    over = f" over [{measured.over}]" if measured.over not in (None, "all") else ""
    if measured.over == measured.arm:
        over = " over an earlier window"
    if measured.below is not None:
        over = f", patients at or below {measured.below:g}"
    if measured.above is not None:
        over = f", patients above {measured.above:g}"
    return f"{measured.expected.name}{arm}{over}: {measured.shown_when()}"


def _value(one: Verdict, found: Validation) -> str:
    if one.refused:
        return "not predicted"
    low, high = one.interval(found.between)
    shown = tables.shown
    return f"{shown(one.value)} ({shown(low)}–{shown(high)})"


def _left_out(one: Verdict) -> str:
    """The prediction of a fit without the card, and whether it passes."""
    from il2sim.app.calibration import calibration
    from il2sim.study.comparison import agrees

    value = calibration().without(one)
    if value is None:
        return ""
    judged = agrees(one.measured.expected, value) if one.measured.is_judged else None
    mark = {True: " ✓", False: " ✗", None: ""}[judged]
    return f"{tables.shown(value)}{mark}"


def _numbered(found: Validation) -> dict[int, int]:
    """Numbers of the footnotes, by the identity of what they explain."""
    fails = [
        one
        for one in found.verdicts
        if one.passes is False or (one.refused and one.measured.is_judged)
    ]
    return {id(one): i + 1 for i, one in enumerate(fails)}


def footnotes(found: Validation) -> list[RenderableType]:
    """Why each failing band fails, and what would settle it."""
    notes = _numbered(found)
    told: list[RenderableType] = [Text("\nWhat fails, and why", "bold")]
    for one in found.verdicts:
        if id(one) in notes:
            why = " ".join(filter(None, (one.refused, one.measured.why)))
            lead = f"{notes[id(one)]}  {one.card.name}, {quantity(one)}. "
            text = Text(lead, "bold").append(why or UNEXPLAINED, "not bold")
            told.append(text)
    return told if notes else []


UNEXPLAINED = "Not explained yet."


def summary(found: Validation) -> RenderableType:
    """How many bands pass, and what the intervals are."""
    parts = []
    for role in ("calibration", "held out"):
        passed, whole = found.passed(role)
        parts.append(f"{passed} of {whole} {role}")
    passed, whole = found.passed()
    share = f"{100 * passed / whole:.0f} %" if whole else "–"
    spread = " and ".join(
        f"{math.exp(found.between[kind]):.2f}-fold for {what}"
        for kind, what in ((True, "folds"), (False, "levels and rates"))
    )
    unsure = any(len(one.unsure) for one in found.verdicts)
    with_fit = ", parameters as uncertain as their fit left them" if unsure else ""
    return Text(
        f"\n{passed} of {whole} bands pass ({share}): {'; '.join(parts)}. Intervals "
        f"are for another trial of as many patients: {found.n_subjects} simulated in "
        f"each arm{with_fit}, and a spread between studies of {spread}. "
        f"{found.n_failed} patients not solved in {found.n_runs} simulations."
    )


def as_data(found: Validation) -> dict[str, Any]:
    """Everything, as written by ``--json``; what is not known is null."""
    passed, whole = found.passed()
    return {
        "version": VERSION,
        "models": dict(found.fingerprints),
        "cards": hash_of([one.measured.shown_when() for one in found.verdicts]),
        "subjects": found.n_subjects,
        "failed": found.n_failed,
        "between_studies": {
            "folds": found.between[True],
            "levels": found.between[False],
        },
        "passed": passed,
        "judged": whole,
        "verdicts": [_as_row(one, found) for one in found.verdicts],
    }


def _as_row(one: Verdict, found: Validation) -> dict[str, Any]:
    from il2sim.app.calibration import calibration

    measured, expected = one.measured, one.measured.expected
    low, high = one.interval(found.between)
    return {
        "card": one.card.name,
        "kind": one.card.kind,
        "role": one.card.role,
        "quantity": expected.name,
        "reading": expected.endpoint,
        "arm": measured.arm,
        "over": measured.over,
        "window_h": list(measured.window_h),
        "unit": expected.unit,
        "gate": measured.gate,
        "evidence": list(expected.evidence),
        "published": {
            "value": measured.value,
            "low": measured.value_low,
            "high": measured.value_high,
        },
        "band": {
            "low": expected.low,
            "high": expected.high,
            "direction": expected.direction,
            "basis": measured.basis,
        },
        "predicted": {
            "value": _number(one.value),
            "low": _number(low),
            "high": _number(high),
            "subjects": {
                key: _number(value) for key, value in one.subjects.to_dict().items()
            },
        },
        "left_out": calibration().without(one),
        "passes": one.passes,
        "refused": one.refused or None,
        "why": measured.why or None,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
