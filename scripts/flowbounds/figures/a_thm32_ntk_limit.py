"""Theorem 3.2 of paper A: wide networks follow the linearised dynamics."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims.evidence import exponents
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style

THEOREM = "Theorem 3.2"

CELL = ["d", "n", "eta"]
QUANTITIES = ["deviation", "theorem_error", "loss", "ntk_loss"]


def draw(ntk: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the last checkpoint against the width, a row per (d, n, eta), a hue per kappa.

    Args:
        ntk: the table of networks and linearised dynamics.
    """
    table = ntk[0]
    table = table[table["t"] == table["t"].max()]
    kappas, widths = sorted(table["kappa"].unique()), sorted(table["m"].unique())
    summary = pd.concat(
        over_seeds(table, [*CELL, "kappa", "m"], quantity).assign(quantity=quantity)
        for quantity in QUANTITIES
    )
    cells = list(table.groupby(CELL))
    figure, panels = plt.subplots(
        len(cells),
        3,
        figsize=(style.WIDTH, 0.6 + 2.5 * len(cells)),
        sharex=True,
        squeeze=False,
    )
    fits = []
    for row, (cell, rows) in zip(panels, cells, strict=True):
        drawn = summary[(summary[CELL] == list(cell)).all(axis=1)]
        handles = []
        for kappa in kappas:
            colour = style.kappa_hue(kappa)
            curves = dict(iter(drawn[drawn["kappa"] == kappa].groupby("quantity")))
            label = rf"$\kappa = {kappa:g}$"
            if len(widths) > 1:
                fit = interval(
                    exponents(rows[rows["kappa"] == kappa], "deviation", "m", [*CELL, "kappa"])
                )
                fits.append(dict(zip([*CELL, "kappa"], [*cell, kappa], strict=True)) | fit)
                label += f": ${fit['mean']:.2f}$ $[{fit['low']:.2f}, {fit['high']:.2f}]$"
            handles.append(Line2D([], [], color=colour, marker="o", label=label))
            line = {"color": colour, "marker": "o"}
            style.mean_and_band(row[0], "m", curves["deviation"], **line)
            style.mean_and_band(row[1], "m", curves["theorem_error"], **line)
            style.mean_and_band(row[2], "m", curves["loss"], **line)
            predicted = curves["ntk_loss"].sort_values("m")
            row[2].plot(predicted["m"], predicted["mean"], color=colour, linestyle=(0, (4, 2)))
        means = {q: part["mean"] for q, part in drawn.groupby("quantity")}
        if not style.is_empty(row[0]):  # as it is where all networks diverged
            row[0].set_yscale("log")
            row[0].set_ylim(means["deviation"].min() / 12, means["deviation"].max() * 3)
            row[2].set_ylim(0, 1.15 * max(means["loss"].max(), means["ntk_loss"].max()))
        style.log_limits(row[1], means["theorem_error"])
        if len(widths) > 1:
            widest = drawn[(drawn["quantity"] == "deviation") & (drawn["m"] == widths[-1])]
            ends, last = (widths[0], widths[-1]), 1.25 * widest["mean"].max()
            style.reference_slope(row[0], -0.5, r"$m^{-1/2}$", ends, last)
        row[0].legend(
            handles=handles, loc="lower left", title="fitted exponent [95 % interval]", fontsize=6.5
        )
        row[0].set_ylabel(
            style.cell_name(rows.iloc[0]) + "\n" + r"$|\Delta_m - $linearised$|\ /\ |\Delta(0)|$"
        )
        row[1].set_ylabel(r"$|E(T)|\ /\ |V|$")
        row[2].set_ylabel("training loss $L$")
    panels[0, 0].set_title(f"from the same start, $t = {int(table['t'].max())}$")
    panels[0, 1].set_title("from $-V$, as in the theorem")
    panels[0, 2].set_title("the loss both ways")
    panels[0, 2].legend(
        handles=[
            Line2D([], [], color="0.3", marker="o", label="network"),
            Line2D([], [], color="0.3", linestyle=(0, (4, 2)), label="linearised"),
        ],
        loc="lower right",
    )
    for axes in panels.flat:
        axes.set_xscale("log")
    for axes in panels[-1]:
        axes.set_xlabel("width $m$")
    return figure, pd.concat([summary, pd.DataFrame(fits).assign(quantity="exponent")])
