"""What the figures of rates share: axes that can be read, and lines of known slope."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator, StrMethodFormatter

from flowbounds.figures.style import is_empty


def rate_axes(axes: Axes, x: Sequence[float], y_log: bool = True) -> None:
    """Make both axes logarithmic, with a tick at every x of the grid and plain numbers on y."""
    axes.set_xscale("log")
    axes.set_xticks(sorted(x), [f"{value:g}" for value in sorted(x)])
    axes.xaxis.set_minor_locator(NullLocator())
    if y_log and not is_empty(axes):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())


def reference_slope(
    axes: Axes,
    x: Sequence[float],
    y: float,
    power: float,
    label: str | None = None,
    below: bool = False,
) -> None:
    """Draw a line of slope ``power`` over [min x, max x] from height y, labelled at its middle.

    The label stands above the line, or below it.
    """
    ends = np.array([min(x), max(x)], dtype=float)
    axes.plot(ends, y * (ends / ends[0]) ** power, color="0.45", linewidth=0.9, linestyle="-.")
    middle = np.sqrt(ends.prod())
    axes.annotate(
        label or rf"$\propto n^{{{power:g}}}$",
        (middle, y * (middle / ends[0]) ** power),
        xytext=(-3, -4) if below else (0, 4),
        textcoords="offset points",
        ha="left" if (power < 0) != below else "right",
        va="top" if below else "baseline",
        fontsize=7,
        color="0.35",
    )
