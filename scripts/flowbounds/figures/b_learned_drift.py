"""Paper B, Theorem 2 with learned drifts: drift error, exact KL against N, and the path KL."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 2"

QUANTITIES = ["epsilon2", "kl_marginal", "kl_path"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
TITLES = {
    "gaussian": "gaussian, $d = 1$",
    "mixture": "mixture, $d = 1$",
    "skewed": "skewed, $d = 1$",
    "triangle": "triangle, $d = 2$",
}


def finite_range(values: pd.Series) -> tuple[float, float]:
    """Return the least and the largest of the finite values, for limits of an axis."""
    finite = values[np.isfinite(values)]
    return (finite.min(), finite.max()) if len(finite) else (1.0, 1.0)


def draw(dfm_learned: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per target: eps^2 against n, KL against N, KL against path KL.

    Args:
        dfm_learned: the table of the experiment.
    """
    table = dfm_learned[0]
    targets = [name for name in TITLES if name in set(table["target"])]
    sizes, widths = sorted(table["n"].unique()), sorted(table["m"].unique())
    steps = sorted(table["steps"].unique())
    of_size, dashes = style.shades(sizes), ["-", (0, (4, 1.5)), (0, (1, 1)), "-."]
    summary = pd.concat(
        over_seeds(table, ["target", "d", "n", "m", "steps"], quantity).assign(quantity=quantity)
        for quantity in QUANTITIES
    )
    exact = table.groupby(["target", "steps"], as_index=False)["kl_exact_drift"].first()

    figure, panels = plt.subplots(
        len(targets), 3, figsize=(style.WIDTH, 0.7 + 2.1 * len(targets)), squeeze=False
    )
    for row, target in zip(panels, targets, strict=True):
        ours = summary[summary["target"] == target]
        errors, kls = (ours[ours["quantity"] == q] for q in ("epsilon2", "kl_marginal"))
        kls = kls[kls["m"] == widths[-1]]
        own = sorted(ours["steps"].unique())  # in the plane fewer than on the line
        for k, m in enumerate(widths):
            for N in {own[0], own[-1]}:
                style.mean_and_band(
                    row[0],
                    "n",
                    errors[(errors["m"] == m) & (errors["steps"] == N)],
                    color="#0072B2" if own[-1] == N else "#D55E00",
                    linestyle=dashes[k % 4],
                    marker="o",
                )
        widest = ours[ours["m"] == widths[-1]]
        for n in sizes:
            cells = widest[widest["n"] == n].sort_values("steps")
            kl = cells[cells["quantity"] == "kl_marginal"]
            style.mean_and_band(row[1], "steps", kl, color=of_size[n], marker="o")
            share = cells[cells["quantity"] == "epsilon2"]
            row[1].plot(
                share["steps"], share["mean"] / 4, color=of_size[n], linewidth=0.8, linestyle=":"
            )
        best = exact[exact["target"] == target]
        row[1].plot(
            best["steps"], best["kl_exact_drift"], color="black", linewidth=1, marker="x", zorder=4
        )
        points = table[table["target"] == target]
        for n in sizes:
            for k, N in enumerate(steps):
                cell = points[(points["n"] == n) & (points["steps"] == N)]
                row[2].plot(
                    cell["kl_path"], cell["kl_marginal"], linestyle="", color=of_size[n],
                    marker=MARKERS[k % len(MARKERS)], markersize=3, markeredgewidth=0,
                )  # fmt: skip
        rate_axes(row[0], sizes)
        rate_axes(row[1], steps)
        shown = pd.concat([kls["mean"], best["kl_exact_drift"]])
        for axes, values in ((row[0], errors["mean"]), (row[1], shown)):
            low, high = finite_range(values)
            axes.set_ylim(low / 1.6, high * 1.6)  # a band may reach zero
        style.say_diverged(row[1], kls[kls["steps"] == own[-1]])
        row[2].set(xscale="log", yscale="log")
        for axis in (row[2].xaxis, row[2].yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
        left, right = finite_range(points["kl_path"])
        low, high = finite_range(points["kl_marginal"])
        ends = left / 1.3, right * 1.3
        row[2].set(xlim=ends, ylim=(low / 1.3, max(high, right) * 1.3))
        row[2].plot(ends, ends, color="0.45", linewidth=0.9, linestyle="-.", zorder=1)
        row[0].set(title=f"(a) {TITLES[target]}: drift error", ylabel=r"$\varepsilon^2$")
        row[1].set(
            title=f"(b) exact KL, $m = {widths[-1]}$", ylabel=r"KL$(\nu^\star | \nu^\theta_1)$"
        )
        row[2].set(title="(c) end points and paths", ylabel=r"KL$(\nu^\star | \nu^\theta_1)$")
    for axes, label in zip(
        panels[-1], ["sample size $n$", "steps $N$", "KL of the paths"], strict=True
    ):
        axes.set_xlabel(label)

    grey = {"color": "0.3"}
    handles = [
        *(Line2D([], [], color=of_size[n], marker="o", label=f"$n = {n}$") for n in sizes),
        Line2D([], [], color="black", marker="x", label="exact drift"),
        Line2D([], [], **grey, linestyle=":", label=r"$\varepsilon^2 / 4$"),
        Line2D([], [], color="#D55E00", marker="o", label="(a) smallest $N$"),
        Line2D([], [], color="#0072B2", marker="o", label="(a) largest $N$"),
    ]
    if len(widths) > 1:
        handles += [
            Line2D([], [], **grey, linestyle=dashes[k % 4], label=f"(a) $m = {m}$")
            for k, m in enumerate(widths)
        ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 7))
    marks = [
        Line2D(
            [], [], **grey, linestyle="", marker=MARKERS[k % len(MARKERS)], label=f"(c) $N = {N}$"
        )
        for k, N in enumerate(steps)
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks))
    rows = exact.rename(columns={"kl_exact_drift": "mean"}).assign(quantity="kl_exact_drift")
    return figure, pd.concat([summary, rows])
