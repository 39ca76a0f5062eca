"""Paper B's Theorem 2 with learned drifts: their error, and the exact KL of what they generate.

One job trains all sample sizes, widths and seeds of a target, one stack of networks a width, and
measures them with every number of steps.
"""

import math
from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_learned": (
        c.TARGET,
        c.D,
        c.N,
        c.M,
        c.STEPS,
        c.SEED,
        c.EPSILON2,
        Column("epsilon2_se", "standard error of epsilon2 over simulated points; 0 by quadrature"),
        c.KL_MARGINAL,
        c.KL_PATH,
        Column("kl_path_se", "standard error of kl_path, 0 by quadrature", unit="nats"),
        Column("kl_exact_drift", "kl_marginal of the exact drift", unit="nats"),
        Column("kl_path_exact_drift", "kl_path of the exact drift", unit="nats"),
        Column("mass_defect", "distance of the generated law's mass to 1: quadrature error"),
        c.DIVERGED_AT,
    )
}
INPUTS = ()

# What is emptied of networks that have diverged.
_OF_NETWORKS = ["epsilon2", "epsilon2_se", "kl_marginal", "kl_path", "kl_path_se", "mass_defect"]

_TOLERANCE = 1e-6  # of the panels under a network, which is smooth and evaluated in double


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_learned"], target="targets")


def settings(config: Mapping, cell: Cell) -> dict:
    """A step of a law in the plane costs a hundred on the line: there are steps for either."""
    part = config["dfm_learned"]
    steps = part["steps_in_plane" if cell["target"] == "triangle" else "steps"]
    return without(part, "targets", "steps_in_plane") | {"steps": steps}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training (6 m^2 a pair), and the quadrature of the law that every network generates.

    A step of a law was measured as 1e8 operations on the line and 5e8 in the plane. How finely a
    drift must be resolved shows only when it is learned: hence two hours at least.
    """
    networks = len(settings["n"]) * settings["seeds"]
    pairs = settings["iterations"] * settings["batch"]
    training = 6 * networks * pairs * sum(m**2 for m in settings["m"])
    step = 5 * 10**8 if cell["target"] == "triangle" else 10**8
    laws = networks * len(settings["m"]) * sum(settings["steps"]) * step
    return Cost(6600 + (training + laws) // 10**9, 2000)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.targets import coupling
    from flowbounds.networks.divergence import without_diverged

    pair = coupling(job.cell["target"])
    trained = _trained(job, pair)
    rows = [row for steps in job.settings["steps"] for row in _measured(job, pair, trained, steps)]
    return {"dfm_learned": without_diverged(pd.DataFrame(rows), _OF_NETWORKS)}


def _samples(settings: Mapping) -> list[tuple[int, int]]:
    """Return n and seed of the training samples, one of each network of a width."""
    return [(n, seed) for n in settings["n"] for seed in range(settings["seeds"])]


def _stream(job: Job, pair, role: str, seed: int = 0, m: int | None = None):
    from flowbounds.data.streams import stream

    return stream(job.experiment, job.cell["target"], pair.d, m, seed, role)


def _trained(job: Job, pair) -> dict:
    """Return, for each width, the networks in double precision and where they diverged."""
    from flowbounds.dfm import learned

    part, like = job.settings, job.like()
    seeds = [seed for _, seed in _samples(part)]
    samples = [
        pair.sample(n, _stream(job, pair, f"train n={n}", seed)) for n, seed in _samples(part)
    ]
    trained = {}
    for m in part["m"]:
        networks, diverged_at = learned.fit(
            samples,
            [
                learned.initialise(pair.d, m, _stream(job, pair, "weights", seed, m))
                for seed in seeds
            ],
            [_stream(job, pair, "noise", seed) for seed in range(part["seeds"])],
            seeds,
            eta=part["eta"],
            iterations=part["iterations"],
            batch=part["batch"],
            like=like,
            label=f"{job.label} m={m}",
        )
        # quadrature wants all digits
        trained[m] = networks.map(lambda layer: layer.double()), diverged_at
    return trained


def _measured(job: Job, pair, trained: Mapping, steps: int) -> Iterator[dict]:
    """Yield the row of every network with one number of steps."""
    from flowbounds.dfm import learned
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.run.progress import progress

    times = uniform_times(steps)
    law = _path_law(job, pair, times)
    exact = {
        "kl_exact_drift": _exact_kl(pair, pair.drift, times)[0],
        "kl_path_exact_drift": law.mean(law.divergence(law.beta)),
    }
    samples = _samples(job.settings)
    for m, (networks, diverged_at) in trained.items():
        on_paths = _on_paths(networks, law)
        for e, (n, seed) in enumerate(progress(samples, f"{job.label} m={m} N={steps}")):
            kl, mass = _exact_kl(pair, learned.as_function(networks, e), times)
            names = {**job.cell, "d": pair.d, "n": n, "m": m, "steps": steps, "seed": seed}
            yield (
                names
                | {"kl_marginal": kl, "mass_defect": abs(1 - mass)}
                | {name: values[e] for name, values in on_paths.items()}
                | exact
                | {"diverged_at": diverged_at[e]}
            )


def _path_law(job: Job, pair, times):
    """Return the path law of the coupling: by quadrature on the line, else simulated."""
    import numpy as np

    from flowbounds.dfm import path_law

    if pair.d == 1:
        return path_law.on_the_line(pair, times, np.linspace(-9, 9, 1201))
    rng = _stream(job, pair, f"paths N={len(times) - 1}")
    return path_law.simulated(pair, times, job.settings["paths"], rng)


def _on_paths(networks, law) -> dict:
    """Return what the path law says of every network, arrays by column."""
    from flowbounds.dfm.learned import on_points

    s = on_points(networks, law.times[:-1], law.x)
    errors, divergences = law.drift_error(s), law.divergence(s)
    return {
        "epsilon2": law.mean(errors),
        "epsilon2_se": law.standard_error(errors),
        "kl_path": law.mean(divergences),
        "kl_path_se": law.standard_error(divergences),
    }


def _exact_kl(pair, drift, times) -> tuple[float, float]:
    """Return KL(target | generated law), and the mass of that law by the same quadrature.

    Both are empty where the drift is not finite: its training has diverged.
    """
    from flowbounds.dfm import plane, quadrature

    try:
        if pair.d == 1:
            law = quadrature.euler_maruyama_law(pair, drift, times, _TOLERANCE)
            return quadrature.kl(pair, law, _TOLERANCE), law.mass
        return plane.euler_maruyama_kl(pair, drift, times)
    except FloatingPointError:
        return math.nan, math.nan
