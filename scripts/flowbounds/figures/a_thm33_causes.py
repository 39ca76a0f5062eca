"""Causes of the failure of paper A's Theorem 3.3, taken away one at a time in the kernel limit."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims import evidence
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style
from flowbounds.figures.loglog import rate_axes, reference_slope

THEOREM = "Theorem 3.3"

# label, schedule, constant input, least flow time (the grid's first or last), quantity, style
CASES = {
    "as it is": ("linear", False, 0, "test_error", "#000000", "o"),
    "its own random output": ("linear", False, 0, "own_start_error", "#999999", "X"),
    "best ridge": ("linear", False, 0, "ridge_error", "#0072B2", "s"),
    r"no small $\tau$": ("linear", False, -1, "test_error", "#CC79A7", "D"),
    "constant input": ("linear", True, 0, "test_error", "#E69F00", "^"),
    r"both": ("linear", True, -1, "test_error", "#D55E00", "P"),
    "trigonometric": ("trigonometric", False, 0, "test_error", "#009E73", "v"),
}
ONE = pd.DataFrame({"quantity": ["zero_error"], "mean": [1.0]})


def case(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a case, with its error over that of f = 0 as the column ``error``."""
    schedule, constant, place, quantity, *_ = CASES[name]
    tau_min = sorted(table["tau_min"].unique())[place]
    rows = table[
        (table["schedule"] == schedule)
        & (table["constant"].astype(bool) == constant)
        & (table["tau_min"] == tau_min)
    ]
    if quantity not in rows:
        return rows.iloc[:0]
    return rows.assign(case=name, error=rows[quantity] / rows["zero_error"])


def name_ends(axes: Axes, ends: pd.Series, fits: pd.Series) -> None:
    """Write the exponent of each case beside its end, one below the other where they crowd."""
    low, high = np.log(axes.get_ylim())
    above = np.inf
    for name, value in ends.sort_values(ascending=False).items():
        above = min((np.log(value) - low) / (high - low), above - 0.055)
        axes.annotate(
            f"{fits[name]:+.2f}",
            (1.01, above),
            xycoords="axes fraction",
            va="center",
            fontsize=6,
            color=CASES[name][4],
            annotation_clip=False,
        )


def draw(
    thm33_causes: list[pd.DataFrame], thm33_causes_tau: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw a column per dimension: errors against n, and against the flow time at the largest n.

    Args:
        thm33_causes: the table of the experiment.
        thm33_causes_tau: the same errors in bands of flow times.
    """
    table, bands = thm33_causes[0], thm33_causes_tau[0]
    dimensions, sizes = sorted(table["d"].unique()), sorted(table["n"].unique())
    errors = pd.concat(case(table, name) for name in CASES)
    summary = over_seeds(errors, ["case", "d", "n"], "error").assign(quantity="error")
    of_largest = bands[bands["n"] == sizes[-1]]
    resolved = pd.concat(case(of_largest, name) for name in CASES)
    by_tau = over_seeds(resolved, ["case", "d", "tau"], "error").assign(quantity="error by tau")
    fits = pd.DataFrame(
        {"case": name, "d": d, "quantity": "exponent"}
        | interval(evidence.exponents(part, "error", "n", ["d"]))
        for (name, d), part in errors.groupby(["case", "d"])
    )
    figure, panels = plt.subplots(
        2, len(dimensions), figsize=(style.WIDTH, 5.4), sharex="row", squeeze=False
    )
    for column, d in zip(panels.T, dimensions, strict=True):
        above, below = column
        for name, (*_, colour, marker) in CASES.items():
            for axes, x, rows in ((above, "n", summary), (below, "tau", by_tau)):
                cells = rows[(rows["case"] == name) & (rows["d"] == d)]
                line = {"marker": marker, "markersize": 3, "linewidth": 1}
                style.mean_and_band(axes, x, cells, color=colour, **line)
        for axes in column:
            doing_nothing.levels(axes, ONE)
        drawn = summary[summary["d"] == d]
        rate_axes(above, sizes)
        ends = drawn[drawn["n"] == sizes[-1]].set_index("case")["mean"]
        inside = [drawn["mean"], ONE["mean"]]
        if len(sizes) > 1:
            # below every curve, from the last but one n to the last
            lowest = drawn[drawn["n"].isin(sizes[-2:])]
            y = 0.85 * (lowest["mean"] * (lowest["n"] / sizes[-2]) ** 0.5).min()
            reference_slope(above, sizes[-2:], y, -0.5, below=True)
            inside.append(pd.Series([y * (sizes[-1] / sizes[-2]) ** -0.5]))
        style.log_limits(above, pd.concat(inside))
        name_ends(above, ends, fits[fits["d"] == d].set_index("case")["mean"])
        above.set(title=f"$d = {d}$", xlabel="sample size $n$")
        below.set_xlabel(rf"flow time $\tau$, at $n = {sizes[-1]}$")
        style.log_limits(below, pd.concat([by_tau[by_tau["d"] == d]["mean"], ONE["mean"]]))
    for axes in panels[:, 0]:
        axes.set_ylabel(r"$\mathrm{E}\,|f - v|$ over that of $f = 0$")
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4, label=name)
        for name, (*_, colour, marker) in CASES.items()
    ]
    handles += doing_nothing.handles(["zero_error"])
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure, pd.concat([summary, by_tau, fits])
