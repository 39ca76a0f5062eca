"""Lemmas A.2 and B.3 of paper A: how far gradient descent moves the weights."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims.evidence import exponents
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.theory.extremes import expected_largest_norm

THEOREM = "Lemmas A.2 and B.3"

OTHER = {"w": "a", "a": "w"}  # a unit moves in one layer by its size in the other
STYLES = {
    "bound": {"linestyle": (0, (1, 1)), "linewidth": 1.4},
    "outside": {"linestyle": (0, (1, 2)), "linewidth": 0.7},
    "logarithm": {"linestyle": "-.", "linewidth": 0.8, "color": "0.45", "zorder": 1},
    "linear": {"linestyle": (0, (4, 2)), "linewidth": 0.8},
    "rms": {"linestyle": (0, (4, 2)), "linewidth": 0.8},
}


def largest_norms(d: int, layer: str, widths) -> dict[int, float]:
    """Return the expected largest of m norms that Lemma A.2 leaves out, for each width m."""
    dimension = d if layer == "w" else 2 * d + 1
    return {m: expected_largest_norm(m, dimension) for m in sorted(set(widths))}


def draw(ntk: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the movement of either layer against the width, a column a layer, a hue per kappa.

    Args:
        ntk: the table of networks and linearised dynamics.
    """
    table = style.showcase(ntk[0])
    table = table[table["t"] == table["t"].max()].copy()
    for layer in "wa":
        table[f"rms_{layer}_move"] = table[f"fro_{layer}_move"] / np.sqrt(table["m"])
        norms = largest_norms(table["d"].iloc[0], layer, table["m"])
        table[f"norm_{layer}_move"] = table[f"max_{layer}_move"] / table["m"].map(norms)
    kinds = ["max_{}_move", "rms_{}_move", "fro_{}_move", "fro_{}_bound", "fro_{}_linear"]
    summary = pd.concat(
        over_seeds(table, ["kappa", "m"], kind.format(layer)).assign(quantity=kind.format(layer))
        for layer in "wa"
        for kind in kinds
    )
    kappas, widths = sorted(table["kappa"].unique()), sorted(table["m"].unique())
    figure, panels = plt.subplots(2, 2, figsize=(style.WIDTH, 5.6), sharex=True)
    fits = []
    for column, layer in zip(panels.T, "wa", strict=True):
        moved_most = f"max_{layer}_move"
        handles = []
        for kappa in kappas:
            colour = style.kappa_hue(kappa)
            if len(widths) > 1:
                rows = table[table["kappa"] == kappa]
                words = []
                for moved in (moved_most, f"norm_{layer}_move"):
                    fit = interval(exponents(rows, moved, "m", ["kappa"]))
                    fits.append({"kappa": kappa, "quantity": f"exponent of {moved}"} | fit)
                    words.append(rf"${fit['mean']:.2f}$ $[{fit['low']:.2f}, {fit['high']:.2f}]$")
                label = "; ".join(words)
                handles.append(Line2D([], [], color=colour, marker="o", label=label))
            curves = {
                quantity: part.sort_values("m")
                for quantity, part in summary[summary["kappa"] == kappa].groupby("quantity")
            }
            for axes, kind in zip(column, ("max", "fro"), strict=True):
                moved = curves[f"{kind}_{layer}_move"]
                style.mean_and_band(axes, "m", moved, color=colour, marker="o")
            # the bound from -V is the lemma's as kappa shrinks: elsewhere it is outside the claim
            bound = STYLES["bound" if kappa == kappas[0] else "outside"]
            for axes, name, line in (
                (column[0], f"rms_{layer}_move", STYLES["rms"]),
                (column[1], f"fro_{layer}_bound", bound),
                (column[1], f"fro_{layer}_linear", STYLES["linear"]),
            ):
                axes.plot(curves[name]["m"], curves[name]["mean"], color=colour, **line)
        for axes in column:
            axes.set(xscale="log", yscale="linear" if style.is_empty(axes) else "log")
        style.plain_log_ticks(column[1])
        if len(widths) > 1:
            widest = table[table["m"] == widths[-1]].groupby("kappa")[moved_most]
            ends, last = (widths[0], widths[-1]), 1.4 * widest.mean().max()
            style.reference_slope(column[0], -0.5, r"$m^{-1/2}$", ends, last)
            norms = largest_norms(table["d"].iloc[0], layer, widths)
            shape = np.array([norms[m] * m**-0.5 for m in widths])
            column[0].plot(widths, last * shape / shape[-1], **STYLES["logarithm"])
            style.outside(column[1], widths[0] / 1.4, np.sqrt(widths[-2] * widths[-1]))
            column[1].set_xlim(widths[0] / 1.4, widths[-1] * 1.4)
            column[0].set_ylim(bottom=column[0].get_ylim()[0] / 4)  # room for the legend
            column[0].legend(
                handles=handles,
                loc="lower left",
                fontsize=6,
                title_fontsize=6,
                title=rf"fitted exponent [95 %]; over $\mathrm{{E}}\,\max_r |{OTHER[layer]}_r|$",
            )
        column[0].set_ylabel(rf"movement of one unit's ${layer}_r$")
        column[1].set_ylabel(rf"$\|{layer.upper()}(T) - {layer.upper()}(0)\|_F$")
        column[1].set_xlabel("width $m$")
    panels[0, 0].set_title(f"first layer $w$ ({style.cell_name(table.iloc[0])})")
    panels[0, 1].set_title(f"second layer $a$ ($t = {int(table['t'].max())}$)")
    hues = [
        Line2D([], [], color=style.kappa_hue(k), marker="o", label=rf"$\kappa = {k:g}$")
        for k in kappas
    ]
    grey = {"color": "0.3"}
    units = [
        Line2D([], [], **grey, marker="o", label="top: largest over the units $r$"),
        Line2D([], [], **grey, **STYLES["rms"], label="root mean square over them"),
        Line2D([], [], **STYLES["logarithm"], label=r"$\propto m^{-1/2}\,\mathrm{E}\,\max_r$"),
    ]
    figure.legend(handles=hues + units, loc="outside upper center", ncols=len(hues + units))
    figure.legend(
        handles=[
            Line2D([], [], **grey, marker="o", label="bottom: network"),
            Line2D([], [], **grey, **STYLES["bound"], label="bound of Lemma B.3, from $-V$"),
            Line2D(
                [], [], **grey, **STYLES["outside"], label=r"the same, $\kappa$ outside the claim"
            ),
            Line2D(
                [],
                [],
                **grey,
                **STYLES["linear"],
                label=r"from $\Delta(0)$: infinitely wide",
            ),
        ],
        loc="outside lower center",
        ncols=4,
    )
    return figure, pd.concat([summary, pd.DataFrame(fits)])
