"""From paper A's Theorem 3.3 to 3.5: where a small error does not make a small distance.

Samples of the kernel limit, with and without a constant input, that start at tau = 0 from x0, as
algorithm 2 has it, or at a later tau_0 from the law that data have there; the velocity
(x_tau - x0) / tau is Lipschitz from there on. One job holds all of one dimension and one pair of
bounded balls.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_LENGTH = "length of x"

TABLES = {
    "thm35_causes": (
        c.D,
        c.N,
        c.B1,
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
        Column(
            "coupled_floor",
            "what that is at least for any function of x0, as all samples from tau = 0 are",
            unit=_LENGTH,
        ),
        Column(
            "w1_paired",
            "exact W1 of all samples to those very x1, so that what their draws share cancels",
            unit=_LENGTH,
        ),
        Column("w1_exact", "exact W1 of half of them to as many fresh samples", unit=_LENGTH),
        Column(
            "w1_debiased",
            "that less the mean of two generated and of two fresh samples' exact W1",
            unit=_LENGTH,
        ),
        Column("w1_floor", "exact W1 of two fresh samples", unit=_LENGTH),
    ),
}
INPUTS = ()

FRESH = 2000
"""Points of the test error."""
POSTERIOR_SAMPLE = 5000
"""Points that the law of x1 given x0 is taken over."""


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["thm35_causes"], d="d", b1="b1")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["thm35_causes"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return the kernels' entries: 150 operations on the way, 600 of the Gram matrix and errors."""
    on_the_way = 2 * settings["n_test"] * sum(settings["steps"]) * 150
    each_start = len(settings["start"]) * (on_the_way + FRESH * 600)
    operations = sum(n * each_start + 600 * n**2 + n**3 for n in settings["n"])
    weights = 30 * POSTERIOR_SAMPLE * settings["n_test"] // 10**6
    memory = gram_megabytes(max(settings["n"])) + weights
    return Cost(2 * settings["seeds"] * operations // 10**9, 500 + 2 * memory)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.devices import set_up
    from flowbounds.run.progress import progress

    set_up("cpu", job.threads)
    seeds = progress(list(range(job.settings["seeds"])), job.label)
    return {"thm35_causes": pd.DataFrame(row for seed in seeds for row in _of_seed(job, seed))}


def _draw(job: Job, seed: int, part: str, n: int, start: float = 0.0) -> dict:
    """Draw x1, x0 and tau ~ U[start, 1]; the same points for every start."""
    from functools import partial

    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.draws import training_draw

    population = partial(two_balls, b1=job.cell["b1"])
    key = (job.experiment, TWO_BALLS, job.cell["d"], seed)
    return training_draw(*key, n, population=population, tau_min=start, part=part)


def _problem(draw: Mapping, constant: bool) -> tuple:
    """Return the inputs of the regression, with or without a constant 1, and its targets."""
    import numpy as np

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

    x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
    return np.hstack([x, np.ones((len(x), 1))]) if constant else x, v


def _of_seed(job: Job, seed: int) -> Iterator[dict]:
    """Yield the rows of one seed: all sample sizes, with and without a constant."""
    import numpy as np

    from flowbounds.networks.metrics import exact_w1
    from flowbounds.theory.kernel_flow import function_floor
    from flowbounds.theory.kernel_limit import KernelLimit, gram

    n_test = job.settings["n_test"]
    # two samples of each law, for the debiased distance
    parts = [_draw(job, seed, name, n_test) for name in ("start", "start again")]
    source = {name: np.concatenate([part[name] for part in parts]) for name in ("x0", "x1")}
    fresh, other = (_draw(job, seed, name, n_test)["x1"] for name in ("reference", "floor"))
    points = _draw(job, seed, "posterior", POSTERIOR_SAMPLE)["x1"]
    floors = {
        "coupled_floor": function_floor(source["x0"], source["x1"], points),
        "w1_floor": exact_w1(fresh, other),
    }
    for n in job.settings["n"]:
        for constant in (False, True):
            x, v = _problem(_draw(job, seed, "train", n), constant)
            coefficients = KernelLimit.fit(gram(x), v).coefficients
            names = {"d": job.cell["d"], "n": n, "b1": job.cell["b1"], "constant": constant}
            for row in _of_predictor(job, seed, (x, coefficients), constant, source, fresh, floors):
                yield names | row


def _of_predictor(
    job: Job, seed: int, predictor: tuple, constant: bool, source: Mapping, fresh, floors: Mapping
) -> Iterator[dict]:
    """Yield what is measured of one predictor, (centres, coefficients), from every start."""
    import math

    import numpy as np

    from flowbounds.networks.metrics import debiased_w1, exact_w1
    from flowbounds.theory.kernel_flow import kernel_flow
    from flowbounds.theory.kernel_limit import expand

    x0, x1 = source["x0"], source["x1"]
    radius = 2 * math.sqrt(job.cell["d"]) * job.cell["b1"]
    for start in job.settings["start"]:
        inputs, v = _problem(_draw(job, seed, "test", FRESH, start), constant)
        error = np.linalg.norm(expand(inputs, *predictor) - v, axis=1).mean()
        for steps in job.settings["steps"]:
            begin = (1 - start) * x0 + start * x1
            samples = kernel_flow(*predictor, begin, x0, start, steps, radius)
            one, again = np.split(samples, 2)
            exact = exact_w1(one, fresh)
            yield {
                "start": start,
                "steps": steps,
                "seed": seed,
                "test_error": error,
                "coupled": np.linalg.norm(samples - x1, axis=1).mean(),
                "coupled_floor": 0.0 if start else floors["coupled_floor"],
                "w1_paired": exact_w1(samples, x1),
                "w1_exact": exact,
                "w1_debiased": debiased_w1(exact, exact_w1(one, again), floors["w1_floor"]),
                "w1_floor": floors["w1_floor"],
            }
