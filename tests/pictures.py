"""Runs and trials without pictures and pages, where a test looks at neither.

Drawing is two thirds of a small run. What is drawn is looked at by the tests of
`figures`, of `app/report`, and by one complete run of each door.
"""

from __future__ import annotations

from typing import Any

import pytest

from il2sim.app import run as app_run
from il2sim.app import trial as app_trial
from il2sim.app.folder import RunFolder
from il2sim.app.report.page import REPORT


def leave_out(patch: pytest.MonkeyPatch) -> None:
    """Words stand where pictures and the page would; names in a folder are the same."""

    def draw(study: object, folder: RunFolder, run: object) -> None:
        figures = folder.path / "figures"
        figures.mkdir(exist_ok=True)
        (figures / "blood.png").write_text("a picture", encoding="utf-8")

    def report(study: object, task: object, folder: RunFolder, outcome: object) -> None:
        folder.write_text(REPORT, "a page")

    def draw_trial(found: object, findings: object, summary: Any, folder: Any) -> None:
        draw(found, folder, findings)
        folder.write_text(REPORT, "a page")

    patch.setattr(app_run, "_draw", draw)
    patch.setattr(app_run, "_report", report)
    patch.setattr(app_trial, "_draw", draw_trial)
