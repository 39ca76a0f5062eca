"""Sampling: pairs by optimal transport, the interpolant, step sizes, Euler-Maruyama."""

from collections.abc import Callable

import numpy as np


def optimal_transport_pairs(x0: np.ndarray, x1: np.ndarray) -> np.ndarray:
    """Return for each row of x0 the row of x1 that it goes to at the least mean squared distance.

    Args:
        x0, x1: shape (n, d) both.

    Returns:
        A permutation, shape (n,).

    Raises:
        ValueError: the two samples differ in size.
    """
    import ot

    if len(x0) != len(x1):
        raise ValueError(f"{len(x0)} points cannot be paired with {len(x1)}")
    plan = ot.emd([], [], ot.dist(x0, x1))
    return plan.argmax(axis=1)  # between equal weights the plan is a permutation


def interpolate(t, x0: np.ndarray, x1: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return X_t = (1 - t) X_0 + t X_1 + sqrt(2 t (1 - t)) Z (paper B, bridge of sqrt(2) B).

    Args:
        t: a number, or a column of shape (n, 1).
        x0, x1, z: shape (n, d).
    """
    return (1 - t) * x0 + t * x1 + np.sqrt(2 * t * (1 - t)) * z


def uniform_times(steps: int, delta: float = 0.0) -> np.ndarray:
    """Return 0 = t_0 < ... < t_N = 1 - delta with equal steps, shape (N + 1,)."""
    return np.linspace(0, 1 - delta, steps + 1)


def nonuniform_times(steps: int, delta: float) -> np.ndarray:
    """Return 0 = t_0 < ... < t_N = 1 - delta, even to 1/2, then ever closer, shape (N + 1,).

    The steps of the follow-up's Theorem 3: h to t = 1/2, then h_k = h (1 - t_k), so that 1 - t
    shrinks by the factor 1 - h a step. The number of steps in each half is the one for which the
    two values of h are nearest; each half then meets its end exactly.

    Raises:
        ValueError: fewer than two steps, or delta is not in (0, 1/2).
    """
    if steps < 2 or not 0 < delta < 0.5:
        raise ValueError(f"{steps} steps to 1 - {delta:g}: two at least, delta in (0, 1/2)")
    early = np.arange(1, steps)
    gaps = np.abs(0.5 / early + np.expm1(np.log(2 * delta) / (steps - early)))
    half = int(early[gaps.argmin()])
    late = 0.5 * (2 * delta) ** (np.arange(1, steps - half + 1) / (steps - half))
    return np.concatenate([np.linspace(0, 0.5, half + 1), 1 - late])


def euler_maruyama(
    drift: Callable[[float, np.ndarray], np.ndarray],
    x0: np.ndarray,
    times: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Sample X_{k+1} = X_k + h_k s(t_k, X_k) + sqrt(2 h_k) Z_k (paper B, section 2).

    Args:
        drift: s(t, x), shape (n, d) from shape (n, d).
        x0: starting points, shape (n, d).
        times: t_0, ..., t_N, increasing.
        rng: where the noise comes from.

    Returns:
        The points at t_N, shape (n, d).
    """
    x = x0
    for t, h in zip(times, np.diff(times), strict=False):
        x = x + h * drift(t, x) + np.sqrt(2 * h) * rng.standard_normal(x.shape)
    return x
