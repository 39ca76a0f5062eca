"""Figures 6 and 7 of paper A: images generated at every width and step size of one data set."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style
from flowbounds.figures.mosaic import draw_mosaic, generated, pictures, pixel_table

THEOREM = "Experiments"
PER_DATASET = True

Arrays = dict[str, np.ndarray]


def draw(samples: list[Arrays], codes: list[Arrays]) -> dict[str, tuple[Figure, pd.DataFrame]]:
    """Draw one figure per data set, whose name is the key.

    Args:
        samples: the terminal samples, one archive per data set and width.
        codes: the PCA codes, one archive per data set.
    """
    return {
        name: _sample_grid(
            [drawn for drawn in samples if str(drawn["dataset"]) == name], population
        )
        for population in codes
        for name in [str(population["dataset"])]
    }


def _sample_grid(samples: list[Arrays], codes: Arrays) -> tuple[Figure, pd.DataFrame]:
    """Draw a mosaic per cell of one data set, rows m and columns eta."""
    samples = sorted(samples, key=lambda drawn: int(drawn["m"]))
    etas = np.unique(samples[0]["eta"])
    figure, panels = plt.subplots(
        len(samples),
        len(etas),
        figsize=(style.WIDTH, 0.4 + style.WIDTH / len(etas) * len(samples)),
        squeeze=False,
    )
    tables = []
    for row, drawn in zip(panels, samples, strict=True):
        m = int(drawn["m"])
        for axes, eta in zip(row, etas, strict=True):
            images = pictures(codes, generated(drawn, eta))
            draw_mosaic(axes, images)
            tables.append(pixel_table(images, m=m, eta=eta))
        row[0].set_ylabel(f"$m = {m}$")
    for axes, eta in zip(panels[0], etas, strict=True):
        axes.set_title(rf"$\eta = $ {style.power(eta)}", color=style.eta_hue(eta, etas))
    figure.suptitle(style.DATASETS[str(samples[0]["dataset"])], fontsize=8)
    return figure, pd.concat(tables)
