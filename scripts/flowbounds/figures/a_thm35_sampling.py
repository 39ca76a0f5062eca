"""Theorem 3.5 of paper A: distance of generated samples to the data, in n, d and B1."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims import evidence
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.5"

CELL = ["d", "m", "b1", "n"]
OF_NOTHING = ["w1_start", "w1_posterior"]
MARKERS = ["o", "s", "^", "D"]


def exponents(table: pd.DataFrame) -> pd.DataFrame:
    """Return the exponent in n of debiased W1, with its interval over the seeds.

    Returns:
        Columns d, m, b1, mean, low, high, quantity.
    """
    rows = []
    for cell, part in table.groupby(["d", "m", "b1"]):
        fitted = evidence.exponents(part, "w1_debiased", "n", ["d", "m", "b1"], of_means=True)
        rows.append(dict(zip(["d", "m", "b1"], cell, strict=True)) | interval(fitted))
    return pd.DataFrame(rows).assign(quantity="exponent of w1_debiased")


def draw(
    sampling: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw debiased W1 against n for every B1, its exponents in n, and W1 against B1.

    Args:
        sampling: the table of the experiment.
        baselines: what no training gives.
    """
    table = sampling[0]
    dimensions, bounds = sorted(table["d"].unique()), sorted(table["b1"].unique())
    widths, sizes = sorted(table["m"].unique()), sorted(table["n"].unique())
    colours = style.DimensionColours(dimensions)
    summary = over_seeds(table, CELL, "w1_debiased").assign(quantity="w1_debiased")
    nothing = doing_nothing.means(baselines[0], "sampling", OF_NOTHING, ["d", "b1"])
    fits = exponents(table)

    figure = plt.figure(figsize=(style.WIDTH, 5.6))
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    above = top.subplots(1, len(bounds), sharey=True, squeeze=False)[0]
    for axes, b1 in zip(above, bounds, strict=True):
        for d in dimensions:
            here = (summary["d"] == d) & (summary["b1"] == b1)
            for k, m in enumerate(widths):
                cells = summary[here & (summary["m"] == m)]
                style.mean_and_band(axes, "n", cells, color=colours[d], marker=MARKERS[k % 4])
            untrained = nothing[(nothing["d"] == d) & (nothing["b1"] == b1)]
            doing_nothing.levels(axes, untrained, colours[d])
        rate_axes(axes, sizes)
        axes.set(title=f"(a) $B_1 = {b1:g}$", xlabel="sample size $n$")
    style.log_limits(above[0], pd.concat([summary["mean"], nothing["mean"]]))
    above[0].set_ylabel("debiased $W_1$ to the data")

    left, right = bottom.subplots(1, 2)
    spread = np.linspace(-0.25, 0.25, len(bounds) * len(widths)) if len(bounds) > 1 else [0]
    for place, d in enumerate(dimensions):
        for value, dashes in ((1 / (2 * (d + 2)), "-"), (1 / (d + 2), (0, (2, 1)))):
            left.plot(
                [place - 0.4, place + 0.4],
                [-value] * 2,
                color="0.45",
                linestyle=dashes,
                linewidth=1,
            )
        for k, row in enumerate(fits[fits["d"] == d].sort_values(["m", "b1"]).itertuples()):
            left.errorbar(
                place + spread[k],
                row.mean,
                [[max(0, row.mean - row.low)], [max(0, row.high - row.mean)]],
                color=colours[d],
                marker=MARKERS[bounds.index(row.b1) % 4],
                markersize=4.5,
                capsize=2,
                linestyle="",
            )
    left.axhline(0, color="0.8", linewidth=0.8)
    left.set_xticks(range(len(dimensions)), [f"$d = {d}$" for d in dimensions])
    left.grid(axis="x", visible=False)
    left.set(title="(b) exponent in $n$ of debiased $W_1$", ylabel="fitted exponent")
    handles = [
        Line2D([], [], color="0.45", label=r"theorem, $-\frac{1}{2(d+2)}$"),
        Line2D([], [], color="0.45", linestyle=(0, (2, 1)), label=r"appendix, $-\frac{1}{d+2}$"),
        *(
            Line2D(
                [], [], color="0.3", marker=MARKERS[k % 4], linestyle="", label=f"$B_1 = {b1:g}$"
            )
            for k, b1 in enumerate(bounds)
        ),
    ]

    last = summary[summary["n"] == sizes[-1]]
    for d in dimensions:
        for k, m in enumerate(widths):
            cells = last[(last["d"] == d) & (last["m"] == m)].sort_values("b1")
            style.mean_and_band(right, "b1", cells, color=colours[d], marker=MARKERS[k % 4])
            first = cells["mean"].iloc[0]
            reference = first * (cells["b1"] / bounds[0]) ** (-(d + 1) / (d + 2))
            right.plot(cells["b1"], reference, color=colours[d], linestyle=":", linewidth=0.9)
    rate_axes(right, bounds)
    right.set(
        title=f"(c) at $n = {sizes[-1]}$",
        xlabel="bound $B_1$ of the support",
        ylabel="debiased $W_1$",
    )
    lines = [
        Line2D([], [], color="0.3", marker="o", label="generated samples"),
        *doing_nothing.handles(OF_NOTHING),
        Line2D([], [], color="0.3", linestyle=":", label=r"(c) theorem, $B_1^{-(d+1)/(d+2)}$"),
    ]
    top.legend(handles=lines, loc="outside upper center", ncols=len(lines))
    bottom.legend(handles=handles, loc="outside lower left", ncols=len(handles))
    colours.bar(top, above)
    return figure, pd.concat([summary, fits, nothing])
