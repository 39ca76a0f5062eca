"""Rough targets: laws and drifts against densities, KL against closed forms and Monte Carlo."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome
from scipy import integrate, stats
from scipy.special import gamma

from flowbounds.claims import b_rough as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.dfm import gaussians
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import on_the_line
from flowbounds.dfm.path_measure import path_kl_monte_carlo
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.quadrature import euler_maruyama_law
from flowbounds.dfm.rough_laws import marginal_kl, path_kl
from flowbounds.dfm.rough_targets import ScaleMixture, power_law, student
from flowbounds.dfm.targets import STANDARD_NORMAL
from flowbounds.experiments.dfm_smoothness import _norms
from flowbounds.experiments.experiment import Job, load

HALF = GaussianCoupling(np.zeros(2), np.diag([1.0, 0.5]))


def log_density(family: str, shape: float, x):
    if family == "student":
        return stats.t(shape).logpdf(x)
    return -(np.abs(x) ** shape) - np.log(2 * gamma(1 + 1 / shape))


def pair_of(family: str, shape: float):
    return student(shape) if family == "student" else power_law(shape)


ROUGH = [("power", a) for a in (0.6, 0.75, 1.0, 1.25, 1.5, 1.75)]
ROUGH += [("student", 3.0), ("student", 5.0)]


@pytest.mark.parametrize(("family", "shape"), ROUGH)
class TestLaws:
    def test_the_mixture_has_the_density(self, family, shape):
        x = np.geomspace(1e-5, 500, 200)[:, None]
        true = log_density(family, shape, x[:, 0])
        seen = true > -15
        found = pair_of(family, shape).log_density(1.0, x)
        assert np.abs(found - true)[seen].max() < 1e-5

    @pytest.mark.parametrize("t", [0.2, 0.9, 0.999])
    def test_law_and_drift_are_those_of_an_integral_over_the_density(self, family, shape, t):
        pair = pair_of(family, shape)
        r = np.linspace(1e-9, 4, 20_001)  # y = r^4 takes the singularity at 0 away
        y = np.concatenate([-(r[::-1] ** 4), r**4])
        weights = np.concatenate([r[::-1], r]) ** 3 * np.exp(log_density(family, shape, y))
        weights *= 4 * (r[1] - r[0])
        for x in (0.02, 0.7, 4.0):
            terms = weights * np.exp(-((x - t * y) ** 2) / (2 * (1 - t**2)))
            place = np.array([[x]])
            density = terms.sum() / np.sqrt(2 * np.pi * (1 - t**2))
            assert np.exp(pair.log_density(t, place)[0]) == pytest.approx(density, rel=1e-6)
            mean = pair.posterior_mean(t, place)[0, 0]
            expected = (terms * y).sum() / terms.sum()
            assert mean == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_scale_mixtures_are_mixtures():
    weights, variances = [0.2, 0.5, 0.3], [9.0, 0.5, 1e-3]
    pair = ScaleMixture(np.array(weights), np.array(variances))
    law = IndependentMixtures(STANDARD_NORMAL, on_the_line(weights, [0, 0, 0], variances))
    x = np.linspace(-30, 30, 1001)[:, None]
    for t in (0.0, 0.4, 1.0):
        assert pair.log_density(t, x) == pytest.approx(law.log_density(t, x), abs=1e-12)
        assert pair.drift(t, x) == pytest.approx(law.drift(t, x), rel=1e-9, abs=1e-12)
    assert power_law(np.inf).log_density(1.0, np.array([[0.5], [1.5]])) == pytest.approx(
        [-np.log(2), -1e3]
    )
    with pytest.raises(ValueError, match="no mixture of Gaussians"):
        power_law(3.0)


@pytest.mark.parametrize("steps", [8, 16])
def test_the_gaussian_has_closed_forms(steps):
    pair, times = power_law(2.0), uniform_times(steps)
    law = euler_maruyama_law(pair, pair.drift, times)
    expected = gaussians.kl(HALF.moments(1.0), gaussians.euler_maruyama_moments(HALF, times))
    assert marginal_kl(pair, law) == pytest.approx(float(expected), rel=1e-8)
    assert path_kl(pair, steps) == pytest.approx(float(gaussians.path_kl(HALF, times)), rel=1e-3)


@pytest.mark.parametrize(
    ("pair", "edge", "tolerance"),
    [(power_law(0.75), 0.0, 2e-3), (student(3.0), 0.0, 1e-3), (power_law(np.inf), 1.0, 5e-3)],
    ids=["0.75", "t", "uniform"],
)
def test_a_finer_grid_changes_little(pair, edge, tolerance):
    """What is left hardly depends on N, so that exponents have less of it."""
    finer = {"points": 500, "substeps": 16, "least_substeps": 256, "last_substeps": 256}
    found = [path_kl(pair, n, edge) / path_kl(pair, n, edge, **finer) for n in (8, 16)]
    assert found == pytest.approx([1, 1], abs=tolerance)
    assert found[0] == pytest.approx(found[1], abs=1e-3)


def test_simulated_paths_agree():
    pair, rng = power_law(1.0), np.random.default_rng(1)
    found, error = path_kl_monte_carlo(pair, pair.drift, uniform_times(2), 2000, 20, rng)
    expected = path_kl(pair, 2)
    assert error < 0.05 * expected
    assert abs(found - expected) < 3 * error + 0.01 * expected


def test_a_histogram_of_the_chain_agrees():
    """KL of the uniform target by sums over a grid without panels: the chain's law as a matrix."""
    pair, h = power_law(np.inf), 1 / 4
    x = np.linspace(-8, 8, 801)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    for k in range(4):
        image = x + h * pair.drift(k * h, x[:, None])[:, 0]
        kernel = np.exp(-((x[:, None] - image) ** 2) / (4 * h)) / np.sqrt(4 * np.pi * h)
        density = kernel @ density * (x[1] - x[0])
    inside = np.abs(x) <= 1
    expected = integrate.simpson(0.5 * (np.log(0.5) - np.log(density[inside])), x=x[inside])
    law = euler_maruyama_law(pair, pair.drift, uniform_times(4))
    assert marginal_kl(pair, law) == pytest.approx(expected, rel=1e-5)


def test_norms_are_integrals():
    for family, shape in (("power", 1.25), ("power", 1.0), ("student", 9.0)):
        found = _norms(family, shape)

        def score(x, family=family, shape=shape):
            if family == "student":
                return (shape + 1) * x / (shape + x**2)
            return shape * x ** (shape - 1)

        for name, of in (("target_moment", lambda x: x), ("target_score", score)):
            expected = 2 * integrate.quad(
                lambda x, of=of, f=family, s=shape: of(x) ** 8 * np.exp(log_density(f, s, x)),
                0, np.inf, limit=400,
            )[0]  # fmt: skip
            assert found[name] == pytest.approx(expected, rel=2e-4)
    assert np.isinf(_norms("power", 0.75)["target_score"])
    assert np.isinf(_norms("power", np.inf)["target_score"])
    assert np.isinf(_norms("student", 8.0)["target_moment"])


def test_the_table():
    grid = {"a": [2.0, "inf"], "nu": [5.0], "steps": [4, 2], "steps_heavy": [2]}
    table = load("dfm_smoothness").measure(Job("dfm_smoothness", {}, grid))["dfm_smoothness"]
    assert len(table) == 2 * 2 + 1
    alone = load("dfm_smoothness").measure(
        Job("dfm_smoothness", {}, grid | {"a": [2.0], "steps": [4]})
    )["dfm_smoothness"]
    assert table.merge(alone).equals(alone)  # a number does not depend on what else is asked for
    assert (table["kl_marginal"] < table["kl_path"]).all()
    assert table["mass_error"].abs().max() < 1e-10
    assert set(table["order"]) == {0.5, 2.0}


def world(**orders: float) -> pd.DataFrame:
    """Every target at its expected order; 1/8 below it near the cap."""
    rows = []
    for family, shape in [("power", a) for a in (0.75, 1.0, 1.5, 2.0, np.inf)] + [("student", 5.0)]:
        table = load("dfm_smoothness")
        order = table._order(family, shape)
        for steps in (8, 16, 32):
            h = 1 / steps
            exponent = order - (0.125 if shape == 1.5 else 0)
            of_paths = 0.5 if np.isinf(shape) else 1.0
            marginal = h ** (exponent + orders.get("marginal", 0))
            paths = 2 * h ** (of_paths + orders.get("paths", 0))
            rows.append(
                {"family": family, "shape": shape, "steps": steps, "h": h, "order": order}
                | {"kl_marginal": marginal, "kl_path": paths}
                | _norms(family, shape)
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("claim", list(claims_of(claims)), ids=lambda claim: claim.name)
def test_each_claim_holds_where_it_is_true_and_notices_what_is_not(claim):
    tables = {"dfm_smoothness": world()}
    assert outcome(claim.function, tables) == UPHELD
    assert noticed(claim, tables)
    gone = world().assign(kl_marginal=np.nan, kl_path=np.nan)
    assert outcome(claim.function, {"dfm_smoothness": gone}) == OPEN
    none = world().query("steps < 32")
    assert outcome(claim.function, {"dfm_smoothness": none}) == OPEN
    assert outcome(claim.function, {"dfm_smoothness": world().iloc[:0]}) == OPEN


def test_another_order_is_refuted():
    for function in (claims.order_against_smoothness, claims.order_of_heavy_tails):
        assert outcome(function, {"dfm_smoothness": world(marginal=0.2)}) == REFUTED
    assert outcome(claims.order_near_the_cap, {"dfm_smoothness": world(marginal=0.3)}) == REFUTED
    assert outcome(claims.order_of_paths, {"dfm_smoothness": world(paths=0.2)}) == REFUTED
    assert outcome(claims.order_of_a_jump, {"dfm_smoothness": world(paths=0.2)}) == REFUTED
    assert (
        outcome(claims.theorem_2_order_of_kinks, {"dfm_smoothness": world(marginal=-0.7)})
        == REFUTED
    )
