"""The panel grid of figures 3 and 4 of paper A: a quantity against t, rows m, columns eta."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style


def trajectory_grid(
    table: pd.DataFrame, quantity: str, label: str, baselines: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw one quantity of the simulation table, the colour being the dimension.

    Args:
        table: the table of the simulation experiment.
        quantity: the column drawn.
        label: its name in words and symbols.
        baselines: what no training gives; its first line for the quantity is drawn.
    """
    summary = over_seeds(table, ["d", "m", "eta", "t"], quantity)
    widths, etas = sorted(table["m"].unique()), sorted(table["eta"].unique())
    colours = style.DimensionColours(table["d"].unique())
    untrained = doing_nothing.means(baselines, "simulation", doing_nothing.OF[quantity][:1])
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
                doing_nothing.levels(axes, untrained[untrained["d"] == d], colours[d])
            style.say_diverged(axes, panel[panel["t"] == panel["t"].max()])
        row[0].set_ylabel(f"$m = {m}$\n{label}")
    style.log_limits(panels[0, 0], pd.concat([summary["mean"], untrained["mean"]]))
    for axes, eta in zip(panels[0], etas, strict=True):
        axes.set_title(
            rf"$\eta = $ {style.power(eta)}", color=style.eta_hue(eta, etas), fontweight="bold"
        )
    for axes in panels[-1]:
        axes.set_xlabel("gradient-descent iteration $t$")
    colours.bar(figure, panels)
    handles = doing_nothing.handles(untrained["quantity"].unique())
    figure.legend(handles=handles, loc="outside upper right")
    return figure, pd.concat([summary, untrained])
