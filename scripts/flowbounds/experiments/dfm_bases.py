"""Theorem 2 of paper B from other bases than N(0, I): Gaussians and mixtures of any scale.

The target is N(0, 1), the coupling independent. One job computes all scales of a base. Nothing is
random, so there are no seeds.
"""

from collections.abc import Mapping

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_bases": (
        Column("base", "base law mu; the target is N(0, 1)", "string", key=True),
        Column("scale", "factor on the base", symbol="s", key=True),
        c.STEPS,
        *c.DISTANCES,
        *c.BOUNDS,
    )
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_bases"], base="bases")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_bases"], "bases")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law and its path law for each scale and number of steps."""
    scales = len(settings["scale"])
    return Cost(costs.exact(settings["steps"], laws=scales, paths=scales), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.bounds import of_product, squares_on_the_line
    from flowbounds.dfm.exact_laws import bounds_of
    from flowbounds.dfm.pairs import from_base, from_base_distances
    from flowbounds.run.progress import progress

    base, rows = job.cell["base"], []
    for scale in progress(job.settings["scale"], f"{base}, scales"):
        norms = of_product(squares_on_the_line(from_base(base, scale)), 1)
        for steps in job.settings["steps"]:
            names = {"base": base, "scale": scale, "steps": steps}
            distances = from_base_distances(base, scale, steps)
            rows.append(names | distances | bounds_of(steps, 1, norms))
    return {"dfm_bases": pd.DataFrame(rows)}
