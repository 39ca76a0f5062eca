"""Quadrature of Euler-Maruyama laws: closed forms, brute force, refinement, narrow targets."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from flowbounds.data.streams import stream
from flowbounds.dfm import quadrature
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import on_the_line
from flowbounds.dfm.paths import euler_maruyama, nonuniform_times, uniform_times
from flowbounds.dfm.quadrature import Law, drift_error, euler_maruyama_law, expectation, kl, w2
from flowbounds.dfm.targets import coupling


def gaussian_chain(steps, shift=0.0):
    """Mean and variance of the chain for N(0, 1) -> N(0, 1) with drift -x + shift (THEORY.md)."""
    h = 1 / steps
    a = 1 - h
    return shift * (1 - a**steps), a ** (2 * steps) + 2 * h * (1 - a ** (2 * steps)) / (1 - a**2)


def gaussian_kl(mean, variance):
    return (1 / variance + mean**2 / variance - 1 + np.log(variance)) / 2


def w2_without_quantiles(x, p, q):
    """W2 from distribution functions F and G alone, on an even grid (no inverse, no map).

    W2^2 = 2 int int_{x < y} (F(x) - G(y))^+ + (G(x) - F(y))^+ dx dy: x and y are the ends of what
    mass is moved.
    """
    step = x[1] - x[0]
    f, g = (np.cumsum(each) * step for each in (p, q))
    total = 0.0
    for a, b in ((f, g), (g, f)):
        for k in range(0, len(x), 400):
            rows = np.maximum(a[k : k + 400, None] - b, 0)
            over = np.arange(len(x)) - np.arange(k, k + len(rows))[:, None]
            total += (rows * ((over > 0) + (over == 0) / 2)).sum() * step**2
    return np.sqrt(2 * total)


class TestGaussian:
    PAIR = coupling("gaussian")

    @pytest.mark.parametrize("steps", [1, 2, 8, 64, 512])
    def test_kl_of_the_recursion(self, steps):
        law = euler_maruyama_law(self.PAIR, self.PAIR.drift, uniform_times(steps))
        expected = gaussian_kl(*gaussian_chain(steps))
        if steps == 1:  # the drift -x for a whole unit of time leaves noise alone
            assert law.log_density(np.zeros((1, 1)))[0] == pytest.approx(norm.logpdf(0, 0, 2**0.5))
        assert kl(self.PAIR, law) == pytest.approx(expected, abs=1e-13)
        assert law.mass == pytest.approx(1, abs=1e-12)

    def test_reference_value(self):
        law = euler_maruyama_law(self.PAIR, self.PAIR.drift, uniform_times(8))
        assert f"{kl(self.PAIR, law):.4e}" == "8.0069e-04"

    @pytest.mark.parametrize("shift", [0.3, -2.0])
    def test_a_constant_drift_error(self, shift):
        times = uniform_times(16)

        def drift(t, x):
            return self.PAIR.drift(t, x) + shift

        law = euler_maruyama_law(self.PAIR, drift, times)
        mean, variance = gaussian_chain(16, shift)
        assert kl(self.PAIR, law) == pytest.approx(gaussian_kl(mean, variance), rel=1e-10)
        distance = np.hypot(mean, np.sqrt(variance) - 1)
        assert w2(self.PAIR, law) == pytest.approx(distance, rel=1e-7)
        assert drift_error(self.PAIR, drift, times) == pytest.approx(shift**2, rel=1e-10)

    def test_tails_keep_their_digits(self):
        law = euler_maruyama_law(self.PAIR, self.PAIR.drift, uniform_times(64))
        x = np.linspace(-8, 8, 17)[:, None]
        sd = np.sqrt(gaussian_chain(64)[1])
        np.testing.assert_allclose(law.log_density(x), norm.logpdf(x[:, 0], 0, sd), rtol=1e-10)
        expected = norm.logcdf(x[:, 0], 0, sd)  # in the other tail it is 0 to rounding
        np.testing.assert_allclose(law.log_cdf(x), expected, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(law.log_cdf(-x, upper=True), expected, rtol=1e-9, atol=1e-13)

    def test_correlated_pairs(self):
        pair = GaussianCoupling(np.array([0.5, -1.0]), np.array([[1.0, 0.6], [0.6, 0.5]]))
        times = uniform_times(32)
        mean, variance = 0.5, 1.0
        for t, h in zip(times, np.diff(times), strict=False):
            slope, intercept = (float(part.item()) for part in pair.linear_drift(t))
            mean, variance = mean + h * (slope * mean + intercept), (1 + h * slope) ** 2 * variance
            variance += 2 * h
        law = euler_maruyama_law(pair, pair.drift, times)
        ratio = 0.5 / variance
        expected = (ratio + (mean + 1) ** 2 / variance - 1 - np.log(ratio)) / 2
        assert kl(pair, law) == pytest.approx(expected, abs=1e-13)


class TestMixture:
    def test_reference_values(self):
        pair = coupling("mixture")
        values = [
            kl(pair, euler_maruyama_law(pair, pair.drift, uniform_times(steps)))
            for steps in (8, 16, 32)
        ]
        assert [f"{value:.3e}" for value in values] == ["7.480e-02", "2.126e-02", "5.705e-03"]

    @pytest.mark.parametrize("name", ["mixture", "skewed"])
    def test_brute_force_on_an_even_grid(self, name):
        """The same chain by the trapezoidal rule, thousands of nodes, dense kernels."""
        pair, times = coupling(name), uniform_times(6)
        x = np.linspace(-9, 9, 3601)
        step = x[1] - x[0]
        density = norm.pdf(x)
        for t, h in zip(times, np.diff(times), strict=False):
            image = x + h * pair.drift(t, x[:, None])[:, 0]
            density = norm.pdf(x[:, None], image, np.sqrt(2 * h)) @ density * step
        law = euler_maruyama_law(pair, pair.drift, times)
        inner = np.abs(x) < 6
        np.testing.assert_allclose(
            law.log_density(x[inner, None]), np.log(density[inner]), rtol=1e-8, atol=1e-9
        )
        true = pair.log_density(1.0, x[:, None])
        brute = (np.exp(true) * (true - np.log(density)))[inner].sum() * step
        assert kl(pair, law) == pytest.approx(brute, rel=1e-8)
        brute = w2_without_quantiles(x, np.exp(true), density)
        # the grid leaves step^2 / (12 W2^2) at most, 3e-5 here
        assert w2(pair, law) == pytest.approx(brute, rel=1e-4)

    def test_samples_of_the_chain_follow_its_law(self):
        pair, times = coupling("skewed"), uniform_times(10)
        generator = stream("test", "dfm_quadrature", 1, None, 0, "chain")
        x0, _ = pair.sample(200_000, generator)
        x1 = euler_maruyama(pair.drift, x0, times, generator)[:, 0]
        law = euler_maruyama_law(pair, pair.drift, times)
        points = np.linspace(-4, 3, 29)[:, None]
        share = (x1 <= points).mean(axis=1)
        np.testing.assert_allclose(share, np.exp(law.log_cdf(points)), atol=5 * 0.5 / np.sqrt(2e5))

    def test_expectations(self):
        pair, t = coupling("mixture"), 0.4
        second = expectation(pair, t, lambda x: x**2)
        assert second == pytest.approx(0.6**2 + t**2 * 4.25 + 2 * t * 0.6, rel=1e-12)
        # a drift that is the increment's conditional mean: E beta = E X_1 - E X_0
        assert expectation(coupling("skewed"), t, lambda x: coupling("skewed").drift(t, x)) == (
            pytest.approx(0.3 * -2 + 0.7, rel=1e-10)
        )


class TestNarrowTargets:
    CASES = (
        ("skewed", uniform_times(8)),
        ("skewed", uniform_times(256)),
        ("two_points", uniform_times(16, 1e-3)),
        ("two_points", nonuniform_times(16, 1e-4)),
        ("two_points", uniform_times(256, 1e-3)),
        ("uniform", uniform_times(16, 1e-3)),
        ("uniform", nonuniform_times(16, 1e-3)),
    )

    @pytest.mark.parametrize(("name", "times"), CASES)
    def test_finer_panels_change_nothing(self, name, times, monkeypatch):
        pair = coupling(name)
        coarse = euler_maruyama_law(pair, pair.drift, times)
        value, distance = kl(pair, coarse), w2(pair, coarse)
        assert np.isfinite(value)
        assert coarse.mass == pytest.approx(1, abs=1e-12)
        monkeypatch.setattr(quadrature, "_SPAN", quadrature._SPAN / 2)
        monkeypatch.setattr(quadrature, "_LOG_SPAN", quadrature._LOG_SPAN / 2)
        monkeypatch.setattr(quadrature, "_REACH", 11.0)
        monkeypatch.setattr(quadrature, "_LEVEL_SPAN", quadrature._LEVEL_SPAN / 2)
        monkeypatch.setattr(quadrature, "_LEVEL_TOLERANCE", 1e-12)
        fine = euler_maruyama_law(pair, pair.drift, times, tolerance=1e-11)
        assert len(fine.centres) > 1.4 * len(coarse.centres)
        assert kl(pair, fine, tolerance=1e-11) == pytest.approx(value, rel=1e-9)
        # panels of the levels: those of the densities are no finer where the map of two laws jumps
        assert w2(pair, fine) == pytest.approx(distance, rel=1e-8)

    def test_panels_that_are_too_wide_show(self, monkeypatch):
        """The control: the error that the other test would see is there when it should be."""
        pair, times = coupling("mixture"), uniform_times(64)
        value = kl(pair, euler_maruyama_law(pair, pair.drift, times))
        monkeypatch.setattr(quadrature, "_SPAN", 40.0)
        assert kl(pair, euler_maruyama_law(pair, pair.drift, times)) != pytest.approx(
            value, rel=0.1
        )

    def test_a_component_far_narrower_than_the_first_panels(self):
        pair = IndependentMixtures(coupling("gaussian").base, on_the_line([1], [0.3], [1e-8]))
        density = expectation(pair, 1.0, lambda x: np.ones_like(x))
        assert density == pytest.approx(1, rel=1e-10)


class TestMovedMass:
    """Between modes the map of one law to the other jumps: by hand, what that costs."""

    @staticmethod
    def moved_square(share, level, gap, sd):
        """W2^2 from share N(-gap / 2, sd^2) + (1 - share) N(gap / 2, sd^2) to ``level`` for share.

        Levels below the lower share go from one narrow component to itself, those above the higher
        one too, the others across: a quantile of N(0, sd^2) at two levels on either side.
        """
        ends = [0.0, *sorted((share, level)), 1.0]
        total = 0.0
        for low, high in itertools.pairwise(ends):
            x, w = np.polynomial.legendre.leggauss(400)
            # nodes crowd at both ends, where quantiles are infinite
            s = np.sin(np.pi / 2 * x)
            u = low + (high - low) * (1 + np.sin(np.pi / 2 * s)) / 2
            rate = (
                (high - low) / 2 * (np.pi / 2) ** 2 * np.cos(np.pi / 2 * s) * np.cos(np.pi / 2 * x)
            )
            sides = [
                np.where(u < a, norm.ppf(np.clip(u / a, 1e-16, 1 - 1e-16)) * sd - gap / 2,
                         norm.ppf(np.clip((u - a) / (1 - a), 1e-16, 1 - 1e-16)) * sd + gap / 2)
                for a in (share, level)
            ]  # fmt: skip
            total += (w * rate * (sides[0] - sides[1]) ** 2).sum()
        return total

    @pytest.mark.parametrize("level", [0.31, 0.3 + 1e-4, 0.25])
    def test_against_the_quantiles_of_the_components(self, level):
        gap, sd = 6.0, 0.2
        target = on_the_line([0.3, 0.7], [-gap / 2, gap / 2], [sd**2, sd**2])
        pair = IndependentMixtures(coupling("gaussian").base, target)
        law = Law(np.array([-gap / 2, gap / 2]), np.array([level, 1 - level]), sd**2, 1.0)
        expected = self.moved_square(0.3, level, gap, sd)
        # the tails that face each other are what moves: less than the whole gap
        assert 0.5 < expected / (abs(level - 0.3) * gap**2) < 1
        assert w2(pair, law) ** 2 == pytest.approx(expected, rel=1e-8)

    def test_the_map_jumps_where_no_density_is_steep(self):
        """The skewed target at N = 128, where panels of the density alone are 2.7 % off."""
        pair = coupling("skewed")
        law = euler_maruyama_law(pair, pair.drift, uniform_times(128))
        on_grids = []
        for points in (2001, 4001):
            x = np.linspace(-6, 6, points)
            true = np.exp(pair.log_density(1.0, x[:, None]))
            on_grids.append(w2_without_quantiles(x, true, np.exp(law.log_density(x[:, None]))))
        brute = (4 * on_grids[1] - on_grids[0]) / 3  # the grid's error is of second order
        assert brute == pytest.approx(0.028155, rel=1e-4)
        assert w2(pair, law) == pytest.approx(brute, rel=5e-5)


class TestNetworksAsDrifts:
    def test_kinks(self):
        """A drift of straight pieces, as a ReLU network is: halving stops, refinement agrees."""
        pair, times = coupling("gaussian"), uniform_times(16)

        def drift(t, x):
            return -x + 0.4 * np.abs(x - 0.3) - 0.5 * np.maximum(x + t, 0)

        rough = kl(pair, euler_maruyama_law(pair, drift, times, tolerance=1e-5))
        fine = kl(pair, euler_maruyama_law(pair, drift, times, tolerance=1e-9))
        assert rough == pytest.approx(fine, rel=2e-6)

    def test_a_drift_that_is_not_finite_is_refused(self):
        with pytest.raises(FloatingPointError, match="drift is not finite"):
            euler_maruyama_law(
                coupling("gaussian"), lambda t, x: x if t < 0.5 else np.nan * x, uniform_times(4)
            )


class TestTimes:
    @pytest.mark.parametrize("steps", [2, 3, 8, 100])
    @pytest.mark.parametrize("delta", [0.4, 0.1, 1e-4])
    def test_nonuniform(self, steps, delta):
        times = nonuniform_times(steps, delta)
        assert len(times) == steps + 1
        assert times[0] == 0
        assert times[-1] == pytest.approx(1 - delta, rel=1e-14)
        late = np.flatnonzero(times >= 0.5)
        assert times[late[0]] == pytest.approx(0.5)
        early, ratio = np.diff(times[: late[0] + 1]), np.diff(times)[late[:-1]]
        np.testing.assert_allclose(early, early[0])
        ratio = ratio / (1 - times[late[:-1]])
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-8)
        if steps == 100:  # one h for both halves, as the theorem has it, up to a whole step
            assert ratio[0] == pytest.approx(early[0], rel=0.1)

    @pytest.mark.parametrize(("steps", "delta"), [(1, 0.1), (8, 0.0), (8, 0.5)])
    def test_nonuniform_refuses(self, steps, delta):
        with pytest.raises(ValueError, match="steps to"):
            nonuniform_times(steps, delta)
