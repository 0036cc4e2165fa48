"""Colors of the page against its grounds, by the formula of WCAG 2.2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import il2sim.app.serve

STATIC = Path(il2sim.app.serve.__file__).parent / "static"


def themes():
    """Variables of the light and of the dark theme."""
    text = (STATIC / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root(?:\[[^]]*\])? \{(.*?)\}", text, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", one)) for one in blocks)
    return {"light": light, "dark": {**light, **dark}}


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in parts
    ]
    return sum(w * one for w, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "ground"])
def test_text_is_read_by_weak_eyes(theme, ground):
    """4.5 to 1 for every text, 3 to 1 for the ring around what has the focus."""
    colors = themes()[theme]
    for name in ("ink", "quiet", "faint", "strong", "wrong", "right"):
        assert contrast(colors[name], colors[ground]) >= 4.5, name
    assert contrast(colors["focus"], colors[ground]) >= 3.0
    assert contrast(colors["on-strong"], colors["strong"]) >= 4.5
