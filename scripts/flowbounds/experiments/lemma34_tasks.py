"""Rademacher complexity of paper A's linearised class against n, d and the number of tasks.

The class is the unit ball in the space of the kernel, of functions with q outputs (tasks), on
inputs of the mixture in R^d; a ball of another radius has that times the complexity. One job holds
all tasks, sample sizes and seeds of one d. As many tasks as dimensions are always among them.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

TABLES = {
    "lemma34_tasks": (
        c.D,
        Column("tasks", "number of outputs of the functions", "integer", symbol="q", key=True),
        c.N,
        c.SEED,
        Column(
            "rademacher",
            "Rademacher complexity of the unit ball: (1/n) E sup_f sum_ij eps_ij f_j(x_i)",
            unit="length of x",
            symbol="R",
        ),
        Column("rademacher_se", "standard error of it, over signs", unit="length of x"),
        Column(
            "second_moment",
            "sqrt(q tr K) / n, the root of the second moment of what R is the mean of",
            unit="length of x",
        ),
    ),
}
INPUTS = ()

SIGNS = 512
"""Vectors of n signs, of all tasks together: R of few tasks scatters more, and has more draws."""
LEAST_DRAWS = 8


def cells(config: Mapping) -> list[Cell]:
    return [{"d": d} for d in config["lemma34_tasks"]["d"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["lemma34_tasks"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return the kernels' entries at 300 operations and their products with the signs."""
    counts = {*settings["tasks"], cell["d"]}
    signs = 2 * sum(q * draws(q) for q in counts)
    operations = settings["seeds"] * sum(n**2 * (300 + signs) for n in settings["n"])
    n = max(settings["n"])
    most = max(q * draws(q) for q in counts)
    return Cost(operations // 10**9, 500 + gram_megabytes(n) + 4 * 8 * n * most // 10**6)


def draws(tasks: int) -> int:
    """Return how many times the signs of so many tasks are drawn."""
    return max(LEAST_DRAWS, SIGNS // tasks)


def measure(job: Job) -> dict:
    import numpy as np
    import pandas as pd

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.run.progress import progress
    from flowbounds.theory.kernel_limit import gram, rademacher

    d, part, rows = job.cell["d"], job.settings, []
    for n in progress(part["n"], job.label):
        for seed in range(part["seeds"]):
            draw = training_draw(job.experiment, GAUSSIAN_MIXTURE, d, seed, n)
            x, _ = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
            k = gram(x)
            for tasks in sorted({*part["tasks"], d}):
                role = f"signs of {tasks} tasks, n = {n}"
                signs = stream(job.experiment, GAUSSIAN_MIXTURE, d, None, seed, role)
                complexity, error = rademacher(k, 1.0, tasks, draws(tasks), signs)
                measured = {
                    "rademacher": complexity,
                    "rademacher_se": error,
                    "second_moment": np.sqrt(tasks * np.trace(k)) / n,
                }
                rows.append({"d": d, "tasks": tasks, "n": n, "seed": seed} | measured)
    return {"lemma34_tasks": pd.DataFrame(rows)}
