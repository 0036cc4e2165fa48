"""`Gate`: who may come in, and with how much; in front of everything else.

Loopback is the default. Names of other hosts are refused there, so that no page of
the internet can reach this server under its own name; elsewhere a token is needed.
Whatever changes something must be JSON or TOML of a known length from this very page.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi.responses import JSONResponse, RedirectResponse

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")

COOKIE = "il2sim"

ACCEPTED = ("application/json", "application/toml")

# Plotly sets the style attribute of its own texts; style sheets stay our files only.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}

OF_FILES = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
"""Content-security policy of the files of a run: read, never carried out."""


class Gate:
    """An ASGI application around another one.

    Parameters
    ----------
    app
        What is guarded.
    body_bytes
        The most that a request may bring.
    token
        What a client must know; None on loopback.
    hosts
        Names under which the server may be called; None for any, where a token is set.
    """

    def __init__(
        self,
        app: App,
        *,
        body_bytes: int,
        token: str | None = None,
        hosts: Iterable[str] | None = LOOPBACK,
    ) -> None:
        self.app = app
        self.body_bytes = body_bytes
        self.token = token
        self.hosts = None if hosts is None else tuple(hosts)

    def __call__(self, scope: Scope, receive: Any, send: Send) -> Awaitable[None]:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        sending = _with_headers(send, scope["path"])
        refused = self._refusal(scope, headers)
        if refused is not None:
            answered: Awaitable[None] = refused(scope, receive, sending)
            return answered
        return self.app(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Any:
        host = headers.get("host", "")
        if self.hosts is not None and _bare(host) not in self.hosts:
            return _refuse(
                421,
                "UnknownHost",
                "this server answers only under its own name.",
                f"got '{host[:80]}'; use http://127.0.0.1 or http://localhost",
            )
        if self.token is not None:
            wrong = self._token_refusal(scope, headers)
            if wrong is not None:
                return wrong
        if scope["method"] in ("GET", "HEAD"):
            return None
        return self._writing_refusal(headers, host)

    def _token_refusal(self, scope: Scope, headers: dict[str, str]) -> Any:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = query.get("token", [""])[0]
        if given and scope["path"] == "/" and self._is_token(given):
            inside = RedirectResponse("/", status_code=303)
            inside.set_cookie(COOKIE, given, httponly=True, samesite="strict")
            return inside
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(bearer.strip()):
            return None
        if self._is_token(_cookie(headers.get("cookie", ""))):
            return None
        return _refuse(
            401,
            "WrongToken",
            "this server needs the token that it printed when it started.",
            "open the address with '?token=…' from its terminal, or send "
            "'Authorization: Bearer …'",
        )

    def _is_token(self, given: str) -> bool:
        known = (self.token or "").encode()
        return bool(known) and hmac.compare_digest(given.encode(), known)

    def _writing_refusal(self, headers: dict[str, str], host: str) -> Any:
        origin = headers.get("origin")
        is_ours = origin is None or urlsplit(origin).netloc == host
        if not is_ours or headers.get("sec-fetch-site", "") == "cross-site":
            return _refuse(
                403,
                "ForeignPage",
                "another page may not use this server.",
                f"got '{(origin or 'a foreign page')[:80]}'; use the page at /",
            )
        length = headers.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            return _refuse(
                411, "NoLength", "the request does not say how long it is.", ""
            )
        if len(length) > 12 or int(length) > self.body_bytes:
            return _refuse(
                413,
                "TooLarge",
                "the request is larger than this server reads.",
                f"got {length[:20]} bytes; expected at most {self.body_bytes}",
            )
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if int(length) and kind not in ACCEPTED:
            return _refuse(
                415,
                "WrongType",
                "the request is of a kind that is not read here.",
                f"got '{kind[:80]}'; expected " + " or ".join(ACCEPTED),
            )
        return None


def _refuse(code: int, error: str, headline: str, text: str) -> JSONResponse:
    told = f"{headline}\n  {text}" if text else headline
    content = {"error": error, "headline": headline, "text": told}
    return JSONResponse(content, status_code=code)


def _with_headers(send: Send, path: str) -> Send:
    """Add the headers of safety to every reply."""
    told = dict(HEADERS)
    if "/files/" in path:
        told["Content-Security-Policy"] = OF_FILES
    extra = [(k.lower().encode(), v.encode()) for k, v in told.items()]

    def sending(message: Any) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *extra]}
        return send(message)

    return sending


def _bare(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
