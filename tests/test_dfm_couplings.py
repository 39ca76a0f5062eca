"""Laws and drifts of couplings: against quadrature, Monte Carlo, and the Fokker-Planck equation."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from flowbounds.data.streams import stream
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures, IndependentUniform
from flowbounds.dfm.mixtures import GaussianMixture, gaussian, on_the_line
from flowbounds.dfm.paths import interpolate, optimal_transport_pairs
from flowbounds.dfm.targets import MIXTURES, NAMES, coupling

TIMES = [0.0, 1e-3, 0.05, 0.3, 0.5, 0.9, 0.99, 1 - 1e-4]


def rng(role):
    return stream("test", "dfm_couplings", 1, None, 0, role)


def correlated(d, rho):
    """A Gaussian coupling of distinct marginals with Cov(X_0, X_1) = rho I."""
    shift = np.linspace(-1, 1, d)
    off = rho * np.eye(d)
    covariance = np.block([[np.eye(d), off], [off, 1.5 * np.eye(d)]])
    return GaussianCoupling(np.concatenate([np.zeros(d), shift]), covariance)


PLANE = IndependentMixtures(
    GaussianMixture(
        np.array([0.6, 0.4]),
        np.array([[0.0, 0.0], [1.0, -1.0]]),
        np.array([np.eye(2), [[0.8, 0.3], [0.3, 0.5]]]),
    ),
    GaussianMixture(
        np.array([0.5, 0.3, 0.2]),
        np.array([[2.0, 0.0], [-1.0, 1.0], [0.0, -2.0]]),
        np.array([[[0.2, 0.1], [0.1, 0.3]], 0.1 * np.eye(2), np.zeros((2, 2))]),
    ),
)


class TestPosteriorMean:
    @pytest.mark.parametrize("t", TIMES[1:])
    @pytest.mark.parametrize("x", [-9.0, -2.1, -0.3, 0.0, 1.0, 2.0, 6.0])
    def test_uniform_target_is_a_ratio_of_integrals(self, t, x):
        target = IndependentUniform(2.0)
        sd = np.sqrt(1 - t**2)
        # the posterior's mode and width tell the integrator where to look
        mode, width = np.clip(x / t, -2, 2), min(4.0, 40 * sd / t)
        low, high = max(-2, mode - width), min(2, mode + width)
        # tilted so that the largest value is 1: tails would underflow
        peak = norm.logpdf(x, t * mode, sd)
        integrals = [
            quad(
                lambda u, k=k: u**k * np.exp(norm.logpdf(x, t * u, sd) - peak),
                low, high, epsabs=1e-13, epsrel=1e-11, limit=200,
            )[0]
            for k in (0, 1)
        ]  # fmt: skip
        ours = target.posterior_mean(t, np.array([[x]]))[0, 0]
        assert ours == pytest.approx(integrals[1] / integrals[0], abs=1e-9)
        log_density = np.log(integrals[0] / 4) + peak
        assert target.log_density(t, np.array([[x]]))[0] == pytest.approx(log_density, abs=1e-9)

    @pytest.mark.parametrize("t", [0.1 - 1e-9, 0.1 + 1e-9])
    def test_both_forms_of_the_uniform_target_meet(self, t):
        x = np.linspace(-5, 5, 21)[:, None]
        target, other = IndependentUniform(2.0), 0.2 - t
        np.testing.assert_allclose(
            target.posterior_mean(t, x), target.posterior_mean(other, x), atol=1e-7
        )

    @pytest.mark.parametrize("t", TIMES)
    def test_two_points_are_a_hyperbolic_tangent(self, t):
        x = np.linspace(-40, 40, 41)[:, None]
        expected = np.tanh(x * t / (1 - t**2))
        np.testing.assert_allclose(coupling("two_points").posterior_mean(t, x), expected, atol=1e-9)

    def test_standard_normal_to_standard_normal_drifts_inward(self):
        x = np.linspace(-5, 5, 11)[:, None]
        for t in TIMES:
            np.testing.assert_allclose(coupling("gaussian").drift(t, x), -x, atol=1e-9)

    def test_a_mixture_of_one_is_the_gaussian_coupling(self):
        pair = correlated(3, 0.0)
        mixture = IndependentMixtures(
            gaussian(pair.mean[:3], pair.covariance[:3, :3]),
            gaussian(pair.mean[3:], pair.covariance[3:, 3:]),
        )
        x = rng("points").standard_normal((50, 3))
        for t in TIMES:
            np.testing.assert_allclose(mixture.drift(t, x), pair.drift(t, x), rtol=1e-8, atol=1e-8)
            np.testing.assert_allclose(mixture.log_density(t, x), pair.log_density(t, x))

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("t", [0.0, 0.2, 0.5, 0.8, 0.97])
    def test_is_finite_far_out(self, name, t):
        x = np.array([[-300.0], [300.0]])
        assert np.isfinite(coupling(name).drift(t, x)).all()
        assert np.isfinite(coupling(name).log_density(t, x)).all()


class TestMonteCarlo:
    """E[X_1 | X_t = x] from 1e6 pairs, weighted with the density of X_t at x given the pair."""

    COUPLINGS = {name: coupling(name) for name in NAMES} | {
        "correlated": correlated(1, 0.7),
        "anticorrelated": correlated(1, -0.9),
        "plane": PLANE,
    }

    @pytest.mark.parametrize("name", COUPLINGS)
    def test_drift_is_the_conditional_expectation(self, name):
        pair, generator = self.COUPLINGS[name], rng(f"monte carlo {name}")
        x0, x1 = pair.sample(1_000_000, generator)
        for t in np.linspace(0.05, 0.95, 10):
            x = interpolate(t, x0[:1], x1[:1], generator.standard_normal((1, pair.d)))
            distance = (((x - (1 - t) * x0 - t * x1) ** 2).sum(axis=1)) / (2 * t * (1 - t))
            weight = np.exp(-distance / 2)
            mean = weight @ x1 / weight.sum()
            error = (weight[:, None] * (x1 - mean)).std(axis=0) / weight.mean() / np.sqrt(len(x1))
            estimate = (mean - x[0]) / (1 - t)
            assert (np.abs(estimate - pair.drift(t, x)[0]) < 5 * error / (1 - t) + 1e-12).all()


class TestFokkerPlanck:
    """d/dt p = -(beta p)' + p'' for dX = beta dt + sqrt(2) dB: the drift fits the law."""

    @pytest.mark.parametrize("name", [*NAMES, "correlated"])
    @pytest.mark.parametrize("t", [0.05, 0.3, 0.5, 0.8, 0.95])
    def test_on_a_grid(self, name, t):
        pair = correlated(1, 0.6) if name == "correlated" else coupling(name)
        # the narrowest feature of X_t has variance at least 1 - t^2 or so
        step = 0.02 * np.sqrt(1 - t**2)
        x = np.linspace(-4, 4, 81)[:, None]
        dt = 0.01 * step**2

        def density(t, x):
            return np.exp(pair.log_density(t, x))

        left = (density(t + dt, x) - density(t - dt, x)) / (2 * dt)
        flux = {s: pair.drift(t, x + s)[:, 0] * density(t, x + s) for s in (-step, step)}
        second = (density(t, x + step) - 2 * density(t, x) + density(t, x - step)) / step**2
        right = -(flux[step] - flux[-step]) / (2 * step) + second
        # central differences: relative error of order (step / feature)^2
        np.testing.assert_allclose(left, right, atol=2e-3 * np.abs(second).max())

    @pytest.mark.parametrize("rho", [-0.9, 0.0, 0.9])
    def test_density_is_that_of_the_interpolant(self, rho):
        pair = correlated(2, rho)
        for t in (0.1, 0.6):
            weights = np.hstack([(1 - t) * np.eye(2), t * np.eye(2)])
            law = multivariate_normal(
                weights @ pair.mean,
                weights @ pair.covariance @ weights.T + 2 * t * (1 - t) * np.eye(2),
            )
            x = rng("density").standard_normal((20, 2))
            np.testing.assert_allclose(pair.log_density(t, x), law.logpdf(x), rtol=1e-10)


class TestMixtures:
    def test_score_is_the_gradient(self):
        law = PLANE.interpolant(0.4)
        x = rng("score").standard_normal((20, 2))
        step = 1e-5
        for k, unit in enumerate(np.eye(2)):
            slope = (law.log_density(x + step * unit) - law.log_density(x - step * unit)) / 2 / step
            np.testing.assert_allclose(law.score(x)[:, k], slope, atol=1e-8)

    @pytest.mark.parametrize("name", MIXTURES)
    def test_samples_have_its_moments(self, name):
        law = MIXTURES[name]
        sample = law.sample(200_000, rng(f"sample {name}"))
        scale = np.sqrt(law.covariance()[0, 0])
        assert sample.mean() == pytest.approx(law.mean()[0], abs=5 * scale / np.sqrt(2e5))
        assert sample.std() == pytest.approx(scale, rel=0.02)

    @pytest.mark.parametrize(
        ("weights", "means"), [([0.5, 0.6], [0, 1]), ([1.5, -0.5], [0, 1]), ([1.0], [0, 1])]
    )
    def test_refuses_what_is_no_mixture(self, weights, means):
        with pytest.raises(ValueError, match="weights"):
            on_the_line(weights, means, [1, 1])


def test_optimal_transport_on_the_line_sorts():
    generator = rng("transport")
    x0, x1 = generator.standard_normal((40, 1)), generator.uniform(-2, 2, (40, 1))
    pairs = optimal_transport_pairs(x0, x1)
    np.testing.assert_array_equal(np.argsort(x0[:, 0]), np.argsort(x1[pairs, 0]))


def test_unknown_target_is_named():
    with pytest.raises(ValueError, match="no target 'cauchy'"):
        coupling("cauchy")
