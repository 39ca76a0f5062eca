"""Terminal loss and sliced W1 of paper A's networks from other starts, against the width."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Experiments"

CELL = ["kappa", "antisymmetric", "d", "m"]
QUANTITIES = {"loss": "terminal loss $L$", "sliced_w1": "terminal sliced $W_1$"}
NOTHING = {"loss": "zero_loss", "sliced_w1": "sliced_w1_start"}


def draw(start: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw a column per dimension and a row per quantity; the hue is the start.

    Args:
        start: the table of the experiment.
    """
    table = start[0]
    dimensions, kappas = sorted(table["d"].unique()), sorted(table["kappa"].unique())
    lines = {
        (kappa, False): {"color": style.kappa_hue(kappa), "marker": "os^Dv"[k % 5]}
        for k, kappa in enumerate(kappas)
    }
    paired_like = {"marker": "*", "markersize": 6, "linestyle": (0, (3, 1))}
    lines[max(kappas), True] = lines[max(kappas), False] | paired_like
    summary = pd.concat(
        over_seeds(table, CELL, quantity).assign(quantity=quantity)
        for quantity in [*QUANTITIES, *NOTHING.values()]
    )
    figure, panels = plt.subplots(
        2,
        len(dimensions),
        figsize=(style.WIDTH, 4.6),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for row, (quantity, label) in zip(panels, QUANTITIES.items(), strict=True):
        drawn = summary[summary["quantity"] == quantity]
        nothing = summary[summary["quantity"] == NOTHING[quantity]]
        for axes, d in zip(row, dimensions, strict=True):
            for (kappa, paired), line in lines.items():
                of_start = (drawn["kappa"] == kappa) & (drawn["antisymmetric"] == paired)
                cells = drawn[of_start & (drawn["d"] == d)]
                style.mean_and_band(axes, "m", cells, **line)
            doing_nothing.levels(axes, nothing[nothing["d"] == d].iloc[:1])
            rate_axes(axes, table["m"].unique())
            style.say_diverged(axes, drawn[drawn["d"] == d])
        style.log_limits(row[0], pd.concat([drawn["mean"], nothing["mean"]]))
        row[0].set_ylabel(label)
    for axes, d in zip(panels[0], dimensions, strict=True):
        axes.set_title(f"$d = {d}$")
    for axes in panels[-1]:
        axes.set_xlabel("width $m$")
    handles = [
        Line2D(
            [],
            [],
            **line,
            label=f"pairs, $f = 0$, $\\kappa = {kappa:g}$" if paired else rf"$\kappa = {kappa:g}$",
        )
        for (kappa, paired), line in lines.items()
    ]
    handles += doing_nothing.handles([*NOTHING.values()])
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure, summary
