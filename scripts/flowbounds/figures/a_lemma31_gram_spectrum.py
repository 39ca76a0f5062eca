"""Lemma 3.1 of paper A: the spectrum of the Gram matrix, on the mixture and on image codes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from flowbounds.data.datasets import GAUSSIAN_MIXTURE
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style

THEOREM = "Lemma 3.1"

CELL = ["dataset", "d", "n"]
_DASHES = {"digits": (0, (3, 1)), "mnist": (0, (1, 1)), "fashion_mnist": (0, (5, 1, 1, 1))}


def draw(ntk_spectrum: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the spectrum at the largest n, and lambda_min against n and against d.

    Args:
        ntk_spectrum: the table of the eigenvalues.
    """
    table = ntk_spectrum[0]
    largest = table["n"].max()
    spectrum = over_seeds(table[table["n"] == largest], [*CELL, "rank"], "eigenvalue")
    smallest = over_seeds(table[table["rank"] == 1], CELL, "lambda_min")
    mixture = smallest[smallest["dataset"] == GAUSSIAN_MIXTURE]
    images = [name for name in table["dataset"].unique() if name != GAUSSIAN_MIXTURE]
    colours = style.DimensionColours(mixture["d"].unique())
    sizes = sorted(table["n"].unique())

    figure, (ranks, against_n, against_d) = plt.subplots(1, 3, figsize=(style.WIDTH, 2.7))
    for axes, summary, x in ((ranks, spectrum, "rank"), (against_n, smallest, "n")):
        for d in colours.grid:
            part = summary[(summary["dataset"] == GAUSSIAN_MIXTURE) & (summary["d"] == d)]
            style.mean_and_band(axes, x, part, color=colours[d], marker="o", markersize=2.5)
        for name in images:
            part = summary[summary["dataset"] == name]
            line = {"color": colours[part["d"].iloc[0]], "marker": "s", "markersize": 2.5}
            style.mean_and_band(axes, x, part, **line, linestyle=_DASHES.get(name, ":"))
    for n, shade in style.shades(sizes).items():
        part = mixture[mixture["n"] == n]
        style.mean_and_band(against_d, "d", part, color=shade, marker="o", markersize=2.5)
    ranks.set(
        xlabel="rank of the eigenvalue",
        ylabel=r"eigenvalue of $K$",
        title=f"spectrum, $n = {largest}$",
    )
    against_n.set(
        xlabel="sample size $n$", ylabel=r"$\lambda_{\min}(K)$", title="smallest eigenvalue"
    )
    against_d.set(
        xlabel="dimension $d$", ylabel=r"$\lambda_{\min}(K)$", title="smallest eigenvalue, mixture"
    )
    for axes in (ranks, against_n, against_d):
        axes.set(xscale="log", yscale="log")
    for axes, ticks in ((against_n, sizes), (against_d, colours.grid)):
        axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    style.log_limits(against_n, smallest["mean"])
    style.log_limits(against_d, mixture["mean"])
    rounding = (table["n"] * np.finfo(float).eps * table["lambda_max"]).max()
    against_n.annotate(
        f"rounding: below {rounding:.0e}", (0.97, 0.97), xycoords="axes fraction", ha="right",
        va="top", fontsize=6.5, color="0.4",
    )  # fmt: skip

    handles = [
        Line2D([], [], color=colours[d], marker="o", label=f"mixture, $d = {d}$")
        for d in colours.grid
    ]
    for name in images:
        d = int(smallest[smallest["dataset"] == name]["d"].iloc[0])
        label = f"{style.DATASETS[name]} codes, $d = {d}$"
        dashes = _DASHES.get(name, ":")
        handles.append(Line2D([], [], color=colours[d], marker="s", linestyle=dashes, label=label))
    figure.legend(handles=handles, loc="outside upper center", ncols=min(4, len(handles)))
    against_d.legend(
        handles=[
            Line2D([], [], color=line.get_color(), label=f"$n = {n}$")
            for line, n in zip(against_d.lines, sizes, strict=True)
        ],
        loc="lower right",
    )
    return figure, pd.concat(
        [spectrum.assign(panel="spectrum"), smallest.assign(panel="lambda_min")]
    )
