"""Why the rate of paper A's Theorem 3.3 fails: one cause at a time, in the kernel limit.

A constant input takes the networks' homogeneity away, least flow times above 0 the singularity of
the velocity, another schedule its homogeneity, a ridge the interpolation; the limit's own random
output puts back what a limit from f = 0 leaves out. One job holds all of them and all sample sizes
of one dimension, on the mixture.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

_VELOCITY = "length of x per flow time"
_VARIANT = (
    c.D,
    c.N,
    Column("schedule", "interpolation schedule", "string", key=True),
    Column("constant", "whether the inputs have a constant 1 beside them", "boolean", key=True),
    c.TAU_MIN,
)

TABLES = {
    "thm33_causes": (
        *_VARIANT,
        c.SEED,
        Column("test_error", "mean of |f - v| of the interpolant on fresh points", unit=_VELOCITY),
        Column("ridge_error", "the same with the ridge that is best on them", unit=_VELOCITY),
        Column("own_start_error", "of the interpolant from a random output", unit=_VELOCITY),
        Column("zero_error", "of f = 0", unit=_VELOCITY),
        Column("complexity", "sqrt(V' H_inf^{-1} V) of the training sample"),
    ),
    "thm33_causes_tau": (
        *_VARIANT,
        Column("tau", "middle of a band of flow times", unit="flow time", symbol="τ", key=True),
        c.SEED,
        Column("test_error", "mean of |f - v| on fresh points of the band", unit=_VELOCITY),
        Column("zero_error", "of f = 0", unit=_VELOCITY),
    ),
}
INPUTS = ()

BANDS = 10
"""Of [tau_min, 1], equally wide."""
RIDGES = [10.0**-k for k in range(6)]
"""In units of the mean of the kernel's diagonal."""


def cells(config: Mapping) -> list[Cell]:
    return [{"d": d} for d in config["thm33_causes"]["d"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["thm33_causes"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return the kernels' entries at 300 operations and a Cholesky factor a ridge."""
    fits = (2 * len(settings["tau_min"]) + 1) * settings["seeds"]
    each = [(n + settings["n_test"]) * n * 300 + len(RIDGES) * n**3 for n in settings["n"]]
    return Cost(fits * sum(each) // 10**9, 500 + 2 * gram_megabytes(max(settings["n"])))


def variants(settings: Mapping) -> list[tuple[str, bool, float]]:
    """Return (schedule, constant, tau_min): the trigonometric one as the paper's experiments."""
    linear = [
        ("linear", constant, tau_min)
        for constant in (False, True)
        for tau_min in settings["tau_min"]
    ]
    return [*linear, ("trigonometric", False, min(settings["tau_min"]))]


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.run.progress import progress

    rows, bands = [], []
    for n in progress(job.settings["n"], job.label):
        for variant in variants(job.settings):
            for seed in range(job.settings["seeds"]):
                row, in_bands = _of_sample(job, n, variant, seed)
                rows.append(row)
                bands += in_bands
    return {"thm33_causes": pd.DataFrame(rows), "thm33_causes_tau": pd.DataFrame(bands)}


def _problem(job: Job, n: int, variant: tuple, seed: int, part: str) -> tuple:
    """Draw inputs, targets and flow times; the same points for every variant of one tau_min."""
    import numpy as np

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

    schedule, constant, tau_min = variant
    key = (job.experiment, GAUSSIAN_MIXTURE, job.cell["d"], seed)
    draw = training_draw(*key, n, tau_min=tau_min, part=part)
    x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES[schedule])
    return np.hstack([x, np.ones((n, 1))]) if constant else x, v, draw["tau"]


def _of_sample(job: Job, n: int, variant: tuple, seed: int) -> tuple[dict, list[dict]]:
    """Measure one training sample of one variant: its row, and a row for every band of tau."""
    import numpy as np

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.theory.kernel_limit import KernelLimit, expand, gram
    from flowbounds.theory.linearisation import outputs

    d, part = job.cell["d"], job.settings
    x, v, _ = _problem(job, n, variant, seed, "train")
    fresh, target, tau = _problem(job, part["n_test"], variant, seed, "test")
    rng = stream(job.experiment, GAUSSIAN_MIXTURE, d, part["m"], seed, "weights")
    w, a = rng.standard_normal((part["m"], x.shape[1])), rng.standard_normal((d, part["m"]))
    start = outputs(w, a, x)
    k = gram(x)
    limit = KernelLimit.fit(k, np.hstack([v, v - start]))
    unit = np.trace(k) / n * np.eye(n)
    ridges = [KernelLimit.fit(k + share * unit, v).coefficients for share in RIDGES]
    values = expand(fresh, x, np.hstack([limit.coefficients, *ridges]))
    interpolant, from_start, *regular = np.split(values, len(RIDGES) + 2, axis=1)

    def error(f) -> np.ndarray:
        return np.linalg.norm(f - target, axis=1)

    of_limit, of_zero = error(interpolant), error(0 * target)
    schedule, constant, tau_min = variant
    names = {"d": d, "n": n, "schedule": schedule, "constant": constant, "tau_min": tau_min}
    row = names | {
        "seed": seed,
        "test_error": of_limit.mean(),
        "ridge_error": min([of_limit.mean(), *(error(f).mean() for f in regular)]),
        "own_start_error": error(outputs(w, a, fresh) + from_start).mean(),
        "zero_error": of_zero.mean(),
        "complexity": np.sqrt((v * limit.coefficients[:, :d]).sum()),
    }
    return row, list(_in_bands(names, seed, tau, of_limit, of_zero))


def _in_bands(names: dict, seed: int, tau, of_limit, of_zero) -> Iterator[dict]:
    """Yield the mean errors over bands of flow times."""
    import numpy as np

    edges = np.linspace(names["tau_min"], 1, BANDS + 1)
    band = np.clip(np.digitize(tau, edges) - 1, 0, BANDS - 1)
    for k in range(BANDS):
        if (here := band == k).any():
            errors = {"test_error": of_limit[here].mean(), "zero_error": of_zero[here].mean()}
            yield names | {"tau": (edges[k] + edges[k + 1]) / 2, "seed": seed} | errors
