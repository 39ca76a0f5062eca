"""Both sides of the sup-norm inequality for trained networks (paper A, Lemma C.1).

One job holds all sample sizes, least flow times and seeds of one dimension, on two balls.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import regression_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_VELOCITY = "length of x per flow time"

TABLES = {
    "sup_norm": (
        c.D,
        c.N,
        c.M,
        c.B1,
        c.TAU_MIN,
        c.SEED,
        Column(
            "sup_error", "largest |f - v| over points of K, at x0 = 0", unit=_VELOCITY, symbol="s"
        ),
        Column("mean_error", "E|f - v| on K given x0 = 0", unit=_VELOCITY),
        Column("lipschitz_low", "Lipschitz constant of |f - v| on K, from below", symbol="L"),
        Column("lipschitz_high", "the same from above", symbol="L"),
        Column("beta", "a ball of radius r covers at least beta r^(d+1) of K", symbol="β"),
        Column("p_min", "least density on K given x0 = 0", symbol="p_min"),
        Column("bound_low", "right side of Lemma C.1 with lipschitz_low", unit=_VELOCITY),
        Column("bound", "right side of Lemma C.1 with lipschitz_high", unit=_VELOCITY),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()

POINTS = 20_000  # of the domain, and as many of its boundary


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["sup_norm"], d="d")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["sup_norm"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training, and seconds for the derivatives of a network; an hour's limit at least."""
    d, sizes, m = cell["d"], settings["n"], settings["m"]
    training = 14 * settings["iterations"] * sum(sizes) * m * d
    repeats = len(settings["tau_min"]) * settings["seeds"]
    operations = repeats * (20 * 10**9 * len(sizes) + training)
    memory = regression_megabytes(settings, d, max(sizes), m)
    return Cost(max(3000, operations // 10**9), 2000 + memory)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.divergence import without_diverged
    from flowbounds.theory.sup_norm_bound import Domain

    cell, part, like = job.cell, job.settings, job.like()
    rows = []
    for tau_min in part["tau_min"]:
        domain = Domain(cell["d"], part["b1"], tau_min)
        points = _points(job, domain)
        for n in part["n"]:
            networks = _networks(job, n, tau_min, like)
            names = {"d": cell["d"], "n": n, "m": part["m"], "b1": part["b1"], "tau_min": tau_min}
            rows += [names | row for row in _both_sides(networks, domain, *points)]
    of_networks = ["sup_error", "mean_error", "bound_low", "bound"]
    return {"sup_norm": without_diverged(pd.DataFrame(rows), of_networks)}


def _points(job: Job, domain) -> tuple:
    """Draw points of K for each seed: POINTS by its law, and as many of its boundary.

    Returns:
        x1 of shape (S, 2 POINTS, d), tau of shape (S, 2 POINTS), and the weights of those of the
        law, shape (S, POINTS).
    """
    import numpy as np

    from flowbounds.data.datasets import TWO_BALLS
    from flowbounds.data.streams import stream

    drawn = []
    for s in range(job.settings["seeds"]):
        key = (job.experiment, TWO_BALLS, domain.d, None, s)
        x1, tau, weight = domain.sample(POINTS, stream(*key, "domain"))
        edge = domain.boundary(POINTS, stream(*key, "boundary"))
        drawn.append((np.concatenate([x1, edge[0]]), np.concatenate([tau, edge[1]]), weight))
    return tuple(np.stack(part) for part in zip(*drawn, strict=True))


def _networks(job: Job, n: int, tau_min: float, like):
    """Train a network per seed on n points."""
    from functools import partial

    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.networks.regression import over_seeds, trained

    key, d, part = (job.experiment, TWO_BALLS), job.cell["d"], job.settings
    population = partial(two_balls, b1=part["b1"])
    data = over_seeds(
        lambda s: training_draw(*key, d, s, n, population=population, tau_min=tau_min),
        range(part["seeds"]),
    )
    return trained(
        key,
        *inputs_and_targets(data["x1"], data["x0"], data["tau"], SCHEDULES["linear"]),
        m=part["m"],
        eta=part["eta"],
        iterations=part["iterations"],
        kappa=part["kappa"],
        like=like,
        label=f"{job.label} n={n}",
    )


def _both_sides(networks, domain, x1, tau, weights) -> list[dict]:
    """Return a row per network: the errors, the constants of the lemma and its right side."""
    import math

    import numpy as np

    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.networks.regression import predict
    from flowbounds.theory.sup_norm_bound import lipschitz_constants, sup_norm_bound

    points, velocity = inputs_and_targets(x1, np.zeros_like(x1), tau, SCHEDULES["linear"])
    error = np.linalg.norm(predict(networks, points) - velocity, axis=-1)
    constants = (domain.beta, domain.p_min, domain.d + 1)
    rows = []
    for s, diverged in enumerate(networks.diverged_at):
        w, a = (layer[s].double().cpu().numpy() for layer in (networks.w, networks.a))
        mean = float(weights[s] @ error[s, :POINTS])
        lower = upper = math.nan  # of weights that may be infinite
        if np.isnan(diverged):
            lower, upper = lipschitz_constants(w, a, domain, x1[s], tau[s])
        rows.append(
            {
                "seed": s,
                "sup_error": error[s].max(),
                "mean_error": mean,
                "lipschitz_low": lower,
                "lipschitz_high": upper,
                "beta": domain.beta,
                "p_min": domain.p_min,
                "bound_low": sup_norm_bound(mean, lower, *constants),
                "bound": sup_norm_bound(mean, upper, *constants),
                "diverged_at": diverged,
            }
        )
    return rows
