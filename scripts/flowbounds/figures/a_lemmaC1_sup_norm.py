"""Lemma C.1 of paper A: both sides of the sup-norm inequality for trained networks."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.5"

# bounds in grey, what was measured in the colour of the dimension; a marker and its filling each
QUANTITIES = {
    "bound": (r"bound, $L$ from above", "#777777", "s", "white"),
    "bound_low": (r"bound, $L$ from below", "#777777", "s", None),
    "sup_error": (r"$\sup_K |f - v|$", None, "o", None),
    "mean_error": (r"$\mathrm{E}\,|f - v|$", None, "^", None),
}


def draw(sup_norm: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw both sides against tau_min, a panel per dimension; the shade is the sample size.

    Args:
        sup_norm: the table of the experiment.
    """
    table = sup_norm[0]
    summary = pd.concat(
        over_seeds(table, ["d", "tau_min", "n"], quantity).assign(quantity=quantity)
        for quantity in QUANTITIES
    )
    dimensions, sizes = sorted(table["d"].unique()), sorted(table["n"].unique())
    colours = style.DimensionColours(dimensions)
    figure, panels = plt.subplots(
        1, len(dimensions), figsize=(style.WIDTH, 3.2), sharey=True, squeeze=False
    )
    for axes, d in zip(panels[0], dimensions, strict=True):
        for quantity, (_, hue, marker, filling) in QUANTITIES.items():
            for place, n in enumerate(sizes):
                colour = style.graded(hue or colours[d], place / max(1, len(sizes) - 1))
                style.mean_and_band(
                    axes,
                    "tau_min",
                    summary[
                        (summary["d"] == d)
                        & (summary["n"] == n)
                        & (summary["quantity"] == quantity)
                    ],
                    color=colour,
                    marker=marker,
                    markerfacecolor=filling or colour,
                )
        rate_axes(axes, table["tau_min"].unique())
        axes.set_title(f"$d = {d}$: $K$ in $\\mathbf{{R}}^{d + 1}$")
        axes.set_xlabel(r"least flow time $\tau_{\min}$ of $K$")
    panels[0, 0].set_ylabel(r"error of the learned velocity at $x_0 = 0$")
    handles = [
        Line2D(
            [],
            [],
            color=hue or "black",
            marker=marker,
            markerfacecolor=filling or hue or "black",
            label=label,
        )
        for label, hue, marker, filling in QUANTITIES.values()
    ]
    shades = [
        Line2D([], [], color=style.graded("#777777", place / max(1, len(sizes) - 1)), linewidth=2,
               label=f"$n = {n}$")
        for place, n in enumerate(sizes)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))
    figure.legend(handles=shades, loc="outside lower center", ncols=len(shades))
    return figure, summary
