"""Theorem 3 of paper B: KL under early stopping, against h and delta, for two kinds of steps."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 3"

LEGEND = {"loc": "upper right", "ncols": 2, "fontsize": 6, "columnspacing": 1, "handlelength": 1.2}
NAMES = {"uniform": "equal", "nonuniform": "non-uniform"}
SCHEDULES = {
    "uniform": {"linestyle": "-"},
    "nonuniform": {
        "linestyle": (0, (2, 1)), "marker": "o", "markerfacecolor": "white", "linewidth": 0.9,
    },
}  # fmt: skip
# each power with its dashes and how far it is drawn
POWERS = {
    -4: (r"$\delta^{-4}$", (0, (6, 2)), 2.5),
    -2: (r"$\delta^{-2}$", (0, (1, 1.5)), 8),
}


def draw(dfm_early_stopping: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL at 1 - delta against N and against delta, and the gain of non-uniform steps.

    Args:
        dfm_early_stopping: the table of the experiment.
    """
    table = dfm_early_stopping[0]
    names = target_style.in_order(table["target"])
    gaps = style.shades(table["delta"])
    counts = style.shades(table["steps"], second=True)
    figure, panels = plt.subplots(
        len(names),
        3,
        figsize=(style.WIDTH, 0.9 + 2 * len(names)),
        squeeze=False,
        sharex="col",
    )
    keys = ["target", "d", "steps", "delta"]
    gains = []
    wide = table.pivot(index=keys, columns="schedule", values="kl_marginal").reset_index()
    for row, target in zip(panels, names, strict=True):
        marker = target_style.look(target)["marker"]
        rows = table[table["target"] == target]
        for schedule, line in SCHEDULES.items():
            part = rows[rows["schedule"] == schedule]
            for gap, each in part.groupby("delta"):
                look = {"color": gaps[gap], "marker": marker} | line
                row[0].plot(each["steps"], each["kl_marginal"], **look)
            for steps, each in part.groupby("steps"):
                if schedule != "uniform" and steps < max(counts):
                    continue  # the rest would hide the powers of delta
                look = {"color": counts[steps], "marker": marker} | line
                row[1].plot(each["delta"], each["kl_marginal"], **look)
        if {"uniform", "nonuniform"} <= set(wide):
            for gap, each in wide[wide["target"] == target].groupby("delta"):
                ratio = each["nonuniform"] / each["uniform"]
                gains.append(ratio.min())
                row[2].plot(each["steps"], ratio, color=gaps[gap], marker=marker)
        for axes in row[:2]:
            target_style.power_axes(axes)
            axes.set_ylim(rows["kl_marginal"].min() / 3, rows["kl_marginal"].max() * 300)
        row[2].set(xscale="log", yscale="log")
        row[2].axhline(1, color="0.45", linewidth=0.8)
        row[0].set_ylabel(target_style.name(target) + "\nKL at $1 - \\delta$ [nats]")
        row[2].set_ylabel("non-uniform / equal")
        _references(row, rows)
    if gains:
        for axes in panels[:, 2]:
            axes.set_ylim(min(gains) / 2, 2)
    panels[0, 0].set_title("against the steps $N$")
    panels[0, 1].set_title("against the gap $\\delta$")
    panels[0, 2].set_title("gain at the same $N$")
    for axes, label in zip(panels[-1], ("steps $N$", "gap $\\delta$", "steps $N$"), strict=True):
        axes.set_xlabel(label)
    for axes in panels[:, [0, 2]].flat:
        axes.set_xticks(sorted(counts), [f"{steps:g}" for steps in sorted(counts)])
        axes.minorticks_off()
    looks = {f"$N = {steps}$": {"color": c, "linewidth": 2} for steps, c in counts.items()}
    panels[0, 1].legend(handles=target_style.handles(looks), **LEGEND)
    looks = {f"$\\delta = {gap:g}$": {"color": c, "linewidth": 2} for gap, c in gaps.items()}
    panels[0, 0].legend(handles=target_style.handles(looks), **LEGEND)
    grey = {"color": "0.3", "marker": "o"}
    looks = {f"{NAMES[schedule]} steps": grey | line for schedule, line in SCHEDULES.items()}
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=2)
    return figure, table


def _references(row, rows: pd.DataFrame) -> None:
    """Draw N^-2 below the curves of the first panel, powers of delta above those of the second."""
    least = rows["steps"].min()
    lowest = rows.loc[rows["steps"] == least, "kl_marginal"].min()
    target_style.power_line(row[0], -2, "$N^{-2}$", (least, 3 * least), lowest / 4)
    top, least = rows["kl_marginal"].max(), rows["delta"].min()
    for power, (label, dashes, stop) in POWERS.items():
        target_style.power_line(
            row[1], power, label, (least, stop * least), 100 * top, linestyle=dashes
        )
