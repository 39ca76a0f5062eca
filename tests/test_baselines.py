"""What no training gives: closed forms, the draws that it is measured on, and what claims say."""

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import REPOSITORY
from made_up import SEEDS, claims_of, grid, noticed, outcome
from scipy.special import gamma
from scipy.stats import norm

from flowbounds.claims import a_baselines as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.data.datasets import gaussian_mixture
from flowbounds.data.draws import evaluation_draw
from flowbounds.data.streams import stream
from flowbounds.experiments import baselines
from flowbounds.experiments.experiment import Job, columns
from flowbounds.networks.metrics import debiased_w1, exact_w1, random_directions
from flowbounds.theory.posterior import posterior_means

CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The synthetic job on a small grid with the quick scale's sizes."""
    config = CONFIG | {
        "simulation": CONFIG["simulation"] | {"d": [5], "n_train": 2000},
        "generalization": CONFIG["generalization"] | {"d": [20]},
        "sampling": CONFIG["sampling"] | {"d": [2], "b1": [2.0], "n_test": 100},
    }
    cell = baselines.cells(config)[0]
    job = Job("baselines", cell, baselines.settings(config, cell))
    return baselines.measure(job)["baselines"]


def test_it_has_the_columns_that_it_declares(table):
    assert list(table.columns) == [column.name for column in columns("baselines")]
    assert set(table["experiment"]) == {"simulation", "generalization", "sampling"}


@pytest.mark.parametrize(("experiment", "d", "n"), [("simulation", 5, 2000), ("sampling", 2, 100)])
def test_f_0_has_the_loss_d(table, experiment, d, n):
    """|v|^2 is chi-squared with d degrees: within five standard errors of all seeds together."""
    rows = table[table["experiment"] == experiment]
    assert abs(rows["zero_loss"].mean() - d) < 5 * np.sqrt(2 * d / (n * len(rows)))


def test_f_0_has_the_error_of_a_gaussian_norm(table):
    rows = table[table["experiment"] == "generalization"]
    expected = np.sqrt(2) * gamma(21 / 2) / gamma(20 / 2)
    assert rows["zero_error"].mean() == pytest.approx(expected, abs=5 / np.sqrt(2 * 5000 * 5))


def test_the_mean_of_the_data_given_its_noise_is_in_closed_form():
    rng = np.random.default_rng(0)
    x0 = gaussian_mixture(50, 3, rng) + rng.standard_normal((50, 3))
    by_points = posterior_means(x0, gaussian_mixture(400_000, 3, rng))
    assert np.abs(baselines.posterior(x0) - by_points).mean() < 0.01
    assert np.abs(x0 - by_points).mean() > 0.3


def test_x0_is_measured_on_the_points_that_networks_start_from(table):
    """Sliced W1 of the stored draws, by sorting, direction by direction."""
    part = CONFIG["simulation"]
    draw = evaluation_draw("simulation", "gaussian_mixture", 5, 1, 2000, part["n_test"], None)
    rng = stream("simulation", "gaussian_mixture", 5, None, 1, "projections")
    along = random_directions(part["projections"], 5, rng)
    levels = (np.arange(20_000) + 0.5) / 20_000
    gap = [
        np.quantile(draw["x0"] @ u, levels, method="inverted_cdf")
        - np.quantile(draw["reference"] @ u, levels, method="inverted_cdf")
        for u in along
    ]
    row = table[(table["experiment"] == "simulation") & (table["seed"] == 1)]
    assert row["sliced_w1_start"].item() == pytest.approx(np.abs(gap).mean(), rel=1e-3)


def test_the_noise_of_x0_costs_what_one_dimension_says(table):
    """Along u data are 1/2 N(+-2 u_1, 1) and x0 1/2 N(+-2 u_1, 2): W1 = int |F - G|."""
    x = np.linspace(-12, 12, 2001)
    u = random_directions(400, 5, np.random.default_rng(0))[:, :1]

    def cdf(sd: float) -> np.ndarray:
        return (norm.cdf((x - 2 * u) / sd) + norm.cdf((x + 2 * u) / sd)) / 2

    expected = np.trapezoid(np.abs(cdf(1) - cdf(np.sqrt(2))), x, axis=1).mean()
    rows = table[table["experiment"] == "simulation"]
    assert rows["sliced_w1_start"].mean() == pytest.approx(expected, rel=0.06)
    assert (rows["sliced_w1_fresh"] < rows["sliced_w1_start"] / 3).all()
    assert (rows["sliced_w1_posterior"] > rows["sliced_w1_fresh"]).all()


class TestDebiased:
    def distances(self, scale: float, n: int, d: int) -> np.ndarray:
        """Debiased W1 of N(0, scale^2 I) and N(0, I), and W1 less its floor, of ten seeds."""
        rows = []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            x, again = scale * rng.standard_normal((2, n, d))
            y, other = rng.standard_normal((2, n, d))
            between, floor = exact_w1(x, y), exact_w1(y, other)
            rows.append([debiased_w1(between, exact_w1(x, again), floor), between - floor])
        return np.array(rows)

    def test_equal_laws_are_at_0(self):
        found = self.distances(1.0, 60, 3)[:, 0]
        assert abs(found.mean()) < 5 * found.std(ddof=1) / np.sqrt(10)

    def test_a_contracted_law_is_wrong_and_only_debiased_w1_says_so(self):
        """W1 of the laws is 0.3 E|N(0, I_10)|; W1 less its floor is negative."""
        found = self.distances(0.7, 60, 10)
        error = found.std(axis=0, ddof=1) / np.sqrt(10)
        assert found[:, 0].mean() > 3 * error[0]
        assert found[:, 1].mean() < -3 * error[1]


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """A world in which training beats doing nothing."""
    simulation = grid(d=[5, 20], m=[16, 64], eta=[1e-2], t=[0, 10])
    images = grid(dataset=["a", "b"], m=[16], eta=[1e-3, 1e-2], t=[0, 10])
    learned = grid(d=[5, 20], n=[64, 256], m=[64.0, np.inf], tau_min=[0.0, 0.2])
    generated = grid(d=[2, 5], n=[64, 256], m=[256], b1=[1.0, 4.0])
    nothing = pd.concat(
        [
            grid(experiment=["simulation"], dataset=["gaussian_mixture"], d=[5, 20], b1=[10.0]),
            grid(experiment=["images"], dataset=["a", "b"], d=[7], b1=[10.0]),
            grid(experiment=["generalization"], dataset=["g"], d=[5, 20], b1=[np.inf]),
            grid(experiment=["sampling"], dataset=["two_balls"], d=[2, 5], b1=[1.0, 4.0]),
        ]
    )
    return {
        "simulation": simulation.assign(loss=0.8 * simulation["factor"], sliced_w1=0.2),
        "images": images.assign(loss=0.8, sliced_w1=0.2 * images["factor"]),
        "generalization": learned.assign(test_error=0.8 * learned["factor"]),
        "sampling": generated.assign(w1_debiased=0.1 * generated["factor"], w1_floor=0.1),
        "baselines": nothing.assign(
            zero_loss=1.0, zero_error=1.0, sliced_w1_start=0.3, w1_start=0.3 * nothing["factor"]
        ).drop(columns="factor"),
    }


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, tables):
    assert outcome(claim.function, tables) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, tables):
    assert noticed(claim, tables)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_one_cell_is_enough_to_refute(claim, tables):
    """Doing nothing does better in one dimension or data set."""
    better = tables["baselines"].copy()
    one = (better["d"] == better.groupby("experiment")["d"].transform("max")) & (
        better["dataset"] != "a"
    )
    measured = ["zero_loss", "zero_error", "sliced_w1_start", "w1_start"]
    better.loc[one, measured] = better.loc[one, measured] / 100
    assert outcome(claim.function, tables | {"baselines": better}) == REFUTED


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_without_its_baseline_nothing_is_said(claim, tables):
    none = tables["baselines"].iloc[:0]
    assert outcome(claim.function, tables | {"baselines": none}) == OPEN


def test_every_seed_is_compared_with_its_own_points(tables):
    """Both sides share the seeds' noise, however large: the ratio has none."""
    noise = np.exp(2 * np.random.default_rng(0).standard_normal(SEEDS))
    loss, zero = tables["simulation"], tables["baselines"]
    shared = {
        "simulation": loss.assign(loss=0.99 * noise[loss["seed"]]),
        "baselines": zero.assign(zero_loss=noise[zero["seed"]]),
    }
    assert outcome(claims.training_beats_zero, shared) == UPHELD
