"""Theorem 3.2 of paper A: the residual shrinks at a linear rate, eigen-direction by direction."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.theory.linearisation import theorem_step_size

THEOREM = "Theorem 3.2"


def draw(ntk: list[pd.DataFrame], ntk_modes: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw the smallest and the largest kappa of one (d, n, eta), a row each.

    Args:
        ntk: the table of networks and linearised dynamics.
        ntk_modes: their residuals by bands of eigen-directions.
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
    figure, panels = plt.subplots(
        len(shown),
        2,
        figsize=(style.WIDTH, 0.6 + 2.4 * len(shown)),
        sharex=True,
        sharey="col",
        squeeze=False,
    )
    ranks = sorted(modes["rank"].unique())
    hue = style.eta_hue(cell["eta"], [cell["eta"]])
    for (whole, parts), kappa in zip(panels, shown, strict=True):
        part = decay[decay["kappa"] == kappa]
        for m in widths:
            measured = part[(part["m"] == m) & (part["quantity"] == "measured")]
            line = {"color": style.m_shade(hue, m), "marker": style.m_marker(m)}
            style.mean_and_band(whole, "t", measured, **line)
        for quantity, line in LINES.items():
            curve = part[(part["m"] == widths[-1]) & (part["quantity"] == quantity)]
            whole.plot(curve["t"], curve["mean"], **line)
        whole.set_ylabel(rf"$\kappa = {kappa:g}$" + "\n" + r"$|\Delta(t)|^2\ /\ |\Delta(0)|^2$")
        part = by_mode[by_mode["kappa"] == kappa]
        for rank in ranks:
            band = part[part["rank"] == rank]
            colour = rank_colour(rank, ranks)
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
        Line2D([], [], color=style.m_shade(hue, m), marker=style.m_marker(m),
               label=f"network, $m = {m}$")
        for m in widths
    ]  # fmt: skip
    panels[0, 0].legend(handles=handles, loc="lower left", title=style.cell_name(cell))
    panels[-1, 0].legend(
        handles=[
            Line2D(
                [],
                [],
                label=f"linearised, from the start of $m = {widths[-1]}$",
                **LINES["linearised"],
            ),
            Line2D([], [], label="envelope of Theorem 3.2", **LINES["envelope"]),
        ],
        loc="lower left",
    )
    sizes = dict(zip(by_mode["rank"], by_mode["ranks"], strict=True))
    figure.legend(
        handles=[
            Line2D([], [], color=rank_colour(rank, ranks), marker="o", label=band_name(rank, sizes))
            for rank in ranks
        ],
        loc="outside right center",
        title="eigenvalue rank\nline: linearised\nmarker: network",
    )
    return figure, pd.concat([decay, by_mode])


LINES = {
    "linearised": {"color": "black", "linestyle": (0, (4, 2)), "linewidth": 1.0, "zorder": 3},
    "envelope": {"color": "0.45", "linestyle": (0, (1, 1)), "linewidth": 1.4},
}


def rank_colour(rank: int, ranks: list[int]) -> tuple[float, ...]:
    return plt.colormaps["viridis"](0.9 * ranks.index(rank) / max(1, len(ranks) - 1))


def band_name(rank: int, sizes: dict[int, int]) -> str:
    last = rank + sizes[rank] - 1
    return f"{rank}" if last == rank else f"{rank}–{last}"
