"""Whether the cells of the simulation meet the conditions of paper A's theorems.

One job audits all of them, from the training samples that the simulation draws.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

TABLES = {
    "assumptions": (
        c.D,
        c.M,
        c.ETA,
        c.SEED,
        Column("condition", "a condition of Theorem 3.2 or an assumption", "string", key=True),
        Column("relation", "the condition is: actual, this relation, required", "string"),
        Column(
            "required",
            "what the theorem asks for, with constants of 1; inf: no more than a finite number",
        ),
        Column("actual", "what the cell has; inf: it has no bound"),
        Column("holds", "whether the condition holds", "boolean"),
    ),
}
INPUTS = ("training",)

# What the conditions of the theorems are about; n_train and seeds come with the samples.
_AUDITED = ("d", "m", "eta", "seeds", "n_train", "kappa", "b1", "schedule")


def cells(config: Mapping) -> list[Cell]:
    return [{}]


def settings(config: Mapping, cell: Cell) -> dict:
    return {name: config["simulation"][name] for name in _AUDITED}


def depends(config: Mapping) -> dict:
    return {"simulation": settings(config, {})}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Eigenvalues of the samples' Gram matrices, 10 n^3 each; half an hour's limit at least."""
    operations = 10 * len(settings["d"]) * settings["seeds"] * settings["n_train"] ** 3
    return Cost(max(1200, operations // 10**9), 1500)


def measure(job: Job, training=()) -> dict:
    """Audit all cells.

    Args:
        training: the files of the training samples, one a dimension.
    """
    import pandas as pd

    from flowbounds.run.files import read_arrays

    rows = []
    for file in training:
        data = read_arrays(file)
        draws = zip(data["x1"], data["x0"], data["tau"], strict=True)
        for seed, draw in enumerate(draws):
            rows += _of_sample(job.settings, seed, *draw)
    return {"assumptions": pd.DataFrame(rows)}


def _of_sample(settings: Mapping, seed: int, x1, x0, tau) -> list[dict]:
    """Return the rows of one training sample: every width, step size and condition."""
    import numpy as np

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.networks.stack import initialise
    from flowbounds.theory.conditions import data_conditions, network_conditions
    from flowbounds.theory.linearisation import Problem, outputs

    n, d = x1.shape
    schedule, kappa = SCHEDULES[settings["schedule"]], settings["kappa"]
    problem = Problem.of(*inputs_and_targets(x1, x0, tau, schedule), kappa)
    largest = np.linalg.norm(x1, axis=1).max()
    of_data = data_conditions(d, settings["b1"], schedule.b0, largest)
    rows = []
    for m in settings["m"]:
        # the networks that the simulation starts from
        rng = stream("simulation", "gaussian_mixture", d, m, seed, "weights")
        start = outputs(*initialise(m, d, kappa, rng), problem.x)
        misfit = np.sum((start - problem.v) ** 2)
        lambda_min = problem.spectrum.values[0]
        for eta in settings["eta"]:
            of_network = network_conditions(d, n, m, eta, kappa, lambda_min, misfit)
            names = {"d": d, "m": m, "eta": eta, "seed": seed}
            rows += [
                names | vars(condition) | {"holds": condition.holds}
                for condition in of_network + of_data
            ]
    return rows
