"""Learned drifts: their loss and its minimiser, and what is measured of them, each a second way."""

import numpy as np
import pytest
import torch

from flowbounds.data.streams import stream
from flowbounds.dfm import learned, path_measure, plane, quadrature
from flowbounds.dfm.code_pairs import COUPLINGS, pairs, starting_points
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import GaussianMixture, gaussian
from flowbounds.dfm.path_law import PathLaw, on_the_line, simulated
from flowbounds.dfm.paths import euler_maruyama, interpolate, uniform_times
from flowbounds.dfm.targets import coupling
from flowbounds.experiments import dfm_learned
from flowbounds.experiments.experiment import Job, columns
from flowbounds.networks.metrics import exact_w2

DOUBLE = torch.empty(0, dtype=torch.float64)
GRID = np.linspace(-9, 9, 1201)


def rng(role, seed=0):
    return stream("test", "dfm_learned", 1, None, seed, role)


def fitted(samples, m=8, iterations=200, batch=64, seeds=None, like=DOUBLE):
    """Train a network on each sample; the noise of network e is that of its seed."""
    return fit(samples, m, iterations, batch, seeds, like)[0]


def fit(samples, m=8, iterations=200, batch=64, seeds=None, like=DOUBLE, eta=0.02):
    """Return the networks and when they diverged."""
    seeds = seeds or list(range(len(samples)))
    d = samples[0][0].shape[1]
    start = [learned.initialise(d, m, rng("weights", s)) for s in seeds]
    noise = [rng("noise", s) for s in range(max(seeds) + 1)]
    return learned.fit(
        samples, start, noise, seeds,
        eta=eta, iterations=iterations, batch=batch, like=like, label="test",
    )  # fmt: skip


def untrained(samples, m=8):
    return fitted(samples, m, iterations=1)


@pytest.mark.filterwarnings("ignore:invalid value")  # said of the pairs that are not finite
def test_divergence_is_told_with_its_step_and_leaves_the_others_alone():
    """A sample with a point that is not finite gives a loss that is not, once it is drawn."""
    sound = coupling("mixture").sample(32, rng("sound", 0))
    x0, x1 = coupling("mixture").sample(32, rng("broken", 0))
    x1[5] = np.inf
    _, diverged_at = fit([sound, (x0, x1)], iterations=20)
    assert np.isnan(diverged_at[0])
    assert diverged_at[1] == 0  # its moments are not finite either
    _, diverged_at = fit([sound, sound], iterations=50, eta=1e6)
    assert (diverged_at > 0).all()


class TestNetworks:
    @pytest.mark.parametrize("rho", [-0.5, 0.0, 0.8])
    def test_before_training_the_drift_is_the_gaussian_couplings(self, rho):
        """F = 0 leaves the closed form of the sample's moments, coordinate by coordinate."""
        joint = GaussianCoupling(np.array([0.3, 1.0]), np.array([[1.0, rho], [rho, 2.0]]))
        x0, x1 = joint.sample(500, rng("pairs"))
        moments = learned.Moments.of([(x0, x1)], DOUBLE)
        layers = [torch.from_numpy(part)[None] for part in learned.initialise(1, 8, rng("weights"))]
        drift = learned.as_function(learned.DriftNetworks(layers, moments), 0)
        both = np.hstack([x0, x1])
        sample = GaussianCoupling(both.mean(axis=0), np.cov(both.T, bias=True))
        x = np.linspace(-4, 4, 9)[:, None]
        for t in (0.0, 0.3, 0.9, 1 - learned.LEAST_TIME_LEFT):
            np.testing.assert_allclose(drift(t, x), sample.drift(t, x), rtol=1e-9, atol=1e-9)

    def test_learns_the_drift_of_a_mixture(self):
        """With 20000 pairs the error falls far below that of the linear drift."""
        pair = coupling("mixture")
        networks = fitted([pair.sample(20_000, rng("train"))], m=32, iterations=1000, batch=256)
        law = on_the_line(pair, uniform_times(16), GRID)
        s = learned.on_points(networks, law.times[:-1], law.x)[0]
        linear = np.stack(
            [
                networks.linear_drift(float(t), torch.from_numpy(GRID[None, :, None])).numpy()[0]
                for t in law.times[:-1]
            ]
        )
        assert law.mean(law.drift_error(s)) < 0.2
        assert law.mean(law.drift_error(linear)) > 1

    def test_the_target_of_f_is_standardised_at_every_time(self):
        pair = coupling("skewed")
        x0, x1 = pair.sample(200_000, rng("pairs"))
        moments = learned.Moments.of([(x0, x1)], DOUBLE)
        z = rng("z").standard_normal(x0.shape)
        for t in (0.0, 0.2, 0.7, 0.99):
            x = interpolate(t, x0, x1, z)
            mean, _ = moments.interpolant(t)
            gain, variance = moments.regression(t)
            target = torch.from_numpy(x1) - moments.mean1 - gain * (torch.from_numpy(x) - mean)
            target = target / variance.sqrt()
            assert float(target.mean()) == pytest.approx(0, abs=0.02)
            assert float(target.var()) == pytest.approx(1, abs=0.02)
            assert float((target * (torch.from_numpy(x) - mean)).mean()) == pytest.approx(
                0, abs=0.02
            )

    @pytest.mark.parametrize("like", [DOUBLE, DOUBLE.float()])
    @pytest.mark.parametrize("target", ["mixture", "triangle"])
    @pytest.mark.parametrize(("m", "batch"), [(8, 50), (3, 17), (1, 64)])
    def test_a_network_has_the_same_bits_in_every_stack(self, target, m, batch, like):
        """Also alone, and where nothing is a multiple of what a processor takes at once."""
        pair = coupling(target)
        samples = [pair.sample(n, rng("train", n)) for n in (20, 50, 200, 30)]
        times, x0 = uniform_times(4, 0.1), torch.as_tensor(pair.sample(37, rng("start"))[0])

        def trained(part):
            networks = fitted([samples[k] for k in part], m, 30, batch, [k % 2 for k in part], like)
            noise, of = [rng("noise", s) for s in (0, 1)], [k % 2 for k in part]
            start = x0.to(like).expand(len(part), -1, -1)
            return [*networks.layers, learned.sample(networks, start, times, noise, of)]

        together = trained([0, 1, 2, 3])
        for part in ([0], [3], [1, 2], [1, 2, 3]):
            for ours, all_of in zip(trained(part), together, strict=True):
                assert torch.equal(ours, all_of[part])

    def test_sampling_is_the_euler_maruyama_scheme(self):
        pair = coupling("mixture")
        networks = untrained([pair.sample(50, rng("train", s)) for s in (0, 1)])
        times, x0 = uniform_times(6, 0.1), rng("start").standard_normal((40, 1))
        noise = [rng("sample", s) for s in (0, 1)]
        ours = learned.sample(networks, torch.from_numpy(np.stack([x0, x0])), times, noise, [0, 1])
        for e in (0, 1):
            drift = learned.as_function(networks, e)
            theirs = euler_maruyama(drift, x0, times, rng("sample", e))
            np.testing.assert_allclose(ours[e].numpy(), theirs, atol=1e-12)

    def test_regression_errors_differ_by_the_drift_errors(self):
        """The identity behind drift_mse: what two drifts differ by on pairs is their eps^2."""
        pair = coupling("mixture")
        networks = fitted([pair.sample(300, rng("train"))], m=16)
        x0, x1 = (torch.from_numpy(part)[None] for part in pair.sample(20_000, rng("fresh")))
        times = uniform_times(8)
        error, linear = learned.regression_error(
            networks, x0, x1, times, [rng("error")], [0], 300_000
        )
        law = on_the_line(pair, times, GRID)
        s = learned.on_points(networks, times[:-1], law.x)[0]
        gaussian_drift = np.stack(
            [
                networks.linear_drift(float(t), torch.from_numpy(GRID[None, :, None])).numpy()[0]
                for t in times[:-1]
            ]
        )
        expected = law.mean(law.drift_error(gaussian_drift)) - law.mean(law.drift_error(s))
        assert (linear - error)[0] == pytest.approx(expected, rel=0.03)


def wavy(t, x):
    """A drift that is none: smooth, non-linear, and far from every beta."""
    return -x + np.sin(3 * x) * (1 - t / 2)


class TestPathLaw:
    @pytest.mark.parametrize("steps", [4, 32])
    def test_standard_normals_have_a_closed_form(self, steps):
        law = on_the_line(coupling("gaussian"), uniform_times(steps), GRID)
        h = 1 / steps
        exact = (h - 1 + np.exp(-h)) / (2 * h)
        assert law.mean(law.divergence(law.beta)) == pytest.approx(exact, rel=1e-4)
        # a constant error of size q adds eps^2 / 4 exactly: E beta is a martingale of mean 0 here
        assert law.mean(law.drift_error(law.beta + 0.3)) == pytest.approx(0.09, rel=1e-9)
        assert law.mean(law.divergence(law.beta + 0.3)) == pytest.approx(exact + 0.0225, rel=1e-4)

    @pytest.mark.parametrize("name", ["mixture", "skewed"])
    def test_agrees_with_the_forward_equation(self, name):
        """The backward equation here, the Fokker-Planck equation and panels there."""
        pair, times = coupling(name), uniform_times(8)
        law = on_the_line(pair, times, GRID)
        s = np.stack([wavy(t, law.x[k]) for k, t in enumerate(times[:-1])])
        assert law.mean(law.drift_error(s)) == pytest.approx(
            quadrature.drift_error(pair, wavy, times), rel=1e-6
        )
        for drift, values in ((wavy, s), (pair.drift, law.beta)):
            forward = path_measure.path_kl(pair, drift, times)
            assert law.mean(law.divergence(values)) == pytest.approx(forward, rel=2e-3)

    def test_simulated_steps_agree_with_quadrature_within_their_error(self):
        pair, times = coupling("mixture"), uniform_times(8)
        exact, drawn = on_the_line(pair, times, GRID), simulated(pair, times, 4000, rng("paths"))
        for terms in (PathLaw.drift_error, PathLaw.divergence):
            results = []
            for law in (exact, drawn):
                s = np.stack([wavy(t, law.x[k]) for k, t in enumerate(times[:-1])])
                results.append((law.mean(terms(law, s)), law.standard_error(terms(law, s))))
            (value, zero), (estimate, error) = results
            assert zero == 0
            assert 0 < error < 0.05 * value
            assert abs(estimate - value) < 3 * error


NORMAL_PLANE = gaussian(np.zeros(2), np.eye(2))


class TestPlane:
    def test_standard_normals(self):
        pair = IndependentMixtures(NORMAL_PLANE, NORMAL_PLANE)
        kl, mass = plane.euler_maruyama_kl(pair, lambda t, x: -x, uniform_times(8))
        assert kl == pytest.approx(2 * 8.0069e-4, rel=1e-4)
        assert mass == pytest.approx(1, abs=1e-8)

    def test_where_the_law_is_too_faint_for_a_window_it_is_not_taken_for_nothing(self):
        """A constant push q: the law is N((1 - a^N) q, v I), far from parts of the target."""
        pair = IndependentMixtures(NORMAL_PLANE, NORMAL_PLANE)
        push, steps = 8.0, 32
        a = 1 - 1 / steps
        v = a ** (2 * steps) + 2 / steps * (1 - a ** (2 * steps)) / (1 - a**2)
        gap = (1 - a**steps) * push
        expected = (2 / v + gap**2 / v - 2 + 2 * np.log(v)) / 2
        drift = lambda t, x: np.array([push, 0.0]) - x  # noqa: E731
        kl, _ = plane.euler_maruyama_kl(pair, drift, uniform_times(steps))
        assert kl == pytest.approx(expected, rel=1e-4)

    def test_products_add_up_whatever_the_axes(self):
        """A product target turned by an angle: the KL is the sum of two quadratures on the line."""
        one = coupling("mixture").target
        means = np.array([[a, b] for a in one.means[:, 0] for b in one.means[:, 0]])
        c = np.array([[0.8, -0.6], [0.6, 0.8]])
        target = GaussianMixture(
            np.full(4, 0.25), means @ c.T, np.tile(0.25 * np.eye(2), (4, 1, 1))
        )
        pair, times = IndependentMixtures(NORMAL_PLANE, target), uniform_times(8)

        def turned(t, x):
            y = x @ c
            return np.hstack([wavy(t, y[:, :1]), wavy(t, y[:, 1:])]) @ c.T

        line = coupling("mixture")
        law = quadrature.euler_maruyama_law(line, wavy, times)
        expected = 2 * quadrature.kl(line, law)
        assert plane.euler_maruyama_kl(pair, turned, times)[0] == pytest.approx(expected, rel=1e-4)

    def test_refining_the_grid_changes_nothing(self):
        pair, times = coupling("triangle"), uniform_times(8)
        coarse, fine = (plane.euler_maruyama_kl(pair, pair.drift, times, s)[0] for s in (0.75, 0.5))
        assert coarse == pytest.approx(fine, rel=1e-4)

    def test_a_diverged_drift_is_named(self):
        with pytest.raises(FloatingPointError, match=r"not finite at t = 0\.25"):
            plane.euler_maruyama_kl(
                coupling("triangle"), lambda t, x: x if t < 0.2 else x * np.nan, uniform_times(4)
            )

    def test_a_law_that_misses_the_target_says_so(self):
        pair = coupling("triangle")
        kl, mass = plane.euler_maruyama_kl(
            pair, lambda t, x: np.full_like(x, 100.0), uniform_times(4)
        )
        assert kl == np.inf
        assert mass < 1e-6


class TestCodePairs:
    CODES = rng("codes").standard_normal((60, 3)) * [2.0, 1.0, 0.1]

    def drawn(self, name):
        return pairs(name, self.CODES, 40, lambda role: rng(role), "train")

    @pytest.mark.parametrize("name", COUPLINGS)
    def test_marginals(self, name):
        x0, x1 = self.drawn(name)
        assert len(np.unique(x1, axis=0)) == 40
        assert (x1[:, None] == self.CODES).all(axis=2).any(axis=1).all()
        base = x0 - x1 if name == "conditional" else x0
        same = self.drawn("independent")[0]
        np.testing.assert_allclose(np.sort(base, axis=0), np.sort(same, axis=0), atol=1e-12)

    def test_optimal_transport_is_shortest(self):
        lengths = {
            name: ((x1 - x0) ** 2).sum() for name in COUPLINGS for x0, x1 in [self.drawn(name)]
        }
        x0, x1 = self.drawn("independent")
        assert lengths["optimal_transport"] < lengths["independent"]
        assert lengths["optimal_transport"] / 40 == pytest.approx(exact_w2(x0, x1) ** 2)

    def test_starting_points_have_the_base_of_their_coupling(self):
        far = np.full((2000, 2), 5.0)
        for name in COUPLINGS:
            mean = starting_points(name, far, rng("start")).mean()
            assert mean == pytest.approx(5.0 if name == "conditional" else 0.0, abs=0.1)


def test_the_experiment_measures_what_it_names():
    """Every network and number of steps has a row with all columns."""
    grid = {"n": [20, 30], "m": [4], "steps": [4], "seeds": 2, "paths": 50}
    training = {"eta": 0.02, "iterations": 5, "batch": 16}
    for target in ("mixture", "triangle"):
        job = Job("dfm_learned", {"target": target}, grid | training, device="cpu")
        rows = dfm_learned.measure(job)["dfm_learned"]
        assert {column.name for column in columns("dfm_learned")} == set(rows)
        assert len(rows) == 4
        assert rows["diverged_at"].isna().all()
        assert (rows["kl_marginal"] > rows["kl_exact_drift"]).all()


def test_w2_of_a_shift_is_its_length():
    x = rng("w2").standard_normal((50, 3))
    assert exact_w2(x, x + np.array([3.0, 0.0, 4.0])) == pytest.approx(5)
