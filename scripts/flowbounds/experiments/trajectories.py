"""What the experiments ``simulation`` and ``images`` share: training, then sampling at checkpoints.

Both are measured along the chain data -> train -> sample; a cell is a data set, a dimension and a
width, and holds all step sizes and seeds as one stack of networks.
"""

import math
from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

TRAJECTORY = (c.D, c.M, c.ETA, c.SEED, c.T, c.LOSS, c.SLICED_W1, c.W1_EXACT, c.DIVERGED_AT)

TRAINING = ("eta", "iterations", "checkpoint_every", "kappa", "schedule")
SAMPLING = ("euler_steps", "projections", "b1")


def with_dataset(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return (c.DATASET, *columns)


def cost(settings: Mapping, cell: Cell, *stages: str, number: int = 4) -> Cost:
    """Estimate stages of a cell: ``train`` (14 n m d a step), ``sample`` (4 n m d a step).

    In memory: torch, twice the weights, data, losses, a hidden layer, and exact W1. On disk: the
    weights at all checkpoints.

    Args:
        number: bytes of a number of a network.
    """
    d, m, n = cell["d"], cell["m"], settings["n_train"]
    networks = settings["seeds"] * len(settings["eta"])
    checkpoints = settings["iterations"] // settings["checkpoint_every"] + 1
    steps = {
        "train": 14 * settings["iterations"],
        "sample": 4 * settings["euler_steps"] * checkpoints,
    }
    weights = number * checkpoints * networks * m * (3 * d + 1)
    numbers = networks * (2 * n * (3 * d + 1) + settings["iterations"]) + 2 * n * m
    double = 3 * n**2 + 2 * settings["seeds"] * settings["n_test"] * d
    return Cost(
        networks * n * m * d * sum(steps[stage] for stage in stages) // 10**9,
        800 + (2 * weights + number * numbers + 8 * double) // 10**6,
        weights // 10**6,
    )


def check(name: str, part: Mapping) -> None:
    """Check what relates several keys of a section of this kind.

    Raises:
        ConfigError: on the first fault.
    """
    from flowbounds.run.config import ConfigError

    if part["iterations"] % part["checkpoint_every"]:
        raise ConfigError(
            f"{name}.checkpoint_every = {part['checkpoint_every']} does not divide "
            f"{name}.iterations = {part['iterations']}"
        )
    if part["n_test"] < part["n_train"]:
        raise ConfigError(
            f"{name}.n_test = {part['n_test']} is smaller than {name}.n_train = "
            f"{part['n_train']}: exact W1 compares n_train with n_train"
        )


def train(job: Job, data: Mapping) -> dict:
    """Train all step sizes and seeds of a cell.

    Args:
        job: its settings are those of TRAINING.
        data: training samples of every seed, as flowbounds.data.draws makes them.

    Returns:
        Arrays ``w``, ``a`` (weights at the checkpoints), ``losses``, ``t``, and ``eta`` and
        ``seed`` of each network: network e has seed e // len(eta).
    """
    import numpy as np
    import torch

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.networks.regression import columns
    from flowbounds.networks.stack import Networks, initialise
    from flowbounds.networks.stack import train as descend

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


def sample(job: Job, data: Mapping, trained: Mapping) -> tuple:
    """Sample from the networks of a cell at every checkpoint, and measure the samples.

    Args:
        job: its settings are those of SAMPLING; its dtype is that of the weights.
        data: evaluation samples of every seed.
        trained: what :func:`train` returned.

    Returns:
        The cell's table, and an archive of the samples at the last checkpoint.
    """
    import numpy as np
    import torch

    from flowbounds.data.streams import stream
    from flowbounds.networks.evaluation import sample_and_measure, trajectory_table
    from flowbounds.networks.metrics import random_directions

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
