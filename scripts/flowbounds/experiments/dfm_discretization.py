"""Theorem 2 of paper B with the exact drift: KL, path KL and W2 against the step size.

One job computes all steps and dimensions of a target. Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Cost, Job, combinations, without

TABLES = {"dfm_discretization": (c.TARGET, c.D, c.STEPS, *c.DISTANCES, c.W2, *c.BOUNDS)}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_discretization"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_discretization"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law, its path law and W2 for each number of steps."""
    return Cost(costs.exact(settings["steps"], laws=1, paths=2), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.exact_laws import discretization

    return {"dfm_discretization": pd.DataFrame(discretization(**job.cell, **job.settings))}
