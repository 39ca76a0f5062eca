"""Errors on fresh data, complexities and deviations (paper A, Theorem 3.3 and Lemma 3.4).

One job holds all widths, least flow times and seeds of one dimension and sample size, on the
mixture. The width inf is the kernel limit: infinitely wide, trained for infinitely long.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes, regression_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_VELOCITY = "length of x per flow time"

TABLES = {
    "generalization": (
        c.D,
        c.N,
        Column(
            "m", "width of the network, a whole number; inf: the kernel limit", symbol="m", key=True
        ),
        c.TAU_MIN,
        c.SEED,
        Column("train_error", "mean of |f - v| over the training sample", unit=_VELOCITY),
        Column("test_error", "mean of |f - v| over fresh points", unit=_VELOCITY),
        Column("complexity", "sqrt(V' H_inf^{-1} V) of the training sample"),
        Column(
            "rademacher",
            "Rademacher complexity of the kernel's ball that the limit lies on",
            unit=_VELOCITY,
            symbol="R",
        ),
        Column("rademacher_se", "standard error of it, over draws of the signs", unit=_VELOCITY),
        Column(
            "loss_sd",
            "standard deviation of the kernel limit's |f - v| on fresh points",
            unit=_VELOCITY,
            symbol="σ",
        ),
        Column(
            "deviation",
            "widest gap found in the ball, of the mean |f - v| on fresh points over training ones",
            unit=_VELOCITY,
        ),
        Column(
            "deviation_bound",
            "Lemma 3.4's 2 R + sigma sqrt(2 log(1 / 0.05) / n)",
            unit=_VELOCITY,
        ),
        Column(
            "homogeneity_floor",
            "floor under the test error of every network without biases",
            unit=_VELOCITY,
        ),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["generalization"], d="d", n="n")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["generalization"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training, n^3 and (n + 1000)^2 d of the kernel limit; in memory Gram matrices, too."""
    d, n = cell["d"], cell["n"]
    widths = [m for m in settings["m"] if m != "inf"]
    training = 14 * settings["iterations"] * n * sum(widths) * d
    kernel = 3 * n**3 + 300 * (n + 1000) ** 2 * (d + 1)
    operations = len(settings["tau_min"]) * settings["seeds"] * (training + kernel)
    points = regression_megabytes(settings, d, n, max(widths, default=0))
    return Cost(operations // 10**9, 1000 + gram_megabytes(n) + points)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.divergence import without_diverged

    cell, part, like = job.cell, job.settings, job.like()
    rows = []
    for tau_min in part["tau_min"]:
        train = _problem(job, "train", cell["n"], tau_min)
        test = _problem(job, "test", part["n_test"], tau_min)
        limits = _kernel_limits(job, train, test, tau_min)
        for m in part["m"]:
            names = {"d": cell["d"], "n": cell["n"], "m": float(m), "tau_min": tau_min}
            of_width = limits if m == "inf" else _of_networks(job, train, test, m, like)
            rows += [
                names | {"seed": s, "diverged_at": float("nan")} | limits[s] | of_width[s]
                for s in range(part["seeds"])
            ]
    table = without_diverged(pd.DataFrame(rows), ["train_error", "test_error"])
    return {"generalization": table}


def _problem(job: Job, part: str, n: int, tau_min: float) -> tuple:
    """Draw a sample of all seeds; return inputs and targets."""
    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.networks.regression import over_seeds

    key = (job.experiment, GAUSSIAN_MIXTURE, job.cell["d"])
    draws = over_seeds(
        lambda seed: training_draw(*key, seed, n, tau_min=tau_min, part=part),
        range(job.settings["seeds"]),
    )
    return inputs_and_targets(draws["x1"], draws["x0"], draws["tau"], SCHEDULES["linear"])


def _kernel_limits(job: Job, train: tuple, test: tuple, tau_min: float) -> list[dict]:
    """Measure the kernel limit of each seed."""
    from flowbounds.run.progress import progress
    from flowbounds.theory.complexity import kernel_row

    (x, v), (x_test, v_test), kappa = train, test, job.settings["kappa"]
    return [
        kernel_row(x[s], v[s], x_test[s], v_test[s], seed=s, kappa=kappa, tau_min=tau_min)
        for s in progress(range(job.settings["seeds"]), f"{job.label} kernel limit")
    ]


def _of_networks(job: Job, train: tuple, test: tuple, m: int, like) -> list[dict]:
    """Train the networks of one width and return the errors of each seed's."""
    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.networks.regression import mean_error, predict, trained

    networks = trained(
        (job.experiment, GAUSSIAN_MIXTURE),
        *train,
        m=m,
        eta=job.settings["eta"],
        iterations=job.settings["iterations"],
        kappa=job.settings["kappa"],
        like=like,
        label=f"{job.label} m={m}",
    )
    errors = (mean_error(predict(networks, x), v) for x, v in (train, test))
    names = ("diverged_at", "train_error", "test_error")
    return [
        dict(zip(names, of_seed, strict=True))
        for of_seed in zip(networks.diverged_at, *errors, strict=True)
    ]
