"""Figure 5 of paper A: training loss and sliced W1 along gradient descent on image codes."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import doing_nothing, style

THEOREM = "Experiments"

QUANTITIES = {"loss": "training loss $L$", "sliced_w1": "sliced $W_1$"}


CELL = ["dataset", "m", "eta", "t"]


def draw(
    images: list[pd.DataFrame], fig5_images: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per data set: every width and step size, the hue being eta and the shade m.

    Args:
        images: the table of the images experiment.
        fig5_images: the published values (columns of the cell, metric, value).
        baselines: what no training gives.
    """
    table = images[0]
    datasets = list(table["dataset"].unique())
    etas, widths = sorted(table["eta"].unique()), sorted(table["m"].unique())
    summary = pd.concat(
        over_seeds(table, CELL, quantity).assign(source="replication", quantity=quantity)
        for quantity in QUANTITIES
    )
    paper = fig5_images[0].rename(columns={"value": "mean", "metric": "quantity"})
    paper = paper.merge(summary[["quantity", *CELL]]).assign(source="paper")
    of_nothing = [name for quantity in QUANTITIES for name in doing_nothing.OF[quantity]]
    nothing = doing_nothing.means(baselines[0], "images", of_nothing, ["dataset"])
    figure, panels = plt.subplots(
        len(datasets),
        2,
        figsize=(style.WIDTH, 0.5 + 2.6 * len(datasets)),
        sharex=True,
        squeeze=False,
    )
    last = table["t"].max()
    gap = -(-table["t"].nunique() // 7)  # checkpoints between markers
    for row, dataset in zip(panels, datasets, strict=True):
        for axes, (quantity, label) in zip(row, QUANTITIES.items(), strict=True):
            panel, theirs = (
                of[(of["dataset"] == dataset) & (of["quantity"] == quantity)]
                for of in (summary, paper)
            )
            for eta in etas:
                hue = style.eta_hue(eta, etas)
                for place, m in enumerate(widths):
                    style.mean_and_band(
                        axes,
                        "t",
                        panel[(panel["eta"] == eta) & (panel["m"] == m)],
                        color=style.m_shade(hue, m),
                        marker=style.m_marker(m),
                        markevery=(place * gap // len(widths), gap),  # none on another's
                    )
                ends = panel[(panel["eta"] == eta) & (panel["t"] == last)]["mean"]
                if ends.notna().any():
                    axes.annotate(
                        rf"$\eta = $ {style.power(eta)}",
                        (last, ends.mean()),
                        xytext=(7, 0),
                        textcoords="offset points",
                        va="center",
                        fontsize=7,
                        color=hue,
                        annotation_clip=False,
                    )
            for m in widths:
                of_width = theirs[theirs["m"] == m]
                axes.plot(
                    of_width["t"],
                    of_width["mean"],
                    clip_on=False,
                    **style.published(marker=style.m_marker(m), markersize=5),
                )
            if theirs.empty:
                style.say_missing(axes, f"the paper does not show {style.DATASETS[dataset]}")
            untrained = nothing[
                (nothing["dataset"] == dataset)
                & nothing["quantity"].isin(doing_nothing.OF[quantity])
            ]
            doing_nothing.levels(axes, untrained)
            shown = [panel["mean"], theirs["mean"], untrained["mean"]]
            style.log_limits(axes, pd.concat(shown))
            style.say_diverged(axes, panel[panel["t"] == last])
            axes.set_title(f"{style.DATASETS[dataset]}: {label}")
            axes.set_ylabel(label)
    for axes in panels[-1]:
        axes.set_xlabel("gradient-descent iteration $t$")
    handles = style.m_handles(widths)
    if not paper.empty:
        handles.append(Line2D([], [], **style.published(label="paper, one run", markersize=5)))
    handles += doing_nothing.handles(of_nothing)
    figure.legend(handles=handles, loc="outside upper center", ncols=6)
    return figure, pd.concat([summary, paper, nothing])
