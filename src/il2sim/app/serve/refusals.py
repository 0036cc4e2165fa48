"""Mistakes as replies: a code, and a text that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from il2sim.app.serve.answers import Superseded
from il2sim.app.serve.messages import Refusal
from il2sim.errors import Il2simError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

CODES: dict[int | str, dict[str, Any]] = {
    code: {"model": Refusal, "description": description}
    for code, description in (
        (400, "not readable"),
        (401, "the token is missing or wrong"),
        (403, "from another page"),
        (404, "there is no such thing"),
        (409, "a newer request of the same client has come"),
        (411, "no length"),
        (413, "too large"),
        (415, "neither JSON nor TOML"),
        (421, "called by a foreign name"),
        (422, "it cannot be carried out; the text says why"),
        (503, "the models are still being compiled"),
    )
}


def handle_refusals(app: FastAPI) -> None:
    """Give every mistake the form of `messages.Refusal`."""
    app.add_exception_handler(Il2simError, _ours)
    app.add_exception_handler(Superseded, _superseded)
    app.add_exception_handler(RequestValidationError, _shape)
    app.add_exception_handler(HTTPException, _plain)


def refusal(code: int, error: str, headline: str, text: str = "") -> JSONResponse:
    """Make the reply to a mistake."""
    content = {
        key: value.encode("utf-8", "replace").decode()  # a text may hold half a letter
        for key, value in (
            ("error", error),
            ("headline", headline),
            ("text", text or headline),
        )
    }
    return JSONResponse(content, status_code=code)


def _ours(request: Request, error: Exception) -> JSONResponse:
    code = 404 if request.path_params and isinstance(error, LookupError) else 422
    headline = getattr(error, "headline", str(error))
    return refusal(code, type(error).__name__, headline, str(error))


def _superseded(request: Request, error: Exception) -> JSONResponse:
    return refusal(409, "Superseded", "a newer request of this client has come.")


def _shape(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    first: dict[str, Any] = found[0] if found else {}
    place = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    message = str(first.get("msg", "")).removeprefix("Value error, ")
    given = repr(first.get("input", ""))
    lines = ["the request has a value that cannot be used."]
    lines.append(f"  got:      {place[:120] or 'the whole'} = {given[:60]}")
    lines.append(f"  expected: {message[:200]}")
    return refusal(422, "BadRequest", lines[0], "\n".join(lines))


def _plain(request: Request, error: Exception) -> JSONResponse:
    code = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "unknown"
    text = f"{detail}: {request.method} {request.url.path[:120]}"
    reply = refusal(code, "NotPossible", detail, f"{text}\n  try:      /openapi.json")
    headers = getattr(error, "headers", None) or {}
    for name, value in headers.items():
        reply.headers[name] = value
    return reply
