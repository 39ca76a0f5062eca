"""From Theorem 3.3 to 3.5: error and distances of one predictor, by where its flow starts."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims import evidence
from flowbounds.claims.judging import interval
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

THEOREM = "Theorem 3.5"

CELL = ["d", "b1", "constant", "start", "steps", "n"]
# quantity, label of its row of panels; the last may be negative
QUANTITIES = {
    "test_error": r"(a) $\mathrm{E}\,|f - v|$",
    "coupled": r"(b) $\mathrm{E}\,|\hat x_1 - x_1|$",
    "w1_paired": "(c) $W_1$ to own $x_1$",
    "w1_debiased": "(d) debiased $W_1$",
}
# by constant input and whether the start is later than tau = 0: colour, marker
LOOKS = {
    (False, False): ("#000000", "o"),
    (True, False): ("#E69F00", "^"),
    (False, True): ("#CC79A7", "D"),
    (True, True): ("#0072B2", "s"),
}


def draw(thm35_causes: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw a column per (d, B1) and a row per quantity, against n; the latest start stands for all.

    Args:
        thm35_causes: the table of the experiment.
    """
    table = thm35_causes[0]
    ends = {False: 0.0, True: table["start"].max()}
    cases = {
        (constant, later): table[
            (table["constant"].astype(bool) == constant)
            & (table["start"] == ends[later])
            & ((table["start"] > 0) == later)
        ]
        for constant, later in LOOKS
    }
    cases = {case: rows for case, rows in cases.items() if len(rows)}
    sizes, steps = sorted(table["n"].unique()), sorted(table["steps"].unique())
    ticks = [n for n in sizes if n == sizes[-1] or 4 * n <= sizes[-1]]  # labels have room
    columns = list(table[["d", "b1"]].drop_duplicates().sort_values(["d", "b1"]).itertuples(False))
    figure, panels = plt.subplots(
        len(QUANTITIES), len(columns), figsize=(style.WIDTH, 7.0), sharex=True, squeeze=False
    )
    drawn = []
    for row, (quantity, label) in zip(panels, QUANTITIES.items(), strict=True):
        row[0].set_ylabel(label)
        for axes, (d, b1) in zip(row, columns, strict=True):
            shown = []
            for case, rows in cases.items():
                here = rows[(rows["d"] == d) & (rows["b1"] == b1)]
                summary = over_seeds(here, CELL, quantity).assign(quantity=quantity)
                colour, marker = LOOKS[case]
                most = summary[summary["steps"] == steps[-1]]
                line = {"color": colour, "marker": marker, "markersize": 3, "linewidth": 1}
                style.mean_and_band(axes, "n", most, **line)
                fewer = summary[summary["steps"] != steps[-1]]
                if quantity != "test_error":  # of the predictor, whatever samples it
                    axes.plot(fewer["n"], fewer["mean"], color=colour, **_FEWER)
                shown.append(summary)
            if quantity == "coupled" and (False, False) in cases:
                at_zero = cases[False, False]
                here = at_zero[(at_zero["d"] == d) & (at_zero["b1"] == b1)]
                floor = over_seeds(here, CELL, "coupled_floor").assign(quantity="coupled_floor")
                axes.axhline(floor["mean"].iloc[0], **_FLOOR)
                shown.append(floor)
            values = pd.concat(shown)
            if quantity == "w1_debiased":
                axes.axhline(0, color="0.45", linewidth=0.8, zorder=1)
                rate_axes(axes, ticks, y_log=False)
            else:
                rate_axes(axes, ticks)
                style.log_limits(axes, values["mean"])
            drawn.append(values)
    for axes, (d, b1) in zip(panels[0], columns, strict=True):
        axes.set_title(f"$d = {d}$, $B_1 = {b1:g}$")
    for axes in panels[-1]:
        axes.set_xlabel("sample size $n$")
    figure.legend(handles=_handles(cases, ends[True], steps), loc="outside upper center", ncols=3)
    return figure, pd.concat([*drawn, *_fits(cases, steps[-1])])


_FEWER = {
    "linestyle": "",
    "marker": "o",
    "markersize": 6.5,
    "markerfacecolor": "none",
    "markeredgewidth": 0.6,
    "zorder": 4,
}
_FLOOR = {"color": "black", "linewidth": 0.8, "linestyle": (0, (1, 1)), "zorder": 2.5}


def _fits(cases: dict, most: int) -> list[pd.DataFrame]:
    """Return the exponents in n, with their t intervals, of what has a logarithm."""
    fits = []
    for (constant, _), rows in cases.items():
        for (d, b1, start), part in rows[rows["steps"] == most].groupby(["d", "b1", "start"]):
            for quantity in list(QUANTITIES)[:-1]:
                found = interval(evidence.exponents(part, quantity, "n", ["d"]))
                names = {"d": d, "b1": b1, "constant": constant, "start": start, "steps": most}
                fits.append(names | {"quantity": f"exponent of {quantity}"} | found)
    return [pd.DataFrame(fits)]


def _handles(cases: dict, later_start: float, steps: list) -> list[Line2D]:
    handles = []
    for constant, later in cases:
        colour, marker = LOOKS[constant, later]
        inputs = "constant input" if constant else "no constant"
        where = rf"from $\tau = {later_start if later else 0:g}$"
        handles.append(
            Line2D([], [], color=colour, marker=marker, markersize=4, label=f"{inputs}, {where}")
        )
    if len(steps) > 1:
        fewer = ", ".join(str(count) for count in steps[:-1])
        name = f"{fewer} Euler steps for {steps[-1]}"
        handles.append(Line2D([], [], color="0.3", label=name, **_FEWER))
    if (False, False) in cases:
        handles.append(Line2D([], [], label="least of any function of $x_0$", **_FLOOR))
    return handles
