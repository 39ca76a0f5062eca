"""From Theorem 3.3 to 3.5: the kernel limit's flow, its distances, and what is claimed of them."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, grid, noticed, outcome
from scipy.integrate import solve_ivp
from scipy.stats import norm

from flowbounds.claims import a_sampling_causes as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.data.datasets import two_balls_shape
from flowbounds.experiments import thm35_causes as causes
from flowbounds.experiments.experiment import Job, columns
from flowbounds.theory import kernel_flow as flow
from flowbounds.theory.kernel_limit import KernelLimit, expand, gram

SETTINGS = {"n": [20, 40], "start": [0.0, 0.2], "steps": [4, 8], "seeds": 2, "n_test": 30}
JOB = Job("thm35_causes", {"d": 2, "b1": 2.0}, SETTINGS)


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return causes.measure(JOB)["thm35_causes"]


def predictor(d: int, n: int, constant: bool, b1: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    job = Job("thm35_causes", {"d": d, "b1": b1}, SETTINGS)
    x, v = causes._problem(causes._draw(job, 0, "train", n), constant)
    return x, KernelLimit.fit(gram(x), v).coefficients


def test_it_has_the_columns_and_keys_that_it_declares(measured):
    declared = columns("thm35_causes")
    assert list(measured.columns) == [column.name for column in declared]
    assert not measured.duplicated([column.name for column in declared if column.key]).any()
    assert measured.notna().all(axis=None)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("start", [0.0, 0.3])
def test_euler_by_the_kernel_as_elsewhere(constant, start):
    """Against Euler's method on the function that the other experiments evaluate."""
    centres, coefficients = predictor(3, 30, constant)
    x0, x = np.random.default_rng(0).standard_normal((2, 2000, 3))
    end = x.copy()
    for k in range(5):
        tau = np.full((2000, 1), start + k * (1 - start) / 5)
        inputs = np.hstack([end, tau, x0, np.ones((2000, int(constant)))])
        end += (1 - start) / 5 * expand(inputs, centres, coefficients)
    found = flow.kernel_flow(centres, coefficients, x, x0, start, 5, np.inf)
    np.testing.assert_allclose(found, end, atol=1e-9)
    norms = np.linalg.norm(end, axis=1)
    inside = flow.kernel_flow(centres, coefficients, x, x0, start, 5, np.median(norms))
    np.testing.assert_allclose(
        np.linalg.norm(inside, axis=1), np.minimum(norms, np.median(norms)), rtol=1e-9
    )


def test_euler_tends_to_the_flow_at_first_order():
    """Against a Runge-Kutta method of adaptive steps."""
    centres, coefficients = predictor(1, 30, True)
    x0 = np.array([[0.7]])

    def field(tau, x):
        return expand(np.array([[x[0], tau, 0.7, 1.0]]), centres, coefficients)[0]

    exact = solve_ivp(field, (0, 1), [0.7], rtol=1e-8, atol=1e-8).y[0, -1]
    off = [
        flow.kernel_flow(centres, coefficients, x0, x0, 0.0, steps, np.inf)[0, 0] - exact
        for steps in (500, 1000)
    ]
    assert abs(off[1]) < 0.01
    assert off[0] / off[1] == pytest.approx(2, abs=0.3)


def test_the_velocity_itself_leads_from_a_later_start_to_x1(monkeypatch):
    """Along (x - x0) / tau a line from x_tau0 ends in x1: all distances vanish."""

    def straight(centres, coefficients, x, x0, start, steps, radius):
        return x + (1 - start) * (x - x0) / max(start, 1e-9)

    monkeypatch.setattr(flow, "kernel_flow", straight)
    rows = causes.measure(JOB)["thm35_causes"]
    later = rows[rows["start"] > 0]
    assert later["coupled"].max() < 1e-12
    assert later["w1_paired"].max() < 1e-12
    # from tau = 0 it stays in x0, at distance E|N(0, I_2)| = sqrt(pi / 2)
    assert rows.query("start == 0")["coupled"].mean() == pytest.approx(np.sqrt(np.pi / 2), rel=0.15)


def test_no_function_of_a_gaussians_source_comes_closer():
    """Of N(0, s^2), x1 given x0 has variance s^2 / (1 + s^2): E|x1 - x1'| / 2 = sqrt(var / pi)."""
    rng, s = np.random.default_rng(0), 1.5
    x1, points = s * rng.standard_normal((2, 4000, 1))
    found = flow.function_floor(x1 + rng.standard_normal((4000, 1)), x1, points)
    assert found == pytest.approx(np.sqrt(s**2 / (1 + s**2) / np.pi), rel=0.02)


def test_paired_w1_is_that_of_the_laws_at_d_1():
    """Against the quantiles of both laws, on the very same predictor: nothing is sampled there."""
    settings = SETTINGS | {"n": [64], "start": [0.0], "steps": [20], "seeds": 1, "n_test": 200}
    job = Job("thm35_causes", {"d": 1, "b1": 4.0}, settings)
    measured = causes.measure(job)["thm35_causes"].query("constant")["w1_paired"].item()

    offset, radius = two_balls_shape(1, 4.0)
    u = (np.arange(1000) + 0.5) / 1000
    x1 = np.where(u < 0.5, -offset, offset) + radius * (4 * np.mod(u, 0.5) - 1)
    x0 = np.sort((x1[:, np.newaxis] + norm.ppf(u)).ravel())[500::1000, np.newaxis]
    end = flow.kernel_flow(*predictor(1, 64, True, b1=4.0), x0, x0, 0.0, 20, 8.0)
    assert measured == pytest.approx(np.abs(np.sort(end[:, 0]) - x1).mean(), abs=0.08)


def test_w1_is_at_most_the_distance_of_the_pairs(measured):
    assert (measured["w1_paired"] <= measured["coupled"] + 1e-12).all()
    at_zero = measured["start"] == 0
    assert (measured[at_zero]["coupled"] > measured[at_zero]["coupled_floor"]).all()
    assert (measured[~at_zero]["coupled_floor"] == 0).all()


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world in which all is as expected."""
    t = grid(
        d=[1, 5], n=[64, 256, 1024], b1=[1.0, 4.0],
        constant=[False, True], start=[0.0, 0.2], steps=[16, 64],
    )  # fmt: skip
    # seeds, not steps, scatter: Euler's method changes nothing
    factor = t.groupby(["d", "n", "b1", "constant", "start", "seed"])["factor"].transform("first")
    falling = t["n"] ** np.where(t["constant"], -0.55, 0.0) * np.sqrt(np.log(t["n"]))
    later = t["start"] > 0
    distance = np.where(later & t["constant"], falling, 0.8) * factor
    return {
        "thm35_causes": t.assign(
            test_error=falling * factor, coupled=distance, w1_paired=distance / 2,
            coupled_floor=np.where(later, 0, 0.5), w1_debiased=distance / 3, w1_floor=0.2,
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
    """Where distances from tau = 0 fall, later ones do not, errors neither, and steps matter."""
    t = true["thm35_causes"]
    later, constant = t["start"] > 0, t["constant"].astype(bool)
    distance = t["n"] ** np.where(later & constant, 0.2, -0.6) * t["factor"]
    distance *= 1 + (t["steps"] == 64)
    opposite = t.assign(
        test_error=t["n"] ** 0.0 * t["factor"],
        coupled=distance,
        w1_paired=distance / 2,
        w1_debiased=distance / 3,
        w1_floor=0.01,
    )
    assert outcome(claim.function, {"thm35_causes": opposite}) == REFUTED


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_a_grid_without_its_cells_says_nothing(claim, true):
    t = true["thm35_causes"]
    few = t[(t["start"] == 0) if claim.function in LATER else (t["start"] > 0)]
    assert outcome(claim.function, {"thm35_causes": few}) == OPEN
    one = t[(t["n"] == 64) & (t["steps"] == 16)]
    if claim.function is not claims.no_function_of_x0_comes_closer:
        assert outcome(claim.function, {"thm35_causes": one}) == OPEN


LATER = {
    claims.later_start_restores_the_promise,
    claims.later_start_restores_the_rate,
    claims.distance_follows_the_error,
    claims.later_start_alone_is_not_enough,
}
