import numpy as np
import pandas as pd
import pytest

from flowbounds.experiments.summaries import over_seeds, terminal, trajectory_mean


@pytest.fixture
def table() -> pd.DataFrame:
    """Two step sizes, two seeds, t = 0, 10, 20; seed 1 of eta = 0.1 diverged at t = 20."""
    rows = [
        (eta, seed, t, 100 * eta + 10 * seed + t, 1.0 + t)
        for eta in (0.01, 0.1)
        for seed in (0, 1)
        for t in (0, 10, 20)
    ]
    table = pd.DataFrame(rows, columns=["eta", "seed", "t", "loss", "sliced_w1"])
    table.loc[11, ["loss", "sliced_w1"]] = np.nan
    return table


def test_trajectory_mean_leaves_the_start_out_and_keeps_divergence(table):
    means = trajectory_mean(table, ["eta"]).set_index(["eta", "seed"])["loss"]
    assert means[0.01, 0] == 1 + 15
    assert means[0.01, 1] == 1 + 10 + 15
    assert means[0.1, 0] == 10 + 15
    assert np.isnan(means[0.1, 1])


def test_terminal_is_the_last_checkpoint(table):
    last = terminal(table, ["eta"]).set_index(["eta", "seed"])["loss"]
    assert last[0.01, 1] == 1 + 10 + 20
    assert np.isnan(last[0.1, 1])


def test_no_average_hides_a_diverged_network(table):
    summary = over_seeds(terminal(table, ["eta"]), ["eta"], "loss").set_index("eta")
    assert summary.loc[0.01, "mean"] == 26
    assert summary.loc[0.01, "sd"] == pytest.approx(50**0.5)
    assert summary.loc[0.01, "diverged"] == 0
    assert summary.loc[0.1, "diverged"] == 1
    assert summary.loc[0.1, "seeds"] == 2
    assert np.isnan(summary.loc[0.1, "mean"])


def test_one_seed_has_no_spread(table):
    one = table[table["seed"] == 0]
    summary = over_seeds(one, ["eta", "t"], "loss")
    assert (summary["sd"] == 0).all()
    assert summary["mean"].notna().all()
