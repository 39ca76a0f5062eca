"""Lemma 3.4 of paper A: measured uniform deviation against the Rademacher bound."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.3"

# bounds in grey, what was measured in the colour of the dimension; a marker and a dash pattern each
QUANTITIES = {
    "deviation_bound": ("bound of Lemma 3.4", "#777777", "s", "-"),
    "rademacher": (r"Rademacher complexity $R$", "#777777", "^", (0, (4, 1.5))),
    "deviation": ("measured deviation, widest found", None, "o", "-"),
    "test_error": ("deviation of the interpolant", None, "D", (0, (1, 1))),
}


def draw(generalization: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the pieces of the lemma against n: a column per d, a row per tau_min.

    Args:
        generalization: the table of the experiment.
    """
    table = generalization[0]
    table = table[
        table["m"] == table["m"].max()
    ]  # what is about the class is in every width's rows
    drawn = dict(QUANTITIES)
    if not np.isinf(table["m"]).any():
        del drawn["test_error"]
    table = table.assign(test_error=table["test_error"] - table["train_error"])
    summary = pd.concat(
        over_seeds(table, ["d", "tau_min", "n"], quantity).assign(quantity=quantity)
        for quantity in drawn
    )
    dimensions, cuts = sorted(table["d"].unique()), sorted(table["tau_min"].unique())
    colours = style.DimensionColours(dimensions)
    figure, panels = plt.subplots(
        len(cuts),
        len(dimensions),
        figsize=(style.WIDTH, 0.7 + 2.1 * len(cuts)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for row, cut in zip(panels, cuts, strict=True):
        for axes, d in zip(row, dimensions, strict=True):
            panel = summary[(summary["d"] == d) & (summary["tau_min"] == cut)]
            for quantity, (_, hue, marker, dashes) in drawn.items():
                style.mean_and_band(
                    axes,
                    "n",
                    panel[panel["quantity"] == quantity],
                    color=hue or colours[d],
                    marker=marker,
                    linestyle=dashes,
                )
            rate_axes(axes, table["n"].unique())
        row[0].set_ylabel(rf"$\tau_{{\min}} = {cut:g}$" + "\ndeviation, bound")
    for axes, d in zip(panels[0], dimensions, strict=True):
        axes.set_title(f"$d = {d}$")
    for axes in panels[-1]:
        axes.set_xlabel("sample size $n$")
    if "test_error" not in drawn:
        style.say_missing(panels[0, 0], "no interpolant: $m$ = inf is not in the grid")
    handles = [
        Line2D([], [], color=hue or "black", marker=marker, linestyle=dashes, label=label)
        for label, hue, marker, dashes in drawn.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure, summary
