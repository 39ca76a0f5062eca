"""Theorem 2 of paper B against moments: a target scaled, or two components moved apart.

``separated`` is 1/2 N(-a, 1/4) + 1/2 N(a, 1/4), of separation a; other targets take the scales. One
job computes all of a target. Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_SCALE = Column("scale", "factor on the target; of separated, its separation a", key=True)

TABLES = {"dfm_moments": (c.TARGET, c.D, _SCALE, c.STEPS, *c.DISTANCES, *c.BOUNDS)}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_moments"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_moments"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law and its path law for each scale and number of steps."""
    scales = len(_scales(settings, cell))
    return Cost(costs.exact(settings["steps"], laws=scales, paths=scales), 1500)


def _scales(settings: Mapping, cell: Cell) -> list[float]:
    return settings["separation" if cell["target"] == "separated" else "scale"]


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.bounds import of_product, squares_on_the_line
    from flowbounds.dfm.exact_laws import bounds_of, divergences, in_dimension
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.targets import scaled, separated
    from flowbounds.run.progress import progress

    target, rows = job.cell["target"], []
    for scale in progress(_scales(job.settings, job.cell), f"{target}, scales"):
        pair = separated(scale) if target == "separated" else scaled(target, scale)
        squares = squares_on_the_line(pair)
        for steps in job.settings["steps"]:
            one, _ = divergences(pair, uniform_times(steps))
            for d in job.settings["d"]:
                names = {"target": target, "d": d, "scale": scale, "steps": steps}
                of_bounds = bounds_of(steps, d, of_product(squares, d))
                rows.append(names | in_dimension(one, d) | of_bounds)
    return {"dfm_moments": pd.DataFrame(rows)}
