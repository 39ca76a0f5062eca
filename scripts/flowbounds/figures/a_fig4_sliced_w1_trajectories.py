"""Figure 4 of paper A: sliced W1 of generated samples along gradient descent."""

import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures.trajectory_grid import trajectory_grid

THEOREM = "Experiments"


def draw(
    simulation: list[pd.DataFrame], fig4_sw1: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    return trajectory_grid(simulation[0], fig4_sw1[0], baselines[0], "sliced_w1", "sliced $W_1$")
