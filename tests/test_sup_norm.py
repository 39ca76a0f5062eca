"""Lemma C.1 on functions in closed form, and the constants that it is applied with."""

import math

import numpy as np
import pytest

from flowbounds.data.datasets import two_balls, two_balls_shape
from flowbounds.networks.stack import initialise
from flowbounds.theory.posterior import posterior_means
from flowbounds.theory.sup_norm_bound import (
    Domain,
    error_jacobians,
    lipschitz_constants,
    sup_norm_bound,
    unit_ball_volume,
)


@pytest.mark.parametrize("dimension", [1, 2, 3, 7])
@pytest.mark.parametrize("lipschitz", [3.0, 50.0])
def test_the_lemma_on_a_cone_inside_a_large_ball(dimension, lipschitz):
    """f = (s - L |x|)_+: E f = p V s^{D+1} / (L^D (D+1)), so bound / s = 2 / (D+1)^{1/(D+1)}."""
    s, p, volume = 0.7, 0.2, unit_ball_volume(dimension)
    mean = p * volume * s ** (dimension + 1) / (lipschitz**dimension * (dimension + 1))
    bound = sup_norm_bound(mean, lipschitz, volume, p, dimension)
    ratio = 2 / (dimension + 1) ** (1 / (dimension + 1))
    assert bound == pytest.approx(ratio * s, rel=1e-12)
    assert 1 < ratio < 2


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("tau_min", [0.05, 0.5])
def test_the_lemma_on_cones_anywhere_in_the_domain(d, tau_min):
    """Cones of many heights and slopes around interior and boundary points, with our constants."""
    domain, rng = Domain(d, 1.0, tau_min), np.random.default_rng(d)
    x1, tau, weight = domain.sample(20_000, rng)
    points = np.column_stack([tau[:, np.newaxis] * x1, tau])
    edge, at = domain.boundary(20, rng)
    centres = np.concatenate([np.column_stack([at[:, np.newaxis] * edge, at]), points[:5]])
    for centre in centres:
        distance = np.linalg.norm(points - centre, axis=1)
        for height, slope in ((1.0, 0.3), (1.0, 2.0), (2.0, 5.0)):
            mean = weight @ np.clip(height - slope * distance, 0, None)
            assert height < sup_norm_bound(mean, slope, domain.beta, domain.p_min, d + 1)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_balls_cover_at_least_beta_of_the_domain(d):
    """Monte Carlo over balls of every radius around boundary points, the worst there are."""
    domain, rng = Domain(d, 1.0, 0.1), np.random.default_rng(0)
    offset, radius = two_balls_shape(d, 1.0)
    edge, at = domain.boundary(60, rng)
    centres = np.column_stack([at[:, np.newaxis] * edge, at])
    for r in (0.05, 0.3, 1.0):
        step = rng.standard_normal((40_000, d + 1))
        step *= rng.random((len(step), 1)) ** (1 / (d + 1)) / np.linalg.norm(
            step, axis=1, keepdims=True
        )
        for centre in centres:
            z = centre + r * step
            tau = z[:, d]
            x1 = z[:, :d] / np.where(tau > 0, tau, 1)[:, np.newaxis]
            near = np.minimum(
                *(np.linalg.norm(x1 - c * np.eye(d)[0], axis=1) for c in (offset, -offset))
            )
            covered = ((tau >= 0.1) & (tau <= 1) & (near <= radius)).mean()
            assert covered * unit_ball_volume(d + 1) > domain.beta


def test_the_density_in_one_dimension_by_quadrature():
    """d = 1: P1 is uniform on two intervals; the density of (x, tau) given x0 = 0 is explicit."""
    domain = Domain(1, 1.0, 0.2)
    offset, radius = two_balls_shape(1, 1.0)
    x1 = np.linspace(-1, 1, 200_001)
    p1 = sum((np.abs(x1 - c) <= radius) / (4 * radius) for c in (offset, -offset))
    posterior = p1 * np.exp(-(x1**2) / 2)
    posterior /= np.trapezoid(posterior, x1)
    # x = tau x1: larger by 1 / tau; tau is uniform on [tau_min, 1]
    least = posterior[p1 > 0].min() / 1.0 / 0.8
    assert domain.p_min == pytest.approx(least, rel=1e-4)
    sample, _, weight = domain.sample(200_000, np.random.default_rng(0))
    second = np.trapezoid(posterior * x1**2, x1)
    assert weight @ sample[:, 0] ** 2 == pytest.approx(second, rel=0.01)


def test_lipschitz_constants_of_a_network():
    d, domain, rng = 2, Domain(2, 1.0, 0.2), np.random.default_rng(0)
    w, a = initialise(20, d, 1.0, rng)
    x1, tau, _ = domain.sample(3000, rng)

    def error(z: np.ndarray) -> np.ndarray:
        inputs = np.concatenate([z, np.zeros((len(z), d))], axis=1)  # x0 = 0
        return np.maximum(inputs @ w.T, 0) @ a.T / math.sqrt(20) - z[:, :d] / z[:, d:]

    z, h = np.column_stack([tau[:, np.newaxis] * x1, tau]), 1e-6
    numerical = np.stack(
        [(error(z + h * e) - error(z - h * e)) / (2 * h) for e in np.eye(d + 1)], axis=-1
    )
    same = np.isclose(error_jacobians(w, a, x1, tau), numerical, rtol=1e-4, atol=1e-4)
    assert same.all(axis=(1, 2)).mean() > 0.999  # but where a kink is within h
    lower, upper = lipschitz_constants(w, a, domain, x1, tau)
    slopes = np.linalg.norm(error(z[1:]) - error(z[:-1]), axis=1) / np.linalg.norm(
        z[1:] - z[:-1], axis=1
    )
    assert slopes.max() < upper
    assert lower < upper


def test_tau_min_must_be_positive():
    with pytest.raises(ValueError, match="tau_min = 0"):
        Domain(2, 1.0, 0.0)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_two_balls_have_their_moments_and_their_bound(d):
    n, b1 = 200_000, 3.0
    x = two_balls(n, d, np.random.default_rng(0), b1)
    scale = b1 * np.sqrt(d) / (2 + np.sqrt(d + 2))
    # uniform on the ball of radius sqrt(d + 2): variance 1, fourth moment 3 (d + 2) / (d + 4)
    np.testing.assert_allclose(x.mean(0), 0, atol=5 * scale * np.sqrt(5 / n))
    covariance = scale**2 * np.diag([5.0, *[1.0] * (d - 1)])
    np.testing.assert_allclose(np.cov(x.T).reshape(d, d), covariance, atol=0.03 * scale**2)
    fourth = 16 + 24 + 3 * (d + 2) / (d + 4)
    assert (x[:, 0] ** 4).mean() / scale**4 == pytest.approx(fourth, rel=0.02)
    norms = np.linalg.norm(x, axis=1)
    assert norms.max() <= b1 * np.sqrt(d) * (1 + 1e-12)
    if d < 5:  # the far tip of a ball is rare in high dimension
        assert norms.max() > 0.98 * b1 * np.sqrt(d)


def test_posterior_mean_of_two_points_is_a_hyperbolic_tangent():
    x0 = np.array([[-1.0, 4.0], [0.3, 0.0], [30.0, -2.0]])
    x1 = np.array([[2.0, 0.0], [-2.0, 0.0]])
    expected = np.column_stack([2 * np.tanh(2 * x0[:, 0]), np.zeros(3)])
    np.testing.assert_allclose(posterior_means(x0, x1), expected, atol=1e-12)
