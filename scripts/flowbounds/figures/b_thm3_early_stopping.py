"""Theorem 3 of paper B: KL under early stopping, against h and delta, for two kinds of steps."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, targets

SCHEDULES = {"uniform": targets.MARGINAL, "nonuniform": targets.PATH}


def draw(dfm_early_stopping: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL at 1 - delta against N and against delta, and the gain of non-uniform steps.

    Args:
        dfm_early_stopping: the table of the experiment.
    """
    table = dfm_early_stopping[0]
    names = targets.in_order(table["target"])
    gaps, counts = targets.shades(table["delta"]), targets.shades(table["steps"])
    figure, panels = plt.subplots(
        len(names),
        3,
        figsize=(style.WIDTH, 0.9 + 2 * len(names)),
        squeeze=False,
        sharex="col",
    )
    keys = ["target", "d", "steps", "delta"]
    wide = table.pivot(index=keys, columns="schedule", values="kl_marginal").reset_index()
    for row, target in zip(panels, names, strict=True):
        marker = targets.look(target)["marker"]
        rows = table[table["target"] == target]
        for schedule, line in SCHEDULES.items():
            part = rows[rows["schedule"] == schedule]
            for gap, each in part.groupby("delta"):
                look = {"color": gaps[gap], "marker": marker} | line
                row[0].plot(each["steps"], each["kl_marginal"], **look)
            for steps, each in part.groupby("steps"):
                look = {"color": counts[steps], "marker": marker} | line
                row[1].plot(each["delta"], each["kl_marginal"], **look)
        if {"uniform", "nonuniform"} <= set(wide):
            for gap, each in wide[wide["target"] == target].groupby("delta"):
                ratio = each["nonuniform"] / each["uniform"]
                row[2].plot(each["steps"], ratio, color=gaps[gap], marker=marker)
        for axes in row[:2]:
            targets.power_axes(axes)
            axes.set_ylim(rows["kl_marginal"].min() / 3, rows["kl_marginal"].max() * 3)
        row[2].set(xscale="log", yscale="log")
        row[2].axhline(1, color="0.45", linewidth=0.8)
        row[0].set_ylabel(targets.name(target) + "\nKL at $1 - \\delta$ [nats]")
        row[2].set_ylabel("non-uniform / uniform")
        _references(row, rows)
    panels[0, 0].set_title("against the steps $N$")
    panels[0, 1].set_title("against the gap $\\delta$")
    panels[0, 2].set_title("gain at the same $N$")
    for axes, label in zip(panels[-1], ("steps $N$", "gap $\\delta$", "steps $N$"), strict=True):
        axes.set_xlabel(label)
    for axes in panels[:, [0, 2]].flat:
        axes.set_xticks(sorted(counts), [f"{steps:g}" for steps in sorted(counts)])
        axes.minorticks_off()
    looks = {
        f"$\\delta = {gap:g}$": {"color": shade, "linewidth": 2} for gap, shade in gaps.items()
    }
    panels[0, 2].legend(handles=targets.handles(looks), fontsize=6.5)
    looks = {f"$N = {steps}$": {"color": c, "linewidth": 2} for steps, c in counts.items()}
    panels[0, 1].legend(handles=targets.handles(looks), fontsize=6.5)
    grey = {"color": "0.3", "marker": "o"}
    looks = {f"{name} steps": grey | line for name, line in SCHEDULES.items()}
    figure.legend(handles=targets.handles(looks), loc="outside lower center", ncols=2)
    return figure, table


def _references(row, rows: pd.DataFrame) -> None:
    """Draw N^-2 under the first panel's lowest curve, and powers of delta in the second."""
    best = rows[rows["kl_marginal"] == rows["kl_marginal"].min()].iloc[0]
    ends = (best["steps"] / 6, best["steps"])
    style.reference_slope(row[0], -2, "$N^{-2}$", ends, best["kl_marginal"] / 1.6)
    finest = rows[(rows["schedule"] == "uniform") & (rows["steps"] == rows["steps"].max())]
    start = finest.sort_values("delta").iloc[-1]
    for power in (-2, -4):
        ends = (start["delta"] / 5, start["delta"])
        label = rf"$\delta^{{{power}}}$"
        style.reference_slope(row[1], power, label, ends, start["kl_marginal"] * 1.5)
