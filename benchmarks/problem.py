"""The problem that all contenders solve: paper A's synthetic experiment, in one (m, d)."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from flowbounds.data.draws import evaluation_draw, training_draw
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream
from flowbounds.networks.metrics import random_directions
from flowbounds.networks.regression import columns, over_seeds
from flowbounds.networks.stack import Networks, initialise

ETA = (1e-4, 1e-3, 1e-2)
SEEDS = 10  # of the paper's grid: a job holds SEEDS x len(ETA) networks
KEY = ("simulation", "gaussian_mixture")
N_TEST, PROJECTIONS, EULER_STEPS, ITERATIONS, CHECKPOINTS = 5000, 128, 200, 500, 51


@dataclass(frozen=True)
class Problem:
    """Everything drawn for a stack of E = seeds x len(ETA) networks; network e has seed[e], eta[e].

    Samples have one leading axis for the seeds and points as rows: x1, x0, start (S, n, d),
    tau (S, n), reference (S, n_test, d), directions (S, K, d). ``stack`` holds the
    initialisations, inputs (E, 2 d + 1, n) and targets (E, d, n) have points as columns.
    """

    x1: torch.Tensor
    x0: torch.Tensor
    tau: torch.Tensor
    start: torch.Tensor
    reference: torch.Tensor
    directions: torch.Tensor
    stack: Networks
    inputs: torch.Tensor
    targets: torch.Tensor
    seed: np.ndarray
    eta: torch.Tensor
    radius: float

    @property
    def sizes(self) -> dict[str, int]:
        m, d = self.stack.m, self.stack.d
        return {"m": m, "d": d, "n": self.x1.shape[1], "seeds": len(self.x1)}


def problem(m: int, d: int, like: torch.Tensor, n: int = 500, seeds: int = 1) -> Problem:
    """Draw the problem from the pipeline's own streams, on the device and type of ``like``."""
    training = over_seeds(lambda s: training_draw(*KEY, d, s, n), range(seeds))
    fresh = over_seeds(lambda s: evaluation_draw(*KEY, d, s, n, N_TEST, None), range(seeds))
    x, v = inputs_and_targets(*(training[k] for k in ("x1", "x0", "tau")), SCHEDULES["linear"])
    weights = [initialise(m, d, 1.0, stream(*KEY, d, m, s, "weights")) for s in range(seeds)]
    directions = np.stack(
        [
            random_directions(PROJECTIONS, d, stream(*KEY, d, None, s, "projections"))
            for s in range(seeds)
        ]
    )
    seed = np.repeat(np.arange(seeds), len(ETA))
    w, a = (np.stack(layer)[seed] for layer in zip(*weights, strict=True))

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(array).to(like)

    return Problem(
        *(tensor(training[k]) for k in ("x1", "x0", "tau")),
        start=tensor(fresh["x0"]),
        reference=tensor(fresh["reference"]),
        directions=tensor(directions),
        stack=Networks(tensor(w), tensor(a)),
        inputs=columns(x[seed], like),
        targets=columns(v[seed], like),
        seed=seed,
        eta=tensor(np.tile(ETA, seeds)),
        radius=2 * math.sqrt(d) * 10.0,
    )
