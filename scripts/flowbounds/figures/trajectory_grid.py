"""The panel grid of figures 3 and 4 of paper A: a quantity against t, rows m, columns eta."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style

CELL = ["d", "m", "eta", "t"]


def trajectory_grid(
    table: pd.DataFrame, published: pd.DataFrame, quantity: str, label: str
) -> tuple[Figure, pd.DataFrame]:
    """Draw one quantity of the simulation table, the colour being the dimension.

    Args:
        table: the table of the simulation experiment.
        published: values read off the paper's figure (columns of the cell, value); drawn are those
            of cells of the table.
        quantity: the column drawn.
        label: its name in words and symbols.
    """
    summary = over_seeds(table, CELL, quantity).assign(source="replication")
    paper = published.rename(columns={"value": "mean"}).merge(summary[CELL], on=CELL)
    widths, etas = sorted(table["m"].unique()), sorted(table["eta"].unique())
    colours = style.DimensionColours(table["d"].unique())
    figure, panels = plt.subplots(
        len(widths),
        len(etas),
        figsize=(style.WIDTH, 0.6 + 1.55 * len(widths)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for row, m in zip(panels, widths, strict=True):
        for axes, eta in zip(row, etas, strict=True):
            panel = summary[(summary["m"] == m) & (summary["eta"] == eta)]
            for d in colours.grid:
                style.mean_and_band(axes, "t", panel[panel["d"] == d], color=colours[d])
            theirs = paper[(paper["m"] == m) & (paper["eta"] == eta)]
            axes.plot(theirs["t"], theirs["mean"], clip_on=False, **style.published())
            style.say_diverged(axes, panel[panel["t"] == panel["t"].max()])
        row[0].set_ylabel(f"$m = {m}$\n{label}")
    style.log_limits(panels[0, 0], pd.concat([summary["mean"], paper["mean"]]))
    for axes, eta in zip(panels[0], etas, strict=True):
        axes.set_title(
            rf"$\eta = $ {style.power(eta)}", color=style.eta_hue(eta, etas), fontweight="bold"
        )
    for axes in panels[-1]:
        axes.set_xlabel("gradient-descent iteration $t$")
    colours.bar(figure, panels)
    read = ", ".join(f"$d = {d}$" for d in sorted(published["d"].unique()))
    style.name_published(figure, panels[0, 0], f"paper, one run ({read})", not paper.empty)
    return figure, pd.concat([summary, paper.assign(source="paper")])
