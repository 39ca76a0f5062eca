"""Theorem 2 of paper B with a drift error: s = beta + c e, with eps^2 of the assumption as given.

One job computes all of a target. Errors are fixed fields (flowbounds.dfm.perturbations), the random
one by a fixed stream, so there are no seeds.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import product

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_drift_error": (
        c.TARGET,
        c.D,
        c.STEPS,
        Column("perturbation", "field e of the drift beta + c e", "string", symbol="e", key=True),
        Column("epsilon", "root of epsilon2, as asked for", symbol="ε", key=True),
        c.EPSILON2,
        c.KL_MARGINAL,
        c.KL_PATH,
        Column("kl_split", "kl_path of the exact drift plus epsilon2 / 4", unit="nats"),
    )
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_drift_error"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_drift_error"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """For each error a law and its eps^2, for each field a path law and the eps^2 of size 1.

    The exact drift is counted as one more field.
    """
    fields = len(settings["perturbations"]) + 1
    errors = fields * len(settings["d"]) * len(settings["epsilon"])
    return Cost(costs.exact(settings["steps"], errors, errors + 2 * fields), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.run.progress import progress

    target = job.cell["target"]
    steps = progress(job.settings["steps"], f"{target}, steps")
    return {"dfm_drift_error": pd.DataFrame(row for n in steps for row in _rows(job, n))}


def _rows(job: Job, steps: int) -> Iterator[dict]:
    """Yield the rows of one number of steps; those with epsilon = 0 are the exact drift.

    Every coordinate of a product has eps^2 / d. The path KL is a polynomial of degree two in c
    whose square term is eps^2 / 4, so c = 0 and one more c give it everywhere.
    """
    from flowbounds.dfm.exact_laws import checked
    from flowbounds.dfm.path_measure import path_kl
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.perturbations import FIELDS, perturbed
    from flowbounds.dfm.quadrature import drift_error, euler_maruyama_law, kl
    from flowbounds.dfm.targets import coupling

    pair, times = coupling(job.cell["target"]), uniform_times(steps)
    path_exact = path_kl(pair, pair.drift, times)
    marginal_exact = kl(pair, euler_maruyama_law(pair, pair.drift, times))
    for name in job.settings["perturbations"]:
        field = FIELDS[name]()
        unit = drift_error(pair, perturbed(pair, field, 1.0), times)
        mixed = path_kl(pair, perturbed(pair, field, 1.0), times) - path_exact - unit / 4
        for d, epsilon in product(job.settings["d"], [0.0, *job.settings["epsilon"]]):
            size, measured, marginal = 0.0, 0.0, marginal_exact
            if epsilon > 0:
                size = epsilon / math.sqrt(d * unit)
                drift = perturbed(pair, field, size)
                measured = drift_error(pair, drift, times)
                marginal = kl(pair, euler_maruyama_law(pair, drift, times))
            divergences = {
                "epsilon2": d * measured,
                "kl_marginal": d * marginal,
                "kl_path": d * (path_exact + size * mixed + measured / 4),
                "kl_split": d * (path_exact + measured / 4),
            }
            names = {"target": job.cell["target"], "d": d, "steps": steps}
            yield checked(names | {"perturbation": name, "epsilon": epsilon} | divergences)
