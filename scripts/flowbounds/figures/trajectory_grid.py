"""The panel grid of figures 3 and 4 of paper A: a quantity against t, rows m, columns eta."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style

CELL = ["d", "m", "eta", "t"]
STRAIGHT = {"color": "black", "linestyle": (0, (4, 2)), "linewidth": 0.8}
FIFTH = 0.2  # of the iterations, whose rate a straight line continues


def trajectory_grid(
    table: pd.DataFrame,
    published: pd.DataFrame,
    baselines: pd.DataFrame,
    quantity: str,
    label: str,
    straight: bool = False,
) -> tuple[Figure, pd.DataFrame]:
    """Draw one quantity of the simulation table, the colour being the dimension.

    Beside the last checkpoint stand the means and bands there, and above each panel the narrowest
    gap between neighbouring dimensions in units of both bands.

    Args:
        table: the table of the simulation experiment.
        published: values read off the paper's figure (columns of the cell, value); drawn are those
            of cells of the table.
        baselines: what no training gives; its first line for the quantity is drawn.
        quantity: the column drawn.
        label: its name in words and symbols.
        straight: whether the largest d has a line of its rate over the first fifth beside it.
    """
    summary = over_seeds(table, CELL, quantity).assign(source="replication")
    paper = published.rename(columns={"value": "mean"}).merge(summary[CELL], on=CELL)
    widths, etas = sorted(table["m"].unique()), sorted(table["eta"].unique())
    colours = style.DimensionColours(table["d"].unique())
    last = summary["t"].max()
    untrained = doing_nothing.means(baselines, "simulation", doing_nothing.OF[quantity][:1])
    figure, panels = plt.subplots(
        len(widths),
        len(etas),
        figsize=(style.WIDTH, 0.9 + 1.65 * len(widths)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for row, m in zip(panels, widths, strict=True):
        for axes, eta in zip(row, etas, strict=True):
            panel = summary[(summary["m"] == m) & (summary["eta"] == eta)]
            for place, d in enumerate(colours.grid):
                curve = panel[panel["d"] == d]
                style.mean_and_band(axes, "t", curve, color=colours[d])
                doing_nothing.levels(axes, untrained[untrained["d"] == d], colours[d])
                end = curve[curve["t"] == last]
                # bands next to one another where curves end: two columns, so that none hides two
                beside = last * (1.035 + 0.03 * (place % 2))
                axes.errorbar(
                    [beside] * len(end), end["mean"], end["sd"], color=colours[d],
                    linewidth=1.6, linestyle="", zorder=3,
                )  # fmt: skip
            theirs = paper[(paper["m"] == m) & (paper["eta"] == eta)]
            if len(theirs):  # of a line without points that is not clipped, layouts go astray
                axes.plot(theirs["t"], theirs["mean"], clip_on=False, **style.published())
            if straight:
                _straight(axes, panel[panel["d"] == colours.grid[-1]])
            style.say_diverged(axes, panel[panel["t"] == last])
            axes.set_title(narrowest_gap(panel[panel["t"] == last]), loc="right", fontsize=6.5)
        row[0].set_ylabel(f"$m = {m}$\n{label}")
    style.log_limits(panels[0, 0], pd.concat([summary["mean"], paper["mean"], untrained["mean"]]))
    for axes, eta in zip(panels[0], etas, strict=True):
        axes.set_title(
            rf"$\eta = $ {style.power(eta)}",
            loc="left",
            color=style.eta_hue(eta, etas),
            fontweight="bold",
        )
    for axes in panels[-1]:
        axes.set_xlabel("gradient-descent iteration $t$")
    handles = colours.handles()
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=min(10, len(handles)),
        handlelength=1,
        columnspacing=1,
    )
    others = [
        Line2D([], [], color="0.3", linewidth=1.6, marker="|", markersize=0, label="bars: mean "
               f"$\\pm$ one standard deviation over the seeds at $t = {last:g}$")
    ]  # fmt: skip
    if straight:
        words = f"$d = {colours.grid[-1]}$ at the rate of its first fifth"
        others.append(Line2D([], [], **STRAIGHT, label=words))
    read = ", ".join(f"$d = {d}$" for d in sorted(published["d"].unique()))
    theirs = style.published_handle(panels[0, 0], f"paper, one run ({read})", not paper.empty)
    nothing = doing_nothing.handles(untrained["quantity"].unique())
    figure.legend(handles=[*others, *theirs, *nothing], loc="outside lower center", ncols=2)
    return figure, pd.concat([summary, paper.assign(source="paper"), untrained])


def narrowest_gap(ends: pd.DataFrame) -> str:
    """Say how far neighbouring dimensions end apart, in sums of their standard deviations.

    Args:
        ends: one row per d: d, mean, sd.
    """
    ends = ends.sort_values("d")
    bands = ends["sd"] + ends["sd"].shift()
    gaps = (ends["mean"].diff() / bands.where(bands > 0)).dropna()
    if gaps.empty:
        return ""
    upper = ends["d"].loc[gaps.idxmin()]
    lower = ends["d"].shift().loc[gaps.idxmin()]
    return f"least gap {gaps.min():.1f} bands ($d = {lower:.0f}, {upper:.0f}$)"


def _straight(axes: Axes, curve: pd.DataFrame) -> None:
    """Continue the geometric rate of a curve's first fifth to its end."""
    curve = curve.sort_values("t")
    t, mean = curve["t"].to_numpy(), curve["mean"].to_numpy()
    fifth = round(FIFTH * (len(t) - 1))
    if fifth == 0 or not np.isfinite(mean[[0, fifth]]).all():
        return
    rate = np.log(mean[0] / mean[fifth]) / (t[fifth] - t[0])
    axes.plot(t, mean[0] * np.exp(-rate * (t - t[0])), zorder=4, **STRAIGHT)
