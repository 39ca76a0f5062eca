"""Theorem 3 of paper B for a point mass: KL against delta, and the steps that a goal takes."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 3"

NAMES = {"uniform": "equal", "nonuniform": "shrinking"}
HUES = {"uniform": "#D55E00", "nonuniform": "#0072B2"}
QUANTITIES = {"kl_marginal": target_style.MARGINAL, "kl_path": target_style.PATH}


def draw(
    dfm_point_mass: list[pd.DataFrame], dfm_first_steps: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw KL at the largest N, and the first N for both kinds of steps, against delta.

    Args:
        dfm_point_mass: KL of both kinds of steps.
        dfm_first_steps: the N that reaches the goal.
    """
    table, first = dfm_point_mass[0], dfm_first_steps[0]
    table = table[(table["steps"] == table["steps"].max()) & (table["d"] == table["d"].min())]
    first = first[first["d"] == first["d"].min()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.WIDTH, 3.0))
    for schedule, hue in HUES.items():
        rows = table[table["schedule"] == schedule].sort_values("delta")
        for quantity, line in QUANTITIES.items():
            look = {"color": hue, "marker": "o"} | line
            left.plot(rows["delta"], rows[quantity], **look)
            part = first[(first["schedule"] == schedule) & (first["quantity"] == quantity)]
            part = part.sort_values("delta")
            right.plot(part["delta"], part["steps"], **look)
        left.plot(rows["delta"], rows["first_order"], **target_style.BOUND)
    for axes in (left, right):
        target_style.power_axes(axes)
        axes.set_xlabel(r"gap $\delta$")
    d, steps, goal = table["d"].iloc[0], table["steps"].iloc[0], first["goal"].iloc[0]
    left.set(ylabel="KL at $1 - \\delta$ [nats]", title=f"(a) $N = {steps}$, $d = {d}$")
    right.set(ylabel="steps $N$", title=f"(b) first $N$ with KL at most {goal:g} nats")
    looks = {
        f"{NAMES[schedule]} steps, {words}": {"color": hue, "marker": "o"} | QUANTITIES[quantity]
        for schedule, hue in HUES.items()
        for quantity, words in (("kl_marginal", "marginal"), ("kl_path", "paths"))
    }
    looks["paths, first order in $h$"] = target_style.BOUND
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=3)
    drawn = [table.assign(panel="kl"), first.assign(panel="first steps")]
    return figure, pd.concat(drawn)
