"""What a report says, gathered as plain values from a run and its study."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from il2sim.app.report.context import trials_near
from il2sim.app.report.timeline import timeline
from il2sim.app.report.wording import in_words
from il2sim.app.tables import (
    short_unit,
    shown,
    shown_keys,
    shown_spread,
    toxicity_shown,
)
from il2sim.engine.status import Status
from il2sim.study.endpoints import mean, spread

if TYPE_CHECKING:
    from il2sim.app.run import Outcome
    from il2sim.engine.decisions import Decisions
    from il2sim.formats.study_file import Study
    from il2sim.study.comparison import Comparison
    from il2sim.study.simulate import Task
    from il2sim.study.subjects import Floats, Subjects
    from il2sim.symbolic import Model

TILES = ("naive Treg", "memory Treg", "CD4 Tconv", "CD8")
"""Populations whose fold stands at the head of the report."""

FIGURES = {
    "populations": "Count in blood over resting count of naive and memory Treg, CD4 "
    "Tconv and CD8, over time.",
    "blood": "Plasma IL-2 over the first doses; lymphocytes and NK cells over time.",
    "thymus": "Recent thymic emigrants and TREC of naive Treg, which tell export from "
    "division.",
    "tumor": "Volume of the tumor and T cells inside it.",
    "toxicity": "Systolic pressure, albumin, weight gained by leaked fluid, grade of "
    "capillary leak, over time, without fluids or pressors.",
    "transfer": "Given cells and their daughters in the body, and what part of their "
    "population they are.",
}
"""What is seen in each figure, for those who read and those who listen."""

COLUMNS = 3
"""Most panels in a row of a figure; four are two and two, so that print is legible."""

MOST_FAILURES = 20
"""Subjects named one by one; the others are counted."""

MOST_COMPARED = 8
"""Traits and parameters in which those without an answer are compared."""

LINKS = {
    "doi": "https://doi.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/",
    "nct": "https://clinicaltrials.gov/study/",
}
"""Where an identifier leads; the report can be read without."""


@dataclass(frozen=True, eq=False)
class Told:
    """What a report is made from.

    Attributes
    ----------
    study, study_text, task
        As carried out.
    outcome
        What the run left.
    """

    study: Study
    study_text: str
    task: Task
    outcome: Outcome


def contents(told: Told) -> dict[str, Any]:
    """Gather everything that the page shows."""
    run, task = told.outcome.trajectories, told.task
    people = task.population.draw(range(len(run)))
    return {
        "study": told.study,
        "study_text": told.study_text,
        "summary": told.outcome.summary,
        "tiles": _tiles(told),
        "model": _model(told),
        "protocol": _protocol(told),
        "population": _population(told, people),
        "results": _results(told.outcome.summary),
        "toxicity": _toxicity(told.outcome.summary),
        "figures": _figures(told),
        "comparisons": [_comparison(one) for one in told.outcome.comparisons],
        "verdict": _verdict(told.outcome.comparisons),
        "near": trials_near(task.regimen, task.products),
        "failures": _failures(told),
        "sources": _sources(told),
        "made": run.provenance.to_dict() if run.provenance else {},
        "card": card(),
    }


@lru_cache(maxsize=1)
def card() -> Mapping[str, Any]:
    """What the models are for, and where they fail."""
    text = files("il2sim.models").joinpath("card.toml").read_text("utf-8")
    return tomllib.loads(text)


def _tiles(told: Told) -> list[dict[str, str]]:
    from il2sim.figures.style import color_of

    endpoints = told.outcome.summary["endpoints"]
    return [
        {
            "name": name,
            "color": color_of(name),
            "fold": shown(endpoints[name]["end fold"]["median"]),
            "range": _range(endpoints[name]["end fold"]),
        }
        for name in TILES
        if name in endpoints
    ]


def _range(values: Mapping[str, float]) -> str:
    return f"{shown(values['q05'])}–{shown(values['q95'])}"


def _model(told: Told) -> dict[str, Any]:
    model = told.task.model
    values = model.parameters.values()
    return {
        "name": model.name,
        "meaning": model.meaning,
        "fingerprint": model.fingerprint,
        "states": len(model.states),
        "parameters": len(model.parameters),
        "assumptions": sum(one.is_assumption for one in values),
        "changed": dict(told.task.factors),
    }


def _protocol(told: Told) -> dict[str, Any]:
    study, task = told.study, told.task
    doses = task.regimen.doses
    return {
        "prescription": str(task.protocol or task.regimen),
        "decisions": list(_decisions(told.outcome.trajectories.decisions)),
        "sentences": in_words(task.regimen),
        "timeline": timeline(task.regimen, days=study.days, end_day=study.end_day),
        "doses": len(doses),
        "last_day": f"{task.regimen.last_moment_h / 24:.3g}",
        "products": [
            {
                "name": one.name,
                "variant": getattr(one, "variant", one).name,
                "note": one.note,
            }
            for one in task.products.values()
        ],
    }


def _decisions(log: Decisions | None) -> Iterator[dict[str, Any]]:
    """What was decided by which rule, about how many subjects, how often."""
    if log is None:
        return
    pairs = sorted(set(zip(log.decision.tolist(), log.rule.tolist(), strict=True)))
    for decision, rule in pairs:
        these = (log.decision == decision) & (log.rule == rule)
        yield {
            "decision": decision,
            "rule": rule,
            "subjects": len(np.unique(log.subject[these])),
            "times": int(these.sum()),
        }


def _population(told: Told, people: Subjects) -> dict[str, Any]:
    population = told.task.population
    rows = [
        ("age", "years", people.age_y),
        ("weight", "kg", people.weight_kg),
        ("body surface", "m²", people.surface_m2),
        *((name, "/µL", counts) for name, counts in people.counts.items()),
    ]
    stand = population.prevalence(range(len(people)))
    told_rows = [(what, unit, *_spread_of(one, stand)) for what, unit, one in rows]
    half = -(-len(rows) // 2)
    return {
        "name": population.name,
        "meaning": population.meaning,
        "n": len(people),
        "seed": population.seed,
        "women": f"{100 * mean(people.is_female.astype(float), stand):.0f}",
        "halves": (told_rows[:half], told_rows[half:]),
        "varied": list(_in_words(told.task.model, population.varied)),
    }


def _in_words(model: Model, varied: Iterable[str]) -> Iterator[str]:
    """In what subjects differ: each meaning once, with the parts that it is said of."""
    parts: dict[str, list[str]] = {}
    for name in varied:
        part, _, key = name.rpartition(".")
        known = model.parameters.get(name)
        meaning = key.replace("_", " ") if known is None else known.meaning
        parts.setdefault(meaning, []).append(part.replace("_", " "))
    for meaning, some in parts.items():
        yield f"{meaning} ({', '.join(some)})"


def _spread_of(values: Floats, prevalence: Floats) -> tuple[str, str]:
    told = spread(np.asarray(values, dtype=float), prevalence)
    return shown(told.median), f"{shown(told.q05)}–{shown(told.q95)}"


def _results(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "unit": short_unit(one["unit"]).replace("uL", "µL"),
            "rest": shown_spread(one["resting"]),
            "peak": shown_spread(one["peak fold"]),
            "end": shown_spread(one["end fold"]),
        }
        for name, one in summary["endpoints"].items()
    ]


def _toxicity(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "unit": "" if one["unit"] == "1" else one["unit"],
            "rest": toxicity_shown(one["resting"]).split(" ")[0],
            "worst": toxicity_shown(one["worst"]),
            "severe": f"{100 * one['severe']:.0f} %" if "severe" in one else "",
        }
        for name, one in summary.get("toxicity", {}).items()
    ]


def _figures(told: Told) -> list[dict[str, str]]:
    """Every figure, in rows that can be read in print, as a data URI."""
    from il2sim.app.run import published_of
    from il2sim.figures import as_svg, draw_all

    run, study = told.outcome.trajectories, told.study
    if not run.is_done.any():
        return []
    drawn = draw_all(run, published=published_of(study), columns=COLUMNS)
    found = []
    for name, figure in drawn.items():
        data = base64.b64encode(as_svg(figure).encode()).decode("ascii")
        source = f"data:image/svg+xml;base64,{data}"
        found.append({"source": source, "meaning": FIGURES[name]})
    return found


def _comparison(one: Comparison) -> dict[str, Any]:
    expected = one.expected
    when = "" if expected.day is None else f" on day {expected.day:g}"
    return {
        "what": expected.name,
        "endpoint": f"{expected.endpoint}{when}",
        "published": {"ns": "not significant"}.get(expected.shown(), expected.shown()),
        "evidence": shown_keys(expected.evidence),
        "found": shown_spread(one.found.to_dict()),
        "agrees": one.agrees,
        "note": expected.note,
    }


def _verdict(comparisons: tuple[Comparison, ...]) -> dict[str, int]:
    told = [one.agrees for one in comparisons if one.agrees is not None]
    return {"agree": sum(told), "of": len(told)}


def _failures(told: Told) -> dict[str, Any]:
    """Who has no answer, why, and what the ledger says of it."""
    run, ledger = told.outcome.trajectories, told.outcome.summary["failures"]
    failed = np.flatnonzero(~run.is_done)
    codes = [Status(int(run.status[i])) for i in failed]
    return {
        "n": len(failed),
        "words": ledger["words"],
        "reasons": [
            {
                "count": codes.count(code),
                "sentence": code.sentence,
                "advice": code.advice,
            }
            for code in sorted(set(codes))
        ],
        "subjects": [
            {
                "subject": int(i),
                "status": code.name.replace("_", " ").lower(),
                "time": _hours(float(run.failed_h[i])),
                "state": str(run.failed_state[i]),
            }
            for i, code in list(zip(failed, codes, strict=True))[:MOST_FAILURES]
        ],
        "unnamed": max(0, len(failed) - MOST_FAILURES),
        "compared": [
            {
                "what": one["what"],
                "lost": shown(one["lost"]),
                "solved": shown(one["solved"]),
                "apart": _signed(one["difference"]),
                "p": f"{one['adjusted']:.2g}",
            }
            for one in ledger["compared"][:MOST_COMPARED]
        ],
    }


def _signed(value: float) -> str:
    return f"{value:+.1f} SD" if np.isfinite(value) else "–"


def _hours(time_h: float) -> str:
    return f"{time_h:.3g} h" if np.isfinite(time_h) else "–"


def _sources(told: Told) -> list[dict[str, Any]]:
    """What was measured by whom, for every evidence key of the study."""
    keys = {key for row in told.study.compare for key in row.evidence}
    return sources_of(keys.union(told.study.sources))


def sources_of(keys: Iterable[str]) -> list[dict[str, Any]]:
    """What was measured by whom, for evidence keys."""
    from il2sim.evidence import library

    found = []
    for key in sorted(keys):
        one = library.measurement(key)
        found.append(
            {
                "key": key,
                "quantity": one.quantity,
                "value": one.shown,
                "conditions": _conditions(one.conditions),
                "citation": one.source.citation,
                "identifiers": [_linked(name) for name in one.source.identifiers],
            }
        )
    return found


def _conditions(found: Mapping[str, str]) -> str:
    """Who was given what, and when it was measured.

    Examples
    --------
    >>> _conditions({"population": "adults", "n": "38", "dose": "1", "route": "sc"})
    'adults, n = 38; 1 sc'
    """
    groups = (
        (("population", ""), ("n", ", n = ")),
        tuple((name, " ") for name in ("product", "dose", "dose_unit", "route")),
        (("schedule", ""),),
        (("time", "at "),),
        (("assay", "by "),),
    )
    told = (
        "".join(f"{by}{found[one]}" for one, by in g if one in found) for g in groups
    )
    return "; ".join(one.strip(" ,") for one in told if one).replace("^2", "²")


def _linked(identifier: str) -> dict[str, str]:
    kind, _, name = identifier.partition(":")
    return {"text": identifier, "address": LINKS[kind] + name}
