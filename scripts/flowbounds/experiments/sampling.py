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
        Column(
            "w1_debiased",
            "the same less the mean of two generated and of two fresh samples' exact W1",
            unit="length of x",
        ),
        Column("sliced_w1_floor", "sliced W1 of two fresh samples", unit="length of x"),
        Column("w1_floor", "exact W1 of two fresh samples", unit="length of x"),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()

DISTANCES = ["sliced_w1", "w1_exact", "w1_debiased"]


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["sampling"], d="d", n="n")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["sampling"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training, sampling, and ten seconds for the distances of a seed; in memory exact W1, too."""
    d, n, n_test, widths = cell["d"], cell["n"], settings["n_test"], settings["m"]
    points = 14 * settings["iterations"] * n + 8 * settings["euler_steps"] * n_test
    repeats = len(settings["b1"]) * settings["seeds"]
    operations = repeats * (100 * 10**9 + points * sum(widths) * d)
    memory = regression_megabytes(settings, d, n, max(widths), more=n_test**2)
    return Cost(operations // 10**9, 2000 + memory)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.divergence import without_diverged

    part, like = job.settings, job.like()
    along = directions(job.cell["d"], part["projections"], part["seeds"])
    rows = [row for b1 in part["b1"] for row in _of_bound(job, b1, along, like)]
    return {"sampling": without_diverged(pd.DataFrame(rows), DISTANCES)}


def directions(d: int, projections: int, seeds: int) -> list:
    """Draw each seed's directions of sliced W1, shape (projections, d) each."""
    from flowbounds.data.datasets import TWO_BALLS
    from flowbounds.data.streams import stream
    from flowbounds.networks.metrics import random_directions

    key = ("sampling", TWO_BALLS, d, None)
    return [
        random_directions(projections, d, stream(*key, seed, "projections"))
        for seed in range(seeds)
    ]


def draw(d: int, b1: float, part: str, n: int, seeds: int) -> dict:
    """Return x1 and x0, shape (seeds, n, d), and tau of two balls; ``part`` names the sample."""
    from functools import partial

    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.draws import training_draw
    from flowbounds.networks.regression import over_seeds

    population = partial(two_balls, b1=b1)
    return over_seeds(
        lambda seed: training_draw(
            "sampling", TWO_BALLS, d, seed, n, population=population, part=part
        ),
        range(seeds),
    )


def _distances(points, fresh, along) -> tuple[float, float]:
    """Return sliced and exact W1 of a sample to a fresh one."""
    import torch

    from flowbounds.networks.metrics import SlicedW1, exact_w1

    sliced = SlicedW1(torch.from_numpy(fresh), torch.from_numpy(along), len(points))
    return sliced(torch.from_numpy(points)), exact_w1(points, fresh)


def _of_bound(job: Job, b1: float, along: list, like) -> list[dict]:
    """Return the rows of one B1: all widths and seeds."""
    import numpy as np

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.networks.metrics import debiased_w1, exact_w1
    from flowbounds.run.progress import progress

    d, n, seeds, n_test = (
        job.cell["d"],
        job.cell["n"],
        job.settings["seeds"],
        job.settings["n_test"],
    )
    data = draw(d, b1, "train", n, seeds)
    problem = inputs_and_targets(data["x1"], data["x0"], data["tau"], SCHEDULES["linear"])
    # two samples of each law, for the debiased distance
    starts = [draw(d, b1, part, n_test, seeds)["x0"] for part in ("start", "start again")]
    fresh, other = (draw(d, b1, part, n_test, seeds)["x1"] for part in ("reference", "floor"))
    floors = [
        dict(zip(("sliced_w1_floor", "w1_floor"), _distances(*each), strict=True))
        for each in progress(list(zip(other, fresh, along, strict=True)), f"{job.label} floor")
    ]
    rows = []
    for m in job.settings["m"]:
        samples, diverged = _generated(job, b1, problem, np.concatenate(starts, axis=1), m, like)
        for s, floor in enumerate(floors):
            distances = dict.fromkeys(DISTANCES, np.nan)
            if np.isfinite(samples[s]).all():
                one, again = samples[s][:n_test], samples[s][n_test:]
                sliced, exact = _distances(one, fresh[s], along[s])
                debiased = debiased_w1(exact, exact_w1(one, again), floor["w1_floor"])
                distances = dict(zip(DISTANCES, (sliced, exact, debiased), strict=True))
            names = {"d": d, "n": n, "m": m, "b1": b1, "seed": s}
            rows.append(names | distances | floor | {"diverged_at": diverged[s]})
    return rows


def _generated(job: Job, b1: float, problem: tuple, start, m: int, like) -> tuple[list, list]:
    """Train one width and sample from it; return each seed's samples and where it diverged."""
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
