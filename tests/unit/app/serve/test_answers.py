"""What is shown while a slider moves is what a sharp solve shows, to the eye."""

from dataclasses import replace

import numpy as np
import pytest

from il2sim.app.serve.answers import quick_task, task_of
from il2sim.formats.study_file import read_study
from il2sim.study.simulate import solve_task

EYE = 0.04
"""Part of the height of a course: four pixels in a hundred."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["daily-low-dose-cancer", "daily-low-dose-cgvhd", "high-dose-melanoma"]
)
def test_bands_of_a_slider_are_those_of_a_sharp_solve(name):
    study = read_study(name)
    quick = quick_task(study, "courses", 40)
    people = study.find_population(40)
    sharp = replace(task_of(study, "courses", people), tolerance=1e-6)
    rough, fine = solve_task(quick), solve_task(sharp)
    for one in fine.names:
        found, wanted = (run[one].quantile([0.05, 0.5, 0.95]) for run in (rough, fine))
        height = np.max(np.abs(wanted), axis=1, keepdims=True)
        assert np.all(np.abs(found - wanted) <= EYE * height), one


def test_persons_drawn_once_are_those_of_the_study():
    """Equal numbers of everybody, and equal courses."""
    study = read_study("high-dose-melanoma")
    kept = quick_task(study, "courses", 5).population.draw()
    drawn = study.find_population(5).draw()
    assert np.array_equal(kept.weight_kg, drawn.weight_kg)
    assert kept.factors.keys() == drawn.factors.keys()
    for name, values in drawn.factors.items():
        assert np.array_equal(kept.factors[name], values)
    again = quick_task(study, "courses", 5).population
    assert again is quick_task(study, "courses", 5).population
