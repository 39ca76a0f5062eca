"""Causes of the failure of paper A's Theorem 3.3, taken away one at a time in the kernel limit."""

import matplotlib.pyplot as plt
import pandas as pd
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
VARIANT = ["schedule", "constant", "tau_min"]


def case(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a case, with its quantity as the column ``error``."""
    schedule, constant, place, quantity, *_ = CASES[name]
    tau_min = sorted(table["tau_min"].unique())[place]
    rows = table[
        (table["schedule"] == schedule)
        & (table["constant"].astype(bool) == constant)
        & (table["tau_min"] == tau_min)
    ]
    return rows.assign(case=name, error=rows[quantity]) if quantity in rows else rows.iloc[:0]


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
    nothing = over_seeds(case(table, "as it is"), ["d"], "zero_error").assign(quantity="zero_error")
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
            fit = fits[(fits["case"] == name) & (fits["d"] == d)]["mean"].item()
            end = summary[(summary["case"] == name) & (summary["d"] == d)].sort_values("n")
            above.annotate(
                f"{fit:+.2f}",
                (sizes[-1], end["mean"].iloc[-1]),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=6,
                color=colour,
                annotation_clip=False,
            )
        own = nothing[nothing["d"] == d]
        for axes in column:
            doing_nothing.levels(axes, own)
        drawn = summary[summary["d"] == d]["mean"]
        rate_axes(above, sizes)
        reference_slope(above, sizes, 0.85 * drawn.min() * (sizes[-1] / sizes[0]) ** 0.5, -0.5)
        above.set(title=f"$d = {d}$", xlabel="sample size $n$")
        below.set_xlabel(rf"flow time $\tau$, at $n = {sizes[-1]}$")
        style.log_limits(below, pd.concat([by_tau[by_tau["d"] == d]["mean"], own["mean"]]))
    for axes in panels[:, 0]:
        axes.set_ylabel(r"$\mathrm{E}\,|f - v|$ on fresh data")
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4, label=name)
        for name, (*_, colour, marker) in CASES.items()
    ]
    handles += doing_nothing.handles(["zero_error"])
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure, pd.concat([summary, by_tau, nothing, fits])
