"""Theorem 2 of paper B: KL against the moments of the target and of the scores."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 2"


def draw(dfm_moments: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL, and the constant that each bound needs, against scale and separation.

    Args:
        dfm_moments: the table of the experiment; the largest number of steps and the smallest
            dimension are drawn.
    """
    table = dfm_moments[0]
    steps, d = int(table["steps"].max()), table["d"].min()
    table = table[(table["steps"] == steps) & (table["d"] == d)]
    table = table.assign(
        c_thm2=table["kl_marginal"] / table["bound_thm2"],
        c_followup=table["kl_marginal"] / table["bound_followup"],
    )
    names = target_style.in_order(table["target"])
    figure, panels = plt.subplots(2, 2, figsize=(style.WIDTH, 5), sharey="row", sharex="col")
    for target in names:
        rows = table[table["target"] == target].sort_values("scale")
        look = target_style.look(target)
        upper, lower = panels[:, int(target == "separated")]
        upper.plot(rows["scale"], rows["kl_marginal"], **look | target_style.MARGINAL)
        upper.plot(rows["scale"], rows["kl_path"], **look | target_style.PATH)
        lower.plot(rows["scale"], rows["c_thm2"], **look | target_style.MARGINAL)
        lower.plot(rows["scale"], rows["c_followup"], **look | target_style.PATH)
    (left, right), (below, last) = panels
    for axes in panels.flat:
        axes.set_yscale("log")
    scaled = table.loc[table["target"] != "separated", "scale"]
    if len(scaled):
        below.set_xscale("log")
        for axes in (left, below):
            target_style.plain_ticks(axes, scaled)
    left.set(title=f"(a) target scaled, $N = {steps}$", ylabel="KL [nats]")
    right.set(title=f"(b) components moved apart, $N = {steps}$")
    below.set(
        title="(c) constant that a bound needs",
        xlabel="scale of the target",
        ylabel="$C$ = marginal KL / bound",
    )
    last.set(title="(d) the same", xlabel="separation $a$ of $N(\\pm a, 1/4)$")
    grey = {"color": "0.3", "marker": "o"}
    looks = {target_style.name(t): target_style.look(t) for t in names}
    left.legend(
        handles=target_style.handles({"marginal": grey, "paths": grey | target_style.PATH}),
        loc="lower left",
        fontsize=6.5,
    )
    bounds = {"paper B, Theorem 2": grey, "follow-up, Theorem 1": grey | target_style.PATH}
    last.legend(handles=target_style.handles(bounds), loc="lower left", fontsize=6.5)
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=len(looks))
    columns = ["target", "d", "scale", "steps", "kl_marginal", "kl_path", "bound_thm2"]
    return figure, table[[*columns, "bound_followup", "c_thm2", "c_followup"]]
