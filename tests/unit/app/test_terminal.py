"""The progress bar names what it counts."""

import io
import re

import pytest
from rich.console import Console

from il2sim.app import terminal


@pytest.mark.parametrize(
    ("named", "shown"),
    [({}, "45/90 subjects,"), ({"of": "fits"}, "45/90 fits,")],
)
def test_the_bar_names_what_is_counted(monkeypatch, named, shown):
    """Subjects, unless a command counts something else."""
    stream = io.StringIO()
    plain = Console(file=stream, force_terminal=True, width=120, color_system=None)
    monkeypatch.setattr(terminal, "console", lambda **_: plain)
    with terminal.progress_bar("receptors", **named) as progress:
        progress(45, 90)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "receptors" in text
    assert shown in text
