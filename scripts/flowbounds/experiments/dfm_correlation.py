"""Theorem 2 of paper B for correlated pairs: two N(0, 1) whose correlation tends to 1 or -1.

One job computes all, in closed form. Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

TABLES = {
    "dfm_correlation": (
        Column("rho", "correlation of X_0 and X_1, both N(0, 1)", symbol="ρ", key=True),
        c.STEPS,
        *c.DISTANCES,
        *c.BOUNDS,
    )
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return [{}]


def settings(config: Mapping, cell: Cell) -> dict:
    return dict(config["dfm_correlation"])


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A propagator of at least 512 and of at most 4 N small steps for each pair."""
    substeps = sum(max(512, 4 * steps) for steps in settings["steps"])
    return Cost(600 + len(settings["rho"]) * substeps // 100, 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.exact_laws import bounds_of
    from flowbounds.dfm.pairs import correlated, gaussian_distances, norms_of_correlated

    rows = [
        {"rho": rho, "steps": steps}
        | gaussian_distances(correlated(rho), steps)
        | bounds_of(steps, 1, norms_of_correlated(rho))
        for rho in job.settings["rho"]
        for steps in job.settings["steps"]
    ]
    return {"dfm_correlation": pd.DataFrame(rows)}
