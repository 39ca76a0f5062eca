"""Theorem 2 of paper B for other pairs: correlated ones, other bases, mixtures on the diagonal."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from flowbounds.figures import style, target_style
from flowbounds.figures.target_style import local_slopes

THEOREM = "Theorem 2"

# case: name in words, hue, marker
_SIGNS = {"+": (r"$\rho > 0$", "#0072B2", "o"), "-": (r"$\rho < 0$", "#D55E00", "s")}
_DIAGONALS = {
    "diagonal": ("independent", "#332288", "P"),
    "diagonal_correlated": ("correlated", "#AA4499", "D"),
}
_QUANTITIES = {"kl_marginal": target_style.MARGINAL, "kl_path": target_style.PATH}
_LOOK_AHEAD = 300
"""Factor over the KL at which a panel ends: the bound leaves it."""


def draw(
    dfm_correlation: list[pd.DataFrame],
    dfm_bases: list[pd.DataFrame],
    dfm_diagonal: list[pd.DataFrame],
) -> tuple[Figure, pd.DataFrame]:
    """Draw KL, bound and order in h against correlation, scale of the base, and dimension.

    Args:
        dfm_correlation, dfm_bases, dfm_diagonal: the tables of the experiments; KL is drawn at
            their largest numbers of steps, the order between their two smallest steps.
    """
    figure, panels = plt.subplots(
        2, 3, figsize=(style.WIDTH, 4.8), sharex="col", gridspec_kw={"height_ratios": [1.5, 1]}
    )
    for axes in panels[1, 1:]:
        axes.sharey(panels[1, 0])
        axes.tick_params(labelleft=False)
    bases = target_style.in_order(dfm_bases[0]["base"])
    names = {base: (target_style.name(base), *target_style.look(base).values()) for base in bases}
    drawn = [
        _column(panels[:, 0], _by_sign(dfm_correlation[0]), _SIGNS, "(a) two $N(0, 1)$"),
        _column(
            panels[:, 1],
            dfm_bases[0].assign(case=dfm_bases[0]["base"], x=dfm_bases[0]["scale"]),
            names,
            "(b) base scaled",
        ),
        _column(
            panels[:, 2],
            dfm_diagonal[0].assign(case=dfm_diagonal[0]["target"], x=dfm_diagonal[0]["d"]),
            _DIAGONALS,
            "(c) on the diagonal",
        ),
    ]
    panels[0, 0].invert_xaxis()
    panels[0, 0].set_ylabel(r"KL$(\nu^*\,|\,\nu_1)$ [nats]")
    panels[1, 0].set_ylabel("order in $h$")
    panels[1, 0].yaxis.set_major_locator(MultipleLocator(0.5))
    labels = (r"$1 - |\rho|$", "factor $s$ on the base", "dimension $d$")
    for axes, label in zip(panels[1], labels, strict=True):
        axes.set_xlabel(label)
    target_style.plain_ticks(panels[1, 1], dfm_bases[0]["scale"])
    target_style.name_lines(figure)
    columns = ["panel", "case", "quantity", "steps", "x", "value", "order", "constant"]
    return figure, pd.concat(drawn)[columns]


def _by_sign(table: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that have a score, by the sign of rho; rho = 0 is of both signs."""
    inside = table[table["rho"].abs() < 1].assign(x=1 - table["rho"].abs())
    signs = {"+": inside["rho"] >= 0, "-": inside["rho"] <= 0}
    return pd.concat([inside[held].assign(case=sign) for sign, held in signs.items()])


def _column(panels, table: pd.DataFrame, cases: dict[str, tuple], title: str) -> pd.DataFrame:
    """Draw a column of the figure; the table's columns case and x say what is drawn where."""
    upper, lower = panels
    if table.empty:
        style.say_missing(upper, "no pair of this grid\nhas a score")
        return pd.DataFrame()
    drawn, looks = [], {}
    at_most = table[table["steps"] == table["steps"].max()]
    for case, (words, hue, marker) in cases.items():
        rows = at_most[at_most["case"] == case].sort_values("x")
        if rows.empty:
            continue
        look = {"color": hue, "marker": marker}
        looks[words] = look
        constant = (rows["kl_path"] / rows["bound_thm2"]).max()
        bound = rows.assign(value=constant * rows["bound_thm2"], constant=constant)
        upper.plot(bound["x"], bound["value"], **target_style.BOUND | {"color": hue})
        drawn.append(bound.assign(quantity="bound_thm2"))
        for quantity, line in _QUANTITIES.items():
            orders = _orders(table[table["case"] == case], quantity)
            upper.plot(rows["x"], rows[quantity], **look | line)
            lower.plot(orders["x"], orders["order"], **look | line)
            values = rows.assign(value=rows[quantity]).merge(orders, on="x", how="left")
            drawn.append(values.assign(quantity=quantity))
    target_style.power_axes(upper)
    values = at_most[list(_QUANTITIES)].to_numpy()
    upper.set_ylim(values.min() / 3, values.max() * _LOOK_AHEAD)
    upper.set_title(f"{title}, $N = {at_most['steps'].iloc[0]}$")
    lower.legend(handles=target_style.handles(looks), loc="best")  # above, bounds cross it
    if table["steps"].nunique() < 2:
        style.say_missing(lower, "one step size has no order")
    for order in (1, 2):
        lower.axhline(order, color="0.55", linewidth=0.8, zorder=1)
    return pd.concat(drawn).assign(panel=title)


def _orders(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the slope of log KL in log h between the two smallest h, by x."""
    least = table[table["h"].isin(sorted(table["h"].unique())[:2])]
    slopes = [local_slopes(part, "h", quantity).assign(x=x) for x, part in least.groupby("x")]
    return pd.concat(slopes).rename(columns={"slope": "order"})[["x", "order"]]
