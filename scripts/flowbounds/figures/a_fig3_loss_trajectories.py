"""Figure 3 of paper A: training loss along gradient descent."""

import pandas as pd
from matplotlib.figure import Figure

from flowbounds.figures.trajectory_grid import trajectory_grid

THEOREM = "Experiments"


def draw(
    simulation: list[pd.DataFrame], fig3_loss: list[pd.DataFrame], baselines: list[pd.DataFrame]
) -> tuple[Figure, pd.DataFrame]:
    return trajectory_grid(
        simulation[0], fig3_loss[0], baselines[0], "loss", "training loss $L$", straight=True
    )
