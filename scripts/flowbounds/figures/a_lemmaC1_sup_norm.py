"""Lemma C.1 of paper A: both sides of the sup-norm inequality for trained networks."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.5"

# name, marker, whether filled, dashes: bounds dashed, the two that are judged filled
QUANTITIES = {
    "bound": (r"bound, $L$ from above", "s", False, (0, (4, 1.5))),
    "bound_low": (r"bound, $L$ from below (judged)", "s", True, (0, (4, 1.5))),
    "sup_error": (r"$\sup_K |f - v|$ (judged)", "o", True, "-"),
    "mean_error": (r"$\mathrm{E}\,|f - v|$", "^", False, "-"),
}


def draw(sup_norm: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw both sides against tau_min, a panel per dimension; colour is the sample size.

    Args:
        sup_norm: the table of the experiment.
    """
    table = sup_norm[0]
    summary = pd.concat(
        over_seeds(table, ["d", "tau_min", "n"], quantity).assign(quantity=quantity)
        for quantity in QUANTITIES
    )
    dimensions, sizes = sorted(table["d"].unique()), sorted(table["n"].unique())
    colours = style.shades(sizes)
    figure, panels = plt.subplots(
        1, len(dimensions), figsize=(style.WIDTH, 3.2), sharey=True, squeeze=False
    )
    for axes, d in zip(panels[0], dimensions, strict=True):
        for quantity, (_, marker, filled, dashes) in QUANTITIES.items():
            for n in sizes:
                style.mean_and_band(
                    axes,
                    "tau_min",
                    summary[
                        (summary["d"] == d)
                        & (summary["n"] == n)
                        & (summary["quantity"] == quantity)
                    ],
                    color=colours[n],
                    marker=marker,
                    markerfacecolor=colours[n] if filled else "white",
                    linestyle=dashes,
                )
        rate_axes(axes, table["tau_min"].unique())
        axes.set_title(f"$d = {d}$: $K$ in $\\mathbf{{R}}^{d + 1}$")
        axes.set_xlabel(r"least flow time $\tau_{\min}$ of $K$")
    panels[0, 0].set_ylabel(r"error of the learned velocity at $x_0 = 0$")
    handles = [
        Line2D(
            [],
            [],
            color="0.3",
            marker=marker,
            markerfacecolor="0.3" if filled else "white",
            linestyle=dashes,
            label=label,
        )
        for label, marker, filled, dashes in QUANTITIES.values()
    ]
    shades = [
        Line2D([], [], color=colour, linewidth=2, label=f"$n = {n}$")
        for n, colour in colours.items()
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
    figure.legend(handles=shades, loc="outside lower center", ncols=len(shades))
    return figure, summary
