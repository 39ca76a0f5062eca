"""Paths under early stopping: against closed forms, another solver and simulation; the claims."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome

from flowbounds.claims import b_early_path as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.dfm import point_mass
from flowbounds.dfm.couplings import IndependentMixtures
from flowbounds.dfm.early_path import first_orders, gradient_energy, path_kls
from flowbounds.dfm.mixtures import on_the_line
from flowbounds.dfm.path_measure import path_kl, path_kl_monte_carlo
from flowbounds.dfm.paths import nonuniform_times, uniform_times
from flowbounds.dfm.quadrature import euler_maruyama_law, kl
from flowbounds.dfm.targets import STANDARD_NORMAL, coupling
from flowbounds.experiments.experiment import Job, columns, load

POINT = IndependentMixtures(STANDARD_NORMAL, on_the_line([1], [0.7], [0]))
SECTION = {"steps": [2, 16], "delta": [0.1, 0.05], "small_delta": [0.1, 0.01],
           "schedules": ["uniform", "nonuniform"]}  # fmt: skip


@pytest.mark.parametrize("times_of", [uniform_times, nonuniform_times])
@pytest.mark.parametrize("delta", [0.1, 0.01])
def test_a_point_mass_has_its_closed_form(times_of, delta):
    chains = [times_of(steps, delta) for steps in (4, 16, 64)]
    expected = [point_mass.path_kl(times, 1) for times in chains]
    np.testing.assert_allclose(path_kls(POINT, chains), expected, rtol=1e-6)


@pytest.mark.parametrize("target", ["two_points", "uniform", "mixture"])
class TestTargets:
    CHAINS = (uniform_times(4, 0.1), nonuniform_times(8, 0.1))

    @staticmethod
    def chains(times):
        return [times, times[:: len(times) - 1]]  # and one step in all

    def test_another_solver_agrees(self, target):
        """Other steps in time, its own code; Simpson's rule in t needs fine steps there."""
        pair = coupling(target)
        for times in self.CHAINS:
            expected = path_kl(pair, pair.drift, times, points=1000, substeps=16)
            assert path_kls(pair, [times])[0] == pytest.approx(expected, rel=1e-3)

    def test_finer_steps_change_little(self, target):
        pair, times = coupling(target), uniform_times(8, 0.02)
        coarse = path_kls(pair, [times])[0]
        fine = path_kls(pair, [times], points=2000, share=1 / 80, longest=1 / 160)[0]
        assert coarse == pytest.approx(fine, rel=1e-3)

    def test_chains_do_not_touch_each_other(self, target):
        pair = coupling(target)
        chains = self.chains(uniform_times(5, 0.1))
        alone = [path_kls(pair, [times])[0] for times in chains]
        np.testing.assert_allclose(path_kls(pair, chains), alone, rtol=1e-3)

    def test_first_orders_are_limits(self, target):
        pair, delta = coupling(target), 0.2
        for schedule, times_of in (("uniform", uniform_times), ("nonuniform", nonuniform_times)):
            times = times_of(64, delta)
            limit = first_orders(pair, [delta])[schedule][0]
            assert path_kls(pair, [times])[0] / times[1] == pytest.approx(limit, rel=0.08)

    def test_gains_are_slopes(self, target):
        found = first_orders(coupling(target), [0.03 * 1.01, 0.03, 0.03 / 1.01])
        for schedule in ("uniform", "nonuniform"):
            slope = (found[schedule][2] - found[schedule][0]) / (2 * np.log(1.01))
            assert found[f"{schedule}_gain"][1] == pytest.approx(slope, rel=1e-3)

    def test_the_marginal_is_below_the_paths(self, target):
        pair, times = coupling(target), uniform_times(4, 0.1)
        marginal = kl(pair, euler_maruyama_law(pair, pair.drift, times))
        assert 0 < marginal < path_kls(pair, [times])[0]


def test_simulation_agrees():
    pair, times = coupling("two_points"), nonuniform_times(6, 0.1)
    value, error = path_kl_monte_carlo(
        pair, pair.drift, times, 20_000, 16, np.random.default_rng(0)
    )
    assert abs(path_kls(pair, [times])[0] - value) < 4 * error + 2e-3 * value


def test_first_orders_of_a_point_mass():
    delta = np.array([0.1, 0.003])
    found = first_orders(POINT, delta)
    np.testing.assert_allclose(found["uniform"], (1 / delta - 1) / 4, rtol=1e-5)
    np.testing.assert_allclose(found["nonuniform"], (1 + np.log(0.5 / delta)) / 4, rtol=1e-5)
    np.testing.assert_allclose(found["uniform_gain"], 1 / (4 * delta), rtol=1e-5)
    np.testing.assert_allclose(found["nonuniform_gain"], 0.25, rtol=1e-6)


def test_the_slope_of_two_points_by_its_formula():
    """E[X1 | x] is tanh(t x / (1 - t^2)), so that the slope is known; averaged by simulation."""
    t, rng = 0.6, np.random.default_rng(0)
    x = t * rng.choice([-1, 1], 400_000) + np.sqrt(1 - t**2) * rng.standard_normal(400_000)
    scale = t / (1 - t**2)
    squares = ((scale / np.cosh(scale * x) ** 2 - 1) / (1 - t)) ** 2
    error = squares.std() / np.sqrt(len(x))
    assert abs(gradient_energy(coupling("two_points"), t) - squares.mean()) < 4 * error


def test_chains_end_together():
    with pytest.raises(ValueError, match="begin and end together"):
        path_kls(POINT, [uniform_times(4, 0.1), uniform_times(4, 0.2)])


def test_it_has_the_columns_and_keys_that_it_declares():
    tables = load("dfm_early_path").measure(
        Job("dfm_early_path", {"target": "two_points"}, SECTION)
    )
    for name, table in tables.items():
        declared = columns(name)
        assert list(table.columns) == [column.name for column in declared]
        assert not table.duplicated([column.name for column in declared if column.key]).any()
        assert table.notna().all(axis=None)
    chain = tables["dfm_early_path"].query("steps == 16 and schedule == 'nonuniform'")
    of_small = tables["dfm_early_rate"].query("schedule == 'nonuniform' and delta == 0.1")
    first = chain.query("delta == 0.1")
    assert first["first_order"].item() == pytest.approx(
        of_small["per_h"].item() * first["h"].item(), rel=1e-12
    )


POWERS = {"two_points": 1.0, "uniform": 0.5, "mixture": 0.0}


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world of the predicted powers."""
    chains = [
        {"target": target, "d": 1, "steps": steps, "schedule": schedule, "delta": delta,
         "h": 1 / steps, "kl_path": delta**-power / steps, "first_order": delta**-power / steps}
        for target, power in POWERS.items()
        for schedule in ("uniform", "nonuniform")
        for delta in (0.3, 0.2, 0.1)
        for steps in (16, 32, 128)
    ]  # fmt: skip
    rates = [
        {"target": target, "d": 1, "schedule": schedule, "delta": delta,
         "per_h": delta**-power, "gain": delta ** (1 - power)}
        for target, power in POWERS.items()
        for schedule in ("uniform", "nonuniform")
        for delta in (0.1, 0.01, 0.001)
    ]  # fmt: skip
    return {"dfm_early_path": pd.DataFrame(chains), "dfm_early_rate": pd.DataFrame(rates)}


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true_and_notices_its_control(claim, true):
    assert outcome(claim.function, true) == UPHELD
    assert noticed(claim, true)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_the_opposite_world_refutes_each(claim, true):
    chains, rates = true.values()
    wild = rates["delta"] ** -5.0
    opposite = {
        "dfm_early_path": chains.assign(kl_path=chains["h"] ** 2 * chains["delta"]),
        "dfm_early_rate": rates.assign(per_h=wild, gain=wild),
    }
    assert outcome(claim.function, opposite) == REFUTED


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_a_grid_of_one_cell_says_nothing(claim, true):
    smallest = {
        name: table[(table["delta"] == table["delta"].min()) & (table["target"] == "two_points")]
        for name, table in true.items()
    }
    smallest["dfm_early_path"] = smallest["dfm_early_path"].query("steps == 16")
    if claim.kind == "check":
        smallest["dfm_early_path"] = smallest["dfm_early_path"].query("schedule == 'uniform'")
    assert outcome(claim.function, smallest) == OPEN
