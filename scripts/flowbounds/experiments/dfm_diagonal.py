"""Theorem 2 of paper B against the dimension for mixtures whose components lie on the diagonal.

They decide for all coordinates together, and are no products. One job computes all of a target.
Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Cost, Job, combinations, without

TABLES = {"dfm_diagonal": (c.TARGET, c.D, c.STEPS, *c.DISTANCES, *c.BOUNDS)}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_diagonal"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_diagonal"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law along the diagonal and its path law for each dimension and number of steps."""
    count = len(settings["d"])
    return Cost(costs.exact(settings["steps"], laws=count, paths=count), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.exact_laws import bounds_of
    from flowbounds.dfm.pairs import diagonal_distances, diagonal_norms
    from flowbounds.run.progress import progress

    target, rows = job.cell["target"], []
    for d in progress(job.settings["d"], f"{target}, dimensions"):
        norms = diagonal_norms(target, d)
        for steps in job.settings["steps"]:
            names = {"target": target, "d": d, "steps": steps}
            distances = diagonal_distances(target, d, steps)
            rows.append(names | distances | bounds_of(steps, d, norms))
    return {"dfm_diagonal": pd.DataFrame(rows)}
