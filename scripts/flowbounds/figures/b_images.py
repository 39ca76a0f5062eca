"""Diffusion flow matching on image codes: distances in N and delta, drift error, pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes
from flowbounds.figures.mosaic import draw_mosaic, pictures, pixel_table

THEOREM = "Images"

# name, hue, marker of every coupling
COUPLINGS = {
    "independent": ("independent", "#0072B2", "o"),
    "conditional": ("conditional", "#D55E00", "s"),
    "optimal_transport": ("optimal transport", "#009E73", "^"),
}
DISTANCES = {"w2_exact": "exact $W_2$", "sliced_w1": "sliced $W_1$"}


def delta_axis(axes: Axes, deltas: list[float]) -> dict[float, int]:
    """Name the values of delta at equal distances, 0 among them; return their places."""
    axes.set_xticks(range(len(deltas)), [f"{delta:g}" for delta in deltas])
    return {delta: k for k, delta in enumerate(deltas)}


def draw(
    dfm_images: list[pd.DataFrame],
    dfm_samples: list[dict[str, np.ndarray]],
    dfm_codes: list[dict[str, np.ndarray]],
) -> tuple[Figure, pd.DataFrame]:
    """Draw, per data set, a row of curves and a row of mosaics.

    Args:
        dfm_images: the table of the experiment.
        dfm_samples: per data set, the reference and what seed 0 generated with every coupling.
        dfm_codes: per data set, its PCA codes.
    """
    table = dfm_images[0]
    table = table.assign(
        gain=table["drift_mse_linear"] - table["drift_mse"],
        gain_train=table["drift_mse_train_linear"] - table["drift_mse_train"],
    )
    table["overfit"] = table["gain_train"] - table["gain"]
    couplings = [name for name in COUPLINGS if name in set(table["coupling"])]
    steps, deltas = sorted(table["steps"].unique()), sorted(table["delta"].unique())
    quantities = [*DISTANCES, *(f"{name}_floor" for name in DISTANCES), "gain", "overfit"]
    cell = ["dataset", "coupling", "steps", "delta"]
    summary = pd.concat(over_seeds(table, cell, q).assign(quantity=q) for q in quantities)

    figure = plt.figure(figsize=(style.WIDTH, 0.4 + 4.3 * len(dfm_samples)))
    parts = figure.subfigures(2 * len(dfm_samples), 1, height_ratios=[2.2, 2.1] * len(dfm_samples))
    pixels = []
    for place, (drawn, population) in enumerate(zip(dfm_samples, dfm_codes, strict=True)):
        dataset = str(drawn["dataset"])
        ours = summary[summary["dataset"] == dataset]
        curves = parts[2 * place].subplots(1, 4)
        _curves(curves, ours, couplings, steps, deltas)
        curves[0].set_title(f"(a) {style.DATASETS[dataset]}, $\\delta = {deltas[0]:g}$")
        mosaics = parts[2 * place + 1].subplots(1, 1 + len(couplings))
        titles = {"reference": "held-out images"} | {name: COUPLINGS[name][0] for name in couplings}
        for axes, (kind, title) in zip(mosaics, titles.items(), strict=True):
            images = pictures(population, drawn[kind])
            draw_mosaic(axes, images)
            axes.set_title(title)
            pixels.append(pixel_table(images, dataset=dataset, coupling=kind))
    handles = [
        Line2D([], [], color=hue, marker=marker, label=name)
        for name, hue, marker in (COUPLINGS[key] for key in couplings)
    ]
    handles += [
        Line2D([], [], color="0.3", linestyle=(0, (1, 1)), label="floor: two real samples"),
        Line2D([], [], color="0.3", label=r"(d) linear drift $-$ network, held out"),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle=(0, (4, 1.5)),
            label=r"(d) the same, training $-$ held out",
        ),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles) // 2)
    return figure, pd.concat([summary, *pixels])


def _curves(panels, ours: pd.DataFrame, couplings: list, steps: list, deltas: list) -> None:
    least, most = ours[ours["delta"] == deltas[0]], ours[ours["steps"] == steps[-1]]
    places = delta_axis(panels[2], deltas)
    most = most.assign(place=most["delta"].map(places))
    for name in couplings:
        _, hue, marker = COUPLINGS[name]
        line = {"color": hue, "marker": marker}

        def one(rows: pd.DataFrame, quantity: str, name=name) -> pd.DataFrame:
            return rows[(rows["coupling"] == name) & (rows["quantity"] == quantity)]

        style.mean_and_band(panels[0], "steps", one(least, "w2_exact"), **line)
        style.mean_and_band(panels[1], "steps", one(least, "sliced_w1"), **line)
        style.mean_and_band(panels[2], "place", one(most, "w2_exact"), **line)
        style.mean_and_band(panels[3], "steps", one(least, "gain"), **line)
        style.mean_and_band(
            panels[3], "steps", one(least, "overfit"), **line | {"linestyle": (0, (4, 1.5))}
        )
    for axes, quantity in zip(panels[:3], ["w2_exact", "sliced_w1", "w2_exact"], strict=True):
        floor = ours[ours["quantity"] == f"{quantity}_floor"].iloc[0]
        axes.axhspan(
            floor["mean"] - floor["sd"], floor["mean"] + floor["sd"], color="0.3", alpha=0.13,
            linewidth=0,
        )  # fmt: skip
        axes.axhline(floor["mean"], color="0.3", linewidth=0.9, linestyle=(0, (1, 1)))
        axes.set_ylabel(DISTANCES[quantity])
    for axes in panels[:2]:
        rate_axes(axes, steps, y_log=False)
        axes.set_xlabel("steps $N$")
    panels[2].sharey(panels[0])
    panels[1].set_title(f"(b) $\\delta = {deltas[0]:g}$")
    panels[2].set(title=f"(c) $N = {steps[-1]}$", xlabel=r"early stopping $\delta$")
    rate_axes(panels[3], steps, y_log=False)
    panels[3].set(
        title=f"(d) $\\delta = {deltas[0]:g}$",
        xlabel="steps $N$",
        ylabel=r"difference of $\varepsilon^2$",
    )
