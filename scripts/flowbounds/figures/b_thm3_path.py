"""Theorem 3 of paper B, KL of the paths: against h, and its growth with 1/delta by target."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 3"

SCHEDULES = {
    "uniform": ("equal steps", {"linestyle": "-"}),
    "nonuniform": ("shrinking steps", {"linestyle": (0, (4, 2)), "markerfacecolor": "white"}),
}


def draw(
    dfm_early_path: list[pd.DataFrame], dfm_early_rate: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw KL against h at the smallest gap, and KL over h against delta for either kind of steps.

    Args:
        dfm_early_path: KL of chains.
        dfm_early_rate: KL over h as h falls.
    """
    chains, rates = dfm_early_path[0], dfm_early_rate[0]
    names = target_style.in_order(chains["target"])
    figure, panels = plt.subplots(1, 3, figsize=(style.WIDTH, 2.9))
    _against_h(panels[0], chains, names)
    _against_delta(panels[1], rates, chains, "uniform", names)
    _against_delta(panels[2], rates, chains, "nonuniform", names)
    looks = {target_style.name(target): target_style.look(target) for target in names}
    grey = {"color": "0.3", "marker": "o"}
    looks |= {words: grey | line for words, line in SCHEDULES.values()}
    looks["first order in $h$"] = target_style.BOUND
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=6)
    drawn = [chains.assign(panel="chains"), rates.assign(panel="first order in h")]
    return figure, pd.concat(drawn)


def _against_h(axes: Axes, chains: pd.DataFrame, names: list[str]) -> None:
    delta = chains["delta"].min()
    for (target, schedule), rows in chains[chains["delta"] == delta].groupby(
        ["target", "schedule"]
    ):
        rows = rows.sort_values("h")
        axes.plot(rows["h"], rows["kl_path"], **target_style.look(target) | SCHEDULES[schedule][1])
        axes.plot(rows["h"], rows["first_order"], **target_style.BOUND)
    target_style.power_axes(axes)
    title = rf"(a) to $1 - \delta$, $\delta = {delta:g}$"
    axes.set(xlabel="first step $h$", ylabel="KL of the paths [nats]", title=title)


def _against_delta(
    axes: Axes, rates: pd.DataFrame, chains: pd.DataFrame, schedule: str, names: list[str]
) -> None:
    """Draw KL over h: lines to first order, markers of the chains with the most steps."""
    rates = rates[rates["schedule"] == schedule]
    most = chains[(chains["schedule"] == schedule) & (chains["steps"] == chains["steps"].max())]
    words, dashes = SCHEDULES[schedule]
    equal = schedule == "uniform"
    for target in names:
        look = target_style.look(target) | dashes
        rows = most[most["target"] == target]
        axes.plot(rows["delta"], rows["kl_path"] / rows["h"], **look | {"linestyle": ""})
        at_chains = rows.assign(per_h=rows["first_order"] / rows["h"])
        line = pd.concat([rates[rates["target"] == target], at_chains]).sort_values("delta")
        axes.plot(line["delta"], line["per_h"], **look | {"marker": ""})
    if equal:
        target_style.power_axes(axes)
        if len(rates):
            _powers(axes, rates)
    else:
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
    letter = "b" if equal else "c"
    axes.set(xlabel=r"gap $\delta$", ylabel="KL over $h$ [nats]", title=f"({letter}) {words}")


def _powers(axes: Axes, rates: pd.DataFrame) -> None:
    """Draw delta^-1 above and delta^-1/2 below what is drawn, between the two smallest gaps."""
    least = rates["delta"].min()
    top = rates.loc[rates["delta"] == least, "per_h"].max()
    low = rates["per_h"].min()
    ends = np.array([least, 8 * least])
    target_style.power_line(axes, -1, r"$\delta^{-1}$", ends, 4 * top)
    target_style.power_line(axes, -0.5, r"$\delta^{-1/2}$", ends, 1.5 * low)
    axes.set_ylim(low / 3, 10 * top)
