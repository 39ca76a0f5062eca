"""Figures 6 and 7 of paper A: images generated at every width and step size of one data set.

Beside each mosaic its classes, above all of them real images, and how many pixels are saturated.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import style
from flowbounds.figures.mosaic import draw_mosaic, generated, originals, pictures, pixel_table

THEOREM = "Experiments"
PER_DATASET = True

Arrays = dict[str, np.ndarray]

GREY = "#777777"
MOSAIC, HISTOGRAM = 2.1, 1.0  # widths, relative to each other


def draw(
    samples: list[Arrays],
    codes: list[Arrays],
    image_classes: list[pd.DataFrame],
    image_class_shares: list[pd.DataFrame],
) -> dict[str, tuple[Figure, pd.DataFrame]]:
    """Draw one figure per data set, whose name is the key.

    Args:
        samples: the terminal samples, one archive per data set and width.
        codes: the PCA codes, one archive per data set.
        image_classes: the share of saturated pixels of every network.
        image_class_shares: the share of every class in every network's samples.
    """
    return {
        name: _sample_grid(
            [drawn for drawn in samples if str(drawn["dataset"]) == name],
            population,
            *(
                table[0][table[0]["dataset"] == name]
                for table in (image_classes, image_class_shares)
            ),
        )
        for population in codes
        for name in [str(population["dataset"])]
    }


def _sample_grid(
    samples: list[Arrays], codes: Arrays, classes: pd.DataFrame, shares: pd.DataFrame
) -> tuple[Figure, pd.DataFrame]:
    """Draw real images in the first row, then a mosaic and a histogram per cell."""
    samples = sorted(samples, key=lambda drawn: int(drawn["m"]))
    etas = np.unique(samples[0]["eta"])
    pair = style.WIDTH / max(len(etas), 3)
    figure = plt.figure(figsize=(style.WIDTH, 0.9 + (0.75 * pair + 0.1) * (1 + len(samples))))
    rows = figure.add_gridspec(2, 1, height_ratios=[1, len(samples)])
    tables = [_real(figure, rows[0], codes, classes, shares)]

    grid = rows[1].subgridspec(
        len(samples), 2 * len(etas), width_ratios=[MOSAIC, HISTOGRAM] * len(etas)
    )
    bars = _over_seeds_of(shares, ["m", "eta", "label"], ["share", "clear"])
    longest = max((bars["mean"] + bars["sd"]).max(), shares["share_real"].max())
    for k, drawn in enumerate(samples):
        m = int(drawn["m"])
        for place, eta in enumerate(etas):
            axes, histogram = (figure.add_subplot(grid[k, 2 * place + side]) for side in (0, 1))
            images = pictures(codes, generated(drawn, eta))
            draw_mosaic(axes, images)
            tables.append(pixel_table(images, kind="generated", m=m, eta=eta))
            hue = style.eta_hue(eta, etas)
            cell = bars[(bars["m"] == m) & np.isclose(bars["eta"], eta, atol=0)]
            _draw_bars(histogram, cell, hue)
            real = shares.drop_duplicates("label")
            histogram.plot(
                real["share_real"], real["label"], linestyle="", marker="|", color="black"
            )
            histogram.set_xlim(0, 1.05 * longest)
            if k < len(samples) - 1:
                histogram.tick_params(labelbottom=False)
            if place == 0:
                axes.set_ylabel(f"$m = {m}$")
            if k == 0:
                axes.set_title(rf"$\eta = $ {style.power(eta)}", color=hue)
    figure.suptitle(style.DATASETS[str(samples[0]["dataset"])], fontsize=8)
    figure.legend(
        handles=[
            Patch(color=style.graded(GREY, 0), label="share of a class, by five neighbours"),
            Patch(color=style.graded(GREY, 1), label="of which all five agree"),
            Line2D([], [], linestyle="", marker="|", color="black", label="share in test images"),
        ],
        loc="outside lower center",
        ncols=3,
    )
    return figure, pd.concat([*tables, bars.assign(kind="classes")])


def _over_seeds_of(table: pd.DataFrame, by: list[str], quantities: list[str]) -> pd.DataFrame:
    return pd.concat(over_seeds(table, by, name).assign(quantity=name) for name in quantities)


def _draw_bars(axes: Axes, bars: pd.DataFrame, hue: str) -> None:
    """Draw the classes of a sample from top to bottom, the clear ones over all, with sds."""
    for share, (quantity, part) in enumerate(bars.groupby("quantity", sort=False)):
        axes.barh(
            part["label"],
            part["mean"],
            xerr=part["sd"] if quantity == "share" else None,
            color=style.graded(hue, share),
            error_kw={"elinewidth": 0.6, "ecolor": "0.35"},
            height=0.8,
        )
    axes.invert_yaxis()
    axes.yaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.tick_params(labelsize=5.5, length=1.5, pad=1.5)
    axes.grid(axis="y", visible=False)


def _real(
    figure: Figure, place, codes: Arrays, classes: pd.DataFrame, shares: pd.DataFrame
) -> pd.DataFrame:
    """Draw test images in pixels, through their codes with their classes, and saturation."""
    widths = [MOSAIC, MOSAIC, HISTOGRAM, MOSAIC + 0.5]
    grid = place.subgridspec(1, 4, width_ratios=widths)
    pixels, projected, histogram, saturation = (figure.add_subplot(part) for part in grid)
    d = codes["components"].shape[0]
    kinds = {"original": originals(codes), "projected": pictures(codes, codes["test"])}
    titles = [(pixels, "test images"), (projected, f"in {d} components")]
    for (axes, title), images in zip(titles, kinds.values(), strict=True):
        draw_mosaic(axes, images)
        axes.set_title(title)
    real = shares.drop_duplicates("label")
    bars = pd.concat(
        real[["label"]].assign(quantity=quantity, mean=real[f"{quantity}_real"], sd=0.0)
        for quantity in ("share", "clear")
    )
    _draw_bars(histogram, bars, GREY)

    drawn = over_seeds(classes, ["m", "eta"], "saturated")
    for m, part in drawn.groupby("m"):
        colour = style.m_shade(GREY, m)
        style.mean_and_band(
            saturation, "eta", part, color=colour, marker=style.m_marker(m), label=f"$m = {m}$"
        )
    of_real = over_seeds(classes, ["m", "eta"], "saturated_real")["mean"].mean()
    saturation.axhline(of_real, color="black", linestyle="--", label="test images")
    saturation.set(
        xscale="log",
        ylim=(0, 1.4),  # room for the legend
        yticks=[0, 0.25, 0.5, 0.75, 1],
        xlabel=r"step size $\eta$",
        title="share of saturated pixels",
    )
    saturation.legend(fontsize=5.5, ncols=3, loc="upper center")
    lines = pd.DataFrame({"kind": ["saturated, test images"], "mean": [of_real]})
    return pd.concat(
        [
            *(pixel_table(images, kind=kind) for kind, images in kinds.items()),
            bars.assign(kind="classes, test images"),
            drawn.assign(kind="saturated"),
            lines,
        ]
    )
