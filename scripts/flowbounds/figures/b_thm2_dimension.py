"""Theorem 2 of paper B: KL against the dimension, and what constant the bounds need."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 2"


def draw(dfm_dimension: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw marginal and path KL and the smallest constants against d, a hue per target.

    Args:
        dfm_dimension: the table of the experiment; the largest number of steps is drawn.
    """
    table = dfm_dimension[0]
    table = table[table["steps"] == table["steps"].max()]
    names = target_style.in_order(table["target"])
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(style.WIDTH, 3.1))
    table = table.assign(
        c_thm2=table["kl_marginal"] / table["bound_thm2"],
        c_followup=table["kl_marginal"] / table["bound_followup"],
    )
    for target in names:
        rows = table[table["target"] == target].sort_values("d")
        look = target_style.look(target)
        left.plot(rows["d"], rows["kl_marginal"], **look)
        middle.plot(rows["d"], rows["kl_path"], **look | target_style.PATH)
        right.plot(rows["d"], rows["c_thm2"], **look)
        right.plot(rows["d"], rows["c_followup"], **look | target_style.PATH)
    steps = int(table["steps"].max())
    left.set(title=f"(a) marginal KL, $N = {steps}$", ylabel="KL [nats]")
    middle.set(title=f"(b) path KL, $N = {steps}$", ylabel="KL [nats]")
    right.set(title="(c) constant that a bound needs", ylabel="$C$ = marginal KL / bound")
    ends = (table["d"].min(), table["d"].max())
    for axes, quantity in ((left, "kl_marginal"), (middle, "kl_path")):
        target_style.power_axes(axes)
        start = table.loc[table["d"] == ends[0], quantity].max()
        top = table[quantity].max()
        axes.set_ylim(table[quantity].min() / 3, 300 * top)
        for power in (1, 3, 4):
            # the bounds' powers leave the panel where they leave the data behind
            stop = min(ends[1] / 2, ends[0] * (80 * top / start) ** (1 / power))
            label = "$d$" if power == 1 else f"$d^{power}$"
            target_style.power_line(axes, power, label, (ends[0], stop), 2 * start)
    target_style.power_axes(right)
    for axes in (left, middle, right):
        axes.set_xlabel("dimension $d$")
    grey = {"color": "0.3", "marker": "o"}
    right.legend(
        handles=target_style.handles(
            {
                "paper B, Theorem 2 ($d^4$)": grey,
                "follow-up, Theorem 1 ($d^3$)": grey | target_style.PATH,
            }
        ),
        loc="lower left",
        fontsize=6.5,
    )
    figure.legend(
        handles=target_style.handles({target_style.name(t): target_style.look(t) for t in names}),
        loc="outside lower center",
        ncols=len(names),
    )
    columns = ["target", "d", "steps", "kl_marginal", "kl_path", "bound_thm2", "bound_followup"]
    return figure, table[[*columns, "c_thm2", "c_followup"]]
