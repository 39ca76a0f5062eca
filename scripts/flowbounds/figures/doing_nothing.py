"""What no training gives, as lines in figures of what training gives: f = 0, x = x0 and others."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds

_NOTHING = (0, (6, 1.5, 1, 1.5, 1, 1.5))
_DASHES, _DOTS = (0, (4, 1.5)), (0, (1, 1))
LINES = {
    "zero_loss": ("$f = 0$", _NOTHING),
    "zero_error": ("$f = 0$", _NOTHING),
    "sliced_w1_start": ("$x = x_0$", _NOTHING),
    "sliced_w1_posterior": (r"$\mathrm{E}[x_1 | x_0]$", _DASHES),
    "sliced_w1_fresh": ("fresh samples", _DOTS),
    "w1_start": ("$x = x_0$", _NOTHING),
    "w1_posterior": (r"$\mathrm{E}[x_1 | x_0]$", _DASHES),
}
"""What each column of the table baselines is called, and its dashes."""

OF = {
    "loss": ["zero_loss"],
    "sliced_w1": ["sliced_w1_start", "sliced_w1_posterior", "sliced_w1_fresh"],
}
"""What a quantity of trained networks is drawn beside."""


def means(
    baselines: pd.DataFrame, experiment: str, quantities: Sequence[str], by: Sequence[str] = ("d",)
) -> pd.DataFrame:
    """Return mean and sd over the seeds of some columns, in rows with the column ``quantity``."""
    own = baselines[baselines["experiment"] == experiment]
    return pd.concat(
        over_seeds(own, by, quantity).assign(quantity=quantity, source="no training")
        for quantity in quantities
    )


def against(axes: Axes, x: str, rows: pd.DataFrame) -> None:
    """Draw every quantity against a column, in black."""
    for quantity, of_quantity in rows.groupby("quantity", sort=False):
        along = of_quantity.sort_values(x)
        axes.plot(along[x], along["mean"], **_line(quantity))


def levels(axes: Axes, rows: pd.DataFrame, color="black") -> None:
    """Draw every row as a line across the panel."""
    for row in rows.itertuples():
        axes.axhline(row.mean, **_line(row.quantity) | {"color": color})


def handles(quantities: Sequence[str]) -> list[Line2D]:
    """Return the legend entries, one for each name."""
    named = {LINES[quantity][0]: quantity for quantity in quantities}
    return [Line2D([], [], label=name, **_line(quantity)) for name, quantity in named.items()]


def _line(quantity: str) -> dict:
    return {"color": "black", "linewidth": 0.8, "linestyle": LINES[quantity][1], "zorder": 2.5}
