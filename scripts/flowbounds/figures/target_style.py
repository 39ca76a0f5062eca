"""What the figures of paper B share: a hue and a marker a target, local slopes."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

# name in words, hue (Okabe and Ito's and Tol's), marker
_TARGETS = {
    "gaussian": ("Gaussian", "#0072B2", "o"),
    "mixture": ("mixture", "#D55E00", "s"),
    "skewed": ("skewed mixture", "#009E73", "^"),
    "correlated": ("correlated Gaussian", "#AA4499", "D"),
    "equicorrelated": ("equicorrelated Gaussian", "#8C6D00", "v"),
    "separated": ("two components apart", "#332288", "P"),
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


def handles(looks: dict[str, dict]) -> list[Line2D]:
    """Return legend entries by label."""
    return [Line2D([], [], label=label, **look) for label, look in looks.items()]


def name_lines(figure: Figure) -> None:
    """Say below a figure which lines are marginals, paths and the bound, whatever the target."""
    grey = {"color": "0.3", "marker": "o"}
    looks = {
        "marginal at $t = 1$": grey | MARGINAL,
        "paths (Girsanov)": grey | PATH,
        "Theorem 2, smallest $C$ for the paths": BOUND,
    }
    figure.legend(handles=handles(looks), loc="outside lower center", ncols=3)


def power_axes(axes: Axes) -> None:
    """Make both axes logarithmic with powers of ten, and minor ticks without labels."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())


def power_line(axes: Axes, power: float, label: str, ends, first: float, **line) -> None:
    """Draw a power law from height ``first`` at ends[0], labelled beyond ends[1]."""
    x = np.asarray(ends, dtype=float)
    y = first * (x / x[0]) ** power
    look = {"color": "0.45", "linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 1}
    axes.plot(x, y, **look | line)
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
