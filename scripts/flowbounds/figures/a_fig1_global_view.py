"""Figure 1 of paper A, in both readings: training loss and sliced W1 against the dimension."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from flowbounds.experiments.summaries import over_seeds, terminal, trajectory_mean
from flowbounds.figures import doing_nothing, style

THEOREM = "Experiments"

CELL = ["m", "eta", "d"]
QUANTITIES = {"loss": "training loss $L$", "sliced_w1": "sliced $W_1$"}


def draw(
    simulation: list[pd.DataFrame],
    fig1a_loss: list[pd.DataFrame],
    fig1b_sw1: list[pd.DataFrame],
    baselines: list[pd.DataFrame],
) -> tuple[Figure, pd.DataFrame]:
    """Draw both quantities in both readings, a column per step size.

    Args:
        simulation: the table of the simulation experiment.
        fig1a_loss, fig1b_sw1: the published values (columns m, eta, d, value).
        baselines: what no training gives.
    """
    table = simulation[0]
    readings = {
        "mean over t > 0": trajectory_mean(table, CELL),
        "terminal": terminal(table, CELL),
    }
    ours = pd.concat(
        over_seeds(values, CELL, quantity).assign(
            source="replication", reading=reading, quantity=quantity
        )
        for reading, values in readings.items()
        for quantity in QUANTITIES
    )
    # the published statistic is the trajectory mean; it is shown beside both readings
    paper = pd.concat(
        published.rename(columns={"value": "mean"}).assign(
            source="paper", reading="mean over t > 0", quantity=quantity
        )
        for quantity, (published,) in {"loss": fig1a_loss, "sliced_w1": fig1b_sw1}.items()
    )
    etas, widths = sorted(table["eta"].unique()), sorted(table["m"].unique())
    paper = paper[paper["m"].isin(widths) & paper["eta"].isin(etas)]

    of_nothing = [name for quantity in QUANTITIES for name in doing_nothing.OF[quantity]]
    nothing = doing_nothing.means(baselines[0], "simulation", of_nothing)
    rows = [(quantity, reading) for quantity in QUANTITIES for reading in readings]
    figure, panels = plt.subplots(
        4, len(etas), figsize=(style.WIDTH, 8.6), sharex=True, sharey="row", squeeze=False
    )
    last = int(table["t"].max())
    titles = {
        "mean over t > 0": "mean over the trajectory\n(as plotted in the paper)",
        "terminal": f"terminal, $t = {last}$\n(as captioned in the paper)",
    }
    for row, (quantity, reading) in zip(panels, rows, strict=True):
        drawn = ours[(ours["quantity"] == quantity) & (ours["reading"] == reading)]
        published = paper[paper["quantity"] == quantity]
        untrained = nothing[nothing["quantity"].isin(doing_nothing.OF[quantity])]
        for axes, eta in zip(row, etas, strict=True):
            cells = drawn[drawn["eta"] == eta]
            for m in widths:
                colour = style.m_shade(style.eta_hue(eta, etas), m)
                style.mean_and_band(
                    axes, "d", cells[cells["m"] == m], color=colour, marker=style.m_marker(m)
                )
                theirs = published[(published["eta"] == eta) & (published["m"] == m)]
                axes.plot(
                    theirs["d"],
                    theirs["mean"],
                    **style.published(marker=style.m_marker(m)),
                )
            doing_nothing.against(axes, "d", untrained)
            style.say_diverged(axes, cells)
        # both readings of a quantity have the same limits, so that they can be compared
        shown = ours[ours["quantity"] == quantity]
        style.log_limits(row[0], pd.concat([shown["mean"], published["mean"], untrained["mean"]]))
        row[0].set_ylabel(f"{QUANTITIES[quantity]}\n{titles[reading]}")
    for axes, eta in zip(panels[0], etas, strict=True):
        axes.set_title(
            rf"$\eta = $ {style.power(eta)}", color=style.eta_hue(eta, etas), fontweight="bold"
        )
    for axes in panels[-1]:
        axes.set_xlabel("dimension $d$")
    seeds = int(ours["seeds"].max())
    handles = [
        *style.m_handles(widths),
        Line2D([], [], color="0.3", label=f"line: ours, mean over {seeds} seeds"),
        Patch(color="0.3", alpha=0.2, linewidth=0, label="band: one standard deviation"),
        Line2D([], [], **style.published(label="open, in the shape of $m$: paper, figure 1")),
        *doing_nothing.handles(of_nothing),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure, pd.concat([ours, paper, nothing])
