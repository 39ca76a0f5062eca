"""What no training gives: f = 0, x = x0, E[x1 | x0] and fresh samples, on paper A's own draws.

Every number is measured on the very points that networks of the same experiment, dimension and seed
are measured on, so that the two can be compared in pairs. One job holds all synthetic data, one
more each image set.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments import sampling
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

_VELOCITY = "length of x per flow time"

TABLES = {
    "baselines": (
        Column("experiment", "the experiment whose draws these are", "string", key=True),
        c.DATASET,
        c.D,
        Column("b1", "B1 of the support, or of the ball around samples; inf: none", key=True),
        c.SEED,
        Column("zero_loss", "loss of f = 0: mean of |v|^2"),
        Column("zero_error", "error of f = 0: mean of |v|", unit=_VELOCITY),
        Column("sliced_w1_start", "sliced W1 of x = x0 to fresh samples", unit="length of x"),
        Column("sliced_w1_posterior", "sliced W1 of E[x1 | x0] to fresh ones", unit="length of x"),
        Column("sliced_w1_fresh", "sliced W1 of fresh samples to fresh ones", unit="length of x"),
        Column("w1_start", "debiased exact W1 of x = x0", unit="length of x"),
        Column("w1_posterior", "debiased exact W1 of E[x1 | x0]", unit="length of x"),
    ),
}
INPUTS = ("codes",)

SYNTHETIC = "gaussian_mixture"  # with the two balls, which come from no file either
POSTERIOR_SAMPLE = 20_000  # points of the two balls that E[x1 | x0] is taken over

_TRAJECTORY = ("seeds", "n_train", "n_test", "projections", "b1", "schedule")
_READ = {
    "simulation": ("d", *_TRAJECTORY),
    "generalization": ("d", "seeds", "n_test"),
    "sampling": ("d", "b1", "seeds", "n_test", "projections"),
    "images": _TRAJECTORY,
}


def cells(config: Mapping) -> list[Cell]:
    return [{"dataset": name} for name in (SYNTHETIC, *config["images"]["datasets"])]


def settings(config: Mapping, cell: Cell) -> dict:
    names = set(_READ) - {"images"} if cell["dataset"] == SYNTHETIC else {"images"}
    return {name: {key: config[name][key] for key in _READ[name]} for name in sorted(names)}


def depends(config: Mapping) -> dict:
    return settings(config, {"dataset": SYNTHETIC}) | {"images": config["images"]}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Seconds for a dimension; in memory the weights of E[x1 | x0] over a training split."""
    return Cost(600, 2500)


def measure(job: Job, codes=()) -> dict:
    """Measure all that one job holds.

    Args:
        codes: the file of an image set's codes; none for synthetic data.
    """
    import pandas as pd

    from flowbounds.data.codes import Codes

    if codes:
        rows = list(_of_trajectories(job, "images", Codes.load(codes[0])))
    else:
        rows = [
            *_of_trajectories(job, "simulation"),
            *_of_generalization(job),
            *_of_sampling(job),
        ]
    return {"baselines": pd.DataFrame(rows)}


def _of_trajectories(job: Job, name: str, codes=None) -> Iterator[dict]:
    """Yield the rows of ``simulation`` or ``images``, whose samples are seen by sliced W1."""
    from flowbounds.data.datasets import gaussian_mixture
    from flowbounds.data.draws import evaluation_draw, training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.networks.metrics import random_directions

    part, dataset = job.settings[name], job.cell["dataset"]
    for d in [codes.train.shape[1]] if codes else part["d"]:
        for seed in range(part["seeds"]):
            key, n = (name, dataset, d, seed), part["n_train"]
            draw = training_draw(*key, n, codes)
            _, v = inputs_and_targets(
                draw["x1"], draw["x0"], draw["tau"], SCHEDULES[part["schedule"]]
            )
            evaluated = evaluation_draw(*key, n, part["n_test"], codes)
            rng = stream(name, dataset, d, None, seed, "fresh")
            fresh = gaussian_mixture(n, d, rng) if codes is None else rng.choice(codes.train, n)
            start = evaluated["x0"]
            projections = stream(name, dataset, d, None, seed, "projections")
            directions = random_directions(part["projections"], d, projections)
            distances = _sliced(
                {"start": start, "posterior": posterior(start, codes), "fresh": fresh},
                evaluated["reference"],
                directions,
            )
            names = {"experiment": name, "dataset": dataset, "d": d, "b1": part["b1"]}
            yield names | {"seed": seed} | _of_nothing(v) | distances


def posterior(x0, codes=None):
    """Return E[x1 | x0]: of the mixture in closed form, of images over the training split.

    On N(+-2 e1, I_d), x0 given the sign s is N(2 s e1, 2 I_d), so that E[x1 | x0] = x0 / 2 +
    tanh(x0_1) e1.
    """
    import numpy as np

    from flowbounds.theory.posterior import posterior_means

    if codes is not None:
        return posterior_means(x0, codes.train)
    means = x0 / 2
    means[:, 0] += np.tanh(x0[:, 0])
    return means


def _of_nothing(v) -> dict[str, float]:
    """Return loss and error of f = 0."""
    from flowbounds.networks.regression import mean_error

    return {"zero_loss": (v**2).sum(axis=-1).mean(), "zero_error": float(mean_error(0 * v, v))}


def _sliced(samples: Mapping, reference, directions) -> dict[str, float]:
    """Return sliced W1 of some samples to a reference, by their names."""
    import torch

    from flowbounds.networks.metrics import SlicedW1

    def double(x):
        return torch.from_numpy(x.astype(float, copy=False))

    n = len(next(iter(samples.values())))
    distance = SlicedW1(double(reference), double(directions), n)
    return {f"sliced_w1_{name}": distance(double(x)) for name, x in samples.items()}


def _of_generalization(job: Job) -> Iterator[dict]:
    """Yield the error of f = 0 on the fresh points of Theorem 3.3, which are no samples."""
    from flowbounds.data.draws import training_draw

    name = "generalization"
    for d in job.settings[name]["d"]:
        for seed in range(job.settings[name]["seeds"]):
            n_test = job.settings[name]["n_test"]
            draw = training_draw(name, SYNTHETIC, d, seed, n_test, part="test")
            names = {"experiment": name, "dataset": SYNTHETIC, "d": d, "b1": float("inf")}
            yield names | {"seed": seed} | _of_nothing(draw["x1"] - draw["x0"])


def _of_sampling(job: Job) -> Iterator[dict]:
    """Yield the rows of Theorem 3.5's two balls, with exact W1 as there."""
    from flowbounds.data.datasets import TWO_BALLS, two_balls
    from flowbounds.data.streams import stream
    from flowbounds.networks.metrics import debiased_w1, exact_w1
    from flowbounds.run.progress import progress
    from flowbounds.theory.posterior import posterior_means

    part = job.settings["sampling"]
    for d, b1 in progress([(d, b1) for d in part["d"] for b1 in part["b1"]], job.label):
        first, second, fresh, other = (
            sampling.draw(d, b1, what, part["n_test"], part["seeds"])
            for what in ("start", "start again", "reference", "floor")
        )
        for s, directions in enumerate(sampling.directions(d, part["projections"], part["seeds"])):
            starts = first["x0"][s], second["x0"][s]
            rng = stream("sampling", TWO_BALLS, d, None, s, "posterior x1")
            points = two_balls(POSTERIOR_SAMPLE, d, rng, b1=b1)
            means = [posterior_means(start, points) for start in starts]
            both = fresh["x1"][s], other["x1"][s]
            samples = {"start": starts[0], "posterior": means[0], "fresh": both[1]}
            among = exact_w1(*both)
            yield (
                {"experiment": "sampling", "dataset": TWO_BALLS, "d": d, "b1": b1, "seed": s}
                | _of_nothing(first["x1"][s] - first["x0"][s])
                | _sliced(samples, both[0], directions)
                | {
                    f"w1_{name}": debiased_w1(exact_w1(x, both[0]), exact_w1(x, again), among)
                    for name, (x, again) in {"start": starts, "posterior": means}.items()
                }
            )
