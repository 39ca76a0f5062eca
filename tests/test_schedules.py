import numpy as np
import pytest

from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

TAU = np.linspace(0, 1, 101)


@pytest.mark.parametrize("name", SCHEDULES)
def test_boundary_values_and_assumption_4(name):
    schedule = SCHEDULES[name]
    ends = np.array([0.0, 1.0])
    np.testing.assert_allclose(schedule.mu(ends), [0, 1], atol=1e-15)
    np.testing.assert_allclose(schedule.sigma(ends), [1, 0], atol=1e-15)
    curves = (schedule.mu, schedule.sigma, schedule.dmu, schedule.dsigma)
    largest = max(np.abs(curve(TAU)).max() for curve in curves)
    assert largest == pytest.approx(schedule.b0, rel=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_derivatives_are_those_of_the_curves(name):
    schedule, h = SCHEDULES[name], 1e-6
    for curve, derivative in ((schedule.mu, schedule.dmu), (schedule.sigma, schedule.dsigma)):
        difference = (curve(TAU + h) - curve(TAU - h)) / (2 * h)
        np.testing.assert_allclose(derivative(TAU), difference, atol=1e-8)


@pytest.mark.parametrize("name", SCHEDULES)
def test_targets_follow_the_definition_of_the_conditional_velocity(name):
    """v = sigma' x0 + (mu'/mu)(x_tau - sigma x0), the form that divides by mu (paper A)."""
    schedule, rng = SCHEDULES[name], np.random.default_rng(0)
    x1, x0 = rng.standard_normal((2, 3, 50, 4))
    tau = rng.uniform(0.1, 1, (3, 50))
    x, v = inputs_and_targets(x1, x0, tau, schedule)
    assert x.shape == (3, 50, 9)
    x_tau, column = x[..., :4], tau[..., np.newaxis]
    np.testing.assert_array_equal(x[..., 4:5], column)
    np.testing.assert_array_equal(x[..., 5:], x0)
    mu, sigma = schedule.mu(column), schedule.sigma(column)
    np.testing.assert_allclose(x_tau, sigma * x0 + mu * x1, rtol=1e-14)
    slope = schedule.dmu(column) / mu
    expected = schedule.dsigma(column) * x0 + slope * (x_tau - sigma * x0)
    np.testing.assert_allclose(v, expected, rtol=1e-10, atol=1e-12)


def test_linear_schedule_moves_straight_from_source_to_data():
    rng = np.random.default_rng(0)
    x1, x0 = rng.standard_normal((2, 10, 3))
    _, v = inputs_and_targets(x1, x0, rng.random(10), SCHEDULES["linear"])
    np.testing.assert_allclose(v, x1 - x0, rtol=1e-14)
