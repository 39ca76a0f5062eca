"""What the experiments ``simulation`` and ``images`` share: training, then sampling at checkpoints.

Both are measured along the chain data -> train -> sample, of which each stage has a module of its
own, so that what only sampling needs retrains nothing; a cell is a data set, a dimension and a
width, and holds all step sizes and seeds as one stack of networks.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost

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
