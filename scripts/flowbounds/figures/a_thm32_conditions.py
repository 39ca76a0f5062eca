"""Conditions of paper A's theorems: what they ask for against what its own experiments use."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style

THEOREM = "Theorem 3.2"

CONDITIONS = {
    "width": r"width $m$",
    "kappa": r"start $\kappa$",
    "step_size": r"step size $\eta$",
    "assumption_2_bounded_support": r"support of $P_1$ (Ass. 2)",
    "assumption_2_bounded_sample": r"sample within it (Ass. 2)",
    "assumption_3_inverse_norm": r"$\mathrm{E}\,1/|x_1|$ (Ass. 3)",
    "assumption_3_inverse_square": r"$\mathrm{E}\,1/|x_1|^2$ (Ass. 3)",
}
"""What is drawn, from the top; step_size_of_mean_loss is step_size in other units."""

CELL = ["condition", "d", "m", "eta"]


def shortfall(assumptions: pd.DataFrame) -> pd.DataFrame:
    """Add log10 of how far every cell is outside a condition: above 0 where it is broken.

    Of ``actual < required`` actual over required, of ``actual >= required`` the inverse; inf where
    nothing that is finite would do.
    """
    used, needed = assumptions["actual"], assumptions["required"]
    ratio = (used / needed).where(assumptions["relation"] == "<", needed / used)
    return assumptions.assign(shortfall=np.log10(ratio))


def draw(assumptions: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per condition and a dot per cell, the colour being the dimension.

    Args:
        assumptions: the table of the audit.
    """
    table = assumptions[0]
    table = shortfall(table[table["condition"].isin(list(CONDITIONS))])
    summary = over_seeds(table.replace(np.inf, np.nan), CELL, "shortfall")
    summary = summary.drop(columns="diverged")
    colours = style.DimensionColours(table["d"].unique())
    spread = np.linspace(-0.3, 0.3, len(colours.grid)) if len(colours.grid) > 1 else [0.0]
    figure, axes = plt.subplots(figsize=(style.WIDTH, 0.9 + 0.36 * len(CONDITIONS)))
    axes.axvline(0, color="0.35", linewidth=1)
    right = max(1.0, summary["mean"].max())
    for place, condition in enumerate(CONDITIONS):
        of_row = summary[summary["condition"] == condition]
        if of_row["mean"].isna().all():
            axes.plot([0, right], [place, place], color=style.ALARM, linewidth=1, linestyle=":")
            axes.plot([right], [place], color=style.ALARM, marker=">", linestyle="")
            axes.annotate(
                "a Gaussian has no bounded support",
                (right / 2, place),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=6.5,
                color=style.ALARM,
            )
        for d, dots in of_row.groupby("d"):
            at = np.full(len(dots), place + spread[colours.grid.index(d)])
            axes.plot(
                dots["mean"],
                at,
                color=colours[d],
                marker="o",
                markersize=3,
                linestyle="",
                alpha=0.8,
            )
    axes.set_yticks(range(len(CONDITIONS)), CONDITIONS.values())
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(lambda value, _: f"$10^{{{value:g}}}$")
    axes.set_xlabel("factor between what is asked for and what is used")
    for text, x, side in (("met", -4, "right"), ("broken", 4, "left")):
        axes.annotate(
            text,
            (0, 1),
            xycoords=("data", "axes fraction"),
            xytext=(x, 3),
            textcoords="offset points",
            ha=side,
            fontsize=7,
            color="0.35",
        )
    handles = colours.handles(marker="o", linestyle="")
    figure.legend(handles=handles, loc="outside upper center", ncols=min(6, len(handles)))
    return figure, summary
