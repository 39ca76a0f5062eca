"""From paper A's Theorem 3.3 to 3.5: where a small error does not make a small distance.

Samples of the kernel limit, with and without a constant input, that start at tau = 0 from x0, as
algorithm 2 has it, or at a later tau_0 from the law that data have there; the velocity
(x_tau - x0) / tau is Lipschitz from there on. One job holds all of one dimension, on two balls.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

_LENGTH = "length of x"

START = Column(
    "start", "flow time at which sampling starts", symbol="τ₀", unit="flow time", key=True
)
TABLES = {
    "thm35_causes": (
        c.D,
        c.N,
        Column("constant", "whether the inputs have a constant 1 beside them", "boolean", key=True),
        Column(
            "start", "flow time at which sampling starts", symbol="τ₀", unit="flow time", key=True
        ),
        Column("steps", "Euler steps from there to 1", "integer", symbol="T_euler", key=True),
        c.SEED,
        Column(
            "test_error",
            "mean of |f - v| on fresh points, flow times uniform on [start, 1]",
            unit="length of x per flow time",
        ),
        Column(
            "coupled",
            "mean distance of a sample to the x1 that its start was drawn around: at least W1",
            unit=_LENGTH,
        ),
        c.W1_EXACT,
        Column(
            "w1_debiased",
            "the same less the mean of two generated and of two fresh samples' exact W1",
            unit=_LENGTH,
        ),
        Column("w1_floor", "exact W1 of two fresh samples", unit=_LENGTH),
    ),
}
INPUTS = ()

FRESH = 2000
"""Points of the test error."""


def cells(config: Mapping) -> list[Cell]:
    return [{"d": d} for d in config["thm35_causes"]["d"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["thm35_causes"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return the kernels' entries: 150 operations on the way, 600 of the Gram matrix and errors."""
    on_the_way = 2 * settings["n_test"] * sum(settings["steps"]) * 150
    each = [n * (len(settings["start"]) * (on_the_way + FRESH * 600) + 600 * n) + n**3
            for n in settings["n"]]  # fmt: skip
    operations = 2 * settings["seeds"] * sum(each)
    return Cost(operations // 10**9, 500 + 2 * gram_megabytes(max(settings["n"])))


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.run.progress import progress

    variants = [
        (seed, n, constant)
        for seed in range(job.settings["seeds"])
        for n in job.settings["n"]
        for constant in (False, True)
    ]
    rows = [row for each in progress(variants, job.label) for row in _of_predictor(job, *each)]
    return {"thm35_causes": pd.DataFrame(rows)}


def _draw(job: Job, seed: int, part: str, n: int, start: float = 0.0) -> dict:
    """Draw x1, x0 and tau ~ U[start, 1]; the same points for every start."""
    from functools import partial

    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.draws import training_draw

    population = partial(two_balls, b1=job.settings["b1"])
    key = (job.experiment, TWO_BALLS, job.cell["d"], seed)
    return training_draw(*key, n, population=population, tau_min=start, part=part)


def _problem(draw: Mapping, constant: bool) -> tuple:
    """Return the inputs of the regression, with or without a constant 1, and its targets."""
    import numpy as np

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

    x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
    return np.hstack([x, np.ones((len(x), 1))]) if constant else x, v


def _of_predictor(job: Job, seed: int, n: int, constant: bool) -> list[dict]:
    """Return the rows of one training sample: all starts and numbers of steps."""
    import math

    import numpy as np

    from flowbounds.networks.metrics import debiased_w1, exact_w1
    from flowbounds.theory.kernel_flow import kernel_flow
    from flowbounds.theory.kernel_limit import KernelLimit, expand, gram

    d, part = job.cell["d"], job.settings
    x, v = _problem(_draw(job, seed, "train", n), constant)
    coefficients = KernelLimit.fit(gram(x), v).coefficients
    # two samples of each law, for the debiased distance
    sources = [_draw(job, seed, name, part["n_test"]) for name in ("start", "start again")]
    x0, x1 = (np.concatenate([each[name] for each in sources]) for name in ("x0", "x1"))
    fresh, other = (_draw(job, seed, name, part["n_test"])["x1"] for name in ("reference", "floor"))
    floor, radius = exact_w1(fresh, other), 2 * math.sqrt(d) * part["b1"]
    rows = []
    for start in part["start"]:
        inputs, target = _problem(_draw(job, seed, "test", FRESH, start), constant)
        error = np.linalg.norm(expand(inputs, x, coefficients) - target, axis=1).mean()
        at_start = (1 - start) * x0 + start * x1
        for steps in part["steps"]:
            samples = kernel_flow(x, coefficients, at_start, x0, start, steps, radius)
            one, again = np.split(samples, 2)
            exact = exact_w1(one, fresh)
            names = {"d": d, "n": n, "constant": constant, "start": start, "steps": steps}
            rows.append(
                names
                | {
                    "seed": seed,
                    "test_error": error,
                    "coupled": np.linalg.norm(samples - x1, axis=1).mean(),
                    "w1_exact": exact,
                    "w1_debiased": debiased_w1(exact, exact_w1(one, again), floor),
                    "w1_floor": floor,
                }
            )
    return rows
