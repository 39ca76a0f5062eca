"""Theorem 2 of paper B beyond analytic targets: the order in h against the target's smoothness."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from flowbounds.figures import style, target_style
from flowbounds.figures.target_style import local_slopes

THEOREM = "Theorem 2"

_APART = 0.35  # on the axis of a, between targets that are no power laws
_HEAVY = {"color": "#555555", "marker": "p"}
_MARKERS = "ov^DPX*"


def draw(dfm_smoothness: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL and its local slope against h, and the last slope against the power a.

    Args:
        dfm_smoothness: the table of the experiment.
    """
    table = dfm_smoothness[0]
    looks = _looks(table)
    figure, panels = plt.subplots(
        1, 3, figsize=(style.WIDTH, 3.1), gridspec_kw={"width_ratios": [1, 1, 1.25]}
    )
    drawn, last = [], []
    for of, (label, look) in looks.items():
        rows = table[(table["family"] == of[0]) & (table["shape"] == of[1])].sort_values("h")
        slopes = local_slopes(rows, "h", "kl_marginal")
        panels[0].plot(rows["h"], rows["kl_marginal"], **look, label=label)
        panels[1].plot(slopes["h"], slopes["slope"], **look)
        of_paths = local_slopes(rows, "h", "kl_path")
        cell = {"family": of[0], "shape": of[1], "order": rows["order"].iloc[0]}
        drawn += [
            rows[["h", "kl_marginal", "kl_path"]].assign(**cell),
            slopes.assign(quantity="kl_marginal", **cell),
            of_paths.assign(quantity="kl_path", **cell),
        ]
        if len(slopes):
            ends = {"marginal": slopes["slope"].iloc[0], "paths": of_paths["slope"].iloc[0]}
            last.append(cell | ends | {"label": label, "look": look})
    target_style.power_axes(panels[0])
    panels[0].set(xlabel="step size $h = 1/N$", title="(a) marginal at $t = 1$")
    panels[0].set_ylabel(r"KL$(\nu^*\,|\,\nu_1)$ [nats]")
    panels[1].set_xscale("log")
    for axes in panels[:2]:
        counts = sorted(table["steps"].unique())
        target_style.plain_ticks(
            axes, [1 / n for n in counts[::-1]], [f"1/{n}" for n in counts[::-1]]
        )
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(0.8 / counts[-1], 1.25 / counts[0])
    panels[1].set(xlabel="step size $h = 1/N$", title="(b) its local slope", ylabel="slope in $h$")
    _orders(panels[2], last)
    for axes in panels[1:]:
        axes.set(ylim=(0, 2.3), yticks=[0, 0.5, 1, 1.5, 2])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure, pd.concat(drawn)


def _looks(table: pd.DataFrame) -> dict[tuple[str, float], tuple[str, dict]]:
    """Return a name and a style for every target: powers in shades, the larger a the darker."""
    found = {}
    powers = table[table["family"] == "power"]["shape"]
    shades = style.shades(powers[np.isfinite(powers)])
    for k, (a, hue) in enumerate(shades.items()):
        words = {1.0: " (Laplace)", 2.0: " (Gaussian)"}.get(a, "")
        marker = _MARKERS[k % len(_MARKERS)]
        found["power", a] = (f"$a = {a:g}${words}", {"color": hue, "marker": marker})
    if np.isinf(powers).any():
        found["power", np.inf] = ("uniform", target_style.look("uniform"))
    for k, nu in enumerate(sorted(table[table["family"] == "student"]["shape"].unique())):
        line = {"linestyle": "-" if k % 2 == 0 else (0, (1, 1))}
        found["student", nu] = (rf"$t$, $\nu = {nu:g}$", _HEAVY | line)
    return found


def _orders(axes: Axes, last: list[dict]) -> None:
    """Draw the slopes between the two smallest h, and what is expected of the marginal."""
    axes.set(
        xlabel="power $a$ of $\\exp(-|x|^a)$, others beside", title="(c) slopes at the least $h$"
    )
    a = np.linspace(0.5, 2, 61)
    axes.plot(a, np.minimum(a + 0.5, 2), color="0.45", linewidth=0.8, zorder=1)
    axes.annotate(
        r"$\min(a + \frac{1}{2}, 2)$", (1.5, 2), xytext=(0, 4), textcoords="offset points",
        ha="center", fontsize=7, color="0.35",
    )  # fmt: skip
    beside, ticks = 2.0, {0.5: "0.5", 1.0: "1", 1.5: "1.5", 2.0: "2"}
    for each in last:
        place = each["shape"]
        if each["family"] == "student" or np.isinf(place):
            beside += _APART
            place = beside
            ticks[place] = "jump" if each["family"] == "power" else f"$t_{{{each['shape']:g}}}$"
            ends = [place - 0.12, place + 0.12]
            axes.plot(ends, 2 * [each["order"]], color="0.45", linewidth=0.8, zorder=1)
        mark = each["look"] | {"linestyle": "", "zorder": 3}
        axes.plot([place], [each["marginal"]], **mark)
        axes.plot([place], [each["paths"]], **mark | {"markerfacecolor": "white"})
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xlim(0.4, beside + 0.25)
    grey = {"color": "0.3", "marker": "o", "linestyle": ""}
    entries = {"marginal": grey, "paths": grey | {"markerfacecolor": "white"}}
    axes.legend(handles=target_style.handles(entries), loc="lower left")
