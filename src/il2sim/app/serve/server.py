"""The local server: the page, its API, and how it is started."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from il2sim.app.serve.answers import Answers
from il2sim.app.serve.background import Refinements
from il2sim.app.serve.facts import facts
from il2sim.app.serve.gate import Gate
from il2sim.app.serve.limits import Limits
from il2sim.app.serve.published import published
from il2sim.app.serve.refusals import handle_refusals
from il2sim.app.serve.routes import api
from il2sim.app.serve.runs import Runs
from il2sim.app.serve.warming import warming
from il2sim.errors import BadProblem, UnknownName
from il2sim.formats.study_file import read_study, studies
from il2sim.provenance import VERSION

STATIC = Path(str(files("il2sim.app.serve").joinpath("static")))


@dataclass(frozen=True)
class Settings:
    """How the server is started.

    Attributes
    ----------
    host, port
        Where it listens; port 0 takes a free one.
    runs
        The folder of runs.
    token
        What a client must know; None on loopback, where none is needed.
    workers
        Threads of a solve; default one for each core.
    limits
        What one request may ask for.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    runs: Path = Path("runs")
    token: str | None = None
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def make_app(settings: Settings) -> FastAPI:
    """The application, with its gate in front; models begin to compile at once."""
    limits = settings.limits
    answers = Answers(settings.workers, limits.quick_s)
    refinements = Refinements(settings.workers, limits.background_s)
    runs = Runs(settings.runs, limits, settings.workers)
    app = FastAPI(
        title="il2sim",
        version=VERSION,
        summary="IL-2 therapy, from receptors to patients: what the local page uses.",
        docs_url=None,
        redoc_url=None,
    )
    handle_refusals(app)
    app.state.is_ready = answers.is_ready
    app.include_router(api(answers, refinements, runs, limits))
    _add_page(app)
    shipped = [read_study(name) for name in studies()]
    facts(limits)  # kept, and so are trials: while models compile they take seconds
    published()
    threading.Thread(target=answers.warm, args=(shipped,), daemon=True).start()
    app.add_middleware(
        Gate,
        body_bytes=limits.body_bytes,
        token=settings.token,
        hosts=None if settings.token else _names(settings.host),
    )
    return app


def serve(settings: Settings, *, told: Callable[[str, str], None]) -> None:
    """Serve until stopped.

    Parameters
    ----------
    settings
        Where and how.
    told
        Called with a line for the user and the address of the page, once it can be
        opened.

    Raises
    ------
    BadProblem
        The address cannot be used, or would be open without a token.
    """
    if not settings.is_loopback and settings.token is None:
        raise BadProblem(
            "a server that others can reach needs a token.",
            got=f"host {settings.host}",
            expected="a token, or a loopback address",
            try_="--host 127.0.0.1",
        )
    listening = _listen(settings)
    host, port = settings.host, listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    query = f"/?token={settings.token}" if settings.token else ""
    app = make_app(settings)
    listening.listen(128)
    address = f"http://{shown}:{port}{query}"
    told(f"il2sim is at {address}  (Ctrl-C stops it)", address)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    with warming(app.state.is_ready):
        uvicorn.Server(config).run(sockets=[listening])


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def _names(host: str) -> tuple[str, ...]:
    return ("127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise BadProblem(
            "the server cannot listen there.",
            got=f"{settings.host}, port {settings.port}: {error}",
            expected="an address of this machine and a free port",
            try_="--port 0 takes a free one",
        ) from error
    return listening


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return FileResponse(STATIC / "index.html")

    @app.get("/static/plotly.js", include_in_schema=False)
    def plotly() -> Response:
        return FileResponse(_plotly(), media_type="text/javascript")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _plotly() -> Path:
    """Plotly's JavaScript, from its wheel."""
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise UnknownName(
            "Plotly is not installed, so there are no charts.",
            expected="the packages of the page",
            try_="pip install 'il2sim[app]'",
        )
    return Path(found.origin).parent / "package_data" / "plotly.min.js"
