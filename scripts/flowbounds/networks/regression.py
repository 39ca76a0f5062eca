"""The regression of conditional flow matching, by networks trained on it, for all seeds at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from flowbounds.data.streams import stream
from flowbounds.networks.products import product
from flowbounds.networks.stack import Networks, diverged_at, initialise, parts, train


@dataclass
class Trained(Networks):
    """A stack of networks after the last iteration."""

    diverged_at: np.ndarray
    """The iteration at which each network diverged, NaN where it did not, shape (E,)."""


def columns(points: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Turn points as rows, shape (E, n, p), into columns, shape (E, p, n), typed as ``like``."""
    return torch.as_tensor(points).to(like).mT.contiguous()


def trained(
    key: tuple[str, str],
    x: np.ndarray,
    v: np.ndarray,
    *,
    m: int,
    eta: float,
    iterations: int,
    kappa: float,
    like: torch.Tensor,
    label: str,
) -> Trained:
    """Train one network per seed and return them after the last iteration.

    Args:
        key: experiment and data set, which name the streams of the initialisation.
        x: inputs of seeds 0, 1, ..., shape (S, n, 2 d + 1).
        v: targets, shape (S, n, d).
        m, eta, iterations, kappa: width, step size, steps and scale of the initialisation.
        like: any tensor of the device and precision to compute with.
        label: names the job in its progress line.
    """
    seeds, d = len(x), v.shape[-1]
    drawn = [initialise(m, d, kappa, stream(*key, d, m, s, "weights")) for s in range(seeds)]
    w, a = (torch.as_tensor(np.stack(layer)).to(like) for layer in zip(*drawn, strict=True))
    trajectory = train(
        Networks(w, a),
        columns(x, like),
        columns(v, like),
        torch.full((seeds,), eta).to(like),
        [iterations],
        label,
    )
    return Trained(trajectory.w[-1], trajectory.a[-1], diverged_at(trajectory.losses.cpu().numpy()))


def predict(networks: Networks, x: np.ndarray) -> np.ndarray:
    """Evaluate f(x) = m^{-1/2} sum_r a_r relu(w_r . x), network e on inputs e.

    Args:
        networks: the stack, E networks.
        x: inputs, shape (E, n, 2 d + 1).

    Returns:
        Shape (E, n, d), in double precision.
    """
    values = np.empty((*x.shape[:2], networks.d))
    for part in parts(len(networks), networks.m, x.shape[1], networks.w):
        hidden = product(networks[part].w, columns(x[part], networks.w)).relu_()
        f = product(networks[part].a, hidden) * networks.m**-0.5
        values[part] = f.mT.cpu().numpy()
    return values


def mean_error(f: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the mean over the points of |f - v|_2, for arrays of shape (..., n, d)."""
    return np.linalg.norm(f - v, axis=-1).mean(axis=-1)


def over_seeds(
    draw: Callable[[int], dict[str, np.ndarray]], seeds: Sequence[int]
) -> dict[str, np.ndarray]:
    """Stack what a function draws for each seed along a new first axis."""
    drawn = [draw(seed) for seed in seeds]
    return {name: np.stack([one[name] for one in drawn]) for name in drawn[0]}
