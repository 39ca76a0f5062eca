"""The first stage of trajectories: gradient descent of all step sizes and seeds of a cell."""

from collections.abc import Mapping

import numpy as np
import torch

from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream
from flowbounds.experiments.experiment import Job
from flowbounds.networks.regression import columns
from flowbounds.networks.stack import Networks, initialise
from flowbounds.networks.stack import train as descend


def train(job: Job, data: Mapping) -> dict:
    """Train all step sizes and seeds of a cell.

    Args:
        job: its settings are those of TRAINING.
        data: training samples of every seed, as flowbounds.data.draws makes them.

    Returns:
        Arrays ``w``, ``a`` (weights at the checkpoints), ``losses``, ``t``, and ``eta`` and
        ``seed`` of each network: network e has seed e // len(eta).
    """
    cell, part, like = job.cell, job.settings, job.like()
    dataset, d, m = cell["dataset"], cell["d"], cell["m"]
    x1, x0, tau = data["x1"], data["x0"], data["tau"]
    x, v = inputs_and_targets(x1, x0, tau, SCHEDULES[part["schedule"]])
    seeds, etas = range(len(x1)), part["eta"]
    drawn = [
        initialise(m, d, part["kappa"], stream(job.experiment, dataset, d, m, s, "weights"))
        for s in seeds
    ]
    # the seeds' weights and points, repeated for every step size
    w, a = (
        torch.as_tensor(np.stack(layer)).to(like).repeat_interleave(len(etas), dim=0)
        for layer in zip(*drawn, strict=True)
    )
    points = (columns(part, like).repeat_interleave(len(etas), dim=0) for part in (x, v))
    checkpoints = range(0, part["iterations"] + 1, part["checkpoint_every"])
    eta = torch.tensor(etas * len(x1), dtype=like.dtype, device=like.device)
    label = f"train {dataset} d={d} m={m}"
    trajectory = descend(Networks(w, a), *points, eta, checkpoints, label)
    return {
        "w": trajectory.w.cpu().numpy(),
        "a": trajectory.a.cpu().numpy(),
        "losses": trajectory.losses.cpu().numpy(),
        "t": np.array(checkpoints),
        "eta": np.tile(etas, len(x1)),
        "seed": np.repeat(seeds, len(etas)),
    }
