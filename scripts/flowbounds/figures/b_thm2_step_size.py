"""Theorem 2 of paper B: KL against the step size, of marginals and of paths."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style
from flowbounds.figures.target_style import local_slopes

THEOREM = "Theorem 2"


def draw(dfm_discretization: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw KL per dimension and its local slope against h, a column per target.

    Args:
        dfm_discretization: the table of the experiment.
    """
    table = dfm_discretization[0]
    names = target_style.in_order(table["target"])
    figure, panels = plt.subplots(
        2,
        len(names),
        figsize=(style.WIDTH, 4.4),
        sharex=True,
        sharey="row",
        squeeze=False,
        gridspec_kw={"height_ratios": [1.5, 1]},
    )
    drawn = []
    for column, target in zip(panels.T, names, strict=True):
        rows = table[table["target"] == target].sort_values("h")
        look = target_style.look(target)
        for d, part in rows.groupby("d"):
            # products have the same values per dimension; correlated targets have not
            thin = 1.3 if d == rows["d"].max() else 0.7
            for quantity, line in (
                ("kl_marginal", target_style.MARGINAL),
                ("kl_path", target_style.PATH),
            ):
                each = part.assign(value=part[quantity] / d)
                column[0].plot(each["h"], each["value"], **look | line, linewidth=thin)
                slopes = local_slopes(each, "h", "value")
                column[1].plot(slopes["h"], slopes["slope"], **look | line, linewidth=thin)
                cell = {"target": target, "d": d, "quantity": quantity}
                drawn += [each[["h", "value"]].assign(**cell), slopes.assign(**cell)]
        # the bound's shape in h, with the smallest constant that covers the path KL
        part = rows[rows["d"] == rows["d"].max()]
        d = part["d"].iloc[0]
        constant = (part["kl_path"] / part["bound_thm2"]).max()
        bound = constant * part["bound_thm2"] / d
        column[0].plot(part["h"], bound, **target_style.BOUND)
        cell = {"target": target, "d": d, "quantity": "bound_thm2", "constant": constant}
        drawn.append(pd.DataFrame({"h": part["h"], "value": bound}).assign(**cell))
        target_style.power_axes(column[0])
        column[0].set_title(target_style.name(target))
        for order in (1, 2):
            column[1].axhline(order, color="0.55", linewidth=0.8, zorder=1)
        column[1].set(ylim=(0, 2.4), yticks=[0, 0.5, 1, 1.5, 2], xlabel="step size $h = 1/N$")
    first = panels[0, 0]
    small = table[(table["target"] == names[0]) & (table["h"] == table["h"].min())].iloc[0]
    ends = (1.3 * small["h"], 10 * small["h"])
    for power, label, quantity in ((1, "$h$", "kl_path"), (2, "$h^2$", "kl_marginal")):
        target_style.power_line(first, power, label, ends, 0.5 * small[quantity] / small["d"])
    first.set_ylabel("KL$(\\nu^*\\,|\\,\\nu_1)$ per dimension [nats]")
    panels[1, 0].set_ylabel("local slope in $h$")
    target_style.name_lines(figure)
    return figure, pd.concat(drawn)[["target", "d", "quantity", "h", "value", "slope", "constant"]]
