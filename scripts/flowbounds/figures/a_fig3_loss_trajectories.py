"""Figure 3 of paper A: training loss along gradient descent."""

import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures.trajectory_grid import trajectory_grid

THEOREM = "Experiments"


def draw(
    simulation: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    return trajectory_grid(simulation[0], "loss", "training loss $L$", baselines[0])
