"""Item 3: sliced W1 beside POT's and beside SciPy direction by direction."""

from collections.abc import Callable, Sequence

import numpy as np
import ot
import torch
from scipy.stats import wasserstein_distance

from benchmarks.clock import alternate, row
from benchmarks.problem import CHECKPOINTS, Problem, problem
from flowbounds.networks.metrics import SlicedW1


def contenders(p: Problem, checkpoints: int) -> dict[str, Callable[[], float]]:
    """Every contender as a call that measures ``checkpoints`` samples and returns the last value.

    What is done once a run is in the time: sorting the reference's projections is ours to save.
    """
    x, reference, directions = p.start[0], p.reference[0], p.directions[0]

    def ours() -> float:
        metric = SlicedW1(reference, directions, len(x))
        return [metric(x) for _ in range(checkpoints)][-1]

    def pot() -> float:
        return [
            float(ot.sliced_wasserstein_distance(x, reference, projections=directions.T, p=1))
            for _ in range(checkpoints)
        ][-1]

    def scipy() -> float:
        x_, y_, u_ = (tensor.cpu().numpy() for tensor in (x, reference, directions))
        return [
            float(np.mean([wasserstein_distance(x_ @ u, y_ @ u) for u in u_]))
            for _ in range(checkpoints)
        ][-1]

    return {"ours": ours, "pot": pot, "scipy": scipy}


def measure(
    grid_d: Sequence[int],
    like: torch.Tensor,
    *,
    repeats: int,
    n: int = 500,
    checkpoints: int = CHECKPOINTS,
) -> tuple[list[dict], dict[str, float]]:
    """Time the contenders in every d; the speed-up over each is the smallest over d."""
    rows, speedups = [], []
    for d in grid_d:
        timings = alternate(contenders(problem(16, d, like, n), checkpoints), repeats, like.device)
        sizes = {"d": d, "n": n, "checkpoints": checkpoints}
        rows += [
            timing.row("metric", f"seconds_{name}", 1 / checkpoints, **sizes)
            for name, timing in timings.items()
        ]
        for name in ("pot", "scipy"):
            speedup = timings[name].median / timings["ours"].median
            rows.append(row("metric", f"speedup_w1_{name}", speedup, **sizes))
            speedups.append((name, speedup))
    least = {
        f"speedup_w1_{name}": min(value for who, value in speedups if who == name)
        for name in ("pot", "scipy")
    }
    return rows, {"speedup_w1": min(least.values())} | least
