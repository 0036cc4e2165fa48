"""The contents of a report, set as one page. The one door to Jinja2."""

from __future__ import annotations

from importlib.resources import files

from il2sim.app.report.contents import Told, contents

REPORT = "report.html"
"""Its name in the folder of a run."""


def page(told: Told) -> str:
    """Set a report as HTML that needs nothing but itself.

    Everything that comes from a user's file is escaped; a name that the page asks for
    and the contents lack is an error, never an empty place.
    """
    from jinja2 import Environment, StrictUndefined

    here = files("il2sim.app.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(here.joinpath("page.html").read_text("utf-8"))
    style = here.joinpath("page.css").read_text("utf-8")
    return template.render(style=style, **contents(told)) + "\n"
