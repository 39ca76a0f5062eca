"""Networks of many widths beside their linearised dynamics (paper A, Theorem 3.2, Lemmas A.2, B.3).

One job trains all widths, step sizes and seeds of one dimension, sample size and kappa.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

_NETWORK = (c.D, c.N, c.M, c.ETA, c.KAPPA, c.SEED, c.T)

TABLES = {
    "ntk": (
        *_NETWORK,
        c.LOSS,
        Column("ntk_loss", "the same of the linearised dynamics from the network's own start"),
        Column("deviation", "|Delta(t) - linearised| / |Delta(0)|"),
        Column("theorem_error", "|E(t)| / |V| of Theorem 3.2", symbol="E"),
        Column("lambda_min", "smallest eigenvalue of K", symbol="λ_min"),
        Column("lambda_max", "largest eigenvalue of K", symbol="λ_max"),
        Column("max_w_move", "max_r |w_r(t) - w_r(0)|"),
        Column("max_a_move", "max_r |a_r(t) - a_r(0)|"),
        Column("fro_w_move", "Frobenius norm of W(t) - W(0)"),
        Column("fro_a_move", "Frobenius norm of A(t) - A(0)"),
        Column("fro_w_bound", "Lemma B.3's sqrt(V' T C T V)"),
        Column("fro_w_linear", "the same with Delta(0) for V"),
        Column("fro_a_bound", "Lemma B.3's sqrt(V' T B T V)"),
        Column("fro_a_linear", "the same with Delta(0) for V"),
        c.DIVERGED_AT,
    ),
    "ntk_modes": (
        *_NETWORK,
        Column("rank", "first rank of the band of eigen-directions", "integer", key=True),
        Column("ranks", "how many ranks the band has", "integer"),
        Column("eigenvalue", "mean eigenvalue of the band", symbol="λ"),
        # the square of what training in single precision leaves of Delta(0): known to 1e-5 of it
        Column("energy", "share of |Delta(0)|^2 in the band at t", rounding=1e-6),
        Column("ntk_energy", "the same of the linearised dynamics"),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()

# What is emptied of networks that have diverged.
_OF_NETWORKS = [
    "loss", "deviation", "theorem_error", "max_w_move", "max_a_move", "fro_w_move", "fro_a_move",
]  # fmt: skip


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["ntk"], d="d", n="n", kappa="kappa")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["ntk"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training; in memory the hidden layers of the widest network and its weights."""
    d, n, widths = cell["d"], cell["n"], settings["m"]
    networks = settings["seeds"] * len(settings["eta"])
    operations = 14 * settings["iterations"] * networks * n * sum(widths) * d
    numbers = max(widths) * (4 * n + 20 * len(settings["eta"]) * (3 * d + 1))
    return Cost(operations // 10**9, 800 + 8 * numbers // 10**6)


def measure(job: Job) -> dict:
    import numpy as np
    import pandas as pd

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.networks.divergence import without_diverged
    from flowbounds.theory.linearisation import Problem

    like, cell = job.like(), job.cell
    rows, modes = [], []
    for seed in range(job.settings["seeds"]):
        draw = training_draw(job.experiment, GAUSSIAN_MIXTURE, cell["d"], seed, cell["n"], None)
        x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
        problem = Problem.of(x, v, cell["kappa"])
        for m in job.settings["m"]:
            for names, at, by_mode in _compared(job, problem, m, seed, like):
                rows += [names | row for row in at]
                modes += [names | row for row in by_mode]

    # the linearised dynamics, too, overflow where the step size is far too large
    return {
        name: without_diverged(pd.DataFrame(table), measured).replace([np.inf, -np.inf], np.nan)
        for name, table, measured in (("ntk", rows, _OF_NETWORKS), ("ntk_modes", modes, ["energy"]))
    }


def _compared(job: Job, problem, m: int, seed: int, like) -> Iterator[tuple[dict, list, list]]:
    """Train one width for all step sizes; yield names and both tables' rows of each network."""
    import torch

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.networks.stack import Networks, diverged_at, initialise, train
    from flowbounds.theory.linearisation import checkpoints, compare

    cell, etas = job.cell, job.settings["eta"]
    t = checkpoints(job.settings["iterations"])

    def stack(array) -> torch.Tensor:
        """One network for each step size."""
        return torch.as_tensor(array).to(like).expand(len(etas), *array.shape).contiguous()

    rng = stream(job.experiment, GAUSSIAN_MIXTURE, cell["d"], m, seed, "weights")
    w, a = initialise(m, cell["d"], cell["kappa"], rng)
    trajectory = train(
        Networks(stack(w), stack(a)),
        stack(problem.x.T),
        stack(problem.v.T),
        torch.tensor(etas, dtype=like.dtype, device=like.device),
        t,
        f"{job.label} m={m} seed={seed}",
    )
    diverged = diverged_at(trajectory.losses.cpu().numpy())
    for e, eta in enumerate(etas):
        layers = (layer[:, e].cpu().numpy() for layer in (trajectory.w, trajectory.a))
        names = {"d": cell["d"], "n": cell["n"], "m": m, "eta": eta, "kappa": cell["kappa"]}
        names |= {"seed": seed, "diverged_at": diverged[e]}
        yield names, *compare(problem, *layers, eta, t)
