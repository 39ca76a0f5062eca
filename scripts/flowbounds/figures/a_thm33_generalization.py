"""Theorem 3.3 of paper A: error on fresh data, and the complexity that is to bound it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims import evidence
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.loglog import rate_axes, reference_slope

THEOREM = "Theorem 3.3"

CELL = ["d", "m", "tau_min", "n"]
B0 = 1.0  # of the linear schedule
DASHES = ["-", (0, (4, 1.5)), (0, (1, 1))]
MARKERS = ["o", "s", "^"]


def exponents(table: pd.DataFrame) -> pd.DataFrame:
    """Return the exponents in n of the complexity and of E|f - v| / sqrt(log n), kernel limit.

    Without the kernel limit there are those of the complexity alone, the same at every width.

    Returns:
        Columns d, tau_min, quantity, mean, low, high; one row per quantity, d and tau_min.
    """
    limit = widest(table)
    quantities = ["complexity", *(["rate"] if np.isinf(limit["m"]).any() else [])]
    limit = limit.assign(rate=limit["test_error"] / np.sqrt(np.log(limit["n"])))
    rows = []
    for (d, tau_min), part in limit.groupby(["d", "tau_min"]):
        for quantity in quantities:
            fit = interval(evidence.exponents(part, quantity, "n", ["d", "tau_min"]))
            named = {"d": d, "tau_min": tau_min, "quantity": f"exponent of {quantity}"}
            rows.append(named | fit)
    return pd.DataFrame(rows)


def widest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest width: the kernel limit where the grid has it."""
    return table[table["m"] == table["m"].max()]


def data_dependent_bound(limit: pd.DataFrame) -> tuple[pd.Series, float]:
    """Return C sqrt(V'H^{-1}V) sqrt((d + B0^2) log^2 n / n) and the smallest C that bounds all.

    Args:
        limit: columns d, n, complexity, test_error.
    """
    shape = limit["complexity"] * np.sqrt((limit["d"] + B0**2) / limit["n"]) * np.log(limit["n"])
    constant = float((limit["test_error"] / shape).max())
    return constant * shape, constant


def draw(
    generalization: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw errors against n, the complexity, the control on tau_min, and fitted exponents.

    Args:
        generalization: the table of the experiment.
        baselines: what no training gives.
    """
    table = generalization[0]
    dimensions, widths = sorted(table["d"].unique()), sorted(table["m"].unique())
    cuts = sorted(table["tau_min"].unique())
    colours = style.DimensionColours(dimensions)
    errors = over_seeds(table, CELL, "test_error").assign(quantity="test_error")
    complexities = over_seeds(table, CELL, "complexity").assign(quantity="complexity")
    fits = exponents(table)

    figure, panels = plt.subplots(2, 2, figsize=(style.WIDTH, 6.2))
    (left, right), (below, fitted) = panels

    # (a) errors at tau_min of the paper, with both references and the error of f = 0
    nothing = doing_nothing.means(baselines[0], "generalization", ["zero_error"])
    first = errors[errors["tau_min"] == cuts[0]]
    means = table[(table["tau_min"] == cuts[0]) & np.isinf(table["m"])]
    means = means.groupby(["d", "n"], as_index=False)[["complexity", "test_error"]].mean()
    bounds, constant = data_dependent_bound(means) if len(means) else (pd.Series(), np.nan)
    means = means.assign(bound=bounds)
    means["rate"] = np.sqrt(means["d"] * np.log(means["n"]) / means["n"])
    for d in dimensions:
        for k, m in enumerate(reversed(widths)):
            style.mean_and_band(
                left,
                "n",
                first[(first["d"] == d) & (first["m"] == m)],
                color=colours[d],
                marker=MARKERS[k % 3],
                markerfacecolor=colours[d] if np.isinf(m) else "white",
                linewidth=1.2 if np.isinf(m) else 0.7,
            )
        line = means[means["d"] == d]
        start = (line["test_error"] / line["rate"]).iloc[:1].sum()
        left.plot(line["n"], start * line["rate"], color=colours[d], linestyle=":", linewidth=1)
        left.plot(line["n"], line["bound"], color=colours[d], linestyle=DASHES[1], linewidth=0.8)
        doing_nothing.levels(left, nothing[nothing["d"] == d], colours[d])
    if cuts[0] > 0:
        style.say_missing(left, rf"$\tau_{{\min}} = {cuts[0]:g}$: the paper's 0 is not in the grid")
    left.set(title="(a) error on fresh data", ylabel=r"$\mathrm{E}\,|f - v|_2$")
    kinds = [
        Line2D(
            [],
            [],
            color="0.3",
            marker=MARKERS[k % 3],
            markerfacecolor="0.3" if np.isinf(m) else "white",
            linewidth=1.2 if np.isinf(m) else 0.7,
            label=r"$m = \infty$ (kernel)" if np.isinf(m) else f"$m = {m:.0f}$, trained",
        )
        for k, m in enumerate(reversed(widths))
    ]
    of_limit = [
        Line2D([], [], color="0.3", linestyle=":", label=r"$\propto \sqrt{(d/n)\,\log n}$"),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=DASHES[1],
            linewidth=0.8,
            label=rf"data-dependent bound, $C = {constant:.2g}$",
        ),
    ]
    kinds += of_limit if len(means) else []
    kinds += doing_nothing.handles(["zero_error"])

    # (b) complexity, (c) kernel limit, both for every tau_min
    for axes, summary, title, label in (
        (right, complexities, "(b) complexity", r"$\sqrt{V' H_\infty^{-1} V}$"),
        (below, errors, "(c) kernel limit, without small $\\tau$", r"$\mathrm{E}\,|f - v|_2$"),
    ):
        limit = widest(summary) if axes is right else summary[np.isinf(summary["m"])]
        if limit.empty:
            style.say_missing(axes, r"no kernel limit: $m$ = inf is not in the grid")
        for d in dimensions:
            for k, cut in enumerate(cuts):
                style.mean_and_band(
                    axes,
                    "n",
                    limit[(limit["d"] == d) & (limit["tau_min"] == cut)],
                    color=colours[d],
                    marker=MARKERS[k % 3],
                    linestyle=DASHES[k % 3],
                )
        axes.set(title=title, ylabel=label)
    floors = over_seeds(table, ["d", "tau_min"], "homogeneity_floor")
    floors = floors.assign(quantity="homogeneity_floor")
    for row in floors[floors["tau_min"] == cuts[0]].itertuples():
        below.axhline(row.mean, color=colours[row.d], linewidth=0.8, linestyle=(0, (6, 2, 1, 2)))
    below.annotate(
        rf"floor of every network without biases, $\tau_{{\min}} = {cuts[0]:g}$",
        (0.02, floors.loc[floors["tau_min"] == cuts[0], "mean"].min()),
        xycoords=("axes fraction", "data"),
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=6.5,
        color="0.35",
    )
    cut_handles = [
        Line2D(
            [],
            [],
            color="0.3",
            marker=MARKERS[k % 3],
            linestyle=DASHES[k % 3],
            label=rf"$\tau_{{\min}} = {cut:g}$",
        )
        for k, cut in enumerate(cuts)
    ]
    for axes in (left, right, below):
        rate_axes(axes, table["n"].unique())
        axes.set_xlabel("sample size $n$")
    if np.isfinite(widths).all():  # nothing in it to place the axis by
        below.set_xlim(left.get_xlim())
    sizes = np.array(sorted(table["n"].unique()))
    tail = sizes[len(sizes) // 2 :]
    for axes, summary, power, edge in (
        (right, complexities, 0.5, 1.3),
        (below, errors, -0.5, 0.92),
    ):
        limit = widest(summary) if axes is right else summary[np.isinf(summary["m"])]
        limit = limit[limit["n"] == tail[0]]["mean"]
        if limit.empty:
            continue
        height = edge * (limit.max() if power > 0 else limit.min())
        reference_slope(axes, tail, height, power)

    # (d) exponents
    for level, name in ((0, "bounded"), (-0.5, "theorem's rate")):
        fitted.axhline(level, color="0.55", linewidth=1)
        fitted.annotate(
            name,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            fontsize=6.5,
            color="0.4",
        )
    for place, ((d, k), part) in enumerate(
        ((d, k), fits[(fits["d"] == d) & (fits["tau_min"] == cut)])
        for d in dimensions
        for k, cut in enumerate(cuts)
    ):
        for row in part.itertuples():
            filled = row.quantity == "exponent of complexity"
            fitted.errorbar(
                place + dimensions.index(d),
                row.mean,
                [[max(0, row.mean - row.low)], [max(0, row.high - row.mean)]],
                color=colours[d],
                marker=MARKERS[k % 3],
                markerfacecolor=colours[d] if filled else "white",
                markersize=4.5,
                capsize=2,
                linestyle="",
            )
    span = len(cuts) + 1
    fitted.set_xticks(
        [span * k + (len(cuts) - 1) / 2 for k in range(len(dimensions))],
        [f"$d = {d}$" for d in dimensions],
    )
    fitted.set(title="(d) exponents in $n$", ylabel="fitted exponent", ylim=(-0.7, 0.85))
    fitted.grid(axis="x", visible=False)
    what = [
        Line2D([], [], color="0.3", marker="o", linestyle="", label="complexity"),
        Line2D(
            [],
            [],
            color="0.3",
            marker="o",
            markerfacecolor="white",
            linestyle="",
            label=r"$\mathrm{E}\,|f - v|_2 / \sqrt{\log n}$, kernel",
        ),
    ]
    fitted.legend(handles=what, loc="upper right", ncols=2, handletextpad=0.2, columnspacing=1)
    figure.legend(handles=kinds, loc="outside upper center", ncols=len(kinds))
    right.legend(handles=cut_handles, loc="lower right", title="(b), (c), (d)")
    colours.bar(figure, panels)
    drawn = means.melt(["d", "n"], ["rate", "bound"], "quantity", "mean").assign(
        m=np.inf, tau_min=cuts[0]
    )
    return figure, pd.concat([errors, complexities, drawn, fits, floors, nothing])
