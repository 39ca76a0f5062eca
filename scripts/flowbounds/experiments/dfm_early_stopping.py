"""Theorem 3 of paper B: KL of X at 1 - delta against the chain that stops there, exactly.

The target needs no score. One job computes all of a target. Nothing is random, so there are no
seeds.
"""

from collections.abc import Mapping
from itertools import product

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_early_stopping": (
        c.TARGET,
        c.D,
        c.STEPS,
        Column(
            "schedule", "uniform steps, or nonuniform: h (1 - t) after t = 1/2", "string", key=True
        ),
        c.DELTA,
        c.H,
        Column("kl_marginal", "KL of the law of X at 1 - delta against the chain's", unit="nats"),
        c.MASS_ERROR,
        Column(
            "bound_followup",
            "right side of the follow-up's Theorem 2, or 3 for nonuniform steps, without drift "
            "error, C = 1",
        ),
    )
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_early_stopping"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_early_stopping"], "targets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law for each number of steps, schedule and delta."""
    laws = len(settings["schedules"]) * len(settings["delta"])
    return Cost(costs.exact(settings["steps"], laws), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.bounds import of_product, squares_on_the_line
    from flowbounds.dfm.targets import coupling
    from flowbounds.run.progress import progress

    target, part = job.cell["target"], job.settings
    pair = coupling(target)
    moments = of_product(squares_on_the_line(pair), 1)
    rows = [
        {"target": target, "d": 1, "steps": steps, "schedule": schedule, "delta": delta}
        | _stopped(pair, moments, steps, schedule, delta)
        for steps in progress(part["steps"], f"{target}, steps")
        for schedule, delta in product(part["schedules"], part["delta"])
    ]
    return {"dfm_early_stopping": pd.DataFrame(rows)}


def _stopped(pair, moments, steps: int, schedule: str, delta: float) -> dict:
    """Return what is measured of one chain."""
    from flowbounds.dfm.bounds import followup_theorem_2, followup_theorem_3
    from flowbounds.dfm.paths import nonuniform_times, uniform_times
    from flowbounds.dfm.quadrature import euler_maruyama_law, kl

    times_of, bound = {
        "uniform": (uniform_times, followup_theorem_2),
        "nonuniform": (nonuniform_times, followup_theorem_3),
    }[schedule]
    times = times_of(steps, delta)
    law = euler_maruyama_law(pair, pair.drift, times)
    h = float(times[1])
    return {
        "h": h,
        "kl_marginal": kl(pair, law),
        "mass_error": law.mass - 1,
        "bound_followup": bound(h, 1, delta, moments),
    }
