"""Causes of Theorem 3.3's failure: the variants, their limits, and what is claimed of each."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, grid, noticed, outcome

from flowbounds.claims import a_causes as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.data.schedules import SCHEDULES
from flowbounds.experiments import thm33_causes as causes
from flowbounds.experiments.experiment import Job, columns
from flowbounds.theory.kernel import kernels
from flowbounds.theory.kernel_limit import KernelLimit, expand, gram

SETTINGS = {"n": [20, 40], "tau_min": [0.0, 0.2], "m": 16, "seeds": 2, "n_test": 200}
JOB = Job("thm33_causes", {"d": 2}, SETTINGS)


@pytest.fixture(scope="module")
def measured() -> dict[str, pd.DataFrame]:
    return causes.measure(JOB)


@pytest.mark.parametrize("table", ["thm33_causes", "thm33_causes_tau"])
def test_it_has_the_columns_and_keys_that_it_declares(measured, table):
    declared = columns(table)
    assert list(measured[table].columns) == [column.name for column in declared]
    keys = [column.name for column in declared if column.key]
    assert not measured[table].duplicated(keys).any()
    assert measured[table].notna().all(axis=None)


def test_bands_of_tau_add_up_to_the_error(measured):
    """Without small tau the bands are on [0.2, 1]; weighted by their points they give the mean."""
    rows = measured["thm33_causes"].query("tau_min == 0.2 and n == 40 and seed == 1 and ~constant")
    bands = measured["thm33_causes_tau"].query(
        "tau_min == 0.2 and n == 40 and seed == 1 and ~constant"
    )
    variant = ("linear", False, 0.2)
    _, _, tau = causes._problem(JOB, 200, variant, 1, "test")
    points, _ = np.histogram(tau, np.linspace(0.2, 1, causes.BANDS + 1))
    mean = (bands.sort_values("tau")["test_error"] * points).sum() / 200
    assert mean == pytest.approx(rows["test_error"].item(), rel=1e-12)


def test_the_interpolant_by_a_general_solver(measured):
    variant = ("trigonometric", False, 0.0)
    x, v, _ = causes._problem(JOB, 40, variant, 0, "train")
    fresh, target, _ = causes._problem(JOB, 200, variant, 0, "test")
    k, cross = (sum(kernels(points, x)) for points in (x, fresh))
    error = np.linalg.norm(cross @ np.linalg.solve(k, v) - target, axis=1).mean()
    row = measured["thm33_causes"].query("schedule == 'trigonometric' and n == 40 and seed == 0")
    assert row["test_error"].item() == pytest.approx(error, rel=1e-8)


def test_the_best_ridge_is_no_worse_than_none_and_the_own_start_is(measured):
    rows = measured["thm33_causes"]
    assert (rows["ridge_error"] <= rows["test_error"]).all()
    assert rows["own_start_error"].mean() > rows["test_error"].mean()


def test_variants_share_their_points():
    """The same x1, x0, tau with and without a constant, so that they are compared in pairs."""
    without, with_it = (
        causes._problem(JOB, 30, ("linear", constant, 0.0), 0, "train") for constant in (0, 1)
    )
    np.testing.assert_array_equal(with_it[0][:, :-1], without[0])
    np.testing.assert_array_equal(with_it[0][:, -1], 1)
    np.testing.assert_array_equal(with_it[1], without[1])


def test_a_constant_input_takes_homogeneity_away():
    x, v, _ = causes._problem(JOB, 30, ("linear", False, 0.0), 0, "train")
    one = np.ones((30, 1))
    plain, biased = KernelLimit.fit(gram(x), v), KernelLimit.fit(gram(np.hstack([x, one])), v)
    np.testing.assert_allclose(
        expand(3 * x, x, plain.coefficients), 3 * expand(x, x, plain.coefficients), atol=1e-6
    )
    inputs = np.hstack([3 * x, one])
    far = expand(inputs, np.hstack([x, one]), biased.coefficients)
    assert np.abs(far - 3 * v).max() > 0.1


def test_only_the_linear_velocity_is_homogeneous():
    """Along a ray of inputs, q (x_tau, tau, x0), linear v stays; the trigonometric one moves."""
    x0, tau, x_tau, q = 0.7, 0.3, 1.1, 2.0
    found = {}
    for name, s in SCHEDULES.items():

        def velocity(x_tau, tau, x0, s=s):
            x1 = (x_tau - s.sigma(tau) * x0) / s.mu(tau)
            return s.dsigma(np.float64(tau)) * x0 + s.dmu(np.float64(tau)) * x1

        found[name] = velocity(q * x_tau, q * tau, q * x0) - velocity(x_tau, tau, x0)
    assert abs(found["linear"]) < 1e-12
    assert abs(found["trigonometric"]) > 0.1


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world in which all is as expected."""
    t = grid(
        d=[1, 5], n=[64, 256, 1024], schedule=["linear", "trigonometric"],
        constant=[False, True], tau_min=[0.0, 0.2],
    )  # fmt: skip
    cured = (t["d"] == 1) & (t["constant"] | (t["schedule"] == "trigonometric"))
    rate = t["n"] ** np.where(cured, -0.55, -0.15) * np.sqrt(np.log(t["n"])) * t["factor"]
    return {
        "thm33_causes": t.assign(
            test_error=rate, ridge_error=0.9 * rate, own_start_error=3 * rate,
            complexity=np.where(cured, 3, t["n"] ** 0.4) * t["factor"],
        )
    }  # fmt: skip


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, true):
    assert outcome(claim.function, true) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, true):
    assert noticed(claim, true)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_the_opposite_world_refutes_each(claim, true):
    """Where a constant input, the schedule and the ridge do what they do not, and the reverse."""
    t = true["thm33_causes"]
    cured = ((t["d"] == 5) & t["constant"]).astype(float)
    slow = t["n"] ** np.where(t["d"] == 1, 0.4, -0.4 * cured)
    opposite = t.assign(
        test_error=t["test_error"] * slow,
        ridge_error=t["ridge_error"] * t["n"] ** -0.6,
        own_start_error=0.1 * t["test_error"],
        complexity=t["complexity"] * t["n"] ** 0.4,
    )
    assert outcome(claim.function, {"thm33_causes": opposite}) == REFUTED


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_a_grid_without_its_cells_says_nothing(claim, true):
    t = true["thm33_causes"]
    assert outcome(claim.function, {"thm33_causes": t[t["tau_min"] > 0]}) == OPEN
