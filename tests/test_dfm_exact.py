"""Gaussian recursions, path KL, bounds and experiments: closed forms and independent routes."""

import doctest

import numpy as np
import pytest

from flowbounds.data.streams import stream
from flowbounds.dfm import bounds, exact_laws, gaussians
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.exact_laws import discretization, exact_distances
from flowbounds.dfm.mixtures import gaussian
from flowbounds.dfm.path_measure import path_kl, path_kl_monte_carlo
from flowbounds.dfm.paths import euler_maruyama, uniform_times
from flowbounds.dfm.perturbations import FIELDS, perturbed
from flowbounds.dfm.quadrature import drift_error, euler_maruyama_law, kl
from flowbounds.dfm.targets import (
    CORRELATED,
    coupling,
    joint_gaussian,
    principal_axes,
    scaled,
    separated,
)
from flowbounds.experiments.experiment import Job, columns, load


def rng(role):
    return stream("test", "dfm_exact", 1, None, 0, role)


STANDARD = GaussianCoupling(np.zeros(2), np.eye(2))  # N(0, 1) to N(0, 1), independent


def skew_pair():
    """A coupling in the plane whose blocks do not commute, with distinct means."""
    root = np.array([[1, 0, 0.4, 0.1], [0.3, 1, 0, 0.2], [0, 0.5, 0.8, 0], [0.2, 0, 0.4, 0.6]])
    return GaussianCoupling(np.array([0.0, 0.5, 1.0, -1.0]), root @ root.T)


class TestGaussians:
    @pytest.mark.parametrize("steps", [2, 8, 512])
    def test_kl_of_the_recursion(self, steps):
        h = 1 / steps
        a = 1 - h
        v = a ** (2 * steps) + 2 * h * (1 - a ** (2 * steps)) / (1 - a**2)
        law = gaussians.euler_maruyama_moments(STANDARD, uniform_times(steps))
        value = float(gaussians.kl(STANDARD.moments(1.0), law))
        assert value == pytest.approx((1 / v - 1 + np.log(v)) / 2, rel=1e-8)
        distance = abs(np.sqrt(v) - 1)
        w2 = np.sqrt(gaussians.w2_squared(STANDARD.moments(1.0), law))
        assert w2 == pytest.approx(distance, rel=1e-5)

    def test_reference_value_by_recursion_and_by_quadrature(self):
        times, pair = uniform_times(8), coupling("gaussian")
        law = gaussians.euler_maruyama_moments(STANDARD, times)
        recursion = float(gaussians.kl(STANDARD.moments(1.0), law))
        quadrature = kl(pair, euler_maruyama_law(pair, pair.drift, times))
        assert f"{recursion:.5e}" == f"{quadrature:.5e}" == "8.00695e-04"

    @pytest.mark.parametrize("name", CORRELATED)
    def test_principal_axes_are_the_whole(self, name):
        whole, axes, times = joint_gaussian(name, 5), principal_axes(name, 5), uniform_times(6)
        laws = [gaussians.euler_maruyama_moments(pair, times) for pair in (whole, axes)]
        for distance in (gaussians.kl, gaussians.w2_squared):
            both = [
                np.sum(distance(pair.moments(1.0), law))
                for pair, law in zip((whole, axes), laws, strict=True)
            ]
            assert both[0] == pytest.approx(both[1], rel=1e-9)
        paths = [np.sum(gaussians.path_kl(pair, times)) for pair in (whole, axes)]
        assert paths[0] == pytest.approx(paths[1], rel=1e-10)
        norms = [vars(bounds.of_gaussian(pair)) for pair in (whole, axes)]
        assert norms[0] == pytest.approx(norms[1], rel=1e-9)

    def test_samples_of_the_chain_in_the_plane(self):
        pair, times, generator = skew_pair(), uniform_times(5), rng("chain")
        x0, _ = pair.sample(400_000, generator)
        x1 = euler_maruyama(pair.drift, x0, times, generator)
        mean, covariance = gaussians.euler_maruyama_moments(pair, times)
        assert np.abs(x1.mean(axis=0) - mean).max() < 5 * np.sqrt(covariance.max() / 4e5)
        np.testing.assert_allclose(np.cov(x1.T), covariance, atol=10 * covariance.max() / 630)

    def test_kl_and_w2_of_the_plane(self):
        """Against the textbook formulas with determinants and a matrix square root."""
        from scipy.linalg import sqrtm

        pair = skew_pair()
        (m, s), (n, t) = pair.moments(0.9), pair.moments(0.2)
        inverse = np.linalg.inv(t)
        expected = np.trace(inverse @ s) - 2 + (m - n) @ inverse @ (m - n)
        expected += np.log(np.linalg.det(t) / np.linalg.det(s))
        assert gaussians.kl((m, s), (n, t)) == pytest.approx(expected / 2, rel=1e-10)
        root = sqrtm(s)
        bures = np.trace(s + t - 2 * sqrtm(root @ t @ root)).real
        expected = ((m - n) ** 2).sum() + bures
        assert gaussians.w2_squared((m, s), (n, t)) == pytest.approx(expected, rel=1e-10)


class TestPathKL:
    @pytest.mark.parametrize("steps", [1, 8, 64])
    def test_closed_form(self, steps):
        h, times, pair = 1 / steps, uniform_times(steps), coupling("gaussian")
        exact = (h - 1 + np.exp(-h)) / (2 * h)
        assert gaussians.path_kl(STANDARD, times) == pytest.approx(exact, rel=1e-9)
        assert path_kl(pair, pair.drift, times) == pytest.approx(exact, rel=2e-5)

    def test_monte_carlo_of_the_closed_form(self):
        """The issue's check: within three standard errors in the Gaussian case."""
        steps, pair = 8, coupling("gaussian")
        exact = (1 / steps - 1 + np.exp(-1 / steps)) * steps / 2
        value, error = path_kl_monte_carlo(
            pair, pair.drift, uniform_times(steps), 40_000, 16, rng("closed form")
        )
        assert error < 0.01 * exact
        assert value == pytest.approx(exact, abs=3 * error)

    def test_monte_carlo_in_the_plane(self):
        pair, times = skew_pair(), uniform_times(4)
        exact = float(gaussians.path_kl(pair, times))
        value, error = path_kl_monte_carlo(pair, pair.drift, times, 20_000, 16, rng("plane"))
        assert error < 0.03 * exact
        assert value == pytest.approx(exact, abs=3 * error)

    def test_the_interpolants_own_pairs_give_another_number(self):
        """Cov(X_s, X_t) is exp(-(t - s)) for the diffusion; the interpolant's is larger."""
        steps = 8
        total, tau = 0.0, 1e-4
        for t in np.arange(0, 1, tau) + tau / 2:
            s = np.floor(t * steps) / steps
            joint = (1 - s) * (1 - t) + s * t + 2 * s * (1 - t)
            total += tau * (2 - 2 * joint) / 4
        diffusion = float(gaussians.path_kl(STANDARD, uniform_times(steps)))
        assert total > 1.01 * diffusion

    @pytest.mark.parametrize("name", ["mixture", "skewed"])
    def test_monte_carlo_of_mixtures(self, name):
        pair, times = coupling(name), uniform_times(16)
        exact = path_kl(pair, pair.drift, times)
        value, error = path_kl_monte_carlo(pair, pair.drift, times, 10_000, 16, rng(name))
        assert error < 0.03 * exact
        assert value == pytest.approx(exact, abs=3 * error)

    def test_monte_carlo_of_a_wrong_drift(self):
        pair, times = coupling("mixture"), uniform_times(8)
        drift = perturbed(pair, FIELDS["fourier"](), 0.7)
        exact = path_kl(pair, drift, times)
        value, error = path_kl_monte_carlo(pair, drift, times, 10_000, 16, rng("wrong drift"))
        assert value == pytest.approx(exact, abs=3 * error)
        # what a drift error of this size adds is many standard errors
        assert exact > path_kl(pair, pair.drift, times) + 6 * error

    @pytest.mark.parametrize(("name", "steps"), [("mixture", 8), ("skewed", 32)])
    def test_a_finer_grid_agrees(self, name, steps):
        pair, times = coupling(name), uniform_times(steps)
        value = path_kl(pair, pair.drift, times)
        fine = path_kl(pair, pair.drift, times, points=4000, least_substeps=512)
        assert value == pytest.approx(fine, rel=5e-4)

    @pytest.mark.parametrize("name", ["gaussian", "mixture", "skewed"])
    @pytest.mark.parametrize("size", [0.0, 1.0])
    def test_data_processing(self, name, size):
        pair, times = coupling(name), uniform_times(8)
        drift = perturbed(pair, FIELDS["fourier"](), size)
        marginal = kl(pair, euler_maruyama_law(pair, drift, times))
        assert 0 < marginal < path_kl(pair, drift, times)


class TestBounds:
    @pytest.mark.parametrize("d", [1, 3, 50])
    def test_standard_normal(self, d):
        """E|score|^8 = d (d + 2) (d + 4) (d + 6) for N(0, I), by both routes."""
        stack = GaussianCoupling(np.zeros((d, 2)), np.broadcast_to(np.eye(2), (d, 2, 2)))
        product = bounds.of_product(bounds.squares_on_the_line(coupling("gaussian")), d)
        eighth = d * (d + 2) * (d + 4) * (d + 6)
        both = 2 * d * (2 * d + 2) * (2 * d + 4) * (2 * d + 6)
        for moments in (bounds.of_gaussian(stack), product):
            for name, value in vars(moments).items():
                expected = both if name == "coupling_score" else eighth
                assert value == pytest.approx(expected, rel=1e-10), name

    @pytest.mark.parametrize("d", [1, 3])
    def test_mixtures_by_monte_carlo(self, d):
        pair = coupling("mixture")
        assert isinstance(pair, IndependentMixtures)
        moments = bounds.of_product(bounds.squares_on_the_line(pair), d)
        x0, x1 = (x.reshape(-1, d) for x in pair.sample(d * 400_000, rng(f"norms {d}")))
        s0 = pair.base.score(x0.reshape(-1, 1)).reshape(-1, d)
        s1 = pair.target.score(x1.reshape(-1, 1)).reshape(-1, d)
        pull = (x1 - x0) / 2  # the gradient of |x1 - x0|^2 / 4
        vectors = {
            "base_moment": x0,
            "target_moment": x1,
            "base_score": s0,
            "target_score": s1,
            "tilted_score": np.hstack([s0 - pull, s1 + pull]),
            "coupling_score": np.hstack([s0, s1]),
        }
        for name, vector in vectors.items():
            eighth = (vector**2).sum(axis=1) ** 4
            error = eighth.std() / np.sqrt(len(eighth))
            assert getattr(moments, name) == pytest.approx(eighth.mean(), abs=5 * error), name

    def test_correlated_pairs_by_monte_carlo(self):
        pair = skew_pair()
        moments = bounds.of_gaussian(pair)
        x = np.hstack(pair.sample(400_000, rng("correlated norms")))
        score = -(x - pair.mean) @ np.linalg.inv(pair.covariance)
        gap = (x[:, 2:] - x[:, :2]) / 2
        tilted = score + np.hstack([-gap, gap])
        for name, vector in (("tilted_score", tilted), ("coupling_score", score)):
            eighth = (vector**2).sum(axis=1) ** 4
            error = eighth.std() / np.sqrt(len(eighth))
            assert getattr(moments, name) == pytest.approx(eighth.mean(), abs=5 * error), name

    @pytest.mark.parametrize("name", ["two_points", "uniform"])
    def test_without_a_score_the_bound_is_infinite(self, name):
        moments = bounds.of_product(bounds.squares_on_the_line(coupling(name)), 2)
        assert np.isfinite([moments.base_moment, moments.target_moment, moments.base_score]).all()
        assert moments.target_score == moments.tilted_score == np.inf
        assert bounds.theorem_2(0.1, 2, moments) == np.inf
        assert bounds.followup_theorem_1(0.1, 2, moments) == np.inf
        # early stopping asks for the base's score alone
        assert np.isfinite(bounds.followup_theorem_2(0.1, 2, 0.01, moments))

    def test_moments_of_the_uniform_law(self):
        squares = bounds.squares_on_the_line(coupling("uniform"))[1]
        np.testing.assert_allclose(squares, [4 / 3, 16 / 5, 64 / 7, 256 / 9])

    def test_orders(self):
        """d^4 and d^3 for products; h; delta^-4 and its logarithm."""
        squares = bounds.squares_on_the_line(coupling("skewed"))
        large = {d: bounds.of_product(squares, d) for d in (10_000, 20_000)}
        for bound, power in ((bounds.theorem_2, 4), (bounds.followup_theorem_1, 3)):
            first, second = (bound(0.01, d, moments) for d, moments in large.items())
            assert second / first == pytest.approx(2**power, rel=1e-2)
        m = bounds.of_product(squares, 1)
        assert bounds.theorem_2(1e-12, 1, m) / bounds.theorem_2(5e-13, 1, m) == pytest.approx(
            2, rel=1e-2
        )
        ratio = bounds.followup_theorem_2(0.1, 9, 1e-4, m) / bounds.followup_theorem_2(
            0.1, 9, 1e-3, m
        )
        assert ratio == pytest.approx(1e4, rel=1e-6)
        late = [bounds.followup_theorem_3(0.1, 1000, delta, m) for delta in (1e-6, 1e-3)]
        assert late[0] / late[1] == pytest.approx(2, rel=1e-3)
        assert bounds.followup_theorem_4(0.04, 1, m) ** 2 == pytest.approx(
            0.04 * (0.04**0.0625 + 1) ** 2 * (1 + m.coupling_score**0.5)
        )


class TestOwnSamplers:
    def test_the_examples_of_the_documentation(self):
        found = doctest.testmod(exact_laws)
        assert found.attempted >= 9
        assert found.failed == 0

    def test_a_pushed_gaussian_in_closed_form(self):
        """N((1 - a^N) c, v) with a = 1 - h; the path KL is that of c = 0 plus c^2 / 4."""
        h, c = 1 / 16, 0.3
        a = 1 - h
        v = a**32 + 2 * h * (1 - a**32) / (1 - a**2)
        mean = c * (1 - a**16)
        found = exact_distances(gaussian(np.zeros(1), np.eye(1)), lambda t, x: -x + c, 16)
        assert found.kl == pytest.approx((1 / v + mean**2 / v - 1 + np.log(v)) / 2, rel=1e-9)
        assert found.w2 == pytest.approx(np.hypot(mean, np.sqrt(v) - 1), rel=1e-8)
        assert found.path_kl == pytest.approx((h - 1 + np.exp(-h)) / (2 * h) + c**2 / 4, rel=1e-4)

    @pytest.mark.parametrize(
        ("target", "steps", "said"),
        [
            (coupling("two_points").target, 8, "variance above 0"),
            (gaussian(np.zeros(2), np.eye(2)), 8, "on the line"),
            (coupling("mixture").target, [0, 0.5, 0.5, 1], "increase from 0 to 1"),
            (coupling("mixture").target, [0, 0.5], "increase from 0 to 1"),
        ],
    )
    def test_what_it_cannot_do_it_says(self, target, steps, said):
        with pytest.raises(ValueError, match=said):
            exact_distances(target, steps=steps)


def measured(experiment, target, **settings):
    """The table of one target, with the columns that the experiment names."""
    job = Job(experiment, {"target": target}, settings)
    rows = load(experiment).measure(job)[experiment]
    assert {column.name for column in columns(experiment)} == set(rows)
    return rows


class TestExperiments:
    def test_discretization(self):
        rows = measured("dfm_discretization", "mixture", steps=[8, 16], d=[1, 4])
        assert len(rows) == 4
        assert (rows["kl_marginal"] < rows["kl_path"]).all()
        assert (rows["mass_error"].abs() < 1e-12).all()
        one, four = rows[rows["d"] == 1], rows[rows["d"] == 4]
        np.testing.assert_allclose(four["kl_marginal"], 4 * one["kl_marginal"])
        np.testing.assert_allclose(four["w2"], 2 * one["w2"])
        assert f"{one['kl_marginal'].iloc[0]:.3e}" == "7.480e-02"

    @pytest.mark.parametrize("name", CORRELATED)
    def test_correlated(self, name):
        rows = measured("dfm_dimension", name, steps=[8], d=[1, 64])
        assert (rows["kl_marginal"] < rows["kl_path"]).all()
        assert np.isfinite(rows.drop(columns="target").to_numpy()).all()

    def test_drift_errors_are_of_the_size_asked_for(self):
        grid = {"steps": [4], "d": [1, 3], "epsilon": [0.5], "perturbations": list(FIELDS)}
        rows = measured("dfm_drift_error", "mixture", **grid)
        np.testing.assert_allclose(rows["epsilon2"], rows["epsilon"] ** 2, rtol=1e-9)
        assert (rows["kl_marginal"] < rows["kl_path"]).all()
        # the polynomial in the size of the error, against the path KL of that very drift
        pair, times, field = coupling("mixture"), uniform_times(4), FIELDS["fourier"]()
        unit = drift_error(pair, perturbed(pair, field, 1.0), times)
        drift = perturbed(pair, field, 0.5 / np.sqrt(unit))
        row = rows[(rows["d"] == 1) & (rows["perturbation"] == "fourier") & (rows["epsilon"] > 0)]
        assert row["kl_path"].iloc[0] == pytest.approx(path_kl(pair, drift, times), rel=1e-9)

    def test_moments(self):
        grid = {"steps": [8], "d": [1], "scale": [1.0, 3.0], "separation": [0.0, 2.0]}
        rows = measured("dfm_moments", "gaussian", **grid)
        wide = GaussianCoupling(np.zeros(2), np.diag([1.0, 9.0]))
        law = gaussians.euler_maruyama_moments(wide, uniform_times(8))
        expected = float(gaussians.kl(wide.moments(1.0), law))
        assert rows["kl_marginal"].iloc[1] == pytest.approx(expected, rel=1e-8)
        expected = float(gaussians.path_kl(wide, uniform_times(8)))
        assert rows["kl_path"].iloc[1] == pytest.approx(expected, rel=1e-3)
        assert rows["target_moment"].iloc[1] == pytest.approx(105 * 3**8)
        apart = measured("dfm_moments", "separated", **grid)
        assert f"{apart['kl_marginal'].iloc[1]:.3e}" == "7.480e-02"

    def test_scaled_and_separated_targets(self):
        assert scaled("skewed", 2.0).target.mean()[0] == pytest.approx(2 * 0.1)
        assert separated(3.0).target.covariance()[0, 0] == pytest.approx(9.25)

    def test_a_marginal_above_its_path_is_an_error(self, monkeypatch):
        monkeypatch.setattr(exact_laws, "path_kl", lambda *_: 1e-4)
        with pytest.raises(ArithmeticError, match="exceeds the path KL"):
            discretization("gaussian", [8], [1])

    def test_early_stopping(self):
        grid = {"steps": [16], "delta": [0.1, 0.01], "schedules": ["uniform", "nonuniform"]}
        rows = measured("dfm_early_stopping", "two_points", **grid)
        assert np.isfinite(rows.drop(columns=["target", "schedule"]).to_numpy(float)).all()
        kinds = rows.set_index(["schedule", "delta"])["kl_marginal"]
        assert (kinds["nonuniform"] < kinds["uniform"]).all()


@pytest.mark.parametrize("name", ["cauchy", "gaussian"])
def test_unknown_correlated_target_is_named(name):
    with pytest.raises(ValueError, match=f"no correlated target '{name}'"):
        principal_axes(name, 2)
    with pytest.raises(ValueError, match="no correlated target"):
        joint_gaussian(name, 2)
