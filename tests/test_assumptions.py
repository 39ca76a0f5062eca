"""The conditions of the theorems: their numbers by hand, and that each can hold and fail."""

from math import inf, log, sqrt

import numpy as np
import pandas as pd
import pytest

from flowbounds.data.datasets import gaussian_mixture
from flowbounds.figures.a_thm32_conditions import CONDITIONS, shortfall
from flowbounds.theory.conditions import DELTA, data_conditions, inverse_moments, network_conditions


def by_name(conditions):
    return {condition.condition: condition for condition in conditions}


@pytest.mark.parametrize("d", [5, 20, 50])
def test_inverse_moments_agree_with_monte_carlo(d):
    """Within five standard errors at 2e5 draws (for d >= 5 the variances are finite)."""
    norms = np.linalg.norm(gaussian_mixture(200_000, d, np.random.default_rng(0)), axis=1)
    for exact, draws in zip(inverse_moments(d), (1 / norms, norms**-2), strict=True):
        assert abs(draws.mean() - exact) < 5 * draws.std() / sqrt(len(draws))


def test_inverse_moments_are_infinite_where_the_density_at_0_makes_them_so():
    assert inverse_moments(1) == (inf, inf)
    first, second = inverse_moments(2)
    assert first < inf
    assert second == inf
    assert inverse_moments(3)[1] < inf


def test_inverse_moments_tend_to_those_of_a_sphere():
    """|x1|^2 is about d + 4 with relative spread sqrt(2 / d)."""
    first, second = inverse_moments(10_000)
    assert first == pytest.approx(10_004**-0.5, rel=1e-3)
    assert second == pytest.approx(1 / 10_004, rel=1e-3)


def test_conditions_of_theorem_32_by_hand():
    d, n, m, eta, kappa, lambda_min, misfit = 3, 10, 50, 1e-3, 0.5, 0.2, 40.0
    found = by_name(network_conditions(d, n, m, eta, kappa, lambda_min, misfit))
    assert found["step_size"].required == pytest.approx(2 * 0.2 / 900)
    assert found["step_size"].actual == pytest.approx(2e-3 / 10)
    assert found["step_size"].holds
    assert found["step_size_of_mean_loss"].required == pytest.approx(0.2 / (10 * 9))
    assert found["kappa"].required == pytest.approx(0.2 * DELTA / (10 * sqrt(3)))
    assert not found["kappa"].holds
    width = 10**5 * 40 * 3 * log(30) / (0.25 * 0.2 * DELTA**3)
    assert found["width"].required == pytest.approx(width)
    assert not found["width"].holds


@pytest.mark.parametrize("eta", [1e-8, 2.2221e-3, 2.2223e-3, 1.0])
def test_both_units_of_the_step_size_decide_alike(eta):
    found = by_name(network_conditions(3, 10, 50, eta, 0.5, 0.2, 40.0))
    assert found["step_size"].holds == found["step_size_of_mean_loss"].holds == (eta < 0.2 / 90)


def test_conditions_can_all_hold():
    found = network_conditions(1, 2, 10**9, 1e-3, 0.1, 50.0, 1.0)
    assert all(condition.holds for condition in found)


@pytest.mark.parametrize("d", [1, 2, 5, 50])
def test_assumptions_on_the_mixture(d):
    found = by_name(data_conditions(d, 10.0, 1.0, 9.5))
    assert found["assumption_1_sub_gaussian"].holds
    assert not found["assumption_2_bounded_support"].holds
    assert found["assumption_2_bounded_sample"].holds
    assert found["assumption_3_inverse_square"].holds == (d > 2)
    assert found["assumption_4_schedule"].holds
    assert not by_name(data_conditions(d, 0.1, 1.0, 9.5))["assumption_2_bounded_sample"].holds


def test_how_far_a_cell_is_outside_in_powers_of_ten():
    """Of both relations; what has no bound at all is infinitely far."""
    rows = pd.DataFrame(
        [("<", 1e-3, 1.0), ("<", 2.0, 0.02), (">=", 1e21, 10.0), ("<", 30.0, inf)],
        columns=["relation", "required", "actual"],
    )
    np.testing.assert_allclose(shortfall(rows)["shortfall"], [3, -2, 20, inf])


def test_what_the_figure_draws_is_broken_exactly_where_the_audit_says():
    found = network_conditions(5, 500, 64, 1e-2, 1.0, 0.05, 9e4)
    found += data_conditions(5, 10.0, 1.0, 9.5)
    rows = pd.DataFrame([vars(one) | {"holds": one.holds} for one in found])
    drawn = shortfall(rows[rows["condition"].isin(list(CONDITIONS))])
    assert set(drawn["condition"]) == set(CONDITIONS)
    assert ((drawn["shortfall"] < 0) == drawn["holds"]).all()
    assert drawn["holds"].nunique() == 2
