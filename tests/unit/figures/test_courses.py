"""What a figure shows is what the trajectories hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from il2sim.engine.rows import rows
from il2sim.engine.status import Status
from il2sim.errors import BadStudy, UnknownName
from il2sim.figures import Published, beyer_figure, blood_figure, draw_all, tumor_figure
from il2sim.figures.courses import BEYER_PANELS, given_names, transfer_figure
from il2sim.figures.invented import REST_AND_RISE, invented
from il2sim.figures.panels import before_doses
from il2sim.models import body, body_with_cells
from il2sim.study.populations import adults
from il2sim.study.regimen import Regimen
from il2sim.study.simulate import simulate
from il2sim.units import Quantity, days

WEEK_H = 168.0
PUBLISHED = (
    Published("memory Treg", "X1", 0.0, 8 * WEEK_H, low=5.0, high=np.inf),
    Published("naive Treg", "X2", 6 * WEEK_H, 8 * WEEK_H, value=2.0, low=1.5, high=3.0),
    Published("CD4 Tconv", "X3", 0.0, 8 * WEEK_H, high=1.25),
    Published("CD8", "X4", 0.0, 0.0, direction="ns"),
    Published("NK", "X5", 0.0, 0.0, direction="up"),
)


def texts(figure: Figure) -> list[Text]:
    FigureCanvasAgg(figure).draw()
    return [text for text in figure.findobj(Text) if text.get_text().strip()]


def curve(figure: Figure, panel: int) -> np.ndarray:
    """The median as drawn: the first line with a point for every moment."""
    return max(
        figure.axes[panel].lines, key=lambda line: len(line.get_xdata())
    ).get_xydata()


def test_the_line_is_the_median_of_folds_before_doses() -> None:
    """Written out again with NumPy."""
    run = invented()
    drawn = curve(beyer_figure(run), 1)
    course = run["memory Treg"]
    at = [i for i, t in enumerate(run.times_h) if t % 24 == 0]
    fold = course.values[:, at] / course.resting[:, None]
    np.testing.assert_allclose(drawn[:, 0], run.times_h[at] / WEEK_H, rtol=1e-14)
    np.testing.assert_allclose(drawn[:, 1], np.median(fold, axis=0), rtol=1e-14)


def test_failed_subjects_are_left_out_and_said() -> None:
    """The picture of the others does not change."""
    run = invented(n_subjects=30)
    status = np.zeros(30, dtype=np.int64)
    status[:10] = Status.NO_RESTING_STATE
    values = np.array(run.values)
    values[:10] = np.nan
    some = replace(run, status=status, values=values)
    rest = rows(some, range(10, 30))
    figure = beyer_figure(some)
    np.testing.assert_array_equal(curve(figure, 1), curve(beyer_figure(rest), 1))
    assert any("10 could not be solved" in text.get_text() for text in texts(figure))


def test_published_results_stand_in_their_panels_with_their_keys() -> None:
    """What has no panel is left out."""
    figure = beyer_figure(invented(), published=PUBLISHED)
    for axes, key in zip(figure.axes, ("X2", "X1", "X3", "X4"), strict=True):
        inside = " ".join(text.get_text() for text in axes.findobj(Text))
        assert [k for k in ("X1", "X2", "X3", "X4", "X5") if k in inside] == [key]


@pytest.mark.parametrize(("days", "every_h"), [(2, 8.0), (28, 72.0), (90, 24.0)])
def test_every_word_is_inside_the_figure(days: int, every_h: float) -> None:
    """At any length of treatment, for every figure."""
    run = invented(days=days, every_h=every_h, n_subjects=10)
    for name, figure in draw_all(run, published=PUBLISHED).items():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        width, height = figure.get_size_inches()
        inked = figure.get_tightbbox(canvas.get_renderer())
        assert min(inked.x0, inked.y0) >= 0, name
        assert inked.x1 <= width, name
        assert inked.y1 <= height, name


def test_units_come_from_the_trajectories() -> None:
    """Another unit of the same gives another label."""
    run = invented(days=3)
    units = tuple("nM" if unit == "pM" else unit for unit in run.units)
    labels = [
        blood_figure(shown).axes[0].get_ylabel()
        for shown in (run, replace(run, units=units))
    ]
    assert labels == ["[pM]", "[nM]"]


def test_plasma_shows_the_first_doses_only() -> None:
    """Three intervals of eight weeks of daily doses."""
    figure = blood_figure(invented())
    assert figure.axes[0].get_xlim() == (0.0, 72.0)
    assert figure.axes[1].get_xlim() == (0.0, 8.0)


def test_what_was_not_recorded_is_refused() -> None:
    """With the names that would do."""
    run = invented(days=2)
    few = replace(
        run,
        names=("insulin",),
        units=("1",),
        values=run.values[:, :, :1],
        resting=run.resting[:, :1],
        peaks=run.peaks[:, :1],
    )
    with pytest.raises(UnknownName, match="'naive Treg' was not recorded"):
        beyer_figure(few)
    with pytest.raises(UnknownName, match="nothing to draw for the figure 'Tumor'"):
        tumor_figure(few)
    assert draw_all(few) == {}


def test_all_figures_are_drawn_when_all_is_recorded() -> None:
    """One file name for each."""
    assert set(BEYER_PANELS) < set(REST_AND_RISE)
    assert [*draw_all(invented(days=2))] == ["populations", "blood", "thymus", "tumor"]


def test_plasma_il2_is_drawn_while_it_is_recorded_finely() -> None:
    """After the first day only every fourth hour is kept: its peaks would be missed."""
    run = simulate(
        body(),
        Regimen.parse("aldesleukin 60 kIU/kg iv over 15 min, daily, 5 doses"),
        adults(n=2, seed=1),
        times=Quantity([*np.arange(0, 24, 0.25), *np.arange(24, 121, 4)], "h"),
    )
    drawn = curve(blood_figure(run), 0)
    assert len(drawn) == 97
    assert drawn[-1, 0] == 24.0


def test_blood_is_drawn_before_a_dose_or_when_one_would_be_due() -> None:
    """Against the rule written as a loop."""
    times = np.arange(0.0, 600.0, 3.0)
    doses = np.array([0.0, 8.0, 24.0, 96.0, 97.5, 400.0])

    def is_drawn(time: float) -> bool:
        last = max((dose for dose in doses if dose < time), default=-np.inf)
        following = min((dose for dose in doses if dose >= time), default=np.inf)
        before = max((dose for dose in doses if dose < last), default=-np.inf)
        due = last - before if last - before <= 168 else 48
        return time in doses or (following - last > 168 and time - last >= due)

    assert before_doses(times, doses).tolist() == [is_drawn(time) for time in times]


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 2.0, "high": 1.0},
        {"start_h": 9.0, "low": 1.0},
        {},
    ],
)
def test_a_published_result_that_says_nothing_is_refused(
    wrong: dict[str, float],
) -> None:
    """Or one whose numbers are in the wrong order."""
    given = {"name": "CD8", "key": "X1", "start_h": 0.0, "end_h": 1.0} | wrong
    with pytest.raises(BadStudy, match="'X1' for 'CD8' cannot be drawn"):
        Published(**given)  # type: ignore[arg-type]


def test_given_cells_have_panels_where_there_were_any():
    """Only populations that were given, each with its number and its part."""
    run = simulate(
        body_with_cells(),
        Regimen.parse("1e9 memory Treg iv"),
        adults(n=2),
        times=days(0, 3, every=1),
        save=["given memory Treg", "given of memory Treg", "given NK dim"],
    )
    assert given_names(run) == ["given memory Treg", "given of memory Treg"]
    panels = transfer_figure(run).axes
    assert len(panels) == 2
    assert list(draw_all(run)) == ["transfer"]
    middle = curve(transfer_figure(run), 0)[-1, 1]
    assert middle == run["given memory Treg"].median()[-1]
    nothing = replace(run, values=np.zeros_like(run.values))
    with pytest.raises(UnknownName, match="Given cells"):
        transfer_figure(nothing)
