"""Figure 4 of paper A: sliced W1 of generated samples along gradient descent."""

import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures.trajectory_grid import trajectory_grid

THEOREM = "Experiments"


def draw(
    simulation: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    return trajectory_grid(simulation[0], "sliced_w1", "sliced $W_1$", baselines[0])
