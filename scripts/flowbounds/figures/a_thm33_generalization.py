"""Theorem 3.3 of paper A: error on fresh data, and the complexity that is to bound it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims import a_generalization as claims
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.judged import draw_test, fit_to, judged_tests, shade_allowed
from flowbounds.figures.loglog import rate_axes, reference_slope

THEOREM = "Theorem 3.3"

CELL = ["d", "m", "tau_min", "n"]
B0 = 1.0  # of the linear schedule
# One meaning in all panels: circles are the kernel limit, other markers trained networks; filled is
# what is judged, the kernel limit for the paper's own law of flow times.
TRAINED = ["s", "^", "D"]
DASHES = ["-", (0, (4, 1.5)), (0, (1, 1))]
RATE = {"linestyle": ":", "linewidth": 1}
BOUND = {"linestyle": (0, (5, 1.5, 1, 1.5)), "linewidth": 0.8}
FLOOR = {"linestyle": "-", "linewidth": 0.7}
# the exponents that are judged, each with its words
JUDGED = {
    claims.theorem_33_complexity_bounded: "complexity\nin $n$",
    claims.theorem_33_one_constant: "error over bound\nin $n$",
    claims.theorem_33_rate_in_n: "error$\\,/\\sqrt{\\log n}$\nin $n$",
    claims.theorem_33_jointly: "the same in $d$,\n$n / d$ fixed",
}


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
    """Draw errors against n, the complexity, the control on tau_min, and the exponents judged.

    Args:
        generalization: the table of the experiment.
        baselines: what no training gives.
    """
    table = generalization[0]
    colours = style.DimensionColours(table["d"].unique())
    errors = over_seeds(table, CELL, "test_error").assign(quantity="test_error")
    complexities = over_seeds(table, CELL, "complexity").assign(quantity="complexity")
    floors = over_seeds(table, ["d", "tau_min"], "homogeneity_floor")
    floors = floors.assign(quantity="homogeneity_floor")

    figure, panels = plt.subplots(2, 2, figsize=(style.WIDTH, 6.2))
    (left, right), (below, exponents) = panels
    means, constant = _errors(left, table, errors, colours)
    nothing = doing_nothing.means(baselines[0], "generalization", ["zero_error"])
    for d in colours.grid:
        doing_nothing.levels(left, nothing[nothing["d"] == d], colours[d])
    limit = errors[np.isinf(errors["m"])]
    _by_cut(right, widest(complexities), colours)
    _by_cut(below, limit, colours)
    left.set(title="(a) error on fresh data", ylabel=r"$\mathrm{E}\,|f - v|_2$")
    right.set(title="(b) complexity", ylabel=r"$\sqrt{V' H_\infty^{-1} V}$")
    below.set(
        title="(c) kernel limit, with and without small $\\tau$", ylabel=r"$\mathrm{E}\,|f - v|_2$"
    )
    if limit.empty:
        style.say_missing(below, r"no kernel limit: $m$ = inf is not in the grid")
    cuts = sorted(table["tau_min"].unique())
    for row in floors[floors["tau_min"] == cuts[0]].itertuples():
        below.axhline(row.mean, color=colours[row.d], zorder=1, **FLOOR)
    for axes in (left, right, below):
        rate_axes(axes, table["n"].unique())
        axes.set_xlabel("sample size $n$")
    if limit.empty:  # nothing in it to place the axis by
        below.set_xlim(left.get_xlim())
    sizes = np.array(sorted(table["n"].unique()))
    tail = sizes[len(sizes) // 2 :]
    for axes, drawn, power in ((right, widest(complexities), 0.5), (below, limit, -0.5)):
        end = drawn[drawn["n"] >= tail[0]]
        above = end["mean"] * (end["n"] / tail[0]) ** -power
        if above.notna().any():
            reference_slope(axes, tail, 1.2 * above.max(), power)
    judged = _exponents(exponents, table, colours)

    of_width = [
        Line2D([], [], color="0.3", marker=marker, markerfacecolor="white", linewidth=0.7,
               label=f"$m = {m:.0f}$, trained")
        for marker, m in zip(TRAINED, sorted(table["m"][np.isfinite(table["m"])].unique()),
                             strict=False)
    ]  # fmt: skip
    of_cut = [
        Line2D([], [], color="0.3", marker="o", markerfacecolor="0.3" if k == 0 else "white",
               linestyle=DASHES[k % 3],
               label=rf"$m = \infty$ (kernel), $\tau_{{\min}} = {cut:g}$")
        for k, cut in enumerate(cuts)
    ]  # fmt: skip
    of_line = [
        Line2D([], [], color="0.3", **RATE, label=r"(a) $\propto \sqrt{(d/n)\,\log n}$"),
        Line2D([], [], color="0.3", **BOUND, label=rf"(a) bound by data, $C = {constant:.2g}$"),
        Line2D([], [], color="0.3", **FLOOR, label="(c) floor of any network without biases"),
        *doing_nothing.handles(["zero_error"]),
    ]
    handles = [*colours.handles(), *of_width, *of_cut, *of_line]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    drawn = means.melt(["d", "n"], ["rate", "bound"], "quantity", "mean").assign(
        m=np.inf, tau_min=cuts[0]
    )
    return figure, pd.concat([errors, complexities, drawn, judged, floors, nothing])


def _errors(
    axes: Axes, table: pd.DataFrame, errors: pd.DataFrame, colours: style.DimensionColours
) -> tuple[pd.DataFrame, float]:
    """Draw the errors of all widths at the least tau_min beside both bounds of the theorem.

    Returns:
        The bounds (columns d, n, rate, bound) and the constant of the one by data.
    """
    cut = table["tau_min"].min()
    first = errors[errors["tau_min"] == cut]
    means = table[(table["tau_min"] == cut) & np.isinf(table["m"])]
    means = means.groupby(["d", "n"], as_index=False)[["complexity", "test_error"]].mean()
    bounds, constant = data_dependent_bound(means) if len(means) else (pd.Series(), np.nan)
    means = means.assign(bound=bounds, rate=np.sqrt(means["d"] * np.log(means["n"]) / means["n"]))
    finite = sorted(m for m in table["m"].unique() if np.isfinite(m))
    looks = dict(zip(finite, TRAINED * len(finite), strict=False)) | {np.inf: "o"}
    for d in colours.grid:
        for m, part in first[first["d"] == d].groupby("m"):
            style.mean_and_band(
                axes,
                "n",
                part,
                color=colours[d],
                marker=looks[m],
                markerfacecolor=colours[d] if np.isinf(m) else "white",
                linewidth=1.2 if np.isinf(m) else 0.7,
            )
        line = means[means["d"] == d]
        start = (line["test_error"] / line["rate"]).iloc[:1].sum()
        axes.plot(line["n"], start * line["rate"], color=colours[d], **RATE)
        axes.plot(line["n"], line["bound"], color=colours[d], **BOUND)
    if cut > 0:
        style.say_missing(axes, rf"$\tau_{{\min}} = {cut:g}$: the paper's 0 is not in the grid")
    return means, constant


def _by_cut(axes: Axes, summary: pd.DataFrame, colours: style.DimensionColours) -> None:
    """Draw a quantity of the kernel limit for every law of flow times."""
    for k, (_, of_cut) in enumerate(summary.groupby("tau_min")):
        for d, part in of_cut.groupby("d"):
            style.mean_and_band(
                axes,
                "n",
                part,
                color=colours[d],
                marker="o",
                markerfacecolor=colours[d] if k == 0 else "white",
                linestyle=DASHES[k % 3],
            )


def _exponents(axes: Axes, table: pd.DataFrame, colours: style.DimensionColours) -> pd.DataFrame:
    """Draw every exponent that a claim is judged by, with its interval and what is allowed."""
    drawn = pd.concat([judged_tests(function, table) for function in JUDGED])
    regions = [function.claim.allowed for function in JUDGED]
    fit_to(axes, drawn, [region.high for region in regions])
    for place, (function, region) in enumerate(zip(JUDGED, regions, strict=True)):
        shade_allowed(axes, place - 0.42, place + 0.42, region.high, region.margin)
        rows = drawn[drawn["claim"] == function.claim.name]
        spread = np.linspace(-0.25, 0.25, len(rows)) if len(rows) > 1 else [0.0] * len(rows)
        for x, row in zip(spread, rows.itertuples(), strict=True):
            # those along the dimension are of none
            of_d = function is not claims.theorem_33_jointly
            draw_test(axes, place + x, row, color=colours[row.d] if of_d else "black", marker="o")
    axes.set_xticks(range(len(JUDGED)), JUDGED.values(), fontsize=6)
    axes.set(
        title="(d) exponents judged (green: allowed)",
        ylabel="exponent [simultaneous 95 %]",
        xlim=(-0.5, len(JUDGED) - 0.5),
    )
    axes.grid(axis="x", visible=False)
    return drawn
