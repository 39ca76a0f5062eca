"""Algorithm 2 of paper A with the kernel limit in the place of a trained network.

Starts may lie anywhere on the way: at tau = 0 in x0, as the algorithm has it, or later.
"""

import numpy as np

from flowbounds.theory.kernel_limit import ROWS


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

    f is that of :func:`flowbounds.theory.kernel_limit.expand` at kappa = 1. K is homogeneous of
    degree 1 in either input, K(y, z) = |y| |z| (sin phi + 2 (pi - phi) cos phi) / (2 pi), so that
    what belongs to the centres is done once; a step and point then takes half the time.

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
    directions, weights = (centres / lengths).T, coefficients * lengths / (2 * np.pi)
    ones = np.ones((len(x), centres.shape[1] - 2 * d - 1))
    state = np.hstack([x, np.empty((len(x), 1)), x0, ones])
    h = (1 - start) / steps
    for first in range(0, len(x), ROWS):  # a block's temporaries stay in cache
        rows = state[first : first + ROWS]
        for k in range(steps):
            rows[:, d] = start + k * h
            rows[:, :d] += h * _field(rows, directions, weights)
    norm = np.linalg.norm(state[:, :d], axis=1, keepdims=True)
    return state[:, :d] * np.minimum(radius / norm, 1.0)


def _field(inputs: np.ndarray, directions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Evaluate f at inputs of shape (k, p), for directions (p, n) and weights (n, d)."""
    length = np.linalg.norm(inputs, axis=1, keepdims=True)
    cosine = np.clip(inputs @ directions / length, -1, 1)
    kernel = np.arccos(-cosine)  # pi - phi
    kernel *= cosine
    kernel *= 2
    kernel += np.sqrt(1 - cosine**2)
    return length * (kernel @ weights)
