"""Theorem 2 of paper B: the largest constant that a search finds, and the pair that needs it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flowbounds.claims.b_worst_case import STANDARD
from flowbounds.figures import style, target_style

THEOREM = "Theorem 2"

_FAMILIES = {
    "gaussian": ("Gaussian pairs", {"color": "#0072B2", "marker": "o"}),
    "mixture": ("mixtures", {"color": "#D55E00", "marker": "s"}),
}
_QUANTITIES = {"kl_marginal": target_style.MARGINAL, "kl_path": target_style.PATH}
_STANDARD_LINE = {"color": "0.55", "linewidth": 0.8}
_GREY = {"color": "0.3", "marker": "o"}


def draw(dfm_worst_case: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the largest constant against N and against the cap, and the laws that need it.

    Args:
        dfm_worst_case: the table of the experiment.
    """
    table = dfm_worst_case[0]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(style.WIDTH, 3.2))
    farthest = table[table["reach"] == table["reach"].max()]
    cell = ["family", "quantity", "reach"]
    at_worst = table.loc[table.groupby(cell)["worst"].idxmax()]
    worst = at_worst[at_worst["reach"] == table["reach"].max()]
    _constants(left, farthest, "steps")
    _constants(middle, at_worst, "reach")
    middle.sharey(left)
    middle.tick_params(labelleft=False)
    left.set(
        title=f"(a) under the cap {table['reach'].max():g}",
        xlabel="number of steps $N$",
        ylabel="$C$ = KL / bound, largest found",
    )
    middle.set(title="(b) at the $N$ that needs most", xlabel="cap of the search")
    densities = _laws(right, worst)
    families = {words: look for _, (words, look) in _held(table)}
    lines = {
        "marginal at $t = 1$": _GREY | target_style.MARGINAL,
        "paths (Girsanov)": _GREY | target_style.PATH,
        "paths, $h$ to 0": target_style.BOUND | {"linewidth": 1.3},
        "$N(0, 1)$ with itself: in (a), (b) its paths, $h$ to 0": _STANDARD_LINE,
    }
    figure.legend(
        handles=target_style.handles(families | lines), loc="outside lower center", ncols=3
    )
    drawn = [farthest.assign(panel="steps"), at_worst.assign(panel="reach"), densities]
    return figure, pd.concat(drawn).drop(columns="h")


def _held(table: pd.DataFrame) -> list[tuple[str, tuple[str, dict]]]:
    return [item for item in _FAMILIES.items() if item[0] in set(table["family"])]


def _constants(axes: Axes, table: pd.DataFrame, against: str) -> None:
    """Draw the largest constant, its limit of small steps, and that of N(0, 1) with itself."""
    for family, (_, look) in _held(table):
        rows = table[table["family"] == family].sort_values(against)
        for quantity, line in _QUANTITIES.items():
            part = rows[rows["quantity"] == quantity]
            axes.plot(part[against], part["worst"], **look | line)
        limit = {"color": look["color"], "linewidth": 1.3}
        part = rows[rows["quantity"] == "kl_path"]
        axes.plot(part[against], part["limit"], **target_style.BOUND | limit)
    axes.axhline(STANDARD, **_STANDARD_LINE, zorder=1)
    target_style.power_axes(axes)
    target_style.plain_ticks(axes, table[against])


def _laws(axes: Axes, worst: pd.DataFrame) -> pd.DataFrame:
    """Draw the targets' densities; N(0, 1) in grey."""
    x, drawn, place = np.linspace(-4, 4, 201), [], 0.98
    axes.plot(x, _normal(x, 0.0, 1.0), **_STANDARD_LINE, zorder=1)
    for family, (_, look) in _held(worst):
        for row in worst[worst["family"] == family].to_dict("records"):
            left, right = row["gap"] * (row["weight"] - 1), row["gap"] * row["weight"]
            density = row["weight"] * _normal(x, left, row["left_sd"])
            density = density + (1 - row["weight"]) * _normal(x, right, row["right_sd"])
            style_of = look | _QUANTITIES[row["quantity"]] | {"marker": ""}
            axes.plot(x, density, **style_of)
            names = {key: row[key] for key in ("family", "quantity", "reach", "steps")}
            drawn.append(pd.DataFrame({"x": x, "density": density}).assign(panel="laws", **names))
        place = _described(axes, worst[worst["family"] == family], look["color"], place)
    axes.set(title="(c) targets of these pairs", xlabel="$x$", ylabel="density")
    axes.set_ylim(bottom=0)
    return pd.concat(drawn)


def _described(axes: Axes, pairs: pd.DataFrame, hue: str, place: float) -> float:
    """Write the pair of the paths beside the densities; return where the next one goes."""
    for row in pairs[pairs["quantity"] == "kl_path"].to_dict("records"):
        lines = [f"base sd {row['base_sd']:.2f}"]
        if row["weight"] == 1:
            lines += [f"target sd {row['left_sd']:.2f}", rf"$\rho = {row['rho']:.2f}$"]
        else:
            lines += [
                f"{share:.0%} of sd {sd:.2f}"
                for share, sd in ((row["weight"], row["left_sd"]),
                                  (1 - row["weight"], row["right_sd"]))
            ] + [f"gap {row['gap']:.2f}"]  # fmt: skip
        for line in lines:
            axes.text(
                0.02, place, line, transform=axes.transAxes, va="top", fontsize=6.5, color=hue
            )
            place -= 0.055
    return place - 0.03


def _normal(x: np.ndarray, mean: float, sd: float) -> np.ndarray:
    return np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
