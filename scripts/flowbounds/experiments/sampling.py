"""Distances of generated to fresh samples of a bounded target (paper A, Theorem 3.5).

One job holds all widths, bounds and seeds of one dimension and sample size, on two balls.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import regression_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "sampling": (
        c.D,
        c.N,
        c.M,
        c.B1,
        c.SEED,
        c.SLICED_W1,
        c.W1_EXACT,
        Column("sliced_w1_floor", "sliced W1 of two fresh samples", unit="length of x"),
        Column("w1_floor", "exact W1 of two fresh samples", unit="length of x"),
        Column(
            "w1_posterior_mean",
            "exact W1 of a sample of E[x1 | x0] to a fresh one",
            unit="length of x",
        ),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()

POSTERIOR_SAMPLE = 20_000  # points of P1 that E[x1 | x0] is taken over


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["sampling"], d="d", n="n")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["sampling"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training, sampling, and six seconds for the distances of a seed; in memory exact W1, too."""
    d, n, n_test, widths = cell["d"], cell["n"], settings["n_test"], settings["m"]
    points = 14 * settings["iterations"] * n + 4 * settings["euler_steps"] * n_test
    repeats = len(settings["b1"]) * settings["seeds"]
    operations = repeats * (60 * 10**9 + points * sum(widths) * d)
    memory = regression_megabytes(settings, d, n, max(widths), more=n_test**2)
    return Cost(operations // 10**9, 2000 + memory)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.divergence import without_diverged

    like, directions = job.like(), _directions(job)
    rows = [row for b1 in job.settings["b1"] for row in _of_bound(job, b1, directions, like)]
    return {"sampling": without_diverged(pd.DataFrame(rows), ["sliced_w1", "w1_exact"])}


def _directions(job: Job) -> list:
    """Draw each seed's directions of sliced W1."""
    from flowbounds.data.datasets import TWO_BALLS
    from flowbounds.data.streams import stream
    from flowbounds.networks.metrics import random_directions

    d = job.cell["d"]
    key = (job.experiment, TWO_BALLS, d, None)
    return [
        random_directions(job.settings["projections"], d, stream(*key, s, "projections"))
        for s in range(job.settings["seeds"])
    ]


def _draw(job: Job, b1: float, part: str, n: int) -> dict:
    """Return x1, x0 and tau of all seeds."""
    from functools import partial

    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.draws import training_draw
    from flowbounds.networks.regression import over_seeds

    key, population = (job.experiment, TWO_BALLS, job.cell["d"]), partial(two_balls, b1=b1)
    return over_seeds(
        lambda seed: training_draw(*key, seed, n, population=population, part=part),
        range(job.settings["seeds"]),
    )


def _distances(points, fresh, directions) -> tuple[float, float]:
    """Return sliced and exact W1 of a sample to a fresh one; NaN where it is not finite."""
    import numpy as np
    import torch

    from flowbounds.networks.metrics import SlicedW1, exact_w1

    if not np.isfinite(points).all():
        return np.nan, np.nan
    sliced = SlicedW1(torch.from_numpy(fresh), torch.from_numpy(directions), len(points))
    return sliced(torch.from_numpy(points)), exact_w1(points, fresh)


def _of_bound(job: Job, b1: float, directions: list, like) -> list[dict]:
    """Return the rows of one B1: all widths and seeds."""
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

    data = _draw(job, b1, "train", job.cell["n"])
    problem = inputs_and_targets(data["x1"], data["x0"], data["tau"], SCHEDULES["linear"])
    n_test = job.settings["n_test"]
    start = _draw(job, b1, "start", n_test)["x0"]
    fresh = _draw(job, b1, "reference", n_test)["x1"]
    floors = _floors(job, b1, start, fresh, directions)
    rows = []
    for m in job.settings["m"]:
        samples, diverged = _generated(job, b1, problem, start, m, like)
        for s, floor in enumerate(floors):
            sliced, exact = _distances(samples[s], fresh[s], directions[s])
            rows.append(
                {"d": job.cell["d"], "n": job.cell["n"], "m": m, "b1": b1, "seed": s}
                | {"sliced_w1": sliced, "w1_exact": exact}
                | floor
                | {"diverged_at": diverged[s]}
            )
    return rows


def _floors(job: Job, b1: float, start, fresh, directions: list) -> list[dict]:
    """Measure what no network can do better than, and what a continuous one can, for each seed."""
    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.streams import stream
    from flowbounds.run.progress import progress
    from flowbounds.theory.posterior import posterior_means

    d = job.cell["d"]
    other = _draw(job, b1, "floor", job.settings["n_test"])["x1"]
    rows = []
    for s in progress(range(job.settings["seeds"]), f"{job.label} floor"):
        sliced, exact = _distances(other[s], fresh[s], directions[s])
        rng = stream(job.experiment, TWO_BALLS, d, None, s, "posterior x1")
        means = posterior_means(start[s], two_balls(POSTERIOR_SAMPLE, d, rng, b1=b1))
        _, of_means = _distances(means, fresh[s], directions[s])
        rows.append({"sliced_w1_floor": sliced, "w1_floor": exact, "w1_posterior_mean": of_means})
    return rows


def _generated(job: Job, b1: float, problem: tuple, start, m: int, like) -> tuple[list, list]:
    """Train one width and sample from it; return each seed's sample and where it diverged."""
    import math

    import numpy as np

    from flowbounds.data.datasets import TWO_BALLS
    from flowbounds.networks.flow import euler_flow
    from flowbounds.networks.regression import columns, trained

    part = job.settings
    networks = trained(
        (job.experiment, TWO_BALLS),
        *problem,
        m=m,
        eta=part["eta"],
        iterations=part["iterations"],
        kappa=part["kappa"],
        like=like,
        label=f"{job.label} m={m}",
    )
    radius = 2 * math.sqrt(job.cell["d"]) * b1
    flown = euler_flow(networks, columns(start, like), part["euler_steps"], radius)
    samples = [np.ascontiguousarray(sample) for sample in flown.mT.cpu().double().numpy()]
    # a network may be finite and its samples not
    diverged = [
        part["iterations"] if math.isnan(at) and not np.isfinite(sample).all() else at
        for at, sample in zip(networks.diverged_at, samples, strict=True)
    ]
    return samples, diverged
