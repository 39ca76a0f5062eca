"""A point mass: closed forms against recursions and the general path KL; first N; the claims."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome

from flowbounds.claims import b_point_mass as claims
from flowbounds.claims.judging import OPEN, UPHELD
from flowbounds.dfm import gaussians
from flowbounds.dfm.couplings import GaussianCoupling
from flowbounds.dfm.paths import nonuniform_times, uniform_times
from flowbounds.dfm.point_mass import first_to_reach, marginal_kl, path_kl
from flowbounds.experiments.experiment import Job, load

GRID = {
    "d": [1, 3],
    "steps": [8, 2048],
    "delta": [0.1, 0.01, 0.001],
    "schedules": ["uniform", "nonuniform"],
    "goal": 0.05,
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return load("dfm_point_mass").measure(Job("dfm_point_mass", {}, GRID))


@pytest.mark.parametrize("times_of", [uniform_times, nonuniform_times])
@pytest.mark.parametrize(("steps", "delta"), [(4, 0.2), (32, 0.03)])
class TestClosedForms:
    """The target N(m, 0) as a Gaussian coupling, by recursion and by Runge-Kutta."""

    PAIR = GaussianCoupling(np.array([0.0, 0.0, 1.5, -2.0]), np.diag([1.0, 1.0, 0.0, 0.0]))

    def test_marginal(self, times_of, steps, delta):
        times = times_of(steps, delta)
        law = gaussians.euler_maruyama_moments(self.PAIR, times)
        expected = float(gaussians.kl(self.PAIR.moments(times[-1]), law))
        assert marginal_kl(times, 2) == pytest.approx(expected, rel=1e-8)

    def test_paths(self, times_of, steps, delta):
        times = times_of(steps, delta)
        expected = float(gaussians.path_kl(self.PAIR, times))
        assert path_kl(times, 2) == pytest.approx(expected, rel=1e-4)
        assert marginal_kl(times, 2) < path_kl(times, 2)


def test_the_first_number_is_exact_where_it_is_known():
    assert first_to_reach(lambda n: 1 / n, 1 / 37) == 37
    assert first_to_reach(lambda n: 1 / n, 1 / 64) == 64
    assert first_to_reach(lambda n: 1 / n, 10) == 2
    with pytest.raises(ArithmeticError, match=r"do not bring KL to 0\.5"):
        first_to_reach(lambda n: 1.0, 0.5)


def test_the_step_before_misses(tables):
    first = tables["dfm_first_steps"]
    assert (first["reached"] <= first["goal"]).all()
    assert (first["missed"] > first["goal"]).all()
    of = first.set_index(["d", "schedule", "delta", "quantity"])["steps"]
    assert of[1, "uniform", 0.001, "kl_path"] > 10 * of[1, "nonuniform", 0.001, "kl_path"]
    # h from (h/4) (1/delta - 1) = goal, to first order
    assert of[1, "uniform", 0.001, "kl_path"] == pytest.approx(0.999 * 999 / 0.2, rel=0.2)


@pytest.mark.parametrize("claim", list(claims_of(claims)), ids=lambda claim: claim.name)
def test_each_claim_notices_its_control_and_missing_numbers(claim, tables):
    fine = GRID | {"delta": [0.01, 0.001, 0.0001], "goal": 0.01}
    real = load("dfm_point_mass").measure(Job("dfm_point_mass", {}, fine | {"d": [1]}))
    assert noticed(claim, real)
    gone = {
        name: table.assign(
            **{key: np.nan for key in ("steps", "kl_path", "kl_marginal") if key in table}
        )
        for name, table in real.items()
    }
    (name,) = claim.tables
    if name == "dfm_point_mass":
        gone[name]["steps"] = real[name]["steps"]
    assert outcome(claim.function, gone) == OPEN


def test_a_world_of_the_predicted_powers_is_upheld():
    rows = [
        {"d": 1, "schedule": schedule, "delta": delta, "quantity": quantity, "steps": steps}
        for delta in (1e-2, 1e-3, 1e-4)
        for schedule, quantity, steps in (
            ("uniform", "kl_path", 1000 / delta),
            ("nonuniform", "kl_path", 1000 * np.log(1 / delta) ** 2),
        )
    ]
    chains = [
        {"d": 1, "steps": 99, "schedule": "nonuniform", "delta": delta, "h": h, "kl_marginal": h**2}
        for delta, h in ((1e-2, 0.02), (1e-3, 0.03), (1e-4, 0.04))
    ]
    world = {"dfm_first_steps": pd.DataFrame(rows), "dfm_point_mass": pd.DataFrame(chains)}
    for function in (
        claims.equal_steps_cost_the_gap,
        claims.shrinking_steps_cost_logarithms,
        claims.marginals_cost_no_logarithm,
    ):
        assert outcome(function, world) == UPHELD
