"""The contents of a report, set as one page. The one door to Jinja2."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from il2sim.app.report.contents import Told, contents
from il2sim.app.report.trial import ToldOfTrial, contents_of_trial

REPORT = "report.html"
"""Its name in the folder of a run."""


def page(told: Told) -> str:
    """Set the report of a run as HTML that needs nothing but itself.

    Everything that comes from a user's file is escaped; a name that the page asks for
    and the contents lack is an error, never an empty place.
    """
    return _set("page.html", contents(told))


def trial_page(told: ToldOfTrial) -> str:
    """Set the report of a trial, as `page`."""
    return _set("trial.html", contents_of_trial(told))


def _set(name: str, values: Mapping[str, Any]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("il2sim.app.report", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("il2sim.app.report").joinpath("page.css").read_text("utf-8")
    return environment.get_template(name).render(style=style, **values) + "\n"
