"""Theorem 3 of paper B: KL of the path measures under early stopping, of targets on the line.

What the theorem's proof bounds, beside the marginals of dfm_early_stopping and the point mass of
dfm_point_mass. One job computes all of a target. Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping
from itertools import product

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_SCHEDULE = Column(
    "schedule", "uniform steps, or nonuniform: h (1 - t) after t = 1/2", "string", key=True
)

TABLES = {
    "dfm_early_path": (
        c.TARGET,
        c.D,
        c.STEPS,
        _SCHEDULE,
        c.DELTA,
        c.H,
        Column("kl_path", "KL of the path measures up to 1 - delta", unit="nats"),
        Column("first_order", "h/4 int E|dbeta_t/dx|^2, that KL to first order", unit="nats"),
    ),
    "dfm_early_rate": (
        c.TARGET,
        c.D,
        _SCHEDULE,
        c.DELTA,
        Column("per_h", "KL of the path measures over h as h falls", unit="nats"),
        Column("gain", "its growth with log(1/delta)", unit="nats"),
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_early_path"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_early_path"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Two steps in time, of about 2 ms, for every step of a chain, and a few hundred besides."""
    paths = len(settings["schedules"]) * len(settings["delta"])
    return Cost(100 + paths * (10 + sum(settings["steps"]) // 25), 700)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.early_path import first_orders, path_kls
    from flowbounds.dfm.paths import nonuniform_times, uniform_times
    from flowbounds.dfm.targets import coupling
    from flowbounds.run.progress import progress

    target, part = job.cell["target"], job.settings
    pair, names = coupling(target), {"target": target, "d": 1}
    times_of = {"uniform": uniform_times, "nonuniform": nonuniform_times}
    limits, rows, rates = first_orders(pair, [*part["delta"], *part["small_delta"]]), [], []
    cases = list(product(part["schedules"], enumerate(part["delta"])))
    for schedule, (k, delta) in progress(cases, f"{target}, steps and gaps"):
        chains = [times_of[schedule](steps, delta) for steps in part["steps"]]
        for times, value in zip(chains, path_kls(pair, chains), strict=True):
            h = float(times[1])
            cell = {"steps": len(times) - 1, "schedule": schedule, "delta": delta, "h": h}
            rows.append(
                names | cell | {"kl_path": float(value), "first_order": h * limits[schedule][k]}
            )
    small = list(enumerate(part["small_delta"], start=len(part["delta"])))
    for schedule, (k, delta) in product(part["schedules"], small):
        found = {"per_h": limits[schedule][k], "gain": limits[f"{schedule}_gain"][k]}
        rates.append(names | {"schedule": schedule, "delta": delta} | found)
    return {"dfm_early_path": pd.DataFrame(rows), "dfm_early_rate": pd.DataFrame(rates)}
