"""Lemma 3.4 of paper A on many tasks: complexity, coverage of its bound, and how loose it is."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes, reference_slope

THEOREM = "Theorem 3.3"

# name, hue, marker, and by how much its points are moved aside so that none hides another
LOSSES = {
    "bounded": ("bounded losses", "#0072B2", "o", -0.3),
    "subgaussian": ("sub-Gaussian", "#009E73", "s", 0.0),
    "heavy": ("heavy-tailed", "#D55E00", "^", 0.3),
}
COVERED = 0.95
"""1 - delta."""
FLOW_MATCHING = {"color": "black", "marker": "D", "linewidth": 1.6}


def draw(
    lemma34_tasks: list[pd.DataFrame],
    lemma34_coverage: list[pd.DataFrame],
    lemma34_memorisers: list[pd.DataFrame],
) -> tuple[Figure, pd.DataFrame]:
    """Draw complexity against n and d above, coverage and looseness of the bound below.

    Args:
        lemma34_tasks: complexities of the unit ball.
        lemma34_coverage: deviations and bounds of finite classes.
        lemma34_memorisers: both of classes that memorise.
    """
    complexity = over_seeds(lemma34_tasks[0], ["d", "tasks", "n"], "rademacher")
    covered = over_seeds(lemma34_coverage[0], ["losses", "tasks", "n"], "coverage")
    table = lemma34_coverage[0]
    table = table.assign(share=table["deviation"] / table["bound"])
    table = table[(table["n"] == table["n"].max()) & (table["losses"] != "heavy")]
    loose = over_seeds(table, ["losses", "tasks"], "share")
    exact = lemma34_memorisers[0]
    exact = exact[exact["n"] == exact["n"].max()].sort_values("tasks")
    figure, ((a, b), (c, d)) = plt.subplots(2, 2, figsize=(style.WIDTH, 5.4))
    _against_n(a, complexity)
    _against_d(b, complexity)
    _coverage(c, covered)
    _looseness(d, loose, exact)
    drawn = [
        complexity.assign(panel="complexity"),
        covered.assign(panel="coverage"),
        loose.assign(panel="deviation over bound"),
        exact.assign(panel="memorisers"),
    ]
    return figure, pd.concat(drawn)


def _against_n(axes: Axes, summary: pd.DataFrame) -> None:
    """Draw R against n for one task and for as many as dimensions, in the colour of d."""
    dimensions, sizes = sorted(summary["d"].unique()), sorted(summary["n"].unique())
    colours, fewest = style.DimensionColours(dimensions), summary["tasks"].min()
    looks = {
        f"$q = {fewest}$": {"linestyle": "-", "marker": "o"},
        "$q = d$": {"linestyle": (0, (4, 1.5)), "marker": "D"},
    }
    for d in dimensions:
        of_d = summary[summary["d"] == d]
        for tasks, look in zip((fewest, d), looks.values(), strict=True):
            rows = of_d[of_d["tasks"] == tasks]
            style.mean_and_band(axes, "n", rows, color=colours[d], **look)
    rate_axes(axes, sizes)
    if len(sizes) > 1:
        reference_slope(axes, sizes, 1.6 * summary["mean"].max(), -0.5)
    axes.set_ylim(bottom=summary["mean"].min() / 6)
    axes.set(
        title="(a) complexity of the unit ball",
        xlabel="sample size $n$",
        ylabel="Rademacher complexity $R$",
    )
    grey = [Line2D([], [], color="0.3", label=name, **look) for name, look in looks.items()]
    axes.legend(handles=[*colours.handles(), *grey], ncols=2, fontsize=6, loc="lower left")


def _against_d(axes: Axes, summary: pd.DataFrame) -> None:
    """Draw R against d at the largest n: at fixed numbers of tasks, and for q = d."""
    rows = summary[summary["n"] == summary["n"].max()]
    dimensions = sorted(rows["d"].unique())
    of_all = rows.groupby("tasks")["d"].nunique()
    fixed = sorted(of_all[of_all == len(dimensions)].index)
    for tasks, colour in style.shades(fixed).items():
        line = {"color": colour, "marker": "o", "label": f"$q = {tasks}$"}
        style.mean_and_band(axes, "d", rows[rows["tasks"] == tasks], **line)
    own = rows[rows["tasks"] == rows["d"]]
    style.mean_and_band(axes, "d", own, label="$q = d$", **FLOW_MATCHING)
    rate_axes(axes, dimensions)
    if len(dimensions) > 1:
        ends, lowest = dimensions[-2:], rows["mean"].min()
        reference_slope(axes, ends, 0.75 * lowest, 0.5, r"$\propto d^{\,1/2}$")
        top = own.loc[own["d"] == ends[0], "mean"].item()
        reference_slope(axes, ends, 1.5 * top, 1, r"$\propto d$")
    axes.set(
        title=f"(b) at $n = {rows['n'].max()}$",
        xlabel="dimension $d$",
        ylabel="Rademacher complexity $R$",
    )
    axes.legend(fontsize=6, loc="upper left")


def _coverage(axes: Axes, summary: pd.DataFrame) -> None:
    """Draw the share of covered samples at each n; the more tasks, the larger the marker."""
    tasks = sorted(summary["tasks"].unique())
    sizes = {q: 3 + 1.5 * k for k, q in enumerate(tasks)}
    for law, (_, hue, marker, aside) in LOSSES.items():
        for k, q in enumerate(tasks):
            rows = summary[(summary["losses"] == law) & (summary["tasks"] == q)].sort_values("n")
            x = rows["n"] * np.exp(aside + 0.2 * (k / len(tasks) - 0.4))
            look = {"marker": marker, "markersize": sizes[q], "markerfacecolor": "white"}
            axes.plot(x, rows["mean"], color=hue, linestyle="", zorder=3, **look)
    axes.axhline(COVERED, color="0.3", linewidth=0.9)
    axes.annotate(
        r"promised, $1 - \delta$",
        (0.02, COVERED),
        xycoords=("axes fraction", "data"),
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=7,
        color="0.35",
    )
    rate_axes(axes, summary["n"].unique(), y_log=False)
    axes.set(
        title="(c) coverage of the bound",
        xlabel="sample size $n$",
        ylabel="share of samples",
        ylim=(min(0.8, summary["mean"].min()) - 0.15, 1.02),
    )
    laws = [
        Line2D([], [], color=hue, linestyle="", marker=marker, markerfacecolor="white", label=name)
        for name, hue, marker, _ in LOSSES.values()
    ]
    marks = [
        Line2D([], [], color="0.3", linestyle="", marker="o", markerfacecolor="white",
               markersize=size, label=f"$q = {q}$")
        for q, size in sizes.items()
    ]  # fmt: skip
    axes.legend(handles=[*laws, *marks], ncols=2, fontsize=6, loc="lower left")


def _looseness(axes: Axes, loose: pd.DataFrame, exact: pd.DataFrame) -> None:
    """Draw deviation over bound against the tasks, of networks and of classes that memorise."""
    for law, part in loose.groupby("losses"):
        name, hue, marker, _ = LOSSES[law]
        line = {"color": hue, "marker": marker, "label": f"networks, {name}"}
        style.mean_and_band(axes, "tasks", part, **line)
    for column, label, look in (
        ("bound", "memorisers, with $R$", {"color": "black", "marker": "X"}),
        (
            "contracted",
            r"memorisers, with $\sqrt{2}\,R$",
            {"color": "#777777", "marker": "P", "linestyle": (0, (4, 1.5))},
        ),
    ):
        axes.plot(exact["tasks"], exact["deviation"] / exact[column], label=label, **look)
    axes.axhline(1, color="0.3", linewidth=0.9)
    rate_axes(axes, exact["tasks"].unique())
    axes.set(
        title=f"(d) how much of the bound is used, $n = {exact['n'].max()}$",
        xlabel="tasks $q$",
        ylabel="deviation over bound",
    )
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.1, 2.2 * high)
    axes.legend(fontsize=6, ncols=2, loc="upper left")
