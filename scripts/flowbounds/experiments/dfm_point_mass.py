"""Theorem 3 of paper B for a point mass, in closed form: path KL, and how many steps delta costs.

One job computes all. Nothing is random, so there are no seeds.
"""

from collections.abc import Mapping
from itertools import product

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

_SCHEDULE = Column(
    "schedule", "uniform steps, or nonuniform: h (1 - t) after t = 1/2", "string", key=True
)
TABLES = {
    "dfm_point_mass": (
        c.D,
        c.STEPS,
        _SCHEDULE,
        c.DELTA,
        c.H,
        Column("kl_marginal", "KL of the law of X at 1 - delta against the chain's", unit="nats"),
        Column("kl_path", "KL of the path measures up to 1 - delta", unit="nats"),
        Column(
            "first_order",
            "kl_path to first order: d h/4 (1/delta - 1), or d h/4 (1 + log(1/(2 delta)))",
            unit="nats",
        ),
    ),
    "dfm_first_steps": (
        c.D,
        _SCHEDULE,
        c.DELTA,
        Column("quantity", "kl_marginal or kl_path", "string", key=True),
        Column("goal", "KL to reach", unit="nats", key=True),
        Column("steps", "N that reaches it while N - 1 does not", "integer", symbol="N"),
        Column("reached", "KL at N", unit="nats"),
        Column("missed", "KL at N - 1, above the goal; empty where N is the least", unit="nats"),
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return [{}]


def settings(config: Mapping, cell: Cell) -> dict:
    return dict(config["dfm_point_mass"])


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Sums over the steps: seconds, whatever the grid."""
    return Cost(1200, 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    part = job.settings
    rows = [_row(*of) for of in product(part["d"], part["steps"], part["schedules"], part["delta"])]
    first = [
        _first(*of)
        for of in product(
            part["d"], part["schedules"], part["delta"], ("kl_marginal", "kl_path"), [part["goal"]]
        )
    ]
    return {"dfm_point_mass": pd.DataFrame(rows), "dfm_first_steps": pd.DataFrame(first)}


def _times(schedule: str):
    from flowbounds.dfm.paths import nonuniform_times, uniform_times

    return {"uniform": uniform_times, "nonuniform": nonuniform_times}[schedule]


def _row(d: int, steps: int, schedule: str, delta: float) -> dict:
    import math

    from flowbounds.dfm.point_mass import marginal_kl, path_kl

    times = _times(schedule)(steps, delta)
    h = float(times[1])
    growth = {"uniform": 1 / delta - 1, "nonuniform": 1 + math.log(0.5 / delta)}[schedule]
    return {
        "d": d,
        "steps": steps,
        "schedule": schedule,
        "delta": delta,
        "h": h,
        "kl_marginal": marginal_kl(times, d),
        "kl_path": path_kl(times, d),
        "first_order": d * h / 4 * growth,
    }


def _first(d: int, schedule: str, delta: float, quantity: str, goal: float) -> dict:
    from flowbounds.dfm.point_mass import first_to_reach, marginal_kl, path_kl

    times, of = _times(schedule), {"kl_marginal": marginal_kl, "kl_path": path_kl}[quantity]

    def value(steps: int) -> float:
        return of(times(steps, delta), d)

    steps = first_to_reach(value, goal)
    return {
        "d": d,
        "schedule": schedule,
        "delta": delta,
        "quantity": quantity,
        "goal": goal,
        "steps": steps,
        "reached": value(steps),
        "missed": value(steps - 1) if steps > 2 else float("nan"),
    }
