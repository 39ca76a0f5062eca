"""The second stage of trajectories: Algorithm 2 at every checkpoint, and the samples' distances."""

import math
from collections.abc import Mapping

import numpy as np
import torch

from flowbounds.data.streams import stream
from flowbounds.experiments.experiment import Job
from flowbounds.networks.evaluation import sample_and_measure, trajectory_table
from flowbounds.networks.metrics import random_directions


def sample(job: Job, data: Mapping, trained: Mapping) -> tuple:
    """Sample from the networks of a cell at every checkpoint, and measure the samples.

    Args:
        job: its settings are those of SAMPLING; its dtype is that of the weights.
        data: evaluation samples of every seed.
        trained: what the first stage returned.

    Returns:
        The cell's table, and an archive of the samples at the last checkpoint.
    """
    cell, part, like = job.cell, job.settings, job.like()
    dataset, d, m = cell["dataset"], cell["d"], cell["m"]
    eta, seed = trained["eta"], trained["seed"]
    along = [
        random_directions(
            part["projections"], d, stream(job.experiment, dataset, d, None, s, "projections")
        )
        for s in range(seed.max() + 1)
    ]

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(array.astype(trained["w"].dtype, copy=False), device=like.device)

    measured = sample_and_measure(
        tensor(trained["w"]),
        tensor(trained["a"]),
        seed,
        tensor(data["x0"]),
        tensor(data["reference"]),
        tensor(np.stack(along)),
        steps=part["euler_steps"],
        radius=2 * math.sqrt(d) * part["b1"],
        label=f"sample {dataset} d={d} m={m}",
    )
    table = trajectory_table(cell, eta, seed, trained["t"], trained["losses"], measured)
    return table, {"dataset": dataset, "m": m, "x": measured.samples, "eta": eta, "seed": seed}
