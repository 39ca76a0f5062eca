"""Theorem 3.2 of paper A: the residual shrinks at a linear rate, eigen-direction by direction."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.claims.a_optimization import theorem_32_conditions
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.judged import ALLOWED, draw_test, judged_tests
from flowbounds.theory.linearisation import theorem_step_size

THEOREM = "Theorem 3.2"


def draw(
    ntk: list[pd.DataFrame], ntk_modes: list[pd.DataFrame], assumptions: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw the smallest and the largest kappa of one (d, n, eta), a row each.

    Args:
        ntk: the table of networks and linearised dynamics.
        ntk_modes: their residuals by bands of eigen-directions.
        assumptions: what the theorem asks of the simulation's cells, drawn below.
    """
    table, modes = (style.showcase(part[0]) for part in (ntk, ntk_modes))
    cell = table.iloc[0]
    widths, kappas = sorted(table["m"].unique()), sorted({*table["kappa"]})
    start = table[table["t"] == 0].set_index(["m", "kappa", "seed"])[["loss", "lambda_min"]]
    table = table.join(start["loss"].rename("start"), on=start.index.names)
    table["measured"] = table["loss"] / table["start"]
    table["linearised"] = table["ntk_loss"] / table["start"]
    step_size = theorem_step_size(cell["eta"], cell["n"])
    table["envelope"] = (1 - step_size * table["lambda_min"] / 2) ** table["t"]
    decay = pd.concat(
        over_seeds(table, ["kappa", "m", "t"], quantity).assign(quantity=quantity)
        for quantity in ("measured", "linearised", "envelope")
    )
    widest = modes[modes["m"] == widths[-1]]
    by_mode = pd.concat(
        over_seeds(widest, ["kappa", "m", "t", "rank", "ranks"], quantity).assign(quantity=quantity)
        for quantity in ("energy", "ntk_energy")
    )

    shown = sorted({kappas[0], kappas[-1]})
    height = 2.3 * len(shown)
    figure = plt.figure(figsize=(style.WIDTH, height + 2.2))
    top, bottom = figure.subfigures(2, 1, height_ratios=[height + 0.4, 1.8])
    panels = top.subplots(len(shown), 2, sharex=True, sharey="col", squeeze=False)
    ranks = sorted(modes["rank"].unique())
    hue = style.eta_hue(cell["eta"], [cell["eta"]])
    of_rank = style.shades(-rank for rank in ranks)  # the leading directions are the darkest
    for (whole, parts), kappa in zip(panels, shown, strict=True):
        part = decay[decay["kappa"] == kappa]
        for m in widths:
            measured = part[(part["m"] == m) & (part["quantity"] == "measured")]
            line = {"color": style.m_shade(hue, m), "marker": style.m_marker(m)}
            style.mean_and_band(whole, "t", measured, linestyle="", **line)
            own = part[(part["m"] == m) & (part["quantity"] == "linearised")]
            whole.plot(own["t"], own["mean"], color=line["color"], **LINEARISED)
        # its lambda_min is that of the sample, the same at every width
        curve = part[(part["m"] == widths[-1]) & (part["quantity"] == "envelope")]
        whole.plot(curve["t"], curve["mean"], **ENVELOPE)
        whole.set_ylabel(rf"$\kappa = {kappa:g}$" + "\n" + r"$|\Delta(t)|^2\ /\ |\Delta(0)|^2$")
        part = by_mode[by_mode["kappa"] == kappa]
        for rank in ranks:
            band = part[part["rank"] == rank]
            colour = of_rank[-rank]
            energy = band[band["quantity"] == "energy"]
            predicted = band[band["quantity"] == "ntk_energy"]
            parts.plot(predicted["t"], predicted["mean"], color=colour)
            parts.plot(energy["t"], energy["mean"], color=colour, linestyle="", marker="o")
        parts.set_ylabel(r"share of $|\Delta(0)|^2$ in the band")
    panels[0, 0].set_yscale("log")
    style.plain_log_ticks(panels[0, 0])
    panels[0, 1].set_yscale("log")
    panels[0, 1].set_ylim(1e-8, 2)
    panels[0, 0].set_title("all directions")
    panels[0, 1].set_title(f"by eigen-direction, $m = {widths[-1]}$")
    for axes in panels.flat:
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, table["t"].max() * 1.3)
        axes.set_xticks([0, *(10.0 ** np.arange(np.log10(table["t"].max()) // 1 + 1))])
    for axes in panels[-1]:
        axes.set_xlabel("gradient-descent iteration $t$")
    handles = [
        Line2D([], [], color=style.m_shade(hue, m), marker=style.m_marker(m), **LINEARISED,
               label=f"$m = {m}$")
        for m in widths
    ]  # fmt: skip
    panels[0, 0].legend(handles=handles, loc="lower left", title=style.cell_name(cell))
    panels[-1, 0].legend(
        handles=[
            Line2D([], [], color="0.3", label="network", linestyle="", marker="o"),
            Line2D([], [], color="0.3", label="linearised, from its own start", **LINEARISED),
            Line2D([], [], label="envelope of Theorem 3.2", **ENVELOPE),
        ],
        loc="lower left",
    )
    sizes = dict(zip(by_mode["rank"], by_mode["ranks"], strict=True))
    top.legend(
        handles=[
            Line2D([], [], color=of_rank[-rank], marker="o", label=band_name(rank, sizes))
            for rank in ranks
        ],
        loc="outside right center",
        title="eigenvalue rank\nline: linearised\nmarker: network",
    )
    conditions = _conditions(bottom, assumptions[0])
    return figure, pd.concat([decay, by_mode, conditions])


def _conditions(figure, assumptions: pd.DataFrame) -> pd.DataFrame:
    """Draw how far inside each condition the simulation's cells are, a column a condition."""
    tests = judged_tests(theorem_32_conditions, assumptions)
    colours = style.DimensionColours(assumptions["d"].unique())
    axes = figure.subplots()
    names = {"step_size": "step size", "kappa": r"$\kappa$", "width": "width $m$"}
    for place, condition in enumerate(names):
        rows = tests[tests["condition"] == condition].sort_values("d")
        spread = np.linspace(-0.3, 0.3, len(rows)) if len(rows) > 1 else [0.0] * len(rows)
        for x, row in zip(spread, rows.itertuples(), strict=True):
            marker = style.m_marker(int(row.m)) if condition == "width" else "o"
            draw_test(axes, place + x, row, color=colours[row.d], marker=marker)
    axes.set_yscale("log")
    axes.set_ylim(top=max(axes.get_ylim()[1], 100))
    axes.axhspan(1, axes.get_ylim()[1], color=ALLOWED, linewidth=0, zorder=0)
    axes.axhline(1, color="0.3", linewidth=0.9, zorder=1)
    axes.set_xticks(range(len(names)), names.values())
    axes.set(
        title="what the theorem asks for, in the simulation's cells (green: met)",
        ylabel="inside by a factor",
    )
    axes.grid(axis="x", visible=False)
    figure.legend(handles=colours.handles(), loc="outside right center")
    return tests


LINEARISED = {"linewidth": 1.0}
ENVELOPE = {"color": "0.45", "linestyle": (0, (1, 1)), "linewidth": 1.4}


def band_name(rank: int, sizes: dict[int, int]) -> str:
    last = rank + sizes[rank] - 1
    return f"{rank}" if last == rank else f"{rank}–{last}"
