"""The papers' printed numbers beside ours, cell by cell."""

import pandas as pd

from flowbounds.experiments.summaries import over_seeds, trajectory_mean

CELL = ["m", "eta", "d"]


def figure_1(simulation: pd.DataFrame, loss: pd.DataFrame, sliced_w1: pd.DataFrame) -> pd.DataFrame:
    """Return paper A's figure 1 beside ours, in the reading that the figure shows.

    Ours is the mean over the checkpoints t > 0, then over the seeds; cells of the grid that the
    paper does not print are left out, and so are cells with a diverged network.

    Args:
        simulation: the table of the simulation experiment.
        loss, sliced_w1: the published values (columns m, eta, d, value, quality).

    Returns:
        Columns figure, cell, paper, ours, relative_difference, quality; one row a marker.
    """
    networks = trajectory_mean(simulation, CELL)
    parts = []
    for panel, quantity, published in (("1a", "loss", loss), ("1b", "sliced_w1", sliced_w1)):
        ours = over_seeds(networks, CELL, quantity).rename(columns={"mean": "ours"})
        both = published.rename(columns={"value": "paper"}).merge(ours, on=CELL)
        parts.append(both.assign(figure=f"A, {panel}: {quantity}"))
    table = pd.concat(parts).dropna(subset="ours")
    cells = zip(table["m"], table["eta"], table["d"], strict=True)
    table["cell"] = [f"m = {m}, eta = {eta:g}, d = {d}" for m, eta, d in cells]
    table["relative_difference"] = table["ours"] / table["paper"] - 1
    return table[["figure", "cell", "paper", "ours", "relative_difference", "quality"]]


def differences(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return how far ours lies from the papers' numbers, a row per figure.

    Returns:
        Columns figure, cells, median, largest: of the absolute relative difference.
    """
    size = comparison["relative_difference"].abs().groupby(comparison["figure"], sort=False)
    return size.agg(cells="size", median="median", largest="max").reset_index()
