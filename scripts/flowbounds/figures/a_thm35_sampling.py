"""Theorem 3.5 of paper A: distance of generated samples to the data, in n, d and B1."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from flowbounds.claims import a_sampling as claims
from flowbounds.claims.judging import Region
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.judged import ALLOWED, draw_test, fit_to, judged_tests, shade_allowed
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.5"

CELL = ["d", "m", "b1", "n"]
OF_NOTHING = ["w1_start", "w1_posterior"]
MARKERS = {"b1": ["o", "s", "^", "D"], "n": ["P", "X", "<", "*", "p"]}


def draw(
    sampling: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw debiased W1 against n for every B1, and what is left of it beyond the promised falls.

    Args:
        sampling: the table of the experiment.
        baselines: what no training gives.
    """
    table = sampling[0]
    dimensions, bounds = sorted(table["d"].unique()), sorted(table["b1"].unique())
    widths, sizes = sorted(table["m"].unique()), sorted(table["n"].unique())
    colours = style.DimensionColours(dimensions)
    summary = over_seeds(table, CELL, "w1_debiased").assign(quantity="w1_debiased")
    nothing = doing_nothing.means(baselines[0], "sampling", OF_NOTHING, ["d", "b1"])

    figure = plt.figure(figsize=(style.WIDTH, 5.6))
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    above = top.subplots(1, len(bounds), sharey=True, squeeze=False)[0]
    for axes, b1 in zip(above, bounds, strict=True):
        for d in dimensions:
            here = (summary["d"] == d) & (summary["b1"] == b1)
            for m in widths:
                cells = summary[here & (summary["m"] == m)]
                style.mean_and_band(axes, "n", cells, color=colours[d], marker=style.m_marker(m))
            untrained = nothing[(nothing["d"] == d) & (nothing["b1"] == b1)]
            doing_nothing.levels(axes, untrained, colours[d])
        rate_axes(axes, sizes)
        axes.set(title=f"(a) $B_1 = {b1:g}$", xlabel="sample size $n$")
    style.log_limits(above[0], pd.concat([summary["mean"], nothing["mean"]]))
    above[0].set_ylabel("debiased $W_1$ to the data")

    left, right = bottom.subplots(1, 2, sharey=True)
    judged = (
        (left, "(b) judged: fall with $n$", "n", claims.theorem_35_rate_in_n),
        (right, "(c) judged: fall with $B_1$", "b1", claims.theorem_35_rate_in_b1),
    )
    tests = [judged_tests(function, table) for *_, function in judged]
    fit_to(left, pd.concat(tests), [function.claim.allowed.high for *_, function in judged])
    for (axes, title, along, function), rows in zip(judged, tests, strict=True):
        _judged(axes, rows, along, function.claim.allowed, colours)
        axes.set_title(title)
    left.set_ylabel("left beyond the promise\n[floors, simultaneous 95 %]")
    left.set_xlabel(f"sample size $n$, against $n = {sizes[0]}$")
    right.set_xlabel(f"bound $B_1$, against $B_1 = {bounds[0]:g}$")
    lines = [
        *(
            Line2D([], [], color="0.3", marker=style.m_marker(m), label=f"generated, $m = {m}$")
            for m in widths
        ),
        *doing_nothing.handles(OF_NOTHING),
    ]
    handles = [*colours.handles(), *lines]
    top.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 7))
    values = {along: sorted(table[along].unique()) for along in ("n", "b1")}
    others = [
        *_other_handles("(b) $B_1 =", MARKERS["b1"], values["b1"]),
        *_other_handles("(c) $n =", MARKERS["n"], values["n"]),
        Patch(color=ALLOWED, label="allowed"),
    ]
    ncols = len(others) if len(others) <= 6 else 4  # of a long row both ends would be cut off
    bottom.legend(handles=others, loc="outside lower center", ncols=ncols)
    return figure, pd.concat([summary, nothing, *tests])


def _other_handles(words: str, markers: list[str], values: list) -> list[Line2D]:
    """Return the legend entries of the quantity that a panel does not have on its axis."""
    return [
        Line2D([], [], color="0.3", marker=markers[k % len(markers)], linestyle="",
               label=f"{words} {value:g}$")
        for k, value in enumerate(values)
    ]  # fmt: skip


def _judged(
    axes: Axes, tests: pd.DataFrame, along: str, region: Region, colours: style.DimensionColours
) -> None:
    """Draw the tests of a claim at the values of ``along``; the marker is the other quantity."""
    if tests.empty:
        style.say_missing(axes, f"nothing to judge: ${along}$ takes one value only")
        return
    other = "b1" if along == "n" else "n"
    places = {value: k for k, value in enumerate(sorted(tests[along].unique()))}
    others = sorted(tests[other].unique())
    shade_allowed(axes, -0.5, len(places) - 0.5, region.high, region.margin)
    rows = tests.sort_values(["d", other, "m"])
    for value, part in rows.groupby(along):
        spread = np.linspace(-0.38, 0.38, len(part)) if len(part) > 1 else [0.0]
        for x, row in zip(spread, part.itertuples(), strict=True):
            marker = MARKERS[other][others.index(getattr(row, other)) % len(MARKERS[other])]
            draw_test(axes, places[value] + x, row, color=colours[row.d], marker=marker)
    axes.set_xticks(list(places.values()), [f"{value:g}" for value in places])
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.grid(axis="x", visible=False)
