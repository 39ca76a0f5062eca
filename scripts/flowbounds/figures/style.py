"""The visual language of all figures.

A step size eta has a hue, a width m a shade of it and a marker, a dimension d a place on one
sequential colour map, every other ordered quantity one on another. They are the same in every
figure, and at least 3 : 1 on white. Hues are Okabe and Ito's and Tol's, which readers with any
colour vision can tell apart; shades and maps differ in lightness as well.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

WIDTH = 7.2  # inches, the text width of a two-column paper
ALARM = "#B00020"  # what diverged

_NAMES = {
    "digits": "digits",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
}


class _Named(dict):
    """What image sets are called: a reader's own as in the configuration."""

    def __missing__(self, name: str) -> str:
        return name


DATASETS = _Named(_NAMES)

_HUES = {1e-4: "#0072B2", 1e-3: "#D55E00", 1e-2: "#009E73"}
_SPARE_HUES = ["#AA4499", "#8C6D00", "#332288"]
# Colour maps with the ends that are 3 : 1 on white or more, the first for the smallest value.
_OF_D = ("plasma", 0.62, 0.0)
_OF_OTHERS = ("crest", 0.33, 1.0)
_OF_SECOND = ("flare", 0.27, 1.0)
_LARGEST_D = 50  # of the papers' grids; beyond it colours no longer change
# seaborn's palette deep, for what has no colour of its own
_CYCLE = [
    *("#4C72B0", "#DD8452", "#55A868", "#C44E52", "#8172B3"),
    *("#937860", "#DA8BC3", "#8C8C8C", "#CCB974", "#64B5CD"),
]
_MARKERS = {
    16: "o",
    32: "s",
    64: "^",
    128: "D",
    256: "v",
    512: "P",
    1024: "X",
    4096: "p",
    16384: "h",
}


def apply() -> None:
    """Set the defaults that all figures share: seaborn's ticks on paper, with sizes of our own.

    What they come to stands here and is held to seaborn's by a test, as importing seaborn takes as
    long as drawing.
    """
    mpl.use("agg")
    mpl.rcParams.update(
        {
            "font.family": ["DejaVu Sans"],
            "text.color": ".15",
            "axes.edgecolor": ".15",
            "axes.labelcolor": ".15",
            "xtick.color": ".15",
            "ytick.color": ".15",
            "axes.axisbelow": True,
            "axes.prop_cycle": mpl.cycler(color=_CYCLE),
            "lines.solid_capstyle": "round",
            "patch.edgecolor": "w",
            "patch.force_edgecolor": True,
            "patch.linewidth": 0.8,
            "font.size": 8,
            "axes.titlesize": 8,
            # where titles are anyway, as no ticks are labelled above a panel: to look takes long
            "axes.titley": 1.0,
            "axes.labelsize": 8,
            "xtick.labelsize": 7,
            "ytick.labelsize": 7,
            "legend.fontsize": 7,
            "legend.title_fontsize": 7,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.minor.width": 0.4,
            "ytick.minor.width": 0.4,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "xtick.minor.size": 1.5,
            "ytick.minor.size": 1.5,
            "axes.grid": True,
            "grid.linewidth": 0.4,
            "grid.color": "0.9",
            "lines.linewidth": 1.2,
            "lines.markersize": 3.5,
            "figure.constrained_layout.use": True,
            "savefig.dpi": 200,
            "pdf.fonttype": 42,
        }
    )


@contextmanager
def settled(figure: Figure) -> Iterator[None]:
    """Lay a figure out once, and keep that layout in all that is added to it and saved meanwhile.

    A figure with a layout engine, even one of no effect, is drawn twice by whatever saves it. One
    without takes up the default's once it is saved, so that there is no default meanwhile either.
    """
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    with mpl.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
        yield


def power(value: float) -> str:
    """Write a step size as mathematics: 1e-4 as a power of ten, 3e-4 as a multiple of one."""
    exponent = math.floor(math.log10(value) + 1e-9)
    factor = value / 10**exponent
    times = "" if math.isclose(factor, 1) else rf"{factor:.3g} \times "
    return rf"${times}10^{{{exponent}}}$"


def eta_hue(eta: float, grid: Sequence[float]) -> str:
    """Return the hue of a step size; sizes that the papers do not use share the spare hues."""
    known = next((hue for size, hue in _HUES.items() if math.isclose(size, eta)), None)
    if known:
        return known
    others = sorted(e for e in grid if not any(math.isclose(e, size) for size in _HUES))
    return _SPARE_HUES[others.index(eta) % len(_SPARE_HUES)]


def graded(hue, share: float) -> tuple[float, ...]:
    """Return a shade of a hue, from light (share 0) to dark (1)."""
    between = mpl.colors.LinearSegmentedColormap.from_list("", ["white", hue, "black"])
    return between(0.46 + 0.46 * share)


def m_shade(hue, m: int) -> tuple[float, ...]:
    """Return the shade of a hue for a width: the wider, the darker.

    It depends on the width alone, so that it is the same in every figure: it darkens with every
    doubling from 16 on, ever more slowly.
    """
    return graded(hue, 1 - 2 ** (-max(0.0, math.log2(m / 16)) / 3))


def m_marker(m: int) -> str:
    return _MARKERS.get(m, "*")


def _on(ramp: tuple[str, float, float], share: float) -> tuple[float, ...]:
    name, first, last = ramp
    colours = mpl.colormaps[name] if name in mpl.colormaps else seaborns(name)
    return colours(first + (last - first) * share)


@cache
def seaborns(name: str) -> mpl.colors.ListedColormap:
    """Return a colour map of seaborn's, read without importing it: that takes a second."""
    source = Path(find_spec("seaborn").origin).with_name("cm.py").read_text(encoding="utf-8")
    (table,) = re.findall(rf"^_{name}_lut = (\[.*?^\])", source, re.MULTILINE | re.DOTALL)
    return mpl.colors.ListedColormap(json.loads(table), name)


def kappa_hue(kappa: float) -> tuple[float, ...]:
    """Return the colour of an initial standard deviation, by its logarithm from 0.1 to 1."""
    return _on(_OF_OTHERS, float(np.clip(1 + math.log10(kappa), 0, 1)))


def shades(grid: Iterable[float], second: bool = False) -> dict[float, tuple[float, ...]]:
    """Return a colour for each value of an ordered quantity other than d, the larger the darker.

    A second such quantity, in a figure without d, has a colour map of its own.
    """
    ramp = _OF_SECOND if second else _OF_OTHERS
    grid = sorted(set(grid))
    places = np.linspace(0, 1, len(grid)) if len(grid) > 1 else [0.5]
    return {value: _on(ramp, place) for value, place in zip(grid, places, strict=True)}


def showcase(ntk: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one (d, n, eta): the smallest d, the largest n and eta."""
    cell = {"d": ntk["d"].min(), "n": ntk["n"].max(), "eta": ntk["eta"].max()}
    return ntk[(ntk[list(cell)] == list(cell.values())).all(axis=1)]


def cell_name(row: pd.Series) -> str:
    """Write d, n and eta of a row as mathematics."""
    return rf"$d = {row['d']:g}$, $n = {row['n']:g}$, $\eta = $ {power(row['eta'])}"


def reference_slope(axes: Axes, exponent: float, label: str, ends, last: float) -> None:
    """Draw a power law as a thin grey line with its name at its middle.

    Args:
        axes: where to draw; both axes logarithmic.
        exponent: of the power law.
        label: what to write at the line.
        ends: the two ends on the horizontal axis.
        last: the value at the second end.
    """
    x = np.asarray(ends, dtype=float)
    values = last * (x / x[1]) ** exponent
    axes.plot(x, values, color="0.45", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    axes.annotate(
        label,
        (np.sqrt(x.prod()), np.sqrt(values.prod())),
        xytext=(2, 3),
        textcoords="offset points",
        fontsize=7,
        color="0.35",
    )


def is_empty(axes: Axes) -> bool:
    """Say whether nothing positive is drawn, as where all networks diverged: no logarithm then."""
    return not np.isfinite(axes.dataLim.minposy)


def plain_log_ticks(axes: Axes) -> None:
    """Label a logarithmic vertical axis of few decades at 1, 2, 5, without powers of ten."""
    if is_empty(axes):
        return
    axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())


def published(**changes) -> dict:
    """Return the style of published values: open black markers, no line."""
    return {
        "linestyle": "",
        "marker": "o",
        "markersize": 6,
        "markerfacecolor": "none",
        "markeredgecolor": "black",
        "markeredgewidth": 0.5,
        "zorder": 4,
    } | changes


def published_handle(axes: Axes, name: str, drawn: bool) -> list[Line2D]:
    """Return the legend entry of published values; a panel says so if the grid has none."""
    if not drawn:
        say_missing(axes, "no cell of this grid\nis read off the paper's figure")
        return []
    return [Line2D([], [], **published(label=name))]


def m_handles(grid: Sequence[int]) -> list[Line2D]:
    """Return the legend entries of widths, in shades of grey."""
    return [
        Line2D([], [], color=m_shade("#777777", m), marker=m_marker(m), label=f"$m = {m}$")
        for m in sorted(grid)
    ]


class DimensionColours:
    """Colours of dimensions: that of a d is the same in every figure, whatever else is drawn."""

    def __init__(self, grid: Iterable[int]) -> None:
        self.grid = sorted({int(d) for d in grid})

    def __getitem__(self, d: int) -> tuple[float, ...]:
        # a power between the logarithm, which crowds 30 to 50, and d itself, which crowds 1 to 5
        share = (min(d, _LARGEST_D) ** 0.35 - 1) / (_LARGEST_D**0.35 - 1)
        return _on(_OF_D, share)

    def handles(self, **line) -> list[Line2D]:
        """Return the legend entries of the dimensions."""
        return [
            Line2D([], [], **{"color": self[d], "linewidth": 2, "label": f"$d = {d}$"} | line)
            for d in self.grid
        ]


def mean_and_band(axes: Axes, x: str, summary: pd.DataFrame, **line) -> None:
    """Draw a mean with its band of one standard deviation over the seeds on either side.

    Args:
        axes: where to draw.
        x: the column on the horizontal axis.
        summary: columns x, mean, sd; sorted here.
        line: style of the line; its colour is the band's too.
    """
    summary = summary.sort_values(x)
    axes.plot(summary[x], summary["mean"], zorder=3, **line)  # above the bands of all curves
    axes.fill_between(
        summary[x],
        summary["mean"] - summary["sd"],
        summary["mean"] + summary["sd"],
        color=line["color"],
        alpha=0.13,
        linewidth=0,
        zorder=2,
    )


def log_limits(axes: Axes, means: pd.Series) -> None:
    """Make the vertical axis logarithmic and fit it to the means: a band may reach zero."""
    positive = means[means > 0]
    if positive.empty:
        return
    axes.set_yscale("log")
    low, high = positive.min() / 1.4, positive.max() * 1.4
    axes.set_ylim(low, high)
    if high / low < 100:  # too few powers of ten to label the axis
        plain_log_ticks(axes)


def name_diverged(figure: Figure, diverged: int, networks: int) -> None:
    """Say below a figure how many of the networks it is about diverged, if any did."""
    if diverged:
        text = f"{diverged} of {networks} networks diverged: no mean is drawn over them"
        figure.supxlabel(text, fontsize=7, color=ALARM)


def outside(axes: Axes, low: float, high: float, words: str = "outside the claim") -> None:
    """Shade what of a panel a claim does not speak of, from low to high on its horizontal axis."""
    axes.axvspan(low, high, color="0.95", linewidth=0, zorder=0)
    axes.annotate(
        words,
        (low, 0.985),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        va="top",
        fontsize=6.5,
        color="0.4",
    )


def say_missing(axes: Axes, text: str) -> None:
    """Say at the bottom of a panel what is not drawn, as the grid leaves it out."""
    axes.text(
        0.03,
        0.03,
        text,
        transform=axes.transAxes,
        va="bottom",
        fontsize=6.5,
        color=ALARM,
        zorder=5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
    )


def say_diverged(axes: Axes, summary: pd.DataFrame) -> None:
    """Name the number of diverged networks in a panel whose cells hold some."""
    if (count := int(summary["diverged"].sum())) > 0:
        axes.text(
            0.97,
            0.97,
            f"{count} of {int(summary['seeds'].sum())} networks diverged",
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=6.5,
            color=ALARM,
        )
