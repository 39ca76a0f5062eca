"""Algorithm 2 of paper A with the kernel limit in the place of a trained network.

Starts may lie anywhere on the way: at tau = 0 in x0, as the algorithm has it, or later. From
tau = 0 a sample is a function of x0, and no function of x0 comes close to x1.
"""

import numpy as np
import torch

_ENTRIES = 2**15  # of the kernel computed at once: its temporaries stay in cache


def kernel_flow(
    centres: np.ndarray,
    coefficients: np.ndarray,
    x: np.ndarray,
    x0: np.ndarray,
    start: float,
    steps: int,
    radius: float,
) -> np.ndarray:
    """Integrate dx/dtau = f([x, tau, x0]) from x at tau = start to tau = 1 by Euler's method.

    f is that of :func:`flowbounds.theory.kernel_limit.expand` at kappa = 1. The kernel is
    homogeneous of degree 1 in either input, K(y, z) = |y| |z| (sin phi + 2 (pi - phi) cos phi) /
    (2 pi), so that what belongs to the centres is done once, and torch's arc cosine is faster than
    NumPy's: a step and point takes a fifth of the time.

    Args:
        centres: training inputs, shape (n, p); where p = 2 d + 2 the last input is a constant 1.
        coefficients: K^{-1} V, shape (n, d).
        x: where the flow starts, shape (k, d).
        x0: the sources, held fixed, shape (k, d).
        start: flow time at which it starts, from 0 and below 1.
        steps: number of Euler steps, equally long.
        radius: of the ball that end points are projected onto (paper A: 2 sqrt(d) B1).

    Returns:
        Samples, shape (k, d).
    """
    d = x.shape[1]
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    directions = torch.from_numpy((centres / lengths).T.copy())
    weights = torch.from_numpy(coefficients * lengths / (2 * np.pi))
    ones = np.ones((len(x), centres.shape[1] - 2 * d - 1))
    inputs = torch.from_numpy(np.hstack([x, np.empty((len(x), 1)), x0, ones]))
    h = (1 - start) / steps
    for rows in inputs.split(max(1, _ENTRIES // len(centres))):
        for k in range(steps):
            rows[:, d] = start + k * h
            rows[:, :d] += h * _field(rows, directions, weights)
    end = inputs[:, :d].numpy()
    norm = np.linalg.norm(end, axis=1, keepdims=True)
    return end * np.minimum(radius / norm, 1.0)


def _field(inputs: torch.Tensor, directions: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Evaluate f at inputs of shape (k, p), for directions (p, n) and weights (n, d)."""
    length = torch.linalg.vector_norm(inputs, dim=1, keepdim=True)
    cosine = torch.mm(inputs / length, directions).clamp_(-1, 1)
    sine = cosine.square().neg_().add_(1).sqrt_()
    cosine.mul_(cosine.neg().acos_())  # acos(-u) = pi - acos(u)
    return length * torch.addmm(sine @ weights, cosine, weights, alpha=2)


def function_floor(x0: np.ndarray, x1: np.ndarray, points: np.ndarray) -> float:
    """Return what E|T(x0) - x1| is at least, whatever function T of x0 a sampler is.

    Given x0 let x1 and x1' be independent draws of the data: |x1 - x1'| <= |T - x1| + |T - x1'|, so
    that E|T(x0) - x1| >= E|x1 - x1'| / 2.

    Args:
        x0: sources, shape (k, d).
        x1: what they were drawn around, x0 | x1 ~ N(x1, I_d), shape (k, d).
        points: a large sample of P1, which stands for it under x1', shape (j, d).
    """
    from scipy.spatial.distance import cdist
    from scipy.special import softmax

    likely = softmax(-cdist(x0, points, "sqeuclidean") / 2, axis=1)
    return float((likely * cdist(x1, points)).sum(axis=1).mean() / 2)
