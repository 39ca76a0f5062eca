"""The spectrum of the Gram matrix of training samples (paper A, Lemma 3.1).

One job holds all dimensions, sample sizes and seeds of one data set: the mixture, or image codes.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.estimates import gram_megabytes
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

TABLES = {
    "ntk_spectrum": (
        c.DATASET,
        c.D,
        c.N,
        c.KAPPA,
        c.SEED,
        Column("rank", "rank of the eigenvalue, the largest first", "integer", key=True),
        Column("eigenvalue", "eigenvalue of K of that rank", symbol="λ"),
        Column("lambda_min", "smallest eigenvalue of K", symbol="λ_min"),
        Column("lambda_max", "largest eigenvalue of K", symbol="λ_max"),
    ),
}
INPUTS = ("codes",)


def cells(config: Mapping) -> list[Cell]:
    return [{"dataset": name} for name in ("gaussian_mixture", *config["images"]["datasets"])]


def settings(config: Mapping, cell: Cell) -> dict:
    """Return the section; the dimension of codes is another section's."""
    if cell["dataset"] == "gaussian_mixture":
        return dict(config["ntk_spectrum"])
    return config["ntk_spectrum"] | {"d": [config["images"]["components"]]}


def depends(config: Mapping) -> dict:
    return {section: config[section] for section in ("images", "ntk_spectrum")}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Eigenvalues, 10 n^3 each time, on an hour's limit at least; in memory Gram matrices."""
    matrices = settings["seeds"] * len(settings["d"])
    operations = 10 * matrices * sum(n**3 for n in settings["n"])
    return Cost(max(3000, operations // 10**9), 1000 + gram_megabytes(max(settings["n"])))


def check(config: Mapping) -> None:
    """Check that the image sets are as large as what is drawn from them.

    Raises:
        ConfigError: on the first fault.
    """
    from flowbounds.experiments.image_sizes import image_sizes
    from flowbounds.run.config import ConfigError

    n = max(config["ntk_spectrum"]["n"])
    for dataset, (train, _, _) in image_sizes(config, "images").items():
        if n > train:
            raise ConfigError(
                f"ntk_spectrum.n = {n}, but {dataset} has only {train} training images"
            )


def measure(job: Job, codes=()) -> dict:
    """Measure one data set.

    Args:
        codes: the file of the data set's codes; none for the mixture.
    """
    from itertools import product

    import pandas as pd

    from flowbounds.data.codes import Codes

    loaded = Codes.load(codes[0]) if codes else None
    part = job.settings
    samples = product(part["d"], part["n"], range(part["seeds"]))
    rows = [row for sample in samples for row in _eigenvalues(job, loaded, *sample)]
    return {"ntk_spectrum": pd.DataFrame(rows)}


def _eigenvalues(job: Job, codes, d: int, n: int, seed: int) -> Iterator[dict]:
    """Yield a row per eigenvalue that is kept: ranks 1, 2, 4, ... and the last."""
    import numpy as np

    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.theory.linearisation import Problem

    dataset, kappa = job.cell["dataset"], job.settings["kappa"]
    draw = training_draw(job.experiment, dataset, d, seed, n, codes)
    x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
    values = Problem.of(x, v, kappa).spectrum.values[::-1]
    names = {"dataset": dataset, "d": d, "n": n, "kappa": kappa, "seed": seed}
    names |= {"lambda_min": values[-1], "lambda_max": values[0]}
    for rank in np.unique([*2 ** np.arange(int(np.log2(n)) + 1), n]):
        yield names | {"rank": rank, "eigenvalue": values[rank - 1]}
