"""The HTTP API: JSON in, JSON out; nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Path, Response
from fastapi.responses import FileResponse, JSONResponse

from il2sim.app.serve import facts as known
from il2sim.app.serve.answers import Answers
from il2sim.app.serve.background import Refinements
from il2sim.app.serve.limits import Limits
from il2sim.app.serve.messages import (
    Answer,
    Asked,
    Prescription,
    RegimenAsked,
    RunAsked,
    Scenario,
    Shares,
    SharesAsked,
    Status,
    Sweep,
    SweepAsked,
    Work,
    as_json,
)
from il2sim.app.serve.published import published as trials
from il2sim.app.serve.refusals import CODES, refusal
from il2sim.app.serve.runs import Runs
from il2sim.app.serve.scenario import refuse_files, regimen_after, study_after
from il2sim.errors import BadRegimen, BadStudy
from il2sim.formats.study_file import as_toml, read_tables, study_of
from il2sim.provenance import VERSION

if TYPE_CHECKING:
    from il2sim.study.course import Course, Dose

Identity = Annotated[str, Path(min_length=1, max_length=120)]

JSON, TOML = "application/json", "application/toml"


def _codes(*numbers: int) -> dict[int | str, dict[str, Any]]:
    """Replies that a route may give beside its own."""
    everywhere = (400, 401, 403, 421)
    return {code: CODES[code] for code in (*everywhere, *numbers)}


WRITING = _codes(411, 413, 415, 422)


def api(answers: Answers, refinements: Refinements, runs: Runs, limits: Limits) -> Any:
    """Every route under ``/api``."""
    router = APIRouter(prefix="/api", default_response_class=JSONResponse)
    _add_facts(router, answers, limits)
    _add_studies(router, limits)
    _add_answers(router, answers, refinements, limits)
    _add_runs(router, runs, limits)
    return router


def _add_facts(router: APIRouter, answers: Answers, limits: Limits) -> None:
    @router.get("/status", responses=_codes())
    def status() -> Status:
        """How far the server is."""
        ready = answers.is_ready.is_set()
        return Status(version=VERSION, ready=ready, stage=answers.stage)

    @router.get("/facts", responses=_codes())
    def facts() -> dict[str, Any]:
        """Studies, populations, products, sliders, colors and limits."""
        return known.facts(limits)

    @router.get("/published", responses=_codes())
    def published() -> list[dict[str, Any]]:
        """Published trials in the plane of Treg against effectors."""
        return trials()

    @router.get("/evidence/{key}", responses=_codes(404, 422))
    def evidence(key: Identity) -> dict[str, Any]:
        """One published number, with the addresses of its source."""
        return known.evidence(key)


def _add_studies(router: APIRouter, limits: Limits) -> None:
    @router.post("/regimen", responses=WRITING)
    def regimen(asked: RegimenAsked) -> Prescription:
        """Read a prescription, after the sliders for dose and interval."""
        read = regimen_after(asked.text, asked.dose, asked.every_h)
        if len(read.doses) > limits.doses:
            raise BadRegimen(
                "the prescription has more doses than this page shows.",
                got=len(read.doses),
                expected=f"at most {limits.doses}",
            )
        return Prescription.model_validate(
            {
                "text": str(read),
                "doses": [_dose(one) for one in read.doses],
                "courses": [_course(one) for one in read.courses],
                "last_day": read.last_moment_h / 24.0,
            }
        )

    @router.post(
        "/study",
        response_class=Response,
        responses={**WRITING, 200: {"content": {TOML: {}}}},
    )
    def study(scenario: Scenario) -> Response:
        """The study file of a scenario, for ``il2sim run``."""
        return Response(as_toml(study_after(scenario)), media_type=TOML)

    @router.post("/study/read", responses=WRITING)
    def read(text: Annotated[bytes, Body(media_type=TOML)]) -> dict[str, Any]:
        """Read a study file as data, and check it."""
        try:
            tables = read_tables(text.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadStudy(
                "the study file is not text.", got=error.reason, expected="UTF-8"
            ) from error
        refuse_files(tables)
        return study_of(tables).model_dump(exclude_defaults=True)


def _add_answers(
    router: APIRouter, answers: Answers, refinements: Refinements, limits: Limits
) -> None:
    def when_ready(reply: Callable[[], dict[str, Any]]) -> Response:
        if not answers.is_ready.is_set():
            text = f"{answers.stage}; this takes seconds, once"
            return refusal(503, "NotReady", "the models are being compiled.", text)
        return Response(as_json(reply()), media_type=JSON)

    replies = {**WRITING, **_codes(409, 503)}

    @router.post("/answers", response_model=Answer, responses=replies)
    def answer(asked: Asked) -> Response:
        """Bands at the tolerance of a moving slider."""
        study = study_after(asked.scenario)
        limits.check(study, asked.subjects, limits.quick_subjects)
        return when_ready(lambda: answers.quick(study, asked))

    @router.post("/sweeps", response_model=Sweep, responses=replies)
    def sweep(asked: SweepAsked) -> Response:
        """A dose-response: peak and end of everything at each factor of the doses."""
        study = study_after(asked.scenario)
        limits.check(study, asked.subjects, limits.quick_subjects)
        return when_ready(
            lambda: answers.sweep(study, asked.factors, asked.subjects, asked.client)
        )

    @router.post("/shares", response_model=Shares, responses=replies)
    def shares(asked: SharesAsked) -> Response:
        """Which processes made a change; the first time of a quantity compiles it."""
        study = study_after(asked.scenario)
        limits.check(study, asked.subjects, limits.quick_subjects)
        return when_ready(lambda: answers.shares(study, asked))

    @router.post("/refinements", response_model=Work, responses=replies)
    def refine(asked: Asked) -> Response:
        """Begin to solve more subjects at the study's own tolerance."""
        study = study_after(asked.scenario)
        limits.check(study, asked.subjects, limits.background_subjects)
        return when_ready(lambda: refinements.start(study, asked).to_dict())

    @router.get("/refinements/{name}", response_model=Work, responses=_codes(404, 422))
    def refinement(name: Identity) -> Response:
        """How far a refinement is; one that nobody asks about for 90 s is given up."""
        found = as_json(refinements.find(name).to_dict())
        return Response(found, media_type=JSON)


def _add_runs(router: APIRouter, runs: Runs, limits: Limits) -> None:
    @router.post("/runs", response_model=Work, responses=WRITING)
    def start(asked: RunAsked) -> Response:
        """Carry a scenario out in a folder, as ``il2sim run`` would."""
        study = study_after(asked.scenario)
        limits.check(study, study.subjects, limits.run_subjects)
        return JSONResponse(runs.start(study).to_dict())

    @router.get("/runs", response_model=list[Work], responses=_codes())
    def every() -> Response:
        """All runs of the folder, without their answers."""
        told = [{**run.to_dict(), "answer": None} for run in runs.all()]
        return JSONResponse(told)

    @router.get("/runs/{name}", response_model=Work, responses=_codes(404, 422))
    def one(name: Identity) -> Response:
        """How far a run is, with its answer when it is done."""
        return JSONResponse(runs.find(name).to_dict())

    @router.post("/runs/{name}/stop", response_model=Work, responses=_stopping())
    def stop(name: Identity) -> Response:
        """Stop a run; what is finished is kept."""
        return JSONResponse(runs.stop(name).to_dict())

    @router.post("/runs/{name}/resume", response_model=Work, responses=_stopping())
    def resume(name: Identity) -> Response:
        """Go on with a run that was stopped."""
        return JSONResponse(runs.resume(name).to_dict())

    @router.get(
        "/runs/{name}/files/{file:path}",
        response_class=FileResponse,
        responses=_codes(404, 422),
    )
    def fetch(name: Identity, file: Identity) -> Response:
        """One file of a run's folder."""
        return FileResponse(runs.find(name).file(file))


def _stopping() -> dict[int | str, dict[str, Any]]:
    return {**WRITING, **_codes(404)}


def _dose(dose: Dose) -> dict[str, Any]:
    return {
        "product": dose.product,
        "amount": dose.amount,
        "unit": dose.unit,
        "per": dose.per,
        "route": dose.route,
        "day": dose.time_h / 24.0,
        "hours": dose.duration_h,
    }


def _course(course: Course) -> dict[str, Any]:
    same = ("product", "amount", "unit", "per", "route", "every_h")
    rest = ("n_doses", "length_h", "over_h", "rate_h", "alongside")
    return {
        **{name: getattr(course, name) for name in (*same, *rest)},
        "weekdays": list(course.weekdays),
        "starts_h": list(course.starts_h),
    }
