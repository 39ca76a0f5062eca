"""How often the bound of paper A's Lemma 3.4 holds, for classes whose suprema are exact.

A class is finite: networks of the paper's as they are initialised, with q outputs (tasks), which
are to meet the first q components of the velocity. Its uniform deviation is a maximum. Losses are
|f - v| cut off, which is bounded; |f - v| itself, sub-Gaussian; and the same after v has been
multiplied by a scale without a second moment. One job holds all samples of one number of tasks.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

_TASKS = Column("tasks", "number of outputs of the functions", "integer", symbol="q", key=True)
_VELOCITY = "length of x per flow time"

TABLES = {
    "lemma34_coverage": (
        Column("losses", "bounded, subgaussian or heavy", "string", key=True),
        _TASKS,
        c.N,
        c.SEED,
        Column(
            "complexity",
            "Rademacher complexity of the class, mean over samples and signs",
            unit=_VELOCITY,
            symbol="R",
        ),
        Column(
            "deviation",
            "largest excess in the class of the expected loss over a sample's mean, mean over "
            "samples",
            unit=_VELOCITY,
        ),
        Column(
            "bound",
            "2 R + sigma sqrt(2 log(1 / 0.05) / n), mean over samples; sigma is half the range of "
            "bounded losses, 1 of sub-Gaussian ones, which |v| has, and a sample's standard "
            "deviation of |v| where tails are heavy",
            unit=_VELOCITY,
        ),
        Column("coverage", "share of samples whose deviation is at most the bound"),
    ),
    "lemma34_memorisers": (
        _TASKS,
        c.N,
        Column("complexity", "R of all functions with values 0 and u, |u| = 1", symbol="R"),
        Column("deviation", "uniform deviation of that class on every sample"),
        Column("bound", "2 R + sqrt(2 log(1 / 0.05) / n) / 2"),
        Column("contracted", "the same with sqrt(2) R in place of R for two tasks and more"),
    ),
}
INPUTS = ()

LOSSES = ("bounded", "subgaussian", "heavy")
SIGN_DRAWS = 16


def cells(config: Mapping) -> list[Cell]:
    return [{"tasks": q} for q in config["lemma34_coverage"]["tasks"]]


def settings(config: Mapping, cell: Cell) -> dict:
    """Return the section with d, the largest number of tasks: all have the same inputs."""
    part = config["lemma34_coverage"]
    return without(part, *cell) | {"d": max(part["tasks"])}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return the layers of all networks on all points; in memory values and losses of one n."""
    points = settings["population"] + settings["samples"] * sum(settings["n"])
    each = 2 * settings["networks"] * settings["m"] * (2 * settings["d"] + 1 + cell["tasks"])
    largest = max(settings["population"], settings["samples"] * max(settings["n"]))
    numbers = settings["networks"] * largest * (2 * cell["tasks"] + 4)
    return Cost(settings["seeds"] * points * each // 10**9, 600 + 8 * numbers // 10**6)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.run.progress import progress
    from flowbounds.theory.many_tasks import memorisers

    q, part = job.cell["tasks"], job.settings
    rows = [
        {"tasks": q, "seed": seed} | row
        for seed in progress(range(part["seeds"]), job.label)
        for row in _of_class(job, seed)
    ]
    exact = [{"tasks": q, "n": n} | memorisers(q, n) for n in part["n"]]
    names = [column.name for column in TABLES["lemma34_coverage"]]
    return {
        "lemma34_coverage": pd.DataFrame(rows)[names],
        "lemma34_memorisers": pd.DataFrame(exact),
    }


def _of_class(job: Job, seed: int) -> Iterator[dict]:
    """Draw one class and yield its rows."""
    import numpy as np

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.theory.lemma34 import deviation_bound
    from flowbounds.theory.many_tasks import largest_correlation, mean_loss_of_zero, values

    q, part = job.cell["tasks"], job.settings

    def rng(role: str) -> np.random.Generator:
        return stream(job.experiment, GAUSSIAN_MIXTURE, part["d"], part["m"], seed, role)

    shape = (part["networks"], part["m"])
    w = part["kappa"] * rng("first layers").standard_normal((*shape, 2 * part["d"] + 1))
    a = rng("second layers").standard_normal((part["networks"], part["d"], part["m"]))[:, :q]

    x, *targets = _points(job, seed, "population", part["population"])
    f, expected = values(w, a, x), {}
    for law in LOSSES:
        # differences to f = 0, whose expectation is known, have light tails
        gain = _losses(law, f, *targets) - _losses(law, np.zeros_like(f[:1]), *targets)
        expected[law] = gain.mean(axis=-1) + mean_loss_of_zero(law, q)

    for n in part["n"]:
        x, *targets = _points(job, seed, f"samples, n = {n}", part["samples"] * n)
        f = values(w, a, x)
        signs = rng(f"signs, n = {n}").choice([-1.0, 1.0], size=(SIGN_DRAWS, n, part["d"]))
        of_samples = f.reshape(part["networks"], part["samples"], n, q)
        complexity = largest_correlation(of_samples, signs[..., :q]).mean()
        for law in LOSSES:
            means = _losses(law, f, *targets).reshape(*of_samples.shape[:-1]).mean(axis=-1)
            deviation = (expected[law][:, None] - means).max(axis=0)
            zero = _losses(law, np.zeros_like(f[:1]), *targets).reshape(part["samples"], n)
            limit = deviation_bound(complexity, _sigma(law, q, zero), n) + 0 * deviation
            yield {
                "losses": law,
                "n": n,
                "complexity": complexity,
                "deviation": deviation.mean(),
                "bound": limit.mean(),
                "coverage": (deviation <= limit).mean(),
            }


def _points(job: Job, seed: int, part: str, n: int) -> tuple:
    """Draw inputs, the velocity's first q components, and what heavy tails multiply them by."""
    import numpy as np

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.theory.many_tasks import TAIL

    key = (job.experiment, GAUSSIAN_MIXTURE, job.settings["d"])
    draw = training_draw(*key, seed, n, part=part)
    x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
    scale = np.sqrt(TAIL / stream(*key, None, seed, f"{part} scale").chisquare(TAIL, n))
    return x, v[:, : job.cell["tasks"]], scale


def _losses(law: str, f, v, scale):
    """Return the losses of functions with values f, shape (F, n, q); shape (F, n)."""
    import numpy as np

    from flowbounds.theory.many_tasks import cap

    distance = np.linalg.norm(f - (scale[:, None] * v if law == "heavy" else v), axis=-1)
    return np.minimum(distance, cap(v.shape[1])) if law == "bounded" else distance


def _sigma(law: str, q: int, zero):
    """Return sigma of the bound; of f = 0 alone, to the lemma's disadvantage, where unbounded.

    |v| is a 1-Lipschitz function of a standard normal vector, so that its constant is 1. Heavy
    tails have none: a sample's standard deviation, shape (S,), is what one would put in its place.
    """
    from flowbounds.theory.many_tasks import cap

    if law == "bounded":
        return cap(q) / 2
    return 1.0 if law == "subgaussian" else zero.std(axis=1, ddof=1)
