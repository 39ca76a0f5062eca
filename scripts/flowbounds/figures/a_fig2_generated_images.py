"""Figure 2 of paper A: images generated at one cell of the grid, beside real ones."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures import style
from flowbounds.figures.mosaic import draw_mosaic, generated, pictures, pixel_table

THEOREM = "Experiments"

Arrays = dict[str, np.ndarray]


def draw(
    showcase: list[Arrays], codes: list[Arrays], showcase_eta: float
) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per data set: test images seen through their PCA codes, and generated images.

    Args:
        showcase: per data set, the terminal samples of the width shown.
        codes: per data set, its PCA codes.
        showcase_eta: the step size shown.
    """
    figure, panels = plt.subplots(
        len(showcase),
        2,
        figsize=(style.WIDTH, 0.3 + 3.6 * len(showcase)),
        squeeze=False,
    )
    tables = []
    for row, drawn, population in zip(panels, showcase, codes, strict=True):
        dataset, m, d = str(drawn["dataset"]), int(drawn["m"]), drawn["x"].shape[-1]
        kinds = {
            "real": pictures(population, population["test"]),
            "generated": pictures(population, generated(drawn, showcase_eta)),
        }
        titles = {
            "real": f"{style.DATASETS[dataset]}: test images, {d} components",
            "generated": rf"{style.DATASETS[dataset]}: generated, $m = {m}$, "
            rf"$\eta = $ {style.power(showcase_eta)}",
        }
        for axes, (kind, images) in zip(row, kinds.items(), strict=True):
            draw_mosaic(axes, images)
            axes.set_title(titles[kind])
            tables.append(pixel_table(images, dataset=dataset, kind=kind))
    return figure, pd.concat(tables)
