"""Statistics of trajectory tables that figures and verdicts share.

A trajectory table has one row per network and checkpoint; ``cell`` stands for the columns that
name a network but for its seed, and for the seed itself. A network that diverged has empty
measurements: every statistic of it is empty too, and so is the mean of its cell, which says
instead how many seeds diverged.
"""

from collections.abc import Sequence

import pandas as pd

QUANTITIES = ["loss", "sliced_w1"]


def trajectory_mean(table: pd.DataFrame, cell: Sequence[str]) -> pd.DataFrame:
    """Return the mean of each quantity over the checkpoints t > 0 of each network.

    This is the statistic that paper A's figure 1 shows.
    """
    later = table[table["t"] > 0]
    groups = later.groupby([*cell, "seed"], as_index=False)
    return groups[QUANTITIES].agg(lambda values: values.mean(skipna=False))


def terminal(table: pd.DataFrame, cell: Sequence[str]) -> pd.DataFrame:
    """Return each quantity at the last checkpoint: what the caption of paper A's figure 1 names."""
    last = table[table["t"] == table["t"].max()]
    return last[[*cell, "seed", *QUANTITIES]]


def over_seeds(table: pd.DataFrame, by: Sequence[str], quantity: str) -> pd.DataFrame:
    """Return mean, sd, seeds (how many) and diverged (how many of them) of each group.

    The standard deviation has n - 1 in its denominator and is 0 for a single seed. Mean and
    standard deviation are empty where any seed diverged: no average hides a diverged network.
    """
    groups = table.groupby(list(by))[quantity]
    summary = groups.agg(mean="mean", sd="std", seeds="size", finite="count").reset_index()
    summary["diverged"] = summary["seeds"] - summary.pop("finite")
    summary["sd"] = summary["sd"].where(summary["seeds"] > 1, 0.0)
    summary.loc[summary["diverged"] > 0, ["mean", "sd"]] = float("nan")
    return summary


def beside_published(
    table: pd.DataFrame, published: pd.DataFrame, cell: Sequence[str], quantity: str
) -> pd.DataFrame:
    """Put values read off a figure beside the mean and standard deviation of our seeds.

    Args:
        table: one row per cell and seed.
        published: columns of the cell, value, quality.

    Returns:
        A row per published value whose cell is in the table and has no diverged network: its
        columns but value, and paper, ours, sd, seeds, relative_difference and z, by how many
        standard deviations of our seeds the paper's value lies above our mean; z is empty where
        the seeds do not scatter or are fewer than two.
    """
    ours = over_seeds(table, cell, quantity).rename(columns={"mean": "ours"})
    both = published.rename(columns={"value": "paper"}).merge(ours, on=list(cell))
    both = both.dropna(subset="ours").drop(columns="diverged")
    both["relative_difference"] = both["ours"] / both["paper"] - 1
    both["z"] = (both["paper"] - both["ours"]) / both["sd"].where(both["sd"] > 0)
    return both


def expected_within(z: float, seeds: pd.Series) -> pd.Series:
    """Return the probability that another run lies within z standard deviations of our mean.

    Mean and standard deviation are those of some seeds of one Gaussian law, so that the distance
    of one more run is sqrt(1 + 1 / seeds) times Student's t.
    """
    from scipy.special import stdtr

    k = seeds.astype(float)  # of an empty table it may be of any type
    return 1 - 2 * stdtr(k - 1, -z / (1 + 1 / k) ** 0.5)
