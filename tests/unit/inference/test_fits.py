"""Problem, likelihood, optimizer, sampler and profiles, against closed forms."""

import numpy as np
import pytest

from il2sim.errors import BadProblem, UnknownName
from il2sim.inference import (
    FitProblem,
    Free,
    Likelihood,
    Stop,
    fisher,
    fit,
    profile,
    sample,
)
from tests.fitted_wells import answering, counting, fading

STAINED = np.array([8100.0, 8700.0, 8400.0, 9000.0])
NOISE, PRIOR, CENTER = 300.0, 500.0, 8000.0


def known() -> tuple[float, float]:
    """Mean and standard deviation of the posterior of `counting`, by precisions."""
    precision = len(STAINED) / NOISE**2 + 1 / PRIOR**2
    mean = (STAINED.sum() / NOISE**2 + CENTER / PRIOR**2) / precision
    return mean, precision**-0.5


@pytest.fixture(scope="module")
def linear() -> Likelihood:
    return Likelihood(counting(STAINED, NOISE), tolerance=1e-7, workers=1)


def test_the_gradient_is_that_of_differences():
    """On log, linear and logit scales, with powers by well and scales of plates."""
    likelihood = Likelihood(answering(), tolerance=1e-9)
    point = likelihood.problem.center + 0.1
    found = likelihood(point[None])
    for k in range(len(point)):
        far = 1e-4 * likelihood.problem.free[k].width * np.eye(len(point))[k]
        up, down = likelihood(
            np.stack([point + far, point - far]), slopes=False
        ).log_density
        wanted = (up - down) / (2 * far[k])
        scale = np.abs(found.gradient[0, k]) + 1e-3 / likelihood.problem.free[k].width
        assert abs(found.gradient[0, k] - wanted) < 1e-3 * scale


def test_points_do_not_influence_each_other():
    """One call for several points gives each the bits it has alone."""
    likelihood = Likelihood(answering())
    points = likelihood.problem.center + np.array([[0.0], [0.2], [-0.1]])
    together = likelihood(points)
    for i, point in enumerate(points):
        alone = likelihood(point[None])
        np.testing.assert_array_equal(together.residuals[i], alone.residuals[0])
        np.testing.assert_array_equal(together.jacobian[i], alone.jacobian[0])


def test_the_best_rate_of_a_decay_is_found_from_any_start():
    """Without noise the truth comes back, less the pull of the prior."""
    times, doses = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0])
    values = (doses[:, None] * np.exp(-0.8 * times)).ravel()
    found = fit(Likelihood(fading(values, 1e-4), tolerance=1e-8), starts=3, seed=2)
    np.testing.assert_allclose(np.exp(found.points[:, 0]), 0.8, rtol=1e-4)
    assert np.all(np.diff(found.log_density) <= 0)


def test_a_linear_model_has_the_posterior_of_the_precisions(linear):
    """Best point and error of a normal posterior; what the data said is their share."""
    mean, error = known()
    best = fit(linear, starts=1).best
    found = fisher(linear, best)
    assert best[0] == pytest.approx(mean, rel=1e-6)
    assert found.errors[0] == pytest.approx(error, rel=1e-5)
    assert found.learned[0] == pytest.approx(1 - (error / PRIOR) ** 2, rel=1e-5)


def test_the_profile_of_a_normal_density_is_a_parabola(linear):
    """Its fall is half the squared distance in standard errors."""
    mean, error = known()
    best = np.array([mean])
    places = mean + error * np.array([-2.0, 0.0, 1.0])
    found = profile(linear, best, "CD122", places)
    np.testing.assert_allclose(found - found[1], [-2.0, 0.0, -0.5], atol=1e-4)
    with pytest.raises(UnknownName, match="nothing named 'CD12'"):
        profile(linear, best, "CD12", places)


def test_draws_have_the_moments_of_the_posterior_and_go_on_after_a_stop(linear):
    """Mean and error within four standard errors; resumed is the same."""
    mean, error = known()
    kept = []
    options = {"walkers": 12, "seed": 3, "stop": Stop(50.0, 1.3, most=400, block=100)}
    chains = sample(
        linear, np.array([mean]), np.array([error]), keep=kept.append, **options
    )
    size = chains.effective_sizes[0]
    assert size >= 50
    assert chains.r_hat[0] <= 1.3
    assert abs(chains.draws.mean() - mean) < 4 * error / np.sqrt(size)
    assert chains.draws.std() == pytest.approx(error, rel=4 / np.sqrt(2 * size))
    again = sample(
        linear, np.array([mean]), np.array([error]), before=kept[0], **options
    )
    np.testing.assert_array_equal(again.points, chains.points)


def test_values_go_in_and_out_of_their_scales():
    """Each scale has its inverse; bounds are where they were said to be."""
    for scale, value in (("log", 3.0), ("linear", -3.0), ("logit", 0.3)):
        one = Free("x", 0.5, 2.0, {}, 0.5, scale)
        assert one.outside(one.inside(value)) == pytest.approx(value)
    assert Free("x", 1.0, 2.0, {}, 1.0, low=0.5).bounds[0] == np.log(0.5)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"median": -1.0}, BadProblem, "the median of the free number 'x'"),
        ({"spread": 1.0}, BadProblem, "the prior of the free number 'x' has no width"),
        ({"scale": "lin"}, UnknownName, "'x' is on no scale"),
    ],
)
def test_a_free_number_that_makes_no_sense_is_refused(change, error, message):
    """With its name."""
    given = {"median": 1.0, "spread": 2.0, "moves": {}, "at": 1.0, "scale": "log"}
    with pytest.raises(error, match=message):
        Free("x", **(given | change))


def test_what_is_moved_must_be_in_a_model(linear):
    """A free number that moves nothing would come out as its prior."""
    wrong = Free("x", 1.0, 2.0, {"NK.cd12_at_rest": 1.0}, at=1.0)
    with pytest.raises(UnknownName, match="moves what no model has"):
        FitProblem((wrong,), linear.problem.parts)
    with pytest.raises(BadProblem, match="two free numbers have one name"):
        FitProblem(linear.problem.free * 2, linear.problem.parts)


def test_some_observations_can_be_left_out():
    """What is kept has the residuals it had."""
    problem = counting(STAINED, NOISE)
    kept = np.array([True, False, True, True])
    some = FitProblem(problem.free, (problem.parts[0].only(kept),))
    every, fewer = (
        Likelihood(one)(one.center[None], slopes=False).residuals[0]
        for one in (problem, some)
    )
    np.testing.assert_array_equal(fewer, every[np.append(kept, True)])
