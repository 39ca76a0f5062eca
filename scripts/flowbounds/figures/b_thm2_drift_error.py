"""Theorem 2 of paper B: KL against the drift error eps^2, beside the additive split."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 2"

FIELDS = {
    "constant": "constant push",
    "fourier": "random Fourier field",
    "oscillating": "push to and fro in time",
}


def draw(dfm_drift_error: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL against eps^2, a row per target, a column per perturbation, a shade per N.

    Args:
        dfm_drift_error: the table of the experiment.
    """
    table = dfm_drift_error[0]
    table = table[table["d"] == table["d"].min()]
    names = target_style.in_order(table["target"])
    fields = [name for name in FIELDS if name in set(table["perturbation"])]
    shades = style.shades(table["steps"])
    figure, panels = plt.subplots(
        len(names),
        len(fields),
        figsize=(style.WIDTH, 0.7 + 2.1 * len(names)),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for row, target in zip(panels, names, strict=True):
        for axes, field in zip(row, fields, strict=True):
            cell = table[(table["target"] == target) & (table["perturbation"] == field)]
            marker = target_style.look(target)["marker"]
            for steps, part in cell.groupby("steps"):
                exact, wrong = part[part["epsilon"] == 0], part[part["epsilon"] > 0]
                line = {"color": shades[steps], "marker": marker}
                axes.plot(wrong["epsilon2"], wrong["kl_marginal"], **line | target_style.MARGINAL)
                axes.plot(wrong["epsilon2"], wrong["kl_path"], **line | target_style.PATH)
                axes.plot(wrong["epsilon2"], wrong["kl_split"], **target_style.BOUND)
                axes.axhline(exact["kl_marginal"].iloc[0], color=shades[steps], linewidth=0.6)
            wrong = cell[cell["epsilon"] > 0]
            ratio = wrong["kl_path"] / wrong["kl_split"]
            axes.text(
                0.04,
                0.96,
                f"paths, joint / split: {ratio.min():.3f} to {ratio.max():.3f}",
                transform=axes.transAxes,
                va="top",
                fontsize=6.5,
            )
            target_style.power_axes(axes)
            rows = table[table["target"] == target]
            axes.set_ylim(rows["kl_marginal"].min() / 3, rows["kl_path"].max() * 6)
        top = table["epsilon2"].max()
        first = row[0].get_ylim()[0] * 2
        target_style.power_line(row[0], 1, r"$\varepsilon^2$", (top / 60, top / 4), first)
        row[0].set_ylabel(target_style.name(target) + "\nKL [nats]")
    for axes, field in zip(panels[0], fields, strict=True):
        axes.set_title(FIELDS[field])
    for axes in panels[-1]:
        axes.set_xlabel(r"drift error $\varepsilon^2$")
    grey = {"color": "0.3", "marker": "o"}
    looks = {f"$N = {steps}$": {"color": shade, "linewidth": 2} for steps, shade in shades.items()}
    looks |= {
        r"marginal, $\varepsilon = 0$": {"color": "0.3", "linewidth": 0.6},
        "marginal": grey | target_style.MARGINAL,
        "paths": grey | target_style.PATH,
        r"paths$(\varepsilon = 0) + \varepsilon^2/4$": target_style.BOUND,
    }
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=len(looks))
    return figure, table
