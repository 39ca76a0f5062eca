"""What the figures of paper B share: a hue and a marker a target, shades, local slopes."""

from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

# name in words, hue (Okabe and Ito's, and one of Tol's), marker
_TARGETS = {
    "gaussian": ("Gaussian", "#0072B2", "o"),
    "mixture": ("mixture", "#D55E00", "s"),
    "skewed": ("skewed mixture", "#009E73", "^"),
    "correlated": ("correlated Gaussian", "#CC79A7", "D"),
    "equicorrelated": ("equicorrelated Gaussian", "#E69F00", "v"),
    "separated": ("two components apart", "#56B4E9", "P"),
    "two_points": ("two points", "#000000", "X"),
    "uniform": ("uniform", "#882255", "h"),
}
MARGINAL = {"linestyle": "-"}
PATH = {"linestyle": (0, (4, 2)), "markerfacecolor": "white"}
BOUND = {"linestyle": ":", "color": "0.35", "linewidth": 1.0}


def name(target: str) -> str:
    return _TARGETS[target][0]


def look(target: str) -> dict:
    """Return the hue and the marker of a target."""
    _, hue, marker = _TARGETS[target]
    return {"color": hue, "marker": marker}


def in_order(targets: Iterable[str]) -> list[str]:
    """Return the targets that a table holds, in the order of every legend."""
    held = set(targets)
    return [target for target in _TARGETS if target in held]


def shades(grid: Iterable[float]) -> dict[float, tuple]:
    """Return a colour for each number, the larger the darker."""
    grid = sorted(set(grid))
    places = np.linspace(0.25, 1, len(grid)) if len(grid) > 1 else [0.6]
    return dict(zip(grid, mpl.colormaps["viridis_r"](places), strict=True))


def handles(looks: dict[str, dict]) -> list[Line2D]:
    """Return legend entries by label."""
    return [Line2D([], [], label=label, **look) for label, look in looks.items()]


def power_axes(axes: Axes) -> None:
    """Make both axes logarithmic with powers of ten, and minor ticks without labels."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())


def power_line(axes: Axes, power: float, label: str, ends, first: float) -> None:
    """Draw a power law from height ``first`` at ends[0], labelled beyond ends[1]."""
    x = np.asarray(ends, dtype=float)
    y = first * (x / x[0]) ** power
    axes.plot(x, y, color="0.45", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    left = x[1] < x[0]
    axes.annotate(
        label,
        (x[1], y[1]),
        xytext=(-3 if left else 3, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=7,
        color="0.35",
    )


def plain_ticks(axes: Axes, values: Iterable[float], labels: Iterable[str] | None = None) -> None:
    """Put ticks of a logarithmic horizontal axis at the values of the grid."""
    values = sorted(set(values))
    axes.set_xticks(values, labels or [f"{value:g}" for value in values])
    axes.tick_params(axis="x", which="minor", bottom=False)


def local_slopes(table: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Return the log-log slope between neighbouring x, at their geometric mean.

    Returns:
        Columns x and ``slope``, one row fewer than the table.
    """
    table = table.sort_values(x)
    steps = np.diff(np.log(table[x]))
    return pd.DataFrame(
        {
            x: np.sqrt(table[x].to_numpy()[1:] * table[x].to_numpy()[:-1]),
            "slope": np.diff(np.log(table[y])) / steps,
        }
    )
