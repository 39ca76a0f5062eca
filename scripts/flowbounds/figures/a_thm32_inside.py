"""Theorem 3.2 of paper A inside its conditions: rate, width, and the order of what is left."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims.a_inside import GOAL, width_needed
from flowbounds.experiments.summaries import over_seeds
from flowbounds.experiments.thm32_inside import INSIDE, LARGE, LONG
from flowbounds.figures import style

THEOREM = "Theorem 3.2"

HUES = {INSIDE: "#0072B2", LONG: "#D55E00", LARGE: "#009E73"}
NAMES = {
    INSIDE: r"$\eta$ and $\kappa$ as asked",
    LONG: r"$\kappa$ as asked, long steps",
    LARGE: r"$\kappa = 1$, long steps",
}
MARKERS = ("o", "^")
"""Of the smallest and the largest n."""
DASHED = (0, (4, 2))


def draw(
    thm32_inside: list[pd.DataFrame],
    thm32_inside_decay: list[pd.DataFrame],
    thm32_split: list[pd.DataFrame],
) -> tuple[Figure, pd.DataFrame]:
    """Draw pace against progress, deviation and its split against m, width against n.

    Args:
        thm32_inside: a row per network.
        thm32_inside_decay: a row per network and checkpoint.
        thm32_split: mean and fluctuation over initialisations.
    """
    figure, panels = plt.subplots(2, 2, figsize=(style.WIDTH, 5.6))
    drawn = [
        _pace(panels[0, 0], thm32_inside_decay[0]),
        _deviation(panels[0, 1], thm32_inside[0]),
        _width(panels[1, 0], thm32_inside[0]),
        _split(panels[1, 1], thm32_split[0]),
    ]
    handles = [Line2D([], [], color=hue, marker="s", label=NAMES[c]) for c, hue in HUES.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure, pd.concat(drawn)


def _ends(table: pd.DataFrame) -> dict[int, str]:
    """Return the markers of the smallest and the largest n."""
    sizes = sorted(table["n"].unique())
    return dict(zip(sorted({sizes[0], sizes[-1]}), MARKERS, strict=False))


def _of_n(markers: dict[int, str]) -> list[Line2D]:
    return [
        Line2D([], [], color="0.3", linestyle="", marker=marker, label=f"$n = {n}$")
        for n, marker in markers.items()
    ]


def _log(axes: Axes, **words: str) -> None:
    axes.set(xscale="log", **words)
    if not style.is_empty(axes):
        axes.set_yscale("log")


def _pace(axes: Axes, decay: pd.DataFrame) -> pd.DataFrame:
    """Draw the median pace over the seeds, of the widest networks and the largest d."""
    d, m = decay["d"].max(), decay["m"].max()
    rows = decay[(decay["d"] == d) & (decay["m"] == m)]
    keys = ["case", "d", "n", "m", "t"]
    median = rows.groupby(keys)[["progress", "pace", "linear_pace"]].median().reset_index()
    markers = _ends(rows)
    for case, hue in HUES.items():
        for n, marker in markers.items():
            part = median[(median["case"] == case) & (median["n"] == n)]
            axes.plot(part["progress"], part["linear_pace"], color=hue, linewidth=0.9)
            axes.plot(part["progress"], part["pace"], color=hue, linestyle="", marker=marker)
    _log(
        axes,
        xlabel=r"$\eta \lambda_{\min} t$",
        ylabel="rate of decay over promised",
        title=f"(a) rate, $d = {d}$, $m = {m}$",
    )
    for level, line in ((1, "-"), (4, DASHED)):
        axes.axhline(level, color="0.3", linewidth=0.9, linestyle=line, zorder=1)
    looks = [
        Line2D([], [], color="0.3", linewidth=0.9, label="linearised"),
        Line2D([], [], color="0.3", linewidth=0.9, linestyle=DASHED, label="four times promised"),
    ]
    axes.legend(handles=_of_n(markers) + looks, loc="upper right")
    return median.assign(quantity="pace")


def _deviation(axes: Axes, table: pd.DataFrame) -> pd.DataFrame:
    """Draw the deviation against m, of the largest d."""
    d = table["d"].max()
    rows = table[table["d"] == d]
    summary = over_seeds(rows, ["case", "d", "n", "m"], "deviation")
    markers = _ends(rows)
    for case in (LONG, LARGE):
        for n, marker in markers.items():
            part = summary[(summary["case"] == case) & (summary["n"] == n)]
            style.mean_and_band(axes, "m", part, color=HUES[case], marker=marker)
    _log(
        axes,
        xlabel="width $m$",
        ylabel=r"largest $|\Delta - $linearised$|\ /\ |\Delta(0)|$",
        title=f"(b) deviation, $d = {d}$",
    )
    style.log_limits(axes, summary["mean"])
    axes.legend(handles=_of_n(markers), loc="lower left")
    return summary.assign(quantity="deviation")


def _width(axes: Axes, table: pd.DataFrame) -> pd.DataFrame:
    """Draw the width that the deviation asks for and the one that the theorem asks for."""
    colours = style.DimensionColours(table["d"].unique())
    needed = width_needed(table)
    lines = {"needed": (needed, "width", "-"), "asked": (needed, "width_asked", ":")}
    found = []
    for name, (rows, column, line) in lines.items():
        rows = rows.assign(log=np.log(rows[column]))
        summary = over_seeds(rows, ["d", "n"], "log")
        summary["mean"] = np.exp(summary["mean"])
        for d, part in summary.groupby("d"):
            axes.plot(part["n"], part["mean"], color=colours[d], marker="o", linestyle=line)
        found.append(summary.drop(columns="sd").assign(quantity=f"width {name}"))
    _log(axes, xlabel="sample size $n$", ylabel="width $m$", title=r"(c) width at $\kappa = 1$")
    sizes = sorted(table["n"].unique())
    axes.set_xticks(sizes, sizes)
    axes.minorticks_off()
    looks = [
        Line2D([], [], color="0.3", label=f"for a deviation of {GOAL:g}"),
        Line2D([], [], color="0.3", linestyle=":", label="as Theorem 3.2 asks"),
    ]
    axes.legend(handles=colours.handles() + looks, loc="center right", bbox_to_anchor=(1, 0.4))
    return pd.concat(found)


def _split(axes: Axes, split: pd.DataFrame) -> pd.DataFrame:
    """Draw fluctuation and mean over initialisations against m."""
    colours = style.DimensionColours(split["d"].unique())
    summary = pd.concat(
        over_seeds(split, ["d", "n", "m"], quantity).assign(quantity=quantity)
        for quantity in ("fluctuation", "mean_square")
    )
    squares = summary["quantity"] == "mean_square"
    root = np.sqrt(summary["mean"].clip(lower=0))
    # the mean's error is of the square: none is drawn
    summary.loc[squares, "sd"] = 0.0
    summary["mean"] = summary["mean"].where(~squares, root)
    for (d, quantity), part in summary.groupby(["d", "quantity"]):
        look = {"linestyle": "-", "marker": "o"}
        if quantity == "mean_square":
            look = {"linestyle": DASHED, "marker": "D"}
        style.mean_and_band(axes, "m", part, color=colours[d], **look)
    _log(
        axes,
        xlabel="width $m$",
        ylabel=r"of $\Delta(T) - $linearised, over $|V|$",
        title=rf"(d) split over starts, $\kappa = 1$, $n = {split['n'].min()}$",
    )
    style.log_limits(axes, summary["mean"])
    widths = sorted(split["m"].unique())
    if len(widths) > 1 and not style.is_empty(axes):
        ends, top = (widths[0], widths[-1]), 2.5 * summary["mean"].max()
        axes.set_ylim(top=1.2 * top)
        for power, name in ((-0.5, r"$m^{-1/2}$"), (-1.0, r"$m^{-1}$")):
            last = top * (ends[1] / ends[0]) ** power
            style.reference_slope(axes, power, name, ends, last)
    looks = [
        Line2D([], [], color="0.3", marker="o", label="fluctuation"),
        Line2D([], [], color="0.3", marker="D", linestyle=DASHED, label="mean"),
    ]
    axes.legend(handles=colours.handles() + looks, loc="lower left")
    return summary
