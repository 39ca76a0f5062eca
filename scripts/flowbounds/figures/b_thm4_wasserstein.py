"""The follow-up's Theorem 4: W2 against step size, drift error and dimension."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style, target_style

THEOREM = "Theorem 4"


def draw(dfm_wasserstein: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw W2 against h, eps and d, a colour per target.

    Args:
        dfm_wasserstein: the table of the experiment.
    """
    table = dfm_wasserstein[0]
    exact = table[table["epsilon"] == 0]
    most, largest = table["steps"].max(), table["d"].max()
    pushed = table[(table["epsilon"] > 0) & (table["steps"] == most)]
    names = target_style.in_order(table["target"])
    figure, panels = plt.subplots(1, 3, figsize=(style.WIDTH, 3.0))
    drawn = []
    for target in names:
        look = target_style.look(target)
        rows = exact[exact["target"] == target]
        # of the correlated Gaussians the largest d; W2 of products is the same per root of d
        part = rows[rows["d"] == largest].sort_values("h")
        part = part.assign(w2=part["w2"] / largest**0.5, w2_moved=part["w2_moved"] / largest**0.5)
        panels[0].plot(part["h"], part["w2"], **look)
        if (part["w2_moved"] > 1e-6).all():
            panels[0].plot(part["h"], part["w2_moved"], **look | target_style.PATH)
        drawn.append(part.assign(panel="h"))
        of_push = pushed[pushed["target"] == target].sort_values("epsilon")
        if len(of_push):
            least = rows.loc[(rows["steps"] == most) & (rows["d"] == rows["d"].min()), "w2"]
            panels[1].plot(of_push["epsilon"], of_push["w2"], **look)
            panels[1].axhline(least.iloc[0], color=look["color"], linewidth=0.6)
            drawn.append(of_push.assign(panel="epsilon"))
        at_most = rows[rows["steps"] == most].sort_values("d")
        panels[2].plot(at_most["d"], at_most["w2"], **look)
        drawn.append(at_most.assign(panel="d"))
    labels = ("step size $h = 1/N$", r"drift error $\epsilon$", "dimension $d$")
    titles = (
        "(a) exact drift",
        f"(b) constant push, $N = {most}$",
        f"(c) exact drift, $N = {most}$",
    )
    for axes, label, title in zip(panels, labels, titles, strict=True):
        target_style.power_axes(axes)
        axes.set(xlabel=label, title=title)
    panels[0].set_ylabel(r"$W_2(\nu^*, \nu_1) / \sqrt{d}$")
    panels[1].set_ylabel(r"$W_2(\nu^*, \nu_1)$, $d = 1$")
    panels[2].set_ylabel(r"$W_2(\nu^*, \nu_1)$")
    _references(panels, exact, pushed, most)
    looks = {target_style.name(target): target_style.look(target) for target in names}
    looks["moved mass alone"] = {"color": "0.3", "marker": "o"} | target_style.PATH
    figure.legend(handles=target_style.handles(looks), loc="outside lower center", ncols=3)
    keep = ["panel", "target", "d", "steps", "epsilon", "h", "w2", "w2_moved"]
    return figure, pd.concat(drawn)[keep]


def _references(panels, exact: pd.DataFrame, pushed: pd.DataFrame, most: int) -> None:
    """Draw the theorem's power and the next one beside the curves of each panel."""
    h, line = sorted(exact["h"].unique()), target_style.power_line
    per_root = exact["w2"] / exact["d"] ** 0.5
    if len(h) > 1:
        line(panels[0], 0.5, "$h^{1/2}$", (h[-1], h[0]), 2 * per_root.max())
        line(panels[0], 1, "$h$", (h[-1], h[0]), per_root[exact["h"] == h[-1]].min() / 2)
        panels[0].set_xlim(h[0] / 3, 1.5 * h[-1])
    if len(pushed):
        e = sorted(pushed["epsilon"].unique())
        least = pushed.loc[pushed["epsilon"] == e[0], "w2"]
        if len(e) > 1:
            line(panels[1], 0.5, r"$\epsilon^{1/2}$", (e[0], e[-1] / 10), 4 * least.max())
            line(panels[1], 1, r"$\epsilon$", (e[0], e[-1] / 3), least.min() / 3)
    d = sorted(exact["d"].unique())
    if len(d) > 1:
        first = exact[(exact["steps"] == most) & (exact["d"] == d[0])]["w2"]
        line(panels[2], 1.5, "$d^{3/2}$", (d[0], d[-1] ** 0.5), 2 * first.max())
        line(panels[2], 0.5, "$d^{1/2}$", (d[0], d[-1] ** 0.5), first.min() / 2)
