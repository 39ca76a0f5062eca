"""What single precision costs: losses and sliced W1 along a trajectory, against double."""

from collections.abc import Sequence

import numpy as np
import torch

from benchmarks.clock import row
from benchmarks.problem import EULER_STEPS, ITERATIONS, problem
from flowbounds.networks.evaluation import sample_and_measure
from flowbounds.networks.stack import train


def trajectory(
    m: int, d: int, like: torch.Tensor, iterations: int, every: int, steps: int
) -> dict[str, np.ndarray]:
    """Return loss and sliced W1 at the checkpoints, shape (C, E), and exact W1 at the last."""
    p = problem(m, d, like)
    kept = range(0, iterations + 1, every)
    trained = train(p.stack, p.inputs, p.targets, p.eta, kept)
    measured = sample_and_measure(
        trained.w, trained.a, p.seed, p.start, p.reference, p.directions, steps, p.radius
    )
    losses = trained.losses[list(kept)].double().cpu().numpy()
    return {"loss": losses, "sliced_w1": measured.sliced_w1, "w1_exact": measured.w1_exact}


def measure(
    cells: Sequence[tuple[int, int]],
    device: torch.device,
    *,
    iterations: int = ITERATIONS,
    every: int = 100,
    steps: int = EULER_STEPS,
) -> tuple[list[dict], dict[str, float]]:
    """Return the largest relative difference of each quantity in each (m, d), and over all."""
    rows = []
    for m, d in cells:
        single, double = (
            trajectory(m, d, torch.zeros((), dtype=dtype, device=device), iterations, every, steps)
            for dtype in (torch.float32, torch.float64)
        )
        for name in single:
            difference = np.abs(single[name] / double[name] - 1).max()
            rows.append(row("precision", f"float32_{name}", difference, m=m, d=d, seeds=1))
    names = {r["quantity"] for r in rows}
    return rows, {
        name: max(r["value"] for r in rows if r["quantity"] == name) for name in sorted(names)
    }
